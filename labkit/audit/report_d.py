"""Report D: a wide dense network on MNIST with L1, L2, max-norm and dropout."""

import math

import numpy as np
import pandas as pd

from labkit.audit import kept
from labkit.audit.claim import Claims, right, unsupported, wrong, wrong_cause
from labkit.audit.estimate import estimate
from labkit.audit.evidence import Runs, TooFew
from labkit.data.facts import FACTS

CLAIMS = claim = Claims("D")
STUDY = {"study": "report_d", "lab": "09"}
PICTURES = 10_000  # to validate, and in the test set
SPLIT = 0.0025  # two standard errors of an accuracy of .985 on 10,000 pictures: another split
TRAINING = 0.0003  # the same of .999 on 50,000

#: What the report prints, by system of the study.
REPORTED = {
    "unregularized": {"accuracy": 0.9993},
    "mix, early stopping": {"evaluated_accuracy": 0.9983, "best_val_accuracy": 0.9850},
    "all rows, 50 epochs": {"test_accuracy": 0.9837, "test_f1": 0.98},
}
STOP = {"monitor": "val_accuracy", "patience": 5, "min_delta": 1e-4}  # as the report has it
RATE = 0.00025
NEAR = (RATE / 4, RATE, 4 * RATE)
OWN = f"batch 512, rate {RATE:g}"  # in the study: "unregularized"
SINGLE = ("dropout", "max-norm", "L2", "L1")


@claim(
    1,
    "Without regularization, 15 epochs reach .9993 in training; more do not help validation.",
    reported=".9993",
    **STUDY,
)
def unregularized(evidence):
    short = evidence.system("unregularized", seeds=5, epochs=15)
    long = evidence.system("unregularized, 50 epochs", seeds=3, epochs=50)
    training, gain = short["accuracy"], long.minus(short, "val_accuracy")
    sentence = (
        f"After 15 epochs training shows {training}, validation {short['val_accuracy']}, a number "
        f"that the report leaves out. 35 epochs more change validation by {gain:+.4f}: "
        f"{'a little, and more than chance' if gain.above(0) else 'nothing that shows'}."
    )
    if not training.could_be(REPORTED["unregularized"]["accuracy"], TRAINING):
        return wrong(sentence, f"{training}")
    return (wrong_cause if gain.above(0) else right)(sentence, f"{training}")


@claim(
    2,
    "Regularized, the gap shrinks and validation improves: .9983 in training, .9850 in validation.",
    reported=".9983, .9850",
    **STUDY,
)
def gap(evidence):
    plain = evidence.system("unregularized", seeds=5, epochs=15)
    mix = evidence.system("mix, early stopping", seeds=5)
    longer = evidence.system("mix, 100 epochs", seeds=3, epochs=100)
    plain_longer = evidence.system("unregularized, 50 epochs", seeds=3, epochs=50)
    before, after = _gap(plain), _gap(mix)
    gain, tested = (mix.minus(plain, n) for n in ("evaluated_val_accuracy", "test_accuracy"))
    like = _less(_column(mix, "evaluated_val_accuracy"), plain_longer, "val_accuracy")
    training, validation = mix["evaluated_accuracy"], mix["best_val_accuracy"]
    ours = f"{training}, {validation}"
    sentence = (
        f"The gap goes from {before} to {after}; validation gains {gain:+.4f}, the test set "
        f"{tested:+.4f}. The plain network had 15 epochs, the mix {mix['epochs'].mean:.0f} on "
        f"average, the best one by validation; against 50 plain epochs it gains {like:+.4f}."
    )
    if not (after.below(before.mean) and gain.above(0)):
        return wrong(sentence, ours)
    said = REPORTED["mix, early stopping"]
    fits = training.could_be(said["evaluated_accuracy"], TRAINING)
    if fits and validation.could_be(said["best_val_accuracy"], SPLIT):
        return (right if like.above(0) else unsupported)(sentence, ours)
    return unsupported(
        f"{sentence} But the recipe ends at {training} in training and {validation} in "
        f"validation; 100 epochs at {longer['evaluated_accuracy'].mean:.4f} and "
        f"{longer['evaluated_val_accuracy'].mean:.4f}.",
        ours,
    )


def _gap(runs):
    training, validation = (
        _column(runs, f"evaluated_{name}") for name in ("accuracy", "val_accuracy")
    )
    return estimate(training - validation)


def _column(runs, name):
    runs[name]  # raises TooFew where it was not kept
    return runs.frame.set_index("seed")[name]


@claim(
    3,
    "Trained on all 60,000 pictures, it reads .9837 of the test set: 163 mistakes.",
    reported=".9837",
    cite=("srivastava2014",),
    **STUDY,
)
def test_accuracy(evidence):
    said = REPORTED["all rows, 50 epochs"]["test_accuracy"]
    low, high = wilson(said * PICTURES, PICTURES)
    runs = evidence.system("all rows, 50 epochs", seeds=5, epochs=50)
    plain = evidence.system("all rows, unregularized", seeds=5, epochs=15)
    stopped = evidence.system("mix, early stopping", seeds=5)
    chosen = min(50, max(1, round(stopped["best_val_accuracy_epoch"].mean)))
    tested = tests_by_epoch(runs)
    found = {epochs: estimate(tested[epochs]) for epochs in dict.fromkeys((50, chosen))}
    listed = ", ".join(f"{accuracy} after {epochs}" for epochs, accuracy in found.items())
    sentence = (
        f"{PICTURES - said * PICTURES:.0f} mistakes fit a true accuracy of {low:.4f} to "
        f"{high:.4f}. The number of epochs is not told: ours is {listed}, and without "
        f"regularization {plain['test_accuracy']}."
    )
    fits = any(accuracy.could_be(said) for accuracy in found.values())
    return (right if fits else wrong)(sentence, f"{found[50]}")


def tests_by_epoch(runs):
    """Return the test accuracy after each epoch of runs that counted their mistakes.

    Parameters
    ----------
    runs : labkit.audit.evidence.Runs

    Returns
    -------
    pandas.DataFrame
        A row a seed and a column an epoch, from 1.

    Raises
    ------
    labkit.audit.evidence.TooFew
        If a run did not count.
    """
    frame = runs.frame.set_index("seed")
    texts = frame.get("mistakes_by_epoch", pd.Series(dtype=object)).dropna()
    counts = {seed: [int(number) for number in text.split()] for seed, text in texts.items()}
    if [len(counts.get(seed, ())) for seed in frame.index] != list(frame["epochs"]):
        raise TooFew(f"{runs.name!r} has not counted its mistakes in every epoch of every kept run")
    counts = pd.DataFrame.from_dict(counts, orient="index")
    return 1 - counts.set_axis(range(1, counts.shape[1] + 1), axis=1) / PICTURES


def wilson(successes, n):
    """Return the 95 % interval of a share, after Wilson."""
    from scipy import stats

    return stats.binomtest(round(successes), n).proportion_ci(method="wilson")


@claim(
    4,
    "L1 of 1^-6, L2 of 1^-4 and max-norm .5 regularize, and L1 drops features without use.",
    cite=("srivastava2014", "loshchilov2019"),
    **STUDY,
)
def penalties(evidence):
    sweep = _sweeps(evidence)
    printed = evidence.system("L1 1", seeds=1, epochs=15)["test_accuracy"].mean
    evidence.system("L1 1e-06", seeds=3, epochs=15)
    l1 = Runs("L1", sweep[sweep["method"] == "L1"])
    dropped, zero = (_column(l1, name).max() for name in ("pixels_dropped", "zero"))
    starts = math.sqrt(2 * 784 / (784 + 1024))
    sentence = (
        f"1^-6 is {1.0**-6:g}; an L1 penalty of 1 ends at {printed:.4f}, so 1e-6 must be meant. "
        f"At no strength does L1 set more than {zero:.1%} of the weights to exactly 0, or drop "
        f"over {dropped:.1%} of the pixels. The norms of the first layer start at {starts:.2f}; "
    )
    sentence += "a limit of .5 cuts every unit at once." if starts > 0.5 else "none is above .5."
    if dropped >= 0.01:
        return right(sentence, f"{dropped:.1%} of the pixels")
    return wrong(f"{sentence} Adam steps over 0, so L1 selects nothing.", f"{dropped:.1%}")


def _sweeps(evidence):
    return evidence.table("sweeps", systems=25)


@claim(
    5,
    "Each strength is raised alone until accuracy falls; together they make the best mix.",
    cite=("bergstra2012", "cawley2010"),
    **STUDY,
)
def one_at_a_time(evidence):
    mix = evidence.system("mix, 100 epochs", seeds=3, epochs=100)
    dropout = evidence.system("only dropout", seeds=3, epochs=50)
    plain = evidence.system("unregularized, 50 epochs", seeds=3, epochs=50)
    alone, tested = (dropout.minus(plain, name) for name in ("val_accuracy", "test_accuracy"))
    validation = _curves(evidence, mix).pivot(index="seed", columns="epoch", values="val_accuracy")
    added = _less(validation[50], dropout, "val_accuracy")
    on_test = _less(tests_by_epoch(mix)[50], dropout, "test_accuracy")
    chosen = _sweeps(evidence).groupby(["method", "strength"])["val_accuracy"].mean()
    chosen = ", ".join(f"{name} {chosen[name].idxmax():g}" for name in SINGLE)
    verdict = right if added.above(0) else wrong if added.below(0) else unsupported
    return verdict(
        f"After 50 epochs dropout alone gains {alone:+.4f} in validation and {tested:+.4f} on the "
        f"test set; all four together change that by {added:+.4f} and {on_test:+.4f}. "
        f"One at a time, with one run for most strengths, our sweeps choose {chosen}.",
        f"{added:+.4f}",
    )


def _curves(evidence, runs):
    """Return the kept curves of some runs, all of them."""
    curves = kept.curves(evidence.study, evidence.folder)
    curves = curves[curves["system"] == runs.name]
    if set(curves["seed"]) != set(runs.frame["seed"]):
        raise TooFew(f"{runs.name!r} has no curves of every kept run")
    return curves


def _less(values, runs, column):
    """Return the `Estimate` of values by seed less a column of other runs."""
    return estimate((values - _column(runs, column)).dropna())


@claim(
    6,
    "Training is done when the validation accuracy has not gained .0001 in 5 epochs.",
    reported=".0001",
    cite=("prechelt1998",),
    **STUDY,
)
def early_stopping(evidence):
    stopped = evidence.system("mix, early stopping", seeds=5)
    longer = evidence.system("mix, 100 epochs", seeds=3, epochs=100)
    tested, ends = tests_by_epoch(longer), stopped.frame["epochs"]
    more = {n: _less(tested[n], stopped, "test_accuracy") for n in (50, 100)}
    unrest, step = PICTURES * longer["unrest"].mean, PICTURES * STOP["min_delta"]
    others = [replay(c, patience=10)[0] for _, c in _curves(evidence, longer).groupby("seed")]
    sentence = (
        f"The gain asked for is {step:.0f} picture; from epoch to epoch the right answers "
        f"move by {unrest:.0f} (standard deviation). "
        f"Five seeds stop after {ends.min()} to {ends.max()} epochs, with patience 10 after "
        f"{min(others)} to {max(others)}. Going on to 50 changes the test accuracy by "
        f"{more[50]:+.4f}, to 100 by {more[100]:+.4f}."
    )
    if any(gain.above(0) for gain in more.values()):
        return wrong(sentence, f"{more[50]:+.4f}")
    return (unsupported if unrest > 2 * step else right)(sentence, f"{more[50]:+.4f}")


def replay(curve, *, monitor="val_accuracy", patience=5, min_delta=1e-4):
    """Say what early stopping would have done with a run that was not stopped.

    Parameters
    ----------
    curve : pandas.DataFrame
        The epochs of one run, with columns ``epoch`` and `monitor`.
    monitor : {"val_accuracy", "val_loss"}
        What shall improve.
    patience : int
        Epochs without improvement after which it stops.
    min_delta : float
        What counts as one: more than that.

    Returns
    -------
    end, best : int
        The last epoch, and that whose weights are best.
    """
    curve, best, top = curve.sort_values("epoch"), 0, -math.inf
    sign = 1 if monitor == "val_accuracy" else -1
    for epoch, value in zip(curve["epoch"], sign * curve[monitor], strict=True):
        if value - top > min_delta + 1e-9:
            best, top = epoch, value
        elif epoch - best >= patience:
            break
    return int(epoch), int(best)


@claim(
    7,
    "Small batches have inaccurate gradients and irregular validation; large ones are steadier.",
    cite=("shallue2019",),
    **STUDY,
)
def batch_size(evidence):
    _rates(evidence)
    small = {rate: _at(evidence, 64, rate) for rate in NEAR}
    usual = {rate: _at(evidence, 512, rate) for rate in NEAR}
    best, own = _best(small), _best(usual)
    same = small[RATE].minus(usual[RATE], "unrest")
    tuned, gain = (small[best].minus(usual[own], name) for name in ("unrest", "val_accuracy"))
    sentence = (
        f"From epoch to epoch the right answers move by {_in_pictures(small[RATE])} (standard "
        f"deviation) at batch 64 and by {_in_pictures(usual[RATE])} at 512, both at {RATE:g}; "
        f"each at its own best rate of three ({best:g}, {own:g}), by "
        f"{_in_pictures(small[best])} and {_in_pictures(usual[own])}, and "
        f"batch 64 is {gain:+.4f} in validation."
    )
    ours = _in_pictures(small[RATE])
    if not same.above(0):
        return (wrong if same.below(0) else unsupported)(sentence, ours)
    return (right if tuned.above(0) else wrong_cause)(sentence, ours)


def _rates(evidence):
    return evidence.table("batches and rates", systems=11, seeds=3)


def _at(evidence, batch, rate):
    """Return the runs at a batch size and a rate; the report's own are those of figure 3."""
    name = f"batch {batch}, rate {rate:g}"
    return evidence.system("unregularized" if name == OWN else name, seeds=3, epochs=15)


def _best(runs):
    return max(runs, key=lambda rate: runs[rate]["val_accuracy"].mean)


def _in_pictures(runs):
    """Write how far the number of right answers moves from epoch to epoch, as a deviation."""
    return f"{PICTURES * runs['unrest'].mean:.0f} pictures"


@claim(
    8,
    "Too high a rate overshoots and fluctuates; too low a rate barely learns.",
    study="report_d",
    lab="05",
)
def rate(evidence):
    _rates(evidence)
    low, usual, high, highest = (_at(evidence, 512, r * RATE) for r in (0.01, 1, 10, 100))
    behind = usual.minus(low, "val_accuracy")
    unrest = [runs.minus(usual, "unrest") for runs in (high, highest)]
    sentence = (
        f"After 15 epochs a hundredth of the report's rate is {behind:.4f} behind. From epoch to "
        f"epoch the right answers move by {_in_pictures(usual)} (standard deviation) at {RATE:g}, "
        f"by {_in_pictures(high)} at ten times that; a hundred times, with "
        f"{_in_pictures(highest)}, ends at {highest['val_accuracy']}."
    )
    holds = behind.above(0.01) and any(more.above(0) for more in unrest)
    return (right if holds else wrong)(sentence, f"{highest['val_accuracy']}")


@claim(
    9,
    "The 163 mistakes come from pictures that are dense or noisy.",
    reported="163",
    cite=("northcutt2021",),
    **STUDY,
)
def causes(evidence):
    runs = evidence.system("all rows, 50 epochs", seeds=5, epochs=50)
    mistakes = PICTURES * (1 - runs["test_accuracy"].mean)
    ink, error = runs["ink_misread"].mean, runs["ink_error"].mean
    pieces, others = runs["pieces_misread"].mean, runs["pieces_others"].mean
    spread = math.sqrt(pieces * (1 - pieces) / max(mistakes, 1))
    dense, noisy = ink > 2 * error, pieces - others > 2 * spread
    verdict = right if dense and noisy else unsupported if dense or noisy else wrong
    return verdict(
        f"Misread digits have {ink:+.2f} standard deviations of ink against their class, with an "
        f"error of {error:.2f}; {pieces:.0%} fall into several pieces, of the others "
        f"{others:.0%}. Of 15 digits with a doubtful label, "
        f"{runs['doubtful_misread'].mean:.0f} are among the {mistakes:.0f} mistakes.",
        f"{mistakes:.0f}",
    )


@claim(10, "F1 is high if precision or recall is low.", lab="09")
def f1_of_two():
    score = _f1(0.99, 0.01)
    sentence = (
        f"It is their harmonic mean, close to the lower one: .99 and .01 give {score:.2f}, their "
        f"mean would be {(0.99 + 0.01) / 2:.2f}."
    )
    return (wrong if score < 0.5 else right)(sentence, f"{score:.2f}")


def _f1(precision, recall):
    return 2 * precision * recall / (precision + recall)


@claim(
    11,
    "Every class has an F1 of about .975 or more, and their differences are negligible.",
    reported=".975",
    **STUDY,
)
def classes(evidence):
    from scipy import stats

    runs = evidence.system("all rows, 50 epochs", seeds=5, epochs=50)
    if "confusion" not in runs.frame or runs.frame["confusion"].isna().any():
        raise TooFew(f"{runs.name!r} has no confusion matrix in every kept run")
    matrices = confusions(runs.frame)
    f1 = class_f1(matrices).mean(axis=0)
    low, high = int(f1.argmin()), int(f1.argmax())
    hits, true = np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=2)
    chances = [
        stats.chi2_contingency([hit, n - hit]).pvalue for hit, n in zip(hits, true, strict=True)
    ]
    ends = wilson(f1[low] * true[0, low], int(true[0, low]))
    sentence = (
        f"F1 goes from {f1[low]:.3f} for {low} to {f1[high]:.3f} for {high}. A thousand pictures "
        f"leave {100 * (ends[1] - ends[0]) / 2:.1f} points to either side; were all classes "
        f"equally hard, recalls this far apart would have a chance of {min(chances):.1g} to "
        f"{max(chances):.1g}."
    )
    ours = f"{f1[low]:.3f}"
    if f1[low] < 0.97 or max(chances) < 0.05:
        return wrong(sentence, ours)
    return (right if min(chances) >= 0.05 else unsupported)(sentence, ours)


def confusions(frame):
    """Return the confusion matrices of some rows of the study.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the column ``confusion``.

    Returns
    -------
    ndarray of int, shape (n_rows, 10, 10)
        By true and by predicted digit.
    """
    counts = [text.split() for text in frame["confusion"]]
    return np.array(counts, dtype=int).reshape(-1, 10, 10)


def class_f1(matrices):
    """Return the F1 of each class.

    Parameters
    ----------
    matrices : ndarray of int, shape (..., n_classes, n_classes)

    Returns
    -------
    ndarray of shape (..., n_classes)
    """
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    return 2 * hits / np.maximum(matrices.sum(axis=-1) + matrices.sum(axis=-2), 1)


@claim(12, "Accuracy suits two classes; F1 suits many.", lab="09")
def f1_or_accuracy():
    ones = FACTS["mnist"].class_counts[1][1]
    never = np.array([[PICTURES - ones, 0], [ones, 0]])  # "a 1?": always no
    even = np.full((10, 10), 2) + np.eye(10, dtype=int) * 980  # 18 mistakes in each 1,000
    two = _accuracy(never) - class_f1(never)[1]
    ten = abs(_accuracy(even) - class_f1(even).mean())
    sentence = (
        f'Who never says "1" is right for {_accuracy(never):.2%} of the test set, with an F1 of '
        f"{class_f1(never)[1]:.0f}; ten classes of one size have the same accuracy and mean F1, "
        f"{_accuracy(even):.3f} and {class_f1(even).mean():.3f} in an example. F1 is for rare "
        "classes, few or many."
    )
    return (wrong if two > ten else right)(sentence)


def _accuracy(matrix):
    return np.trace(matrix) / matrix.sum()
