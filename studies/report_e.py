"""Report E: dense and convolutional networks for Fashion-MNIST, two grids, one optimizer table.

48,000 pictures to train, 12,000 to validate, 10,000 to test; pixels from 0 to 1; at most 300
epochs, early stopping on the validation loss (patience 20), the rate divided by ten after 10
epochs without progress (cooldown 2). Adam 0.001; batch 128 in the dense grid, 256 in the other.

Where the report is silent we chose, and tried a second choice:

- A stratified split with seed 0.
- Early stopping puts the best weights back, as the report says of its baseline; once not
  ("last weights"). Either way ``val_accuracy`` is that of the last epoch, which is what the
  report's grids print, and ``left_...`` belongs to the network as it was left.
- Batch 128 before the grid; also 32, Keras' default.
- The 31 optimizer runs, of which the report shows a picture. Its plan names Adam, Nadam, SGD at
  several rates with momentum, and AMSGrad: Adam, Nadam and AMSGrad at 0.001, SGD at 0.01, and
  with momentum 0.9 and with Nesterov's at 0.01, 0.03 and 0.1, each at three batch sizes, make
  30; the 31st is RMSprop. "Adam, batch 128" is the winner of the grid, "768, dropout 0.3".
  Beside them Adam at two more rates, to give it as many settings as momentum, and what the
  report explains but does not plan to run: Adagrad, Adadelta and Adamax.
- The final dense network: the winner of the grid, at batch 128 and at 256.
- CNNs from 8 filters: batch 256 as in the grid, and 128; dropout 0.2, and 0.3.
- [4, 64] stands twice in the report's grid; it is one system here.
- Five folds of the test set: a fixed network on each, and the same network trained on with the
  other four, for 5 epochs with a new Adam 0.001.
"""

import sys
from functools import lru_cache, partial

from labkit import mode, models, training
from labkit.models import reports
from studies import pictures
from studies.study import SMOKE_ROWS, Study, System, main

import keras
import numpy as np
from keras.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop

CLOTHES = "fashion_mnist"
RAW, STANDARDISED = f"{CLOTHES}, 0 to 255", f"{CLOTHES}, standardised"
FIVE = ((32,), (128,), (128, 64), (256, 128), (256,))
GRID = (
    *((256, 256), (384,), (384, 256, 128), (512,), (512, 256), (512, 512)),
    *((768,), (768, 768), (768, 512), (768, 512, 256)),
)
RATES = (0.2, 0.25, 0.3)
BATCHES = (128, 256, 512)
WIDTHS = {1536: 3, 3072: 3, 8192: 1}  # seeds
TOP = {  # two and more layers among the ten that the report prints
    *("512-512, dropout 0.25", "768-768, dropout 0.25", "768-512, dropout 0.3"),
    *("768-512, dropout 0.2", "512-256, dropout 0.25", "768-768, dropout 0.3"),
    *("768-768, dropout 0.2", "512-512, dropout 0.3"),
}
OPTIMIZERS = {  # name: (optimizer, its rate, seeds)
    "Adam": (Adam, 0.001, 3),
    "Nadam": (Nadam, 0.001, 3),
    "AMSGrad": (partial(Adam, amsgrad=True), 0.001, 3),
    "SGD": (SGD, 0.01, 1),
    **{f"momentum {rate:g}": (partial(SGD, momentum=0.9), rate, 3) for rate in (0.01, 0.03, 0.1)},
    **{
        f"Nesterov {rate:g}": (partial(SGD, momentum=0.9, nesterov=True), rate, 1)
        for rate in (0.01, 0.03, 0.1)
    },
}


@lru_cache(maxsize=3)  # the parts of one scaling: each run asks for all of them
def prepare(data, part):
    """Return the pictures, scaled as the name of the data says."""
    if data == RAW:
        return pictures.part(CLOTHES, part, held=0.2, scaled=False)
    x, y = pictures.part(CLOTHES, part, held=0.2)
    if data == STANDARDISED:
        seen, _ = pictures.part(CLOTHES, "train", held=0.2)
        x = (x - seen.mean()) / seen.std()
    return x, y


def compiled(model, optimizer):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def linear():
    return compiled(reports.softmax_regression((28, 28)), Adam(0.001))


def dense(hidden, dropout, optimizer=Adam, rate=0.001):
    return compiled(reports.report_e(hidden=hidden, dropout=dropout), optimizer(rate))


def convolutional(**knobs):
    return compiled(reports.report_e_cnn(**knobs), Adam(0.001))


def augmented(**knobs):
    """Build a CNN that sees each picture mirrored or not, and moved by up to 2 pixels."""
    changes = [keras.layers.RandomFlip("horizontal"), models.RandomShift(2)]
    inner = reports.report_e_cnn((28, 28, 1), **knobs)
    front = [keras.Input((28, 28)), keras.layers.Reshape((28, 28, 1)), *changes]
    return compiled(keras.Sequential([*front, inner]), Adam(0.001))


def stopping(restore=True):
    return [
        keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=restore),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.1, patience=10, cooldown=2),
    ]


def left(data, model, x, y):
    """Evaluate the network as it was left, and name the rate that was left."""
    found = {"left_rate": float(model.optimizer.learning_rate)}
    for part, prefix in (("train", "left_"), ("validation", "left_val_")):
        rows = slice(mode.pick(None, smoke=SMOKE_ROWS))
        a, b = (array[rows] for array in prepare(data, part))
        scores = model.evaluate(a, b, batch_size=500, verbose=0, return_dict=True)
        found |= {prefix + name: value for name, value in scores.items()}
    return found


def fixed_folds(model, x, y):
    """Also return the mean accuracy over five folds of the test set, and the outermost two."""
    each = [correct(model, x[fold], y[fold]) for fold in folds(len(y))]
    scores = {"folds_mean": np.mean(each), "folds_low": min(each), "folds_high": max(each)}
    return left(CLOTHES, model, x, y) | scores


def trained_folds(model, x, y):
    """Also train on with four fifths of the test set, to see what that does to the last fifth."""
    found, weights, each = fixed_folds(model, x, y), model.get_weights(), []
    for fold in folds(len(y)):
        model.set_weights(weights)
        compiled(model, Adam(0.001))
        rest = np.setdiff1d(np.arange(len(y)), fold)
        epochs = mode.pick(5, smoke=1)
        training.fit(model, x[rest], y[rest], batch_size=256, epochs=epochs, verbose=0)
        each.append(correct(model, x[fold], y[fold]))
    return found | {"folds_trained_mean": np.mean(each)}


def folds(n):
    """Divide n rows into five parts, each with every fifth row."""
    return [np.arange(first, n, 5) for first in range(5)]


def correct(model, x, y):
    logits = model.predict(x, batch_size=500, verbose=0)
    return float((logits.argmax(axis=1) == y).mean())


LEFT = {data: partial(left, data) for data in (CLOTHES, RAW, STANDARDISED)}


def baselines():
    yield flat("softmax regression", linear, table="baseline", curves=True)
    yield flat("softmax regression, batch 32", linear, table="baseline", batch_size=32, seeds=3)
    for data in (RAW, STANDARDISED):
        pixels = data.removeprefix(f"{CLOTHES}, ")
        for name, build in (
            ("softmax regression", linear),
            ("128, dropout 0.2", partial(dense, (128,), 0.2)),
        ):
            yield flat(f"{name}, pixels {pixels}", build, table="pixels", data=data, seeds=3)


def five():
    for hidden in FIVE:
        name, build = f"{joined(hidden)}, dropout 0.2", partial(dense, hidden, 0.2)
        yield flat(name, build, table="five networks", curves=hidden == (256,))
    yield flat(f"{name}, batch 32", build, table="five networks", batch_size=32, seeds=3)


def grid():
    """Yield the thirty networks: first those that the report prints or that have one layer."""
    cells = [(hidden, rate) for hidden in GRID for rate in RATES]
    for hidden, rate in sorted(cells, key=lambda cell: -grid_seeds(*cell)):
        yield flat(
            f"{joined(hidden)}, dropout {rate:g}",
            partial(dense, hidden, rate),
            table="grid",
            seeds=grid_seeds(hidden, rate),
            settings={"hidden": joined(hidden), "layers": len(hidden), "dropout": rate},
        )


def grid_seeds(hidden, rate):
    name = f"{joined(hidden)}, dropout {rate:g}"
    if name == "768, dropout 0.3":
        return 5
    return 3 if len(hidden) == 1 or name in TOP else 1


def final():
    yield tuned("Adam", Adam, 0.001, 256, seeds=5)
    yield flat(
        "768, dropout 0.3, last weights",
        partial(dense, (768,), 0.3),
        table="final",
        callbacks=partial(stopping, False),
    )


def optimizers():
    """Yield the report's table: momentum and Adam first, single runs last."""
    every = [
        (name, batch)
        for name in sorted(OPTIMIZERS, key=lambda name: -OPTIMIZERS[name][2])
        for batch in BATCHES
        if (name, batch) not in {("Adam", 128), ("Adam", 256)}  # the grid's winner; `final`
    ]
    for name, batch in every:
        yield tuned(name, *OPTIMIZERS[name][:2], batch, seeds=OPTIMIZERS[name][2])
    yield tuned("RMSprop", RMSprop, 0.001, 128, seeds=1)


def more_rates():
    for rate in (0.0003, 0.003):
        for batch in BATCHES:
            yield tuned(f"Adam {rate:g}", Adam, rate, batch, table="Adam tuned")


def more_optimizers():
    for optimizer in (Adamax, Adagrad, Adadelta):
        name = optimizer.__name__
        yield tuned(name, optimizer, 0.001, 128, table="more optimizers", seeds=1)


def widths():
    for width, seeds in WIDTHS.items():
        build = partial(dense, (width,), 0.3)
        settings = {"hidden": str(width)}
        name = f"{width}, dropout 0.3"
        yield flat(name, build, table="widths", seeds=seeds, settings=settings)


def small():
    """Yield the networks from 8 filters."""
    variants = {
        "plain": {"batch_norm": False, "dropout": 0.0},
        "batch norm": {"dropout": 0.0},
        "dropout alone": {"batch_norm": False, "dropout": 0.2},
        "dropout 0.2": {"dropout": 0.2},
        "dropout 0.3": {"dropout": 0.3},
    }
    for name, knobs in variants.items():
        curves = name in ("plain", "dropout 0.2")
        build = partial(convolutional, n_layers=1, first=8, **knobs)
        yield cnn(f"CNN 8, {name}", build, table="8 filters", curves=curves)
    yield cnn(f"CNN 8, {name}, batch 128", build, table="8 filters", batch_size=128)
    for n_layers in (2, 3, 4):
        yield cell(n_layers, 8, 0.2, table="depths", seeds=3)


def cell(n_layers, first, rate, *, table="CNN grid", seeds=1, **others):
    """Return one cell of the convolutional grid."""
    return cnn(
        cell_name(n_layers, first, rate),
        partial(convolutional, n_layers=n_layers, first=first, dropout=rate),
        table=table,
        seeds=seeds,
        settings={"layers": n_layers, "first": first, "dropout": rate},
        **others,
    )


def cells_of_32():
    """Yield the smallest cells; one of them is also folded, and augmented."""
    yield cell(3, 32, 0.2, seeds=3, measure=trained_folds)
    for n_layers, rate in ((3, 0.25), (3, 0.3), (4, 0.2), (4, 0.25), (4, 0.3)):
        yield cell(n_layers, 32, rate)
    yield cnn(
        f"{cell_name(3, 32, 0.2)}, mirrored and moved",
        partial(augmented, n_layers=3, first=32, dropout=0.2),
        table="augmentation",
    )


def larger_cells():
    """Yield the rest of the grid, cheap before dear; 128 with 0.25 is the final network."""
    for n_layers, first in ((3, 64), (4, 64), (3, 128)):
        for rate in (0.25, 0.3, 0.2):
            yield cell(n_layers, first, rate)


def cell_name(n_layers, first, rate):
    return f"CNN {joined(first * 2**layer for layer in range(n_layers))}, dropout {rate:g}"


def joined(sizes):
    return "-".join(map(str, sizes))


def tuned(name, optimizer, rate, batch, *, table="optimizers", seeds=3):
    return flat(
        f"{name}, batch {batch}",
        partial(dense, (768,), 0.3, optimizer, rate),
        table=table,
        batch_size=batch,
        seeds=seeds,
        settings={"optimizer": name.split()[0], "rate": rate, "batch": batch},
    )


def flat(name, build, *, table, data=CLOTHES, batch_size=128, callbacks=stopping, **others):
    """Return a dense system."""
    measure = LEFT[data]
    return System(
        name, build, table, data, batch_size, 300, callbacks=callbacks, measure=measure, **others
    )


def cnn(name, build, *, table, batch_size=256, seeds=3, measure=fixed_folds, **others):
    """Return a convolutional system."""
    return System(
        name, build, table, CLOTHES, batch_size, 300, seeds, stopping, measure=measure, **others
    )


STUDY = Study(
    "report_e",
    [
        *(*baselines(), *five(), *grid(), *final(), *optimizers(), *more_rates(), *widths()),
        *(*small(), *more_optimizers(), *cells_of_32(), *larger_cells()),
    ],
    prepare,
    "32, dropout 0.2",
)

if __name__ == "__main__":
    from studies import report_e  # so that worker processes find the functions by their module

    sys.exit(main(report_e.STUDY))
