"""Report A: seven ways to train a dense network on MNIST, then CIFAR-10 with five remedies.

First part: 784-128-64-10 with ReLU, 48,000 pictures to train and 12,000 to validate, 50 epochs.
Second part: the same layers on CIFAR-10, 40,000 and 10,000, SGD 0.01, batch 128, 50 epochs.

Where the report is silent we chose: a stratified split (seed 0); "batch SGD" as Keras' default
batch of 32, because the report's numbers fit no other, and beside it the whole set at once;
batch 32 for Adam and RMSprop, and 64 beside it; batch 1 where momentum joins decay, and 64 beside
it; the optimizer of the second part's search (SGD) and its ranges (rate 1e-4 to 1e-1 on a
logarithmic scale, dropout 0 to 0.5, batch 32 to 256).
"""

import sys
from functools import partial

from labkit import mode, training
from labkit.models import reports
from studies import pictures
from studies.study import Study, System, main

import keras
import numpy as np
from keras.optimizers import SGD, Adam, RMSprop
from keras.optimizers.schedules import CosineDecay, InverseTimeDecay

UPDATES_AT_32 = 75_000  # 50 epochs of 48,000 pictures
TRIALS = 30


def prepare(data, part):
    """Return the pictures of either part of the report; both hold out a fifth."""
    return pictures.part(data, part, held=0.2)


def compiled(model, optimizer):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def digits(optimizer):
    """Build the network of the first part; `optimizer` is a function that makes one."""
    return compiled(reports.report_a(), optimizer())


def photographs(rate=0.01, **remedies):
    """Build the network of the second part."""
    return compiled(reports.report_a_regularized(**remedies), SGD(rate))


def decayed(momentum=0.0):
    """Make SGD with the old ``decay=1e-6``: the rate is divided by 1 + 1e-6 times the update."""
    return SGD(InverseTimeDecay(0.01, 1, 1e-6), momentum)


def cosine(optimizer, rate):
    return optimizer(CosineDecay(rate, UPDATES_AT_32))


def trained_before(optimizer):
    """Build the network and train it as "single-sample SGD" first: is that what RMSprop got?"""
    model = digits(partial(SGD, 0.01))
    x, y = prepare("mnist", "train")
    rows = mode.pick(len(x), smoke=32)
    settings = {"batch_size": 1, "epochs": mode.pick(50, smoke=1), "shuffle": "each_epoch"}
    training.fit(model, x[:rows], y[:rows], verbose=0, **settings)
    return compiled(model, optimizer())


def calibration(model, x, y):
    """Return how far confidence and accuracy lie apart on the test data."""
    probabilities = keras.ops.softmax(model.predict(x, batch_size=500, verbose=0))
    probabilities = keras.ops.convert_to_numpy(probabilities)
    confidence, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [
        abs(confidence[bins == b].mean() - hit[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return {"test_ece": float(sum(gaps)), "test_confidence": float(confidence.mean())}


STRATEGIES = {  # name: (optimizer, batch size), the report's seven first
    "mini-batch SGD": (partial(SGD, 0.01), 64),
    '"batch" SGD': (partial(SGD, 0.01), 32),
    "single-sample SGD": (partial(SGD, 0.01), 1),
    "mini-batch SGD, decay": (decayed, 64),
    "SGD, decay, momentum": (partial(decayed, momentum=0.9), 1),
    "Adam": (partial(Adam, 0.001), 32),
    "RMSprop": (partial(RMSprop, 0.001), 32),
    "whole set": (partial(SGD, 0.01), 48_000),
    "SGD, decay, momentum, batch 64": (partial(decayed, momentum=0.9), 64),
    "SGD, decay, momentum, a tenth of the rate": (partial(SGD, 0.001, momentum=0.9), 1),
    "Adam, batch 64": (partial(Adam, 0.001), 64),
    "RMSprop, batch 64": (partial(RMSprop, 0.001), 64),
}
RATES = {
    SGD: (0.01, 0.03, 0.1, 0.3),
    Adam: (1e-4, 3e-4, 1e-3, 3e-3),
    RMSprop: (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),  # the last two: the best was at the edge
}
REMEDIES = {
    "base": {},
    **{f"L2 {l2:g}": {"l2": l2} for l2 in (1e-4, 1e-3, 1e-2)},
    **{f"dropout {rate:g}": {"dropout": rate} for rate in (0.2, 0.3, 0.5)},
    "batch normalization": {"batch_norm": True},
}


def stopping(patience):
    return [keras.callbacks.EarlyStopping("val_loss", patience=patience)]


def strategies():
    for name, (optimizer, batch) in STRATEGIES.items():
        yield on_digits(
            name,
            partial(digits, optimizer),
            batch_size=batch,
            curves=True,
            measure=calibration,
        )
    yield on_digits(
        "RMSprop after single-sample SGD",
        partial(trained_before, partial(RMSprop, 0.001)),
        batch_size=32,
        seeds=3,
        curves=True,
        measure=calibration,
    )


def tuned():
    """Yield each optimizer at four rates (RMSprop at six), constant and falling, at one batch."""
    for optimizer, rates in RATES.items():
        for rate in rates:
            for schedule, make in (("constant", optimizer), ("cosine", partial(cosine, optimizer))):
                yield on_digits(
                    f"{optimizer.__name__} {rate:g}, {schedule}",
                    partial(digits, partial(make, rate)),
                    table="optimizers tuned",
                    batch_size=32,
                    seeds=3,
                    settings={
                        "optimizer": optimizer.__name__,
                        "rate": rate,
                        "schedule": schedule,
                    },
                )


def remedies():
    for name, knobs in REMEDIES.items():
        yield on_photographs(name, partial(photographs, **knobs), curves=True)
    for patience in (5, 10, 20):
        yield on_photographs(
            f"early stopping, patience {patience}",
            photographs,
            callbacks=partial(stopping, patience),
            curves=True,
        )


def trials():
    """Yield the random search: as it should be, and as it is if the batch is never passed on."""
    random = np.random.default_rng(0)
    for number in range(1, TRIALS + 1):
        rate = float(f"{10 ** random.uniform(-4, -1):.3g}")
        dropout = round(float(random.uniform(0, 0.5)), 2)
        drawn = int(random.choice([32, 64, 128, 256]))
        for batch in {drawn, 32}:
            yield on_photographs(
                f"trial {number}" + (", batch not passed on" if batch != drawn else ""),
                partial(photographs, rate, dropout=dropout),
                table="random search",
                batch_size=batch,
                seeds=1,
                settings={"trial": number, "rate": rate, "dropout": dropout, "batch": batch},
            )


def on_digits(name, build, *, table="figures 2 to 9", **others):
    return System(name, build, table, "mnist", epochs=50, **others)


def on_photographs(name, build, *, table="part II", batch_size=128, **others):
    return System(name, build, table, "cifar10", batch_size, epochs=50, **others)


STUDY = Study(
    "report_a", [*strategies(), *tuned(), *remedies(), *trials()], prepare, "Adam, batch 64"
)

if __name__ == "__main__":
    from studies import report_a  # so that worker processes find the functions by their module

    sys.exit(main(report_a.STUDY))
