"""Report B, first half: dense and convolutional networks on clothes, digits and photographs.

Its figures compare three versions of a dense and of a convolutional network; its first table lists
nine settings of a dense network "on MNIST", which a later section calls Fashion-MNIST; its second
nine settings of a convolutional one on CIFAR-10.

Where the report is silent we chose: a tenth of the training pictures to validate, stratified
(seed 0); 20 epochs and batches of 128, as in the example of a dense
network on MNIST that comes with Keras, and 50 epochs or batches of 32 beside them; 256-128 for the
first table; RMSprop at 0.001 and dropout 0.2 for the versions, and none beside it; no dense layer
between the convolutions and the logits; "improved" as the version with six convolutions; SGD with
momentum 0.9, as in the report's fourth version, and none beside it; dropout after every hidden
layer, or pooling. The "same model on two data sets" is each version.
The report climbed from settings to neighbouring ones: here stand all 80 that its table's values
can be put together to, so that any climb can be looked up. Its second table has one row twice,
which is the same system with another seed.
"""

import itertools
import sys
from dataclasses import replace
from functools import partial

from labkit.models import reports
from studies import pictures
from studies.study import Study, System, main

import keras
from keras.optimizers import SGD, Adam, RMSprop
from keras.optimizers.schedules import PiecewiseConstantDecay

CLOTHES, DIGITS, PHOTOGRAPHS = "Fashion-MNIST", "MNIST", "CIFAR-10"
DATA = {CLOTHES: "fashion_mnist", DIGITS: "mnist", PHOTOGRAPHS: "cifar10"}
SHAPES = {CLOTHES: (28, 28), DIGITS: (28, 28), PHOTOGRAPHS: (32, 32, 3)}
EPOCHS, BATCH = 20, 128
OPTIMIZERS = {"Adam": Adam, "RMSprop": RMSprop, "SGD": partial(SGD, momentum=0.9)}

TABLE_1 = (  # activation, optimizer, rate, dropout
    ("relu", "Adam", 0.0005, 0.2),
    ("relu", "RMSprop", 0.0005, 0.2),
    ("relu", "RMSprop", 0.0005, 0.1),
    ("relu", "RMSprop", 0.001, 0.3),
    ("tanh", "RMSprop", 0.001, 0.3),
    ("relu", "Adam", 0.001, 0.3),
    ("relu", "RMSprop", 0.00005, 0.05),
    ("relu", "RMSprop", 0.00005, 0.15),
    ("relu", "Adam", 0.00005, 0.15),
)
GRID = tuple(
    itertools.product(
        ("relu", "tanh"),
        ("Adam", "RMSprop"),
        (0.001, 0.0005, 0.0001, 0.00005),
        (0.05, 0.1, 0.15, 0.2, 0.3),
    )
)
TABLE_2 = (  # version, optimizer, rate, dropout; the row that stands there twice once
    ("improved", "SGD", 0.007, 0.2),
    ("improved", "SGD", 0.005, 0.3),
    ("improved", "SGD", 0.005, 0.2),
    ("improved", "SGD", 0.005, 0.1),
    ("improved", "SGD", 0.007, 0.1),
    ("initial", "Adam", 0.01, 0.2),
    ("initial", "Adam", 0.00005, 0.15),
    ("initial", "RMSprop", 0.00005, 0.15),
)
VERSIONS = {"initial": (128, 64), "intermediate": (256, 128), "advanced": (256, 128, 64)}
CONVOLUTIONS = {"initial": 2, "intermediate": 4, "advanced": 6}


def prepare(data, part):
    """Return the pictures: 54,000 or 45,000 to train, 6,000 or 5,000 to validate."""
    return pictures.part(data, part, held=0.1)


def compiled(model, optimizer):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def dense(shape, optimizer, rate, **knobs):
    return compiled(reports.report_b(shape, **knobs), OPTIMIZERS[optimizer](rate))


def convolutional(shape, version, optimizer, rate, dropout, **more):
    version = "advanced" if version == "improved" else version  # the second table's name for it
    network = reports.report_b_cnn(version, shape, dropout=dropout)
    return compiled(network, OPTIMIZERS[optimizer](rate, **more))


def cooled(shape, updates):
    """Build the last dense version with RMSprop, whose rate falls to a tenth after `updates`."""
    rate = PiecewiseConstantDecay([updates], [0.001, 0.0001])
    return dense(shape, "RMSprop", rate, hidden=VERSIONS["advanced"])


def seen(data, model, x, y):
    """Return how a network does on 10,000 of its training pictures, with dropout switched off."""
    x, y = (array[:10_000] for array in prepare(data, "train"))
    scores = model.evaluate(x, y, batch_size=500, verbose=0, return_dict=True)
    return {f"seen_{name}": value for name, value in scores.items()}


SEEN = {title: partial(seen, name) for title, name in DATA.items()}  # one each: runs are grouped


def setting(title, row, *, table, note="", **others):
    """Return a system of the network of the first table: 256 and 128 units."""
    activation, optimizer, rate, dropout = row
    knobs = {"optimizer": optimizer, "rate": rate, "dropout": dropout}
    return System(
        f"{title}: {activation}, {optimizer} {rate:g}, dropout {dropout:g}{note}",
        partial(dense, SHAPES[title], activation=activation, **knobs),
        table,
        DATA[title],
        **{"batch_size": BATCH, "epochs": EPOCHS, **others},
        settings={"activation": activation, **knobs},
    )


def photographs(row, *, table="table 2", seeds=1, note="", **more):
    """Return a system of a convolutional network on CIFAR-10."""
    version, optimizer, rate, dropout = row
    knobs = {"version": version, "optimizer": optimizer, "rate": rate, "dropout": dropout}
    return System(
        f"{PHOTOGRAPHS}: {version}, {optimizer} {rate:g}, dropout {dropout:g}{note}",
        partial(convolutional, SHAPES[PHOTOGRAPHS], **knobs, **more),
        table,
        DATA[PHOTOGRAPHS],
        BATCH,
        EPOCHS,
        seeds,
        settings=knobs,
    )


def drawn(title, model, build, *, table="figures 1 to 3", note="", **others):
    """Return a system whose curves the report draws."""
    return System(
        f"{title}: {model}{note}",
        build,
        table,
        DATA[title],
        BATCH,
        EPOCHS,
        **{"curves": True, "measure": SEEN[title], **others},
    )


def table_1():
    for title in (CLOTHES, DIGITS):
        for row in TABLE_1:
            yield setting(title, row, table="table 1")


def dense_versions(title, **others):
    for hidden in VERSIONS.values():
        build = partial(dense, SHAPES[title], "RMSprop", 0.001, hidden=hidden)
        yield drawn(title, "MLP " + "-".join(map(str, hidden)), build, **others)
    build = partial(dense, SHAPES[title], "SGD", 0.01, hidden=VERSIONS["advanced"])
    yield drawn(title, "MLP 256-128-64, SGD", build, **others)


def without_dropout():
    """Yield the second choice for the first and the last version; their curves are not kept."""
    first, *_, last = dense_versions(CLOTHES, table="versions", note=", no dropout", curves=False)
    for system in (first, last):
        yield replace(system, build=partial(system.build, dropout=0.0))


def optimizers():
    """Yield further rates for the last two dense versions, and one that falls at the end."""
    for optimizer, rates in (("RMSprop", (0.0001, 0.0003, 0.003)), ("SGD", (0.003, 0.03, 0.1))):
        for rate in rates:
            build = partial(dense, SHAPES[CLOTHES], optimizer, rate, hidden=VERSIONS["advanced"])
            model = f"MLP 256-128-64, {optimizer} {rate:g}"
            yield drawn(CLOTHES, model, build, table="optimizers", seeds=3, curves=False)
    build = partial(cooled, SHAPES[CLOTHES], 15 * 422)  # three quarters of the epochs
    model = "MLP 256-128-64, RMSprop, at last a tenth"
    yield drawn(CLOTHES, model, build, table="optimizers", seeds=3)


def rates():
    """Yield rates beyond the table's, and a low one with five times the epochs."""
    for rate in (0.00001, 0.003, 0.01, 0.03):
        yield setting(CLOTHES, ("relu", "Adam", rate, 0.2), table="rates", seeds=3)
    low = ("relu", "Adam", 0.00005, 0.2)
    yield setting(CLOTHES, low, table="rates", note=", 100 epochs", epochs=100, seeds=3)


def climbed():
    """Yield what is left of the grid that a climb can reach."""
    for row in GRID:
        if row not in TABLE_1:
            yield setting(CLOTHES, row, table="table 1, the other settings", seeds=3)


def transferred():
    """Yield the dense network on photographs, and SGD on both, as in the second table."""
    for row in TABLE_1:
        yield setting(PHOTOGRAPHS, row, table="both data sets", seeds=3)
    for title in (PHOTOGRAPHS, CLOTHES):
        for rate, dropout in ((0.005, 0.1), (0.005, 0.2), (0.005, 0.3), (0.02, 0.2)):
            row = ("relu", "SGD", rate, dropout)
            yield setting(title, row, table="both data sets", seeds=3)


def second_choices():
    """Yield the first table with a quarter of the epochs; two of its rows in two other ways."""
    table = "table 1 otherwise"
    for title in (CLOTHES, DIGITS):
        for row in TABLE_1:
            yield setting(title, row, table=table, note=", 5 epochs", epochs=5, seeds=3)
    for row in (TABLE_1[0], TABLE_1[-1]):
        for note, choice in ((", 50 epochs", {"epochs": 50}), (", batch 32", {"batch_size": 32})):
            yield setting(CLOTHES, row, table=table, note=note, seeds=3, **choice)


def table_2():
    yield photographs(TABLE_2[0], seeds=3)
    for row in TABLE_2[1:]:
        yield photographs(row, seeds=3 if row[0] == "initial" else 1)


def carried():
    """Yield the first table's best three in the initial network, and what it is said to need."""
    for row in (("Adam", 0.0005, 0.2), ("SGD", 0.005, 0.3), ("Adam", 0.0005, 0.3)):
        yield photographs(("initial", *row), table="carried over", seeds=3)
    for row in TABLE_1[1:3]:
        yield photographs(("initial", *row[1:]), table="carried over")
    yield photographs(("improved", "Adam", 0.0005, 0.2), table="carried over")


def convolutional_versions(title):
    for version, count in CONVOLUTIONS.items():
        build = partial(convolutional, SHAPES[title], version, "RMSprop", 0.001, 0.2)
        yield drawn(title, f"CNN of {count}", build, seeds=1)
    build = partial(convolutional, SHAPES[title], "advanced", "SGD", 0.01, 0.2)
    yield drawn(title, "CNN of 6, SGD", build, seeds=1)


STUDY = Study(
    "report_b",
    [
        *table_1(),
        *dense_versions(CLOTHES),
        *second_choices(),
        *optimizers(),
        *rates(),
        *without_dropout(),
        *dense_versions(PHOTOGRAPHS),
        *transferred(),
        *climbed(),
        *table_2(),
        *carried(),
        *convolutional_versions(PHOTOGRAPHS),
        *convolutional_versions(CLOTHES),
        photographs(TABLE_2[1], note=", no momentum", table="table 2 otherwise", momentum=0.0),
    ],
    prepare,
    "Fashion-MNIST: relu, Adam 0.0005, dropout 0.2",
)

if __name__ == "__main__":
    from studies import report_b  # so that worker processes find the functions by their module

    sys.exit(main(report_b.STUDY))
