"""Report D: a wide dense network on MNIST, without and with L1, L2, max-norm and dropout.

784-1024-512-10 with ReLU, Adam 0.00025, batch 512; 50,000 pictures to train, 10,000 to validate;
then the regularized network on all 60,000, and the test set.

Where the report is silent we chose: pixels divided by 255, a stratified split (seed 0); penalties
and limits on the kernels of both hidden layers; for the limit of the second, which is named
without a number, Keras' default of 2, and beside it the first one's 0.5; early stopping that
brings the best weights back, as "the best model after early stopping" says; sweeps with one
strength in both hidden layers, over 15 epochs as for the network without, dropout over 20.
Early stopping only cuts a training short: the mix for 100 epochs, with its curve and the mistakes
on the test set after each epoch, tells what any patience, on accuracy or loss, with the best
weights or the last, would have given. So does the training on all rows, whose number of epochs is
not told.
"""

import functools
import sys
from functools import partial

from labkit import mode, models
from studies import pictures
from studies.study import SMOKE_ROWS, Study, System, main

import keras
import numpy as np
from keras.constraints import MaxNorm
from keras.optimizers import Adam

HELD = {"mnist": 1 / 6, "mnist, all rows": 0}  # share of the training pictures
RATE, BATCH = 0.00025, 512
MIX = {"l1": 1e-6, "l2": 1e-4, "max_norm": (0.5, 2), "dropout": (0.6, 0.5)}
TWICE = MIX | {"max_norm": (0.5, 0.5)}
SWEEPS = {
    "dropout": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    "max-norm": (0.5, 1, 2, 3, 4),
    "L2": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1),
    "L1": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1),
}
KNOBS = {"dropout": "dropout", "max-norm": "max_norm", "L1": "l1", "L2": "l2"}
# Test pictures whose label five people doubted: Northcutt et al., 2021
DOUBTFUL = (947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729)


@functools.cache
def prepare(data, part):
    """Return the pictures: a sixth is held out, or none."""
    return pictures.part("mnist", part, held=HELD[data])


def network(rate=RATE, *, l1=0.0, l2=0.0, max_norm=None, dropout=0.0):
    """Build the report's network; a pair of limits or rates is one for each hidden layer."""
    limits = max_norm if isinstance(max_norm, tuple) else (max_norm, max_norm)
    model = models.mlp(
        (28, 28),
        hidden=(1024, 512),
        dropout=dropout,
        kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
        kernel_constraint=[MaxNorm(limit) if limit else None for limit in limits],
        name="report_d",
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(Adam(rate), loss, metrics=["accuracy"])
    return model


def stopping():
    """Stop as the report does; what is left are the weights of the best epoch."""
    stop = keras.callbacks.EarlyStopping(
        "val_accuracy", min_delta=1e-4, patience=5, restore_best_weights=True
    )
    return [stop]


class Mistakes(keras.callbacks.Callback):
    """Count the misread test pictures after each epoch; nothing is chosen by the count."""

    def on_epoch_end(self, epoch, logs=None):
        x, y = shortened(prepare("mnist", "test"))
        logs["mistakes"] = float((self.model.predict_on_batch(x).argmax(axis=1) != y).sum())


def watched():
    return [Mistakes()]


def shortened(rows):
    """Keep a few rows in smoke mode."""
    return [array[: mode.pick(len(array), smoke=SMOKE_ROWS)] for array in rows]


def in_short(data, model, x, y):
    """Return accuracies without dropout, what the penalties did to the weights, and the unrest."""
    return evaluated(data, model) | sizes(model) | {"unrest": unrest(model)}


def in_full(data, model, x, y):
    """Return that, and what the answers to the test pictures say."""
    predicted = model.predict(x, batch_size=500, verbose=0).argmax(axis=1)
    found = in_short(data, model, x, y) | by_class(y, predicted) | looks(x, y, predicted)
    each = model.history.history.get("mistakes")
    if each is None:
        return found
    return found | {"mistakes_by_epoch": " ".join(f"{number:.0f}" for number in each)}


def evaluated(data, model):
    """Return the accuracies of the network as it was left, with dropout off."""
    found = {}
    for part, name in (("train", "evaluated_accuracy"), ("validation", "evaluated_val_accuracy")):
        rows = prepare(data, part)
        if rows is not None:
            scores = model.evaluate(*shortened(rows), batch_size=500, verbose=0, return_dict=True)
            found[name] = scores["accuracy"]
    return found


def sizes(model):
    """Return which shares of the hidden layers' weights, and of pixels, are gone."""
    hidden = [layer.kernel for layer in model.layers if layer.name.startswith("hidden")]
    hidden = [np.abs(keras.ops.convert_to_numpy(kernel)) for kernel in hidden]
    flat = np.concatenate([kernel.ravel() for kernel in hidden])
    return {
        "zero": (flat == 0).mean(),
        "tiny": (flat < 1e-3).mean(),
        "pixels_dropped": (hidden[0] == 0).all(axis=1).mean(),
    }


def unrest(model):
    """Return how far the validation accuracy moves from epoch to epoch, in the second half."""
    values = model.history.history.get("val_accuracy", [])
    steps = np.diff(values[len(values) // 2 :])
    return steps.std(ddof=1) if len(steps) > 1 else np.nan


def by_class(y, predicted):
    """Return the confusion matrix, as text, and the means over classes of what follows from it."""
    counts = np.bincount(y * 10 + predicted, minlength=100).reshape(10, 10)
    hits, called, true = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    found = {
        "test_precision": hits / np.maximum(called, 1),
        "test_recall": hits / np.maximum(true, 1),
        "test_f1": 2 * hits / np.maximum(called + true, 1),
    }
    means = {name: values.mean() for name, values in found.items()}
    return means | {"confusion": " ".join(map(str, counts.ravel()))}


def looks(x, y, predicted):
    """Return whether misread digits have more ink, or more pieces, than others of their class."""
    wrong = predicted != y
    ink, pieces = x.mean(axis=(1, 2)), n_pieces(x)
    for digit in range(10):
        of_it = y == digit
        if of_it.any():
            ink[of_it] -= ink[of_it].mean()
            ink[of_it] /= max(ink[of_it].std(), 1e-9)
    doubtful = np.array(DOUBTFUL) % len(y)  # smoke mode has a few rows
    found = {"doubtful_misread": int(wrong[doubtful].sum())}
    if 1 < wrong.sum() < len(y):
        found["ink_misread"] = ink[wrong].mean()  # standard deviations of the class
        found["ink_error"] = ink[wrong].std(ddof=1) / np.sqrt(wrong.sum())
        found["pieces_misread"] = (pieces[wrong] > 1).mean()
        found["pieces_others"] = (pieces[~wrong] > 1).mean()
    return found


def n_pieces(x):
    """Count the pieces of each digit: bright pixels that touch belong together."""
    from scipy import ndimage

    corners = np.ones((3, 3))
    return np.array([ndimage.label(picture > 0.2, corners)[1] for picture in x])


SHORT = {data: partial(in_short, data) for data in HELD}
FULL = {data: partial(in_full, data) for data in HELD}


def compared():
    """Yield what the report compares, and the training without validation."""
    yield on_digits("unregularized", network, epochs=15, table="figure 3")
    yield on_digits("mix, early stopping", partial(network, **MIX), callbacks=stopping)
    all_rows = partial(on_digits, table="figures 5 to 7", data="mnist, all rows", callbacks=watched)
    yield all_rows("all rows, 50 epochs", partial(network, **MIX))
    yield all_rows("all rows, unregularized", network, epochs=15)


def longer():
    """Yield the two for longer, the strongest of the four methods alone, and the other limit."""
    three = partial(on_digits, seeds=3)
    mixed = partial(network, **MIX)
    yield three("mix, 100 epochs", mixed, epochs=100, callbacks=watched, curves=True)
    yield three("unregularized, 50 epochs", network, table="figure 3", curves=True)
    yield three("only dropout", partial(network, dropout=MIX["dropout"]))
    twice = partial(network, **TWICE)
    yield three("mix, max-norm .5 twice", twice, callbacks=stopping)
    yield three(
        "all rows, max-norm .5 twice",
        twice,
        table="figures 5 to 7",
        data="mnist, all rows",
        callbacks=watched,
    )


def rates():
    """Yield rates far from the report's, and three for each of three batch sizes."""
    far = {(BATCH, RATE * 10**power) for power in (-2, 1, 2)}
    near = {(batch, RATE * factor) for batch in (64, 512, 4096) for factor in (0.25, 1, 4)}
    for batch, rate in sorted(far | near - {(BATCH, RATE)}):  # that is "unregularized"
        yield short(
            f"batch {batch}, rate {rate:g}",
            partial(network, rate),
            table="batches and rates",
            batch_size=batch,
            settings={"batch": batch, "rate": rate},
        )


def sweeps():
    """Yield each method at each strength, those that do little harm three times."""
    mild = [(m, s) for m, strengths in SWEEPS.items() for s in strengths if not ruinous(m, s)]
    harsh = [(m, s) for m, strengths in SWEEPS.items() for s in strengths if ruinous(m, s)]
    for method, strength in mild + harsh:
        yield short(
            f"{method} {strength:g}",
            partial(network, **{KNOBS[method]: strength}),
            table="sweeps",
            epochs=20 if method == "dropout" else 15,
            seeds=1 if ruinous(method, strength) else 3,
            settings={"method": method, "strength": strength},
        )


def ruinous(method, strength):
    return method in ("L1", "L2") and strength >= 1e-2


def on_digits(name, build, *, table="figure 4", data="mnist", epochs=50, **others):
    return System(name, build, table, data, BATCH, epochs, measure=FULL[data], **others)


def short(name, build, *, batch_size=BATCH, epochs=15, seeds=3, **others):
    return System(
        name,
        build,
        data="mnist",
        batch_size=batch_size,
        epochs=epochs,
        seeds=seeds,
        measure=SHORT["mnist"],
        **others,
    )


STUDY = Study(
    "report_d",
    [*compared(), *longer(), *rates(), *sweeps()],
    prepare,
    "unregularized",
)

if __name__ == "__main__":
    from studies import report_d  # so that worker processes find the functions by their module

    sys.exit(main(report_d.STUDY))
