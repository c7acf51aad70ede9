"""Report A: seven training strategies on MNIST, then five remedies on CIFAR-10."""

from labkit.audit.claim import Claims, right, unsupported, wrong, wrong_cause

CLAIMS = claim = Claims("A")
MNIST = {"study": "report_a", "lab": "05"}
CIFAR = {"study": "report_a", "lab": "09"}
EPOCH = {1: 48_000, 32: 1_500, 64: 750}  # updates, by batch size
SPLIT = 0.003  # two standard errors of an accuracy of .97 on 12,000 pictures: another split

_LOGGED = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
#: What the report prints, by system of the study; seconds are those of its machine.
REPORTED = {
    name: dict(zip(_LOGGED, numbers, strict=True))
    for name, numbers in {
        "mini-batch SGD": (0.0511, 0.9866, 0.0935, 0.9716, 184.0),
        '"batch" SGD': (0.0170, 0.9970, 0.0897, 0.9731, 338.0),
        "single-sample SGD": (1.3706e-5, 1.0, 0.1369, 0.9830, 10_324.1),
        "mini-batch SGD, decay": (0.0537, 0.9860, 0.0992, 0.9702, 160.9),
        "SGD, decay, momentum": (0.0056, 0.9981, 0.4096, 0.9699, 11_553.5),
        "Adam": (0.0045, 0.9988, 0.1980, 0.9774, 357.7),
        "RMSprop": (7.7320e-7, 1.0, 0.1817, 0.9812, 346.5),
    }.items()
}
BATCH = dict(zip(REPORTED, (64, 32, 1, 64, 1, 32, 32), strict=True))  # what Keras really used


def _said(system, quantity="val_accuracy"):
    return REPORTED[system][quantity]


def _full_length(evidence, system, batch, seeds=5):
    return evidence.system(system, seeds=seeds, updates=50 * EPOCH[batch])


@claim(1, "The network has 109,386 parameters, 427.29 KB.", reported="109,386", lab="01")
def parameters():
    count = sum((inputs + 1) * units for inputs, units in ((784, 128), (128, 64), (64, 10)))
    kilobytes = count * 4 / 1024
    sentence = f"784-128-64-10 has {count:,} weights and biases; at 4 bytes, {kilobytes:.2f} KB."
    return (right if (count, round(kilobytes, 2)) == (109_386, 427.29) else wrong)(
        sentence, f"{count:,}"
    )


@claim(2, "Two hidden layers are followed by one fully connected layer.", lab="01")
def fully_connected():
    connections = 784 * 128 + 128
    if connections != 100_480:
        return right("The summary shows fewer weights than full connection needs.")
    return wrong(
        f"All three layers are fully connected: the {connections:,} parameters that the report "
        "prints for the first are a weight for each pixel and unit, and a bias for each unit."
    )


@claim(3, "Mini-batch SGD reaches a validation accuracy of .9716.", reported=".9716", **MNIST)
def mini_batch(evidence):
    accuracy = _full_length(evidence, "mini-batch SGD", 64)["val_accuracy"]
    verdict = right if accuracy.could_be(_said("mini-batch SGD"), SPLIT) else wrong
    return verdict(f"Trained again, it reaches {accuracy}.", f"{accuracy}")


@claim(
    4,
    "Batch SGD, on the entire training set, reaches a validation accuracy of .9731.",
    reported=".9731",
    **MNIST,
)
def whole_set(evidence):
    whole = evidence.system("whole set", seeds=5, updates=50)["val_accuracy"]
    default = _full_length(evidence, '"batch" SGD', 32)["val_accuracy"]
    said = _said('"batch" SGD')
    if whole.could_be(said, SPLIT):
        return right(f"Fifty updates on the whole set reach {whole}.", f"{whole}")
    sentence = f"Fifty epochs of the whole set are fifty updates, and end at {whole}."
    if default.could_be(said, SPLIT):
        sentence += f" Batches of 32, Keras' default where none is named, reach {default}."
    return wrong(sentence, f"{whole}")


@claim(
    5,
    "SGD on one random sample reaches a validation accuracy of .9830.",
    reported=".9830",
    cite=("goyal2017", "smith2018dont", "shallue2019"),
    **MNIST,
)
def one_sample(evidence):
    runs = _full_length(evidence, "single-sample SGD", 1)
    accuracy, updates = runs["val_accuracy"], int(runs["updates"].mean)
    if not accuracy.could_be(_said("single-sample SGD"), SPLIT):
        return wrong(f"Trained again, it reaches {accuracy}.", f"{accuracy}")
    return wrong_cause(
        f"Batch size 1 reaches {accuracy}, but it sees every picture in every epoch: {updates:,} "
        "updates, 64 times as many as mini-batch SGD at the same rate.",
        f"{accuracy}",
    )


@claim(
    6,
    "Its validation loss of .1369, above the .0935 of mini-batch SGD, needs no remark.",
    reported=".1369",
    cite=("guo2017",),
    **MNIST,
)
def overconfident(evidence):
    single = _full_length(evidence, "single-sample SGD", 1)
    mini = _full_length(evidence, "mini-batch SGD", 64)
    loss, ece, usual = single["val_loss"], single["test_ece"], mini["test_ece"]
    if not (loss.above(mini["val_loss"].mean) and ece.above(usual.mean)):
        return unsupported(f"Its loss is {loss}; the report gives no reason.", f"{loss}")
    return unsupported(
        f"More right answers at a higher loss, {loss}, mean too much confidence: on test pictures "
        f"it is off by {ece} on average, that of mini-batch SGD by {usual}.",
        f"{loss}",
    )


@claim(
    7,
    "A decay of 1e-6 makes no substantial difference: .9702 against .9716.",
    reported=".9702",
    **MNIST,
)
def decay(evidence):
    with_decay = _full_length(evidence, "mini-batch SGD, decay", 64)
    without = _full_length(evidence, "mini-batch SGD", 64)
    gain = with_decay.minus(without, "val_accuracy")
    fall = 1 - 1 / (1 + 1e-6 * 50 * EPOCH[64])
    verdict = wrong if gain.above(0.002) or gain.below(-0.002) else right
    return verdict(
        f"The rate falls by {fall:.1%} in all, and the accuracy changes by {gain:+.4f}.",
        f"{with_decay['val_accuracy']}",
    )


@claim(8, "Decay is faster, 160.9 s for 184.0 s, because it converges faster.", **MNIST)
def decay_is_faster(evidence):
    with_decay = _full_length(evidence, "mini-batch SGD, decay", 64)["updates"].mean
    without = _full_length(evidence, "mini-batch SGD", 64)["updates"].mean
    if with_decay < without:
        return right(f"It takes {with_decay:,.0f} updates instead of {without:,.0f}.")
    return wrong(
        f"Both take {without:,.0f} updates of the same arithmetic, because the number of epochs "
        "is fixed: the two times differ by what else the machine did."
    )


@claim(
    9,
    "With decay and momentum the accuracy falls to .9699, at a loss of .4096.",
    reported=".9699",
    cite=("sutskever2013",),
    **MNIST,
)
def momentum(evidence):
    runs = {batch: _full_length(evidence, name, batch) for batch, name in _MOMENTUM.items()}
    tenth = _full_length(evidence, "SGD, decay, momentum, a tenth of the rate", 1)["val_accuracy"]
    single, batch = (runs[size]["val_accuracy"] for size in (1, 64))
    if _as_reported(runs[64]):
        return right(f"At batch 64 it reaches {batch}.", f"{batch}")
    sentence = (
        f"The time shows batch size 1, where momentum .9 acts as ten times the rate: {single}. "
        f"A tenth of the rate gives {tenth} there; the full rate, at batch 64, {batch}."
    )
    if _as_reported(runs[1]):
        return wrong_cause(sentence, f"{single}")
    return unsupported(f"{sentence} The report's number is none of them.", f"{single}")


_MOMENTUM = {1: "SGD, decay, momentum", 64: "SGD, decay, momentum, batch 64"}


def _as_reported(runs):
    """Whether runs end at the accuracy and at the loss that the report prints."""
    accuracy, loss = (_said("SGD, decay, momentum", name) for name in ("val_accuracy", "val_loss"))
    return runs["val_accuracy"].could_be(accuracy, SPLIT) and runs["val_loss"].could_be(loss, 0.05)


@claim(10, "Decay and momentum take longest, for noisy single samples slow it down.", **MNIST)
def longest(evidence):
    momentum = _full_length(evidence, "SGD, decay, momentum", 1)
    plain = _full_length(evidence, "single-sample SGD", 1)
    mini = _full_length(evidence, "mini-batch SGD", 64)
    updates, few = momentum["updates"].mean, mini["updates"].mean
    if updates < plain["updates"].mean:
        return right("It takes fewer updates than batch size 1 without momentum.")
    return wrong(
        f"The epochs are fixed, so noise cannot add updates: batch size 1 makes {updates:,.0f} of "
        f"them with momentum or without, batch 64 makes {few:,.0f}. That is the time."
    )


@claim(11, "Adam reaches a validation accuracy of .9774.", reported=".9774", **MNIST)
def adam(evidence):
    default = _full_length(evidence, "Adam", 32)["val_accuracy"]
    larger = _full_length(evidence, "Adam, batch 64", 64)["val_accuracy"]
    verdict = right if default.could_be(_said("Adam"), SPLIT) else wrong
    return verdict(
        f"At Keras' default batch of 32 it reaches {default}; at 64, where it could be compared "
        f"with mini-batch SGD, {larger}.",
        f"{default}",
    )


@claim(12, "RMSprop ends at a loss of 7.7e-7 and .9812.", reported=".9812", **MNIST)
def rmsprop(evidence):
    fresh = _full_length(evidence, "RMSprop", 32)
    warm = _full_length(evidence, "RMSprop after single-sample SGD", 32, seeds=3)
    said = _said("RMSprop", "loss")
    accuracy, again = fresh["val_accuracy"], warm["val_accuracy"]
    losses = f"{fresh['loss'].mean:.1e} from new weights, {warm['loss'].mean:.1e} from those of "
    losses += "single-sample SGD"
    if fresh["loss"].mean < 10 * said and accuracy.could_be(_said("RMSprop"), SPLIT):
        return right(
            f"From new weights it reaches {accuracy}, at a loss of {fresh['loss'].mean:.1e}.",
            f"{accuracy}",
        )
    sentence = f"The training loss ends at {losses}; the accuracy at {accuracy} and {again}."
    if warm["loss"].mean < 10 * said and again.could_be(_said("RMSprop"), SPLIT):
        return wrong_cause(
            f"{sentence} Only a network that was trained before ends like the report's.",
            f"{accuracy}",
        )
    return unsupported(f"{sentence} Neither ends like the report's.", f"{accuracy}")


@claim(
    13,
    "RMSprop beats Adam, and Adam beats SGD, for the rate adapts.",
    reported=".9812, .9774, .9731",
    cite=("choi2019", "schmidt2021", "kingma2015"),
    **MNIST,
)
def ranking(evidence):
    frame = evidence.table("optimizers tuned", systems=28, seeds=3)
    means = frame.groupby(["optimizer", "system"])["val_accuracy"].mean()
    best = {name: means[name].idxmax() for name in ("RMSprop", "Adam", "SGD")}
    runs = {name: evidence.system(system) for name, system in best.items()}
    first = runs["RMSprop"].minus(runs["Adam"], "test_accuracy")
    second = runs["Adam"].minus(runs["SGD"], "test_accuracy")
    tests = ", ".join(f"{best[name]}: {runs[name]['test_accuracy']}" for name in best)
    fewest = min(len(means[name]) for name in best)
    against = first.below(0) or second.below(0)
    in_order = first.above(0) and second.above(0)
    verdict = right if in_order else wrong if against else unsupported
    return verdict(
        f"With {fewest} settings or more tried for each at batch 32, the best by validation give, "
        f"on the test set, {tests}. RMSprop less Adam is {first:+.4f}, Adam less SGD "
        f"{second:+.4f}.",
        f"{runs['RMSprop']['test_accuracy']}",
    )


@claim(14, "The training times compare the optimizers.", lab="05")
def times():
    each = {
        name: 1000 * _said(name, "seconds") / (50 * EPOCH[batch]) for name, batch in BATCH.items()
    }
    low, high = min(each.values()), max(each.values())
    longest, shortest = (f(_said(name, "seconds") for name in BATCH) for f in (max, min))
    if high / low > 2:
        return right(f"An update takes {low:.1f} to {high:.1f} ms.")
    return wrong(
        f"They count updates: the times differ {longest / shortest:.0f}-fold, yet divided by the "
        f"updates of each batch size all seven lie between {low:.1f} and {high:.1f} ms."
    )


@claim(15, "All predictions of the best network were correct.", **MNIST)
def all_correct(evidence):
    accuracy = _full_length(evidence, "single-sample SGD", 1)["test_accuracy"]
    mistakes = 10_000 * (1 - accuracy.mean)
    if accuracy.mean == 1:
        return right("No test picture is misread.", f"{accuracy}")
    return wrong(
        f"It misreads {mistakes:.0f} of the 10,000 test pictures, an accuracy of {accuracy}; the "
        "report looked at a few and gives no test accuracy.",
        f"{accuracy}",
    )


@claim(16, "The same layers were trained on CIFAR-10; no number is given.", **CIFAR)
def photographs(evidence):
    base = evidence.system("base", seeds=5, epochs=50)
    return unsupported(
        f"We find {base['val_accuracy']} in validation and {base['test_accuracy']} on the test "
        f"set, after an accuracy of {base['accuracy']} in training.",
        f"{base['val_accuracy']}",
    )


def _gains(evidence, names):
    """Return the gain of each system over the base in validation accuracy, and a sentence."""
    base = evidence.system("base", seeds=5, epochs=50)
    gains = {}
    for name in names:
        gains[name] = evidence.system(name, seeds=5, epochs=50).minus(base, "val_accuracy")
    return gains, "; ".join(f"{name} {gain:+.4f}" for name, gain in gains.items())


def _judge_gains(gains, text):
    best = max(gains.values(), key=lambda gain: gain.mean)
    if best.above(0):
        return right(f"Against the network without it: {text}.", f"{best:+.4f}")
    small = all(gain.below(0.01) for gain in gains.values())
    return (wrong if small else unsupported)(
        f"No strength raises the validation accuracy beyond the noise of seeds: {text}.",
        f"{best:+.4f}",
    )


@claim(
    17, "An L2 penalty on the second layer raises the accuracy.", cite=["loshchilov2019"], **CIFAR
)
def l2(evidence):
    return _judge_gains(*_gains(evidence, ("L2 0.0001", "L2 0.001", "L2 0.01")))


@claim(
    18,
    "Dropout of .2, .3 or .5 raises the accuracy, though it may cost some at first.",
    cite=("srivastava2014",),
    study="report_a",
    lab="07",
)
def dropout(evidence):
    return _judge_gains(*_gains(evidence, ("dropout 0.2", "dropout 0.3", "dropout 0.5")))


@claim(
    19,
    "Early stopping with patience 5 ends after 11 epochs and prevents overfitting.",
    reported="11 epochs",
    cite=("prechelt1998",),
    **CIFAR,
)
def early_stopping(evidence):
    base = evidence.system("base", seeds=5, epochs=50)
    runs = {p: evidence.system(f"early stopping, patience {p}", seeds=5) for p in (5, 10, 20)}
    lost = base.minus(runs[5], "val_accuracy")
    ends = ", ".join(f"{run['epochs'].mean:.0f} with {p}" for p, run in runs.items())
    verdict = wrong if lost.above(0) else right if lost.below(0) else unsupported
    return verdict(
        f"It ends after {ends}. All 50 epochs are better than patience 5 by {lost:+.4f} in "
        f"validation accuracy.",
        f"{runs[5]['epochs']:.0f} epochs",
    )


@claim(
    20,
    "Batch normalization raises training accuracy much and validation a little: less shift.",
    cite=("ioffe2015", "santurkar2018"),
    study="report_a",
    lab="06",
)
def batch_normalization(evidence):
    base = evidence.system("base", seeds=5, epochs=50)
    runs = evidence.system("batch normalization", seeds=5, epochs=50)
    training, validation = (runs.minus(base, name) for name in ("accuracy", "val_accuracy"))
    sentence = f"Training accuracy changes by {training:+.4f}, validation by {validation:+.4f}."
    if not (training.above(0) and validation.above(0)):
        return wrong(sentence, f"{validation:+.4f}")
    return wrong_cause(
        f"{sentence} Networks whose shift was put back on purpose gain as much in the literature: "
        "what counts is a smoother loss.",
        f"{validation:+.4f}",
    )


@claim(
    21,
    "A random search finds rate .01 and dropout .3; the batch is absent, so the default will do.",
    reported=".01, .3",
    cite=("bergstra2012", "cawley2010"),
    study="report_a",
    lab="10",
)
def random_search(evidence):
    frame = evidence.table("random search", systems=45)
    ignored = frame[frame["batch"] == 32].drop_duplicates("trial")
    passed = frame[~frame["system"].str.contains("not passed on")]
    best, lazy = (part.loc[part["val_accuracy"].idxmax()] for part in (passed, ignored))
    top = passed.nlargest(5, "val_accuracy")
    found = f"{best.rate:g}, {best.dropout:g}"
    return unsupported(
        f"Ranges, trials and score are not given. The best of our {len(passed)} trials has rate "
        f"and dropout {found} at batch {best.batch:.0f} ({best.val_accuracy:.4f}), and the best "
        f"five have rates from {top.rate.min():g} to {top.rate.max():g}. A tuner that never passes "
        f"the batch on tries 32 and names trial {lazy.trial:.0f} instead of {best.trial:.0f}.",
        found,
    )
