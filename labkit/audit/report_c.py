"""Report C: six networks on raw digits, as five cures of the vanishing gradient."""

import importlib.metadata
import importlib.util
import itertools
import math
from pathlib import Path

from labkit.audit import kept
from labkit.audit.claim import Claims, right, unsupported, wrong, wrong_cause
from labkit.audit.estimate import estimate
from labkit.audit.evidence import TooFew

CLAIMS = claim = Claims("C")
TRAINING, VALIDATION = 13_860, 5_940
UPDATES = {batch: 100 * math.ceil(TRAINING / batch) for batch in (256, 32)}
SLACK = 0.001  # ten test pictures: the first network has no spread at all
LATE = 0.01  # what a curve may still gain on a plateau

RUNGS = {  # what the six networks are made of
    "sigmoid": ("sigmoid", "Glorot", "SGD", 256, "", ""),
    "he_normal": ("sigmoid", "He", "SGD", 32, "", ""),
    "relu": ("ReLU", "Glorot", "SGD", 32, "", ""),
    "elu": ("ELU", "Glorot", "Adam", 32, "", ""),
    "batch_norm": ("ELU", "Glorot", "Adam", 32, "batch norm", ""),
    "dropout": ("ELU", "Glorot", "Adam", 32, "", "dropout"),
}
#: What the report prints, by system of the study.
REPORTED = {
    "sigmoid": {"test_accuracy": 0.1135},
    "he_normal": {"test_accuracy": 0.4219},
    "relu": {"test_accuracy": 0.9188},
    "elu": {"test_accuracy": 0.9516},
    "batch_norm": {"test_accuracy": 0.9643},
    "dropout": {
        "loss": 0.2533,
        "accuracy": 0.9262,
        "val_loss": 0.2803,
        "val_accuracy": 0.9332,
        "test_accuracy": 0.9309,
    },
    "dropout, first epoch, loss cut off": {
        "loss": 11.7781,
        "accuracy": 0.2507,
        "val_loss": 8.8883,
        "val_accuracy": 0.4418,
    },
}


def _said(system, quantity="test_accuracy"):
    return REPORTED[system][quantity]


def _runs(evidence, name, batch=32, seeds=5):
    """Return runs of the report's length: 100 epochs."""
    return evidence.system(name, seeds=seeds, updates=UPDATES[batch], epochs=100)


def _ladder(evidence, name):
    return _runs(evidence, name, RUNGS[name][3])


def _ratio(runs, above, below):
    """Return the `Estimate` of one column over another."""
    if not {above, below} <= set(runs.frame):
        raise TooFew(f"{runs.name!r} has no {above}")
    return estimate(runs.frame[above] / runs.frame[below])


@claim(
    1,
    "Of 60,000 pictures 33 % are kept; 13,860 train the network and 5,940 validate it.",
    reported="19,800",
    lab="02",
)
def pictures():
    taken = round(60_000 * (1 - 0.67))
    trained = round(taken * (1 - 0.3))
    sizes = ((784, 50), (50, 50), (50, 50), (50, 50), (50, 10))
    weights = sum((inputs + 1) * units for inputs, units in sizes)
    verdict = right if (trained, taken - trained) == (TRAINING, VALIDATION) else wrong
    return verdict(
        f"{taken:,} are left, {trained:,} and {taken - trained:,}. A count that is missing: the "
        f"network has {weights:,} weights and biases.",
        f"{taken:,}",
    )


@claim(
    2,
    "Four layers of sigmoids score .1135; after epoch 45 nothing is learned any more.",
    reported=".1135",
    study="report_c",
    lab="02",
)
def one_answer(evidence):
    runs = _ladder(evidence, "sigmoid")
    accuracy, answers, lowest = (
        runs[name] for name in ("test_accuracy", "answers", "best_val_loss_epoch")
    )
    if not accuracy.could_be(_said("sigmoid"), SLACK):
        return wrong(f"Trained again, it reaches {accuracy}.", f"{accuracy}")
    if answers.mean > 2:
        return right(f"It reaches {accuracy} and names {answers.mean:.1f} digits.", f"{accuracy}")
    return wrong_cause(
        f"It reaches {accuracy} and names {answers.mean:.1f} of the ten digits: 1,135 test "
        "pictures are ones. It has learned how frequent the digits are and nothing "
        f"else; its validation loss is lowest in epoch {lowest.mean:.0f}, so 45 ends nothing.",
        f"{accuracy}",
    )


@claim(
    3,
    "It stops because the gradients become smaller with every epoch until they are 0.",
    study="report_c",
    lab="02",
    cite=("bengio1994", "glorot2010", "lecun1998efficient"),
)
def over_depth(evidence):
    start = evidence.system("sigmoid, untrained", seeds=5)
    end = _ladder(evidence, "sigmoid")
    depth = _ratio(start, "gradient_5", "gradient_2")
    before, after = (runs["gradient_2"] for runs in (start, end))
    saturated = start["saturated_1"]
    if after.mean < 1e-7 and before.mean / after.mean > depth.mean:
        return right(f"That of the second layer falls from {before.mean:.1e} to {after.mean:.1e}.")
    return wrong(
        f"They are small from the start, by depth: before the first update the second layer's is "
        f"{depth:.0f} times smaller than the last one's. A hundred epochs take it from "
        f"{before.mean:.1e} to {after.mean:.1e}, not to 0. And pixels up to 255 saturate "
        f"{saturated.mean:.0%} of the first layer's outputs.",
        f"{after.mean:.1e}",
    )


@claim(
    4,
    "Gradients explode where all units give high values together, or all low ones.",
    lab="02",
    cite=("bengio1994", "pascanu2013"),
)
def exploding():
    high, twice = _sigmoid_slope(10.0), math.sqrt(50 * (2 * math.sqrt(2 / 50)) ** 2 / 2)
    if high > 1:
        return right(f"At an input of 10 the slope of a sigmoid is {high:.2g}.")
    return wrong(
        f"High values do the opposite to sigmoids: at an input of 10 the slope is {high:.1e}. "
        "Gradients grow where weights times slopes make a factor above 1 a layer, whatever the "
        f"values: {twice:.0f} for ReLUs with twice He's weights, {twice**4:.0f} in four layers.",
    )


def _sigmoid_slope(u):
    return math.exp(-u) / (1 + math.exp(-u)) ** 2


@claim(
    5,
    "Five techniques solved it: initialization, activation, optimizer, batch norm and dropout.",
    study="report_c",
    lab="07",
    cite=("he2016",),
)
def five_cures(evidence):
    base = _ladder(evidence, "sigmoid")
    cures = {
        "He's weights": "he_normal, batch 256",
        "ReLU": "sigmoid and relu",
        "Adam": "sigmoid and Adam",
        "batch normalization": "sigmoid and batch norm",
        "dropout": "sigmoid and dropout",
    }
    gains = {
        cure: _runs(evidence, name, 256).minus(base, "test_accuracy")
        for cure, name in cures.items()
    }
    listed = ", ".join(f"{cure} {gain.mean:+.3f}" for cure, gain in gains.items())
    sentence = f"Added alone to the first network, test accuracy changes by: {listed}"
    useless = [cure for cure, gain in gains.items() if not gain.above(0.05)]
    if not useless:
        return right(f"{sentence}.", f"{gains['dropout']:+.4f}")
    return wrong(
        f"{sentence}. No cure here: {', '.join(useless)}. Not named: scaled inputs, the rate, and "
        "connections that skip layers.",
        f"{gains['dropout']:+.4f}",
    )


@claim(
    6,
    "The initialization of Glorot, Bordes and Bengio is he_normal in Keras: Xavier and He.",
    lab="03",
    cite=("glorot2010", "he2015", "glorot2011"),
)
def two_rules():
    fan_in = fan_out = 50
    he, glorot = 2 / fan_in, (math.sqrt(6 / (fan_in + fan_out))) ** 2 / 3
    if math.isclose(he, glorot):
        return right(f"Both give weights a variance of {he:g}.")
    return wrong(
        f"They are two rules: from 50 units to 50, Xavier Glorot's gives a variance of "
        f"{glorot:g}, Kaiming He's, for ReLUs, {he:g}. Glorot's is Keras' default, so the first "
        "network had it. Its paper is by Glorot and Bengio; Bordes joined them for the ReLU."
    )


@claim(
    7,
    "he_normal lifts the sigmoid network to .4219: initialization helps it to learn to the end.",
    reported=".4219",
    study="report_c",
    lab="03",
    cite=("shallue2019",),
)
def he_or_batch(evidence):
    base, both = _ladder(evidence, "sigmoid"), _ladder(evidence, "he_normal")
    small = _runs(evidence, "sigmoid, batch 32")
    weights = _runs(evidence, "he_normal, batch 256", 256).minus(base, "test_accuracy")
    batch, given = small.minus(base, "test_accuracy"), both.minus(small, "test_accuracy")
    longer = _runs(evidence, "he_normal, batch 256, 800 epochs", 32, seeds=3)["test_accuracy"]
    accuracy = both["test_accuracy"]
    sentence = (
        f"It reaches {accuracy}, but the batch fell from 256 to 32 as well: {UPDATES[32]:,} "
        f"updates for {UPDATES[256]:,}. He's weights alone change {weights:+.3f}, the batch alone "
        f"{batch:+.3f}; with the small batch He's weights add {given:+.3f}. It takes both, and the "
        f"report names one. Eight times the epochs at batch 256 end at {longer}."
    )
    if not accuracy.could_be(_said("he_normal"), SLACK):
        return wrong(sentence, f"{accuracy}")
    if weights.mean > batch.mean:
        return right(sentence, f"{accuracy}")
    return wrong_cause(sentence, f"{accuracy}")


@claim(
    8,
    "Pixels from 0 to 255 and a rate of .001 need no remark; the cures are five techniques.",
    study="report_c",
    lab="02",
    cite=("lecun1998efficient",),
)
def scale_and_rate(evidence):
    scaled = _runs(evidence, "sigmoid, scaled", 256)["test_accuracy"]
    best, smaller = (
        evidence.system(f"sigmoid, tuned, batch {n}", seeds=5, epochs=30)["test_accuracy"]
        for n in (256, 32)
    )
    sentence = (
        f"Standardized pixels, rate .1 and momentum .9 take the first network to {best} in 30 "
        f"epochs, with nothing else changed, and with batch 32 to {smaller}. "
        f"Scaling alone, at rate .001, leaves it at {scaled}."
    )
    if best.above(_said("relu")):
        return wrong(sentence, f"{best}")
    return (right if best.below(_said("he_normal")) else unsupported)(sentence, f"{best}")


@claim(
    9,
    "The sigmoid is at fault: the way out is ReLU, ELU, leaky ReLU or tanh.",
    study="report_c",
    lab="03",
    cite=("glorot2010", "pennington2017"),
)
def disguise(evidence):
    plain, disguised, tanh = (
        _runs(evidence, name)
        for name in ("sigmoid, batch 32", "tanh in disguise, batch 32", "tanh, batch 32")
    )
    small = _runs(evidence, "tanh in disguise, batch 256", 256)["test_accuracy"]
    tuned = evidence.system("tanh in disguise, tuned", seeds=5, epochs=30)["test_accuracy"]
    gain = disguised.minus(plain, "test_accuracy")
    whole = tanh["test_accuracy"].mean - plain["test_accuracy"].mean
    sentence = (
        "Sigmoids that start with exactly the function of a tanh network with Glorot's weights "
        f"reach {disguised['test_accuracy']}, from {plain['test_accuracy']} with their own; tanh "
        f"reaches {tanh['test_accuracy']}. With batch 256 it is {small.mean:.4f}, with "
        f"standardized pixels and a tuned rate {tuned.mean:.4f}."
    )
    if gain.above(whole / 2):
        return wrong_cause(f"{sentence} It was the start.", f"{disguised['test_accuracy']}")
    return right(sentence, f"{disguised['test_accuracy']}")


@claim(
    10,
    "The sigmoid saturates less than ReLU, ELU and leaky ReLU, and suffers for it.",
    lab="04",
    cite=("glorot2011", "lecun1998efficient"),
)
def saturation():
    slopes = {  # at an input of -20 and of 20
        "sigmoid": [_sigmoid_slope(-20.0), _sigmoid_slope(20.0)],
        "tanh": [1 - math.tanh(u) ** 2 for u in (-20.0, 20.0)],
        "ReLU": [0.0, 1.0],
        "ELU": [math.exp(-20.0), 1.0],
        "leaky ReLU": [0.2, 1.0],
    }
    flat = {name: sum(slope < 1e-6 for slope in both) for name, both in slopes.items()}
    if flat["sigmoid"] < min(flat[name] for name in ("ReLU", "ELU", "leaky ReLU")):
        return right(f"It is flat on {flat['sigmoid']} of two sides.")
    sides = ", ".join(f"{name} {count}" for name, count in flat.items())
    return wrong(
        f"It is the other way round. Flat sides, of two: {sides}. Where it is steepest, a sigmoid "
        f"has a slope of {_sigmoid_slope(0.0):g}, the others 1. What does not saturate may still "
        "die: a ReLU that is never above 0 passes nothing back."
    )


@claim(
    11,
    "ReLU solves it: .9188, on a plateau after about 30 epochs.",
    reported=".9188",
    study="report_c",
    lab="04",
    cite=("glorot2011",),
)
def relu(evidence):
    runs = _ladder(evidence, "relu")
    accuracy = runs["test_accuracy"]
    he = _runs(evidence, "relu, he")["test_accuracy"]
    late = _after(evidence, "relu", 30)
    sentence = (
        f"It reaches {accuracy}, with the He weights of the step before {he}. After epoch 30 the "
        f"validation accuracy still changes by {late:+.3f}."
    )
    if not accuracy.could_be(_said("relu"), SLACK):
        return wrong(sentence, f"{accuracy}")
    return (wrong_cause if late.above(LATE) else right)(sentence, f"{accuracy}")


def _after(evidence, system, epoch, column="val_accuracy", seeds=3):
    """Return the `Estimate` of what a curve gains from an epoch to the last."""
    frame = kept.curves(evidence.study, evidence.folder)
    table = frame[frame["system"] == system].pivot(index="epoch", columns="seed", values=column)
    if len(table.columns) < seeds or epoch not in table.index:
        raise TooFew(f"{len(table.columns)} of {seeds} curves of {system!r} are kept")
    return estimate(table.iloc[-1] - table.loc[epoch])


@claim(
    12,
    "Batch gradient descent takes a mean square error of all data, SGD one random picture.",
    lab="05",
)
def descent():
    updates = math.ceil(TRAINING / 32)
    if updates == TRAINING:
        return right("An epoch has an update for each picture.")
    return wrong(
        "What is descended is any loss: the report's own is the cross-entropy. And what its Keras "
        f"calls SGD takes the mean over 32 pictures, {updates} updates an epoch for "
        f"{TRAINING:,} pictures, each of them once."
    )


@claim(
    13,
    "Adam lifts .9188 to .9516.",
    reported=".9516",
    study="report_c",
    lab="06",
    cite=("kingma2015", "choi2019"),
)
def adam_or_elu(evidence):
    relu_sgd, elu_adam = _ladder(evidence, "relu"), _ladder(evidence, "elu")
    relu_adam, elu_sgd = (_runs(evidence, name) for name in ("relu, Adam", "elu, SGD"))
    adam = (
        relu_adam.minus(relu_sgd, "test_accuracy").mean
        + elu_adam.minus(elu_sgd, "test_accuracy").mean
    ) / 2
    elu = (
        elu_sgd.minus(relu_sgd, "test_accuracy").mean
        + elu_adam.minus(relu_adam, "test_accuracy").mean
    ) / 2
    tuned = {rate: _runs(evidence, f"elu, SGD {rate}", seeds=3) for rate in (0.0003, 0.003, 0.01)}
    tuned[0.001] = elu_sgd
    rate = max(tuned, key=lambda rate: tuned[rate]["val_accuracy"].mean)
    lead = elu_adam.minus(tuned[rate], "test_accuracy")
    accuracy = elu_adam["test_accuracy"]
    sentence = (
        f"It reaches {accuracy}. The step put ELU for ReLU too: over both, Adam changes "
        f"{adam:+.4f} and ELU {elu:+.4f}. At SGD's best of four rates, {rate:g}, Adam leads by "
        f"{lead:+.4f}."
    )
    if not accuracy.could_be(_said("elu"), SLACK):
        return wrong(sentence, f"{accuracy}")
    if elu >= adam or not lead.above(0):
        return wrong_cause(sentence, f"{accuracy}")
    return right(sentence, f"{accuracy}")


@claim(
    14,
    "Batch normalization centres what enters each activation and lifts .9516 to .9643.",
    reported=".9643",
    study="report_c",
    lab="06",
    cite=("ioffe2015",),
)
def normalization(evidence):
    norm, base = _ladder(evidence, "batch_norm"), _ladder(evidence, "elu")
    raw = norm.minus(base, "test_accuracy")
    scaled = _runs(evidence, "batch_norm, scaled").minus(
        _runs(evidence, "elu, scaled"), "test_accuracy"
    )
    accuracy = norm["test_accuracy"]
    sentence = (
        f"It reaches {accuracy}. It gains {raw:+.4f} on raw pixels and {scaled:+.4f} where they "
        "are scaled to 1. It also divides by the spread and learns a new one."
    )
    if not accuracy.could_be(_said("batch_norm"), SLACK):
        return wrong(sentence, f"{accuracy}")
    if scaled.mean > raw.mean / 2:
        return right(sentence, f"{accuracy}")
    return wrong_cause(f"{sentence} Mostly it repairs the pixels.", f"{accuracy}")


@claim(
    15,
    "Batch normalization was proposed against the vanishing gradient.",
    study="report_c",
    lab="06",
    cite=("ioffe2015", "santurkar2018"),
)
def proposed(evidence):
    plain, normed = (
        _ratio(evidence.system(f"{name}, untrained", seeds=5), "gradient_5", "gradient_2")
        for name in ("sigmoid", "sigmoid, batch norm")
    )
    sentence = (
        "It was proposed against inputs of a layer that shift while others learn, a reason that "
        "was disputed later. Before the first update the last gradient of sigmoids is "
        f"{plain:.0f} times the second one's, with normalization {normed:.1f} times"
    )
    if normed.mean < plain.mean / 2:
        return wrong_cause(f"{sentence}: it does help, but that was not the reason.")
    return wrong(f"{sentence}.")


@claim(
    16,
    "Dropout mitigates overfitting: .9262 in training, .9332 in validation, .9309 on test data.",
    reported=".9309",
    study="report_c",
    lab="07",
    cite=("srivastava2014",),
)
def dropout(evidence):
    runs, base = _ladder(evidence, "dropout"), _ladder(evidence, "elu")
    cost = runs.minus(base, "test_accuracy")
    accuracy, logged, held, graded = (
        runs[name] for name in ("test_accuracy", "accuracy", "val_accuracy", "graded")
    )
    narrow = _gains(evidence, "elu", "dropout {}", (0.05, 0.1, 0.3, 0.5), 100)
    wide = _gains(evidence, "512 units, dropout 0", "512 units, dropout {}", (0.2, 0.5), 30)
    first = evidence.system("dropout, first epoch, loss cut off", seeds=5)["loss"]
    sentence = (
        f"It reaches {accuracy}, {cost:+.4f} against the same network without it (other rates: "
        f"{narrow}; with 512 units a layer {wide}). The logged {logged.mean:.4f} is scored with "
        f"units missing; with all of them training accuracy is {graded.mean:.4f}, validation "
        f"{held.mean:.4f}. The first loss, {first.mean:.1f} here, comes from raw pixels."
    )
    verdict = wrong if cost.below(0) else right if cost.above(0) else unsupported
    return verdict(sentence, f"{accuracy}")


def _gains(evidence, without, name, rates, epochs):
    """Spell out what dropout changes in test accuracy, rate by rate."""
    base = evidence.system(without, seeds=3, epochs=epochs)
    found = {rate: evidence.system(name.format(rate), seeds=3, epochs=epochs) for rate in rates}
    gains = {rate: runs.minus(base, "test_accuracy").mean for rate, runs in found.items()}
    return ", ".join(f"{rate} {gain:+.4f}" for rate, gain in gains.items())


@claim(
    17,
    "Six rungs from .1135 to .9643 are five remedies, each worth the step to its rung.",
    reported=".1135 to .9643",
    study="report_c",
    cite=("choi2019", "cawley2010"),
)
def ladder(evidence):
    made = list(RUNGS.values())
    changes = [
        sum(one != other for one, other in zip(*pair, strict=True))
        for pair in itertools.pairwise(made)
    ]
    frame = evidence.table("tuned", systems=64, seeds=3)
    frame = frame.assign(combination=frame["system"].str.rpartition(", ")[0])
    means = frame.groupby(["combination", "system"])[["val_accuracy", "test_accuracy"]].mean()
    best = means.loc[means.groupby("combination")["val_accuracy"].idxmax(), "test_accuracy"]
    low, high = best.min(), best.max()
    sentence = (
        f"{sum(count > 1 for count in changes)} of the {len(changes)} steps change two things, "
        "and all six look at the test set. All 16 combinations of ELU, Adam, batch normalization "
        "and dropout, each at its best of four rates and on standardized pixels, lie between "
        f"{low:.4f} and {high:.4f}."
    )
    climbed = _said("batch_norm") - _said("sigmoid")
    return (right if high - low > climbed / 2 else wrong)(sentence, f"{low:.4f} to {high:.4f}")


@claim(18, "The code runs as it is printed: lr, acc and to_categorical from np_utils.")
def port():
    keras = Path(importlib.util.find_spec("keras").origin).parent  # found, not imported: seconds
    version = importlib.metadata.version("keras")
    if (keras / "utils" / "np_utils.py").exists():
        return right(f"Keras {version} still has np_utils.")
    return wrong(
        f"Keras {version} has no np_utils: to_categorical is in keras.utils; and lr is called "
        "learning_rate, acc accuracy."
    )
