"""Report E: dense and convolutional networks for Fashion-MNIST, and the grids they won."""

import math
from statistics import NormalDist

from labkit.audit.claim import Claims, right, undecided, unsupported, wrong, wrong_cause
from labkit.audit.estimate import estimate
from labkit.audit.evidence import TooFew

CLAIMS = claim = Claims("E")
VALIDATION = 0.005  # two standard errors of .91 on 12,000 pictures: another split
TEST = 0.002  # the test pictures are the same, the split of the others is not
BATCHES = (128, 256, 512)

_LEFT = ("left_loss", "left_val_loss", "left_accuracy", "left_val_accuracy")
_LOGGED = ("left_rate", "val_accuracy", "val_loss", "accuracy", "loss")
#: What the report prints, by system of the study. Its column "lr" is the rate at the end.
REPORTED = {
    "softmax regression": {
        "left_loss": 0.357269,
        "left_val_loss": 0.403764,
        "test_loss": 0.436201,
        "left_accuracy": 0.875104,
        "left_val_accuracy": 0.862583,
        "test_accuracy": 0.8487,
        "epochs": 60,
    },
    **{
        f"{hidden}, dropout 0.2": dict(zip(_LEFT, numbers, strict=True))
        for hidden, numbers in {
            "32": (0.282825, 0.322746, 0.894229, 0.888000),
            "128": (0.159077, 0.300739, 0.940729, 0.900833),
            "128-64": (0.182035, 0.296595, 0.930500, 0.901833),
            "256-128": (0.143173, 0.302013, 0.944687, 0.905833),
            "256": (0.133646, 0.291238, 0.951958, 0.907167),
        }.items()
    },
    **{
        name: dict(zip((*_LOGGED, "epochs"), numbers, strict=True))
        for name, numbers in {
            "512-512, dropout 0.25": (1e-5, 0.910333, 0.299009, 0.948917, 0.130955, 45),
            "768, dropout 0.3": (1e-4, 0.910333, 0.305773, 0.960208, 0.108754, 45),
            "512, dropout 0.3": (1e-5, 0.909750, 0.286937, 0.950271, 0.134254, 47),
            "768-768, dropout 0.25": (1e-5, 0.909500, 0.312327, 0.953000, 0.119181, 47),
            "768-512, dropout 0.3": (1e-5, 0.909333, 0.306407, 0.950375, 0.127911, 51),
            "768-512, dropout 0.2": (1e-5, 0.909333, 0.329149, 0.958375, 0.104472, 46),
            "512-256, dropout 0.25": (1e-5, 0.909333, 0.301120, 0.948125, 0.134220, 46),
            "768-768, dropout 0.3": (1e-4, 0.909083, 0.306166, 0.948250, 0.131802, 41),
            "768-768, dropout 0.2": (1e-4, 0.908667, 0.323058, 0.955562, 0.113937, 34),
            "512-512, dropout 0.3": (1e-5, 0.908667, 0.295435, 0.943812, 0.145526, 47),
        }.items()
    },
    "CNN 8, plain": {"val_accuracy": 0.905, "epochs": 76},
    "CNN 8, dropout 0.2": {"val_accuracy": 0.9083},
    **{
        f"CNN {filters}": dict(zip(_LOGGED, numbers, strict=True))
        for filters, numbers in {
            "128-256-512, dropout 0.25": (1e-5, 0.942500, 0.210500, 0.982000, 0.047769),
            "128-256-512, dropout 0.3": (1e-5, 0.942333, 0.202496, 0.976958, 0.063315),
            "128-256-512, dropout 0.2": (1e-5, 0.940833, 0.244328, 0.992188, 0.022650),
            "64-128-256, dropout 0.3": (1e-6, 0.940583, 0.180767, 0.957000, 0.113710),
            "64-128-256, dropout 0.2": (1e-5, 0.938833, 0.188141, 0.968083, 0.087166),
            "64-128-256, dropout 0.25": (1e-5, 0.937667, 0.188779, 0.961521, 0.104415),
            "32-64-128, dropout 0.2": (1e-5, 0.937250, 0.193470, 0.961042, 0.104023),
            "32-64-128, dropout 0.3": (1e-5, 0.935583, 0.184439, 0.938104, 0.169552),
            "32-64-128, dropout 0.25": (1e-6, 0.931417, 0.193188, 0.936542, 0.171723),
        }.items()
    },
}
BEST, BEST_CNN = "768, dropout 0.3", "CNN 128-256-512, dropout 0.25"
REPORTED[BEST]["test_accuracy"] = 0.9035
REPORTED[BEST_CNN] |= {"test_accuracy": 0.9361, "test_loss": 0.241929, "folds_mean": 0.9384}
TOP_TEN = [name for name, row in REPORTED.items() if "epochs" in row and "left_rate" in row]
CELLS = [name for name in REPORTED if name.startswith("CNN") and "left_rate" in REPORTED[name]]


def _said(system, quantity="val_accuracy"):
    return REPORTED[system][quantity]


def _layers(name):
    return name.split(",")[0].count("-") + 1


def _gain(runs, other):
    """Return the difference in validation accuracy, paired by seed, of the networks as left."""
    return runs.minus(other, "left_val_accuracy")


def _fall(runs):
    """Return by how much the accuracy falls from the validation pictures to the test pictures."""
    runs["left_val_accuracy"]  # refuses runs without it
    return estimate(runs.frame["left_val_accuracy"] - runs.frame["test_accuracy"])


@claim(
    1,
    "Pixels from 0 to 1 make the computation faster, because high values slow the fit down.",
    study="report_e",
    lab="01",
    cite=("lecun1998efficient",),
)
def scaling(evidence):
    scaled = evidence.system("128, dropout 0.2")
    raw = evidence.system("128, dropout 0.2, pixels 0 to 255")
    standard = evidence.system("128, dropout 0.2, pixels standardised")
    ratio = _step(raw) / _step(scaled)
    gain = _gain(scaled, raw)
    if ratio > 1.5:
        return right(f"A step takes {ratio:.1f} times as long with pixels up to 255.")
    sentence = f"With pixels up to 255 a step takes {ratio:.2f} times as long: the same arithmetic."
    if not gain.above(0):
        return wrong(f"{sentence} Scaled pixels change the validation accuracy by {gain:+.4f}.")
    return wrong_cause(
        f"{sentence} What scaling changes is the descent: 128 units end at "
        f"{scaled['left_val_accuracy']} in validation, {gain:+.4f} against raw pixels; "
        f"standardised pixels give {standard['left_val_accuracy']}.",
        f"{gain:+.4f}",
    )


def _step(runs):
    """Return the seconds of an update in the run that was disturbed least."""
    return (runs.frame["seconds"] / runs.frame["updates"]).min()


@claim(2, "A flattened picture has 768 values.", reported="768", lab="01")
def flattened():
    values = 28 * 28
    if values == 768:
        return right("28 rows of 28 pixels make 768 values.", f"{values}")
    return wrong(
        f"28 rows of 28 pixels make {values}; only so can the baseline have the report's own "
        f"{(values + 1) * 10:,} parameters.",
        f"{values}",
    )


@claim(
    3,
    "Softmax regression has .8626 in validation and .8487 on the test set. It stops after 60 "
    "epochs because it overfits; its training accuracy is around .90.",
    reported=".8626, .8487",
    study="report_e",
    lab="11",
)
def baseline(evidence):
    runs = evidence.system("softmax regression", seeds=5)
    validation, test = runs["left_val_accuracy"], runs["test_accuracy"]
    rise = estimate(runs.frame["val_loss"] - runs.frame["best_val_loss"])
    sentence = f"It reaches {validation} in validation and {test} on the test set"
    said = REPORTED["softmax regression"]
    holds = validation.could_be(said["left_val_accuracy"], VALIDATION)
    if not (holds and test.could_be(said["test_accuracy"], TEST)):
        return wrong(f"{sentence}.", f"{validation}")
    sentence += (
        f", and stops after {runs['epochs'].mean:.0f} epochs. From its lowest value to its last "
        f"the validation loss rises by {rise}, at a training accuracy of {runs['accuracy']}"
    )
    if rise.above(0.02) and not runs["accuracy"].below(0.895):
        return right(f"{sentence}.", f"{validation}")
    return wrong_cause(
        f"{sentence}: it has stopped getting better, for it cannot fit more.", f"{validation}"
    )


@claim(
    4,
    "Of five networks one layer of 256 is best, at .9071; in validation loss one layer is mostly "
    "better than more.",
    reported=".9071",
    study="report_e",
    lab="11",
)
def five_networks(evidence):
    runs = {
        hidden: evidence.system(f"{hidden}, dropout 0.2", seeds=5)
        for hidden in ("32", "128", "128-64", "256", "256-128")
    }
    costs = {
        pair: runs[pair].minus(runs[pair.split("-")[0]], "best_val_loss")
        for pair in ("128-64", "256-128")
    }
    found = "; ".join(f"{pair} {cost:+.4f}" for pair, cost in costs.items())
    own = {pair: _own_cost(pair) for pair in costs}
    said = ", ".join(f"{pair} {cost:+.4f}" for pair, cost in own.items())
    accuracy = runs["256"]["left_val_accuracy"]
    sentence = (
        f"What a second layer adds to the validation loss: {found}; in the report's own table, "
        f"{said}. 256 units reach an accuracy of {accuracy}."
    )
    if all(cost.above(0) for cost in costs.values()):
        return right(sentence, f"{accuracy}")
    some_gain = any(cost.below(0) for cost in costs.values())
    return (wrong if some_gain else unsupported)(sentence, f"{accuracy}")


def _own_cost(pair):
    one, two = f"{pair.split('-')[0]}, dropout 0.2", f"{pair}, dropout 0.2"
    return _said(two, "left_val_loss") - _said(one, "left_val_loss")


@claim(
    5,
    "A layer should have between 10 and 768 units; more layers or units do not help.",
    study="report_e",
    lab="11",
    cite=("srivastava2014",),
)
def widths(evidence):
    usual = evidence.system(BEST)
    wide = evidence.system("3072, dropout 0.3")
    widest = evidence.system("8192, dropout 0.3", seeds=1)
    loss, accuracy = wide.minus(usual, "best_val_loss"), _gain(wide, usual)
    sentence = (
        f"Against 768 units, 3,072 change the validation accuracy by {accuracy:+.4f} and the loss "
        f"by {loss:+.4f}; 8,192 reach {widest['left_val_accuracy']}."
    )
    if accuracy.above(0) or loss.below(0):
        return wrong(sentence, f"{accuracy:+.4f}")
    settled = accuracy.below(0.002) and loss.above(-0.002)
    return (right if settled else unsupported)(sentence, f"{accuracy:+.4f}")


@claim(
    6,
    "Of thirty networks, 768 units with dropout .3 and 512-512 with .25 are best, at .9103; one "
    "layer always beats two.",
    reported=".9103",
    study="report_e",
    lab="10",
    cite=("bouthillier2021",),
)
def dense_grid(evidence):
    frame = evidence.table("grid", systems=30)
    winner = evidence.system(BEST)["val_accuracy"]
    means = frame.groupby("system")["val_accuracy"].mean().sort_values(ascending=False)
    noise = frame.groupby("system")["val_accuracy"].std().mean()
    deep = [name for name in means.index if _layers(name) > 1]
    one = [name for name in means.index if _layers(name) == 1]
    if means[one].min() > means[deep].max():
        return right("All networks of one layer are ahead of all others.", f"{winner}")
    span = max(map(_said, TOP_TEN)) - min(map(_said, TOP_TEN))
    own, ours = (sum(_layers(name) > 1 for name in names) for names in (TOP_TEN, means.index[:10]))
    place = list(means.index).index(BEST) + 1
    return wrong(
        f"Of its own best ten {own} have more than one layer, of ours {ours}. Its ten span "
        f"{span:.4f}; the same network with other seeds varies by {noise:.4f} (sd). 768 with .3 "
        f"takes place {place} of 30 at {winner}.",
        f"{winner}",
    )


def _optimizer(evidence, name, batch, seeds=3):
    name = BEST if (name, batch) == ("Adam", 128) else f"{name}, batch {batch}"
    return evidence.system(name, seeds=seeds)


def _best(evidence, names, batches=BATCHES):
    """Return the runs of the setting with the best validation accuracy."""
    runs = [_optimizer(evidence, name, batch) for name in names for batch in batches]
    return max(runs, key=lambda each: each["left_val_accuracy"].mean)


def _written(runs):
    name = "Adam, batch 128" if runs.name == BEST else runs.name
    return f"{name}: {runs['test_accuracy']}"


ADAM = ("Adam", "Adam 0.0003", "Adam 0.003")
MOMENTUM = ("momentum 0.01", "momentum 0.03", "momentum 0.1")


@claim(
    7,
    "Of 31 runs Adam with batches of 256 is best, and SGD with momentum is worse in all cases.",
    study="report_e",
    lab="10",
    cite=("choi2019", "schmidt2021", "wilson2017"),
)
def optimizers(evidence):
    adam, momentum = _best(evidence, ADAM), _best(evidence, MOMENTUM)
    lead = adam.minus(momentum, "test_accuracy")
    verdict = right if lead.above(0) else wrong if lead.below(0) else unsupported
    return verdict(
        "The report shows a picture and tells no rate. With three rates at three batch sizes for "
        f"each, the best by validation have on the test set: {_written(adam)}; "
        f"{_written(momentum)}. Adam leads by {lead:+.4f}.",
        f"{lead:+.4f}",
    )


@claim(
    8,
    "AMSGrad mends that adaptive methods generalize worse than SGD with momentum.",
    study="report_e",
    lab="05",
    cite=("reddi2018", "wilson2017"),
)
def amsgrad(evidence):
    gains = {
        batch: _optimizer(evidence, "AMSGrad", batch).minus(
            _optimizer(evidence, "Adam", batch), "test_accuracy"
        )
        for batch in BATCHES
    }
    found = ", ".join(f"{gain:+.4f} at {batch}" for batch, gain in gains.items())
    helps = any(gain.above(0) for gain in gains.values())
    if helps and min(gain.mean for gain in gains.values()) > 0:
        return right(f"On the test set it gains, by batch size: {found}.")
    small = all(gain.below(0.01) for gain in gains.values())
    return (wrong if small else unsupported)(
        "It was made for cases in which Adam does not converge, not for generalization. Against "
        f"Adam its test accuracy changes, by batch size, by {found}. "
        f"{'' if small else 'Our runs cannot rule out a gain of a point. '}"
        "SGD with momentum is in no table of the report."
    )


@claim(
    9,
    "RMSprop and Adadelta mend Adagrad's falling rate; Adam adds a kind of momentum, Nadam "
    "Nesterov's.",
    lab="05",
    cite=("kingma2015",),
)
def genealogy():
    updates = 100
    total, mean = 0.0, 0.0
    for _ in range(updates):  # a gradient of 1 each time
        total, mean = total + 1, 0.9 * mean + 0.1
    adagrad, rmsprop = 1 / math.sqrt(total), 1 / math.sqrt(mean)
    first = (1 - 0.9) / math.sqrt(1 - 0.999)  # of Adam, without its bias correction
    sentence = (
        f"After {updates} equal gradients a step of Adagrad is {adagrad:.2f} of the rate, one of "
        f"RMSprop {rmsprop:.2f}."
    )
    if not adagrad < 0.5 < rmsprop:
        return wrong(sentence)
    return right(
        f"{sentence} Left out is Adam's bias correction: without it, its first step would be "
        f"{first:.1f} times the rate."
    )


@claim(
    10,
    "Larger batches can harm generalization.",
    study="report_e",
    lab="10",
    cite=("shallue2019",),
)
def batch_size(evidence):
    losses = {
        title: _best(evidence, names, [128]).minus(_best(evidence, names, [512]), "test_accuracy")
        for title, names in (("Adam", ADAM), ("momentum", MOMENTUM))
    }
    found = ", ".join(f"{title} {loss:+.4f}" for title, loss in losses.items())
    sentence = f"With the best of three rates at each, 128 leads 512 on the test set by {found}."
    if any(loss.above(0) for loss in losses.values()):
        return right(sentence)
    small = all(loss.below(0.003) for loss in losses.values())
    return (wrong if small else unsupported)(f"{sentence} The report gives no number.")


@claim(
    11,
    "Early stopping ends the training when the validation loss begins to drop.",
    lab="11",
    cite=("prechelt1998",),
)
def early_stopping():
    falling, rising = ([1 + sign * epoch / 100 for epoch in range(60)] for sign in (-1, 1))
    dropping, (stop, cuts) = _stopped(falling), _stopped(rising)
    if dropping[0] is not None:
        return right(f"A loss that falls ends the training at epoch {dropping[0]}.")
    return wrong(
        f"A loss that only falls never ends it; one that only rises ends it at epoch {stop}. "
        "It ends when the loss has not fallen for 20 epochs. Between the best epoch and the last, "
        f"the plateau rule cuts the rate {'once' if cuts == 1 else f'{cuts} times'}."
    )


def _stopped(losses, patience=20, plateau=10, cooldown=2):
    """Return the epoch at which Keras' rules stop, or None, and how often they cut the rate."""
    best, wait, idle, pause, cuts = math.inf, 0, 0, 0, 0
    for epoch, loss in enumerate(losses, start=1):
        better, best = loss < best, min(loss, best)
        wait = 0 if better else wait + 1
        pause = max(pause - 1, 0)
        idle = 0 if better or pause else idle + 1
        if idle >= plateau:
            cuts, idle, pause = cuts + 1, 0, cooldown
        if wait >= patience:
            return epoch, cuts
    return None, cuts


@claim(
    12,
    "The final dense network of 610,570 parameters has a test accuracy of .9035.",
    reported=".9035",
    study="report_e",
    lab="11",
    cite=("cawley2010", "recht2019"),
)
def final_dense(evidence):
    small = evidence.system(BEST, seeds=5)
    large = evidence.system("Adam, batch 256", seeds=5)
    last = evidence.system("768, dropout 0.3, last weights", seeds=5)
    fall = _fall(small)
    unchosen = [_fall(evidence.system(f"{n}, dropout 0.2", seeds=5)).mean for n in (32, 128, 256)]
    tests = [runs["test_accuracy"] for runs in (small, large, last)]
    said = _said(BEST, "test_accuracy")
    holds = any(test.could_be(said, TEST) for test in tests)
    return (right if holds else wrong)(
        f"Trained again it has {tests[0]}; with batches of 256 {tests[1]}; with the last "
        f"weights, not the best, {tests[2]}. From validation to test it falls by {fall}, networks "
        f"that nobody chose by {min(unchosen):.4f} to {max(unchosen):.4f}.",
        f"{tests[0]}",
    )


@claim(
    13,
    "Filters pan over the picture and make it smaller; batch normalization brings inputs between "
    "0 and 1.",
    lab="12",
    cite=("ioffe2015",),
)
def convolution():
    size, kernel, padding = 28, 3, 1
    after = size + 2 * padding - kernel + 1
    outside = 1 - (NormalDist().cdf(1) - NormalDist().cdf(0))
    if after < size and outside < 0.01:
        return right(f"{size} pixels become {after}.")
    return wrong(
        f"With stride 1 and zeros around, {size} pixels stay {after}: pooling halves them. Batch "
        f"normalization gives mean 0 and variance 1; of a normal distribution {outside:.0%} then "
        "lie outside 0 to 1."
    )


@claim(
    14,
    "A layer of 8 filters has .905 after 76 epochs; batch normalization speeds the fit up, and "
    "dropout generalizes: .9083.",
    reported=".905, .9083",
    study="report_e",
)
def eight_filters(evidence):
    plain, norm, dropout, both = (
        evidence.system(f"CNN 8, {name}")
        for name in ("plain", "batch norm", "dropout alone", "dropout 0.2")
    )
    sooner = norm.minus(plain, "best_val_loss_epoch")
    gains = {
        "batch normalization": _gain(norm, plain),
        "dropout behind it": _gain(both, norm),
        "dropout alone": _gain(dropout, plain),
    }
    found = "; ".join(f"{name} {gain:+.4f}" for name, gain in gains.items())
    ours = both["left_val_accuracy"]
    sentence = (
        f"We find {plain['left_val_accuracy']} and {ours}. In validation accuracy: {found}. With "
        f"batch normalization the best epoch comes {sooner:+.1f} epochs later."
    )
    behind = gains["dropout behind it"]
    if behind.above(0) and sooner.below(0):
        return right(sentence, f"{ours}")
    contrary = behind.below(0) or sooner.above(0)
    return (wrong if contrary else unsupported)(sentence, f"{ours}")


@claim(
    15,
    "In the grid of CNNs deeper networks with more filters are better: .9314 to .9425.",
    reported=".9314 to .9425",
    study="report_e",
)
def cnn_grid(evidence):
    announced = 6 * 3
    depths = {_layers(name) for name in CELLS}
    three, four = (
        evidence.system(f"CNN {filters}, dropout 0.2") for filters in ("8-16-32", "8-16-32-64")
    )
    gain = _gain(four, three)
    sentence = f"From 8 filters a fourth layer changes the validation accuracy by {gain:+.4f}"
    if len(depths) > 1:
        return (right if gain.above(0) else wrong)(f"{sentence}.", f"{gain:+.4f}")
    sentence = (
        f"Of {announced} cells announced, with [4, 64] listed twice, {len(CELLS)} are printed, "
        f"all with {min(depths)} layers: they say nothing of depth. {sentence}"
    )
    try:
        pairs = [
            [
                evidence.system(f"CNN {filters}, dropout {rate}", seeds=1)["left_val_accuracy"].mean
                for filters in ("32-64-128", "32-64-128-256")
            ]
            for rate in ("0.2", "0.25", "0.3")
        ]
        gains = ", ".join(f"{deep - shallow:+.4f}" for shallow, deep in pairs)
        sentence += f"; from 32, at the three dropout rates, by {gains}"
    except TooFew:
        pass
    return unsupported(f"{sentence}.", f"{gain:+.4f}")


def _size(filters, pixels=28):
    """Return the parameters of the report's CNN, and its multiply-adds a picture."""
    parameters, products, channels = 0, 0, 1
    for width in filters:
        parameters += (9 * channels + 1) * width + 4 * width
        products += pixels**2 * 9 * channels * width
        pixels, channels = math.ceil(pixels / 2), width
    values = pixels**2 * channels
    return parameters + (values + 1) * 10, products + values * 10


@claim(
    16,
    "The final CNN of 1,562,122 parameters has .9425 in validation and .9361 on the test set.",
    reported=".9361",
    study="report_e",
    lab="12",
)
def final_cnn(evidence):
    parameters, products = _size((128, 256, 512))
    epoch = 6 * products * 48_000 / 1e12
    sentence = f"It has {parameters:,} parameters; an epoch is {epoch:.0f} TFLOP."
    if parameters != 1_562_122:
        return wrong(sentence)
    try:
        runs = evidence.system(BEST_CNN, seeds=1)
    except TooFew:
        return undecided(
            f"{sentence} Its accuracy waits for a run: some 75 epochs, hours on two cores or "
            "minutes on a GPU."
        )
    test, validation = runs["test_accuracy"], runs["val_accuracy"]
    holds = test.could_be(_said(BEST_CNN, "test_accuracy"), VALIDATION)
    return (right if holds else wrong)(
        f"{sentence} Trained again, it has {validation} in validation and {test} on the test set.",
        f"{test}",
    )


@claim(
    17,
    "The mean over five folds of the test set is .9384 for the final CNN.",
    reported=".9384",
)
def five_folds():
    whole, mean = (_said(BEST_CNN, name) for name in ("test_accuracy", "folds_mean"))
    pictures, folds = 10_000, 5
    extra = round((mean - whole) * pictures)
    if extra == 0:
        return right("For one network the mean over equal folds is its accuracy, as reported.")
    return wrong(
        f"For one network the mean over {folds} folds of {pictures // folds:,} pictures is its "
        f"accuracy on the whole, {whole} in the report; {mean} is {extra} pictures more. It "
        "belongs to other networks, or to other pictures.",
        f"{whole}",
    )


@claim(
    18,
    "Augmentation could bring small improvements.",
    study="report_e",
    lab="13",
    cite=("simard2003", "zhong2020"),
)
def augmentation(evidence):
    name = "CNN 32-64-128, dropout 0.2"
    plain, moved = evidence.system(name), evidence.system(f"{name}, mirrored and moved")
    gain = moved.minus(plain, "test_accuracy")
    verdict = right if gain.above(0) else wrong if gain.below(0) else unsupported
    return verdict(
        f"Mirrored at random and moved by up to 2 pixels, clothes change the test accuracy of "
        f"32-64-128 by {gain:+.4f}, after {moved['epochs'].mean:.0f} epochs instead of "
        f"{plain['epochs'].mean:.0f}.",
        f"{gain:+.4f}",
    )
