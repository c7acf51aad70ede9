"""Report C: six networks on raw pixels, the way out of a vanishing gradient.

Four hidden layers of 50 units, 13,860 pictures to train and 5,940 to validate, pixels from 0 to
255, 100 epochs. The first network has batches of 256, the others Keras' default of 32.

The report says which rows it took (`train_test_split` with seed 7, then the last 30 %). Its Keras
computed the loss from the softmax and cut probabilities off at 1e-7, so that a picture that is
certainly wrong costs 16.1 and teaches nothing; today's computes it from the logits. We train both.

What it did not try, we chose: two and three values of each thing that it changed in all 192
combinations, one seed each; what carries a claim, with three to five seeds; and the four ideas
that are switches (ELU, Adam, batch normalization, dropout) with pixels standardized and four
learning rates a combination, momentum 0.9 for SGD. Layers of 512 units get 30 epochs.
"""

import functools
import itertools
import math
import sys
from functools import partial

from labkit import diagnostics
from labkit.models import mlp, reports
from studies import pictures
from studies.study import Study, System, main

import keras
import numpy as np
from keras.optimizers import SGD, Adam
from sklearn.model_selection import train_test_split

RUNGS = {  # name: (optimizer, batch size)
    "sigmoid": (partial(SGD, 0.001), 256),
    "he_normal": (partial(SGD, 0.001), 32),
    "relu": (partial(SGD, 0.001), 32),
    "elu": (partial(Adam, 0.001), 32),
    "batch_norm": (partial(Adam, 0.001), 32),
    "dropout": (partial(Adam, 0.001), 32),
}
FACTORS = {
    "pixels": ("raw", "scaled"),
    "batch": (256, 32),
    "weights": ("glorot", "he"),
    "activation": ("sigmoid", "relu", "elu"),
    "optimizer": ("SGD", "Adam"),
    "norm": (0, 1),
    "dropout": (0, 0.2),
}
WEIGHTS = {"glorot": "glorot_uniform", "he": "he_normal"}
OPTIMIZERS = {"SGD": SGD, "Adam": Adam}
SWITCHES = {
    "ELU": {"activation": "elu"},
    "Adam": {"optimizer": "Adam"},
    "batch norm": {"norm": 1},
    "dropout": {"dropout": 0.2},
}
RATES = {"SGD": (0.003, 0.01, 0.03, 0.1), "Adam": (0.0003, 0.001, 0.003, 0.01)}
MOMENTUM = {"SGD": 0.9, "Adam": 0.0}
BATCH = 2_000  # pictures on which gradients are measured


@functools.cache
def prepare(data, part):
    """Return the report's rows; `data` is "raw", "scaled" to 1, or "standardized" pixels."""
    x, y = pictures.part("mnist", "test" if part == "test" else "train", held=0, scaled=False)
    if part != "test":
        x, _, y, _ = train_test_split(x, y, test_size=0.67, random_state=7)
        kept = round(0.7 * len(x))
        x, y = (x[:kept], y[:kept]) if part == "train" else (x[kept:], y[kept:])
    if data == "standardized":
        seen = x if part == "train" else prepare("raw", "train")[0]
        x = (x - seen.mean()) / seen.std()
    return (x / 255 if data == "scaled" else x), y


def cross_entropy():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def cut_off(y, logits):
    """Compute the cross-entropy as Keras 2 did: of probabilities from 1e-7 to 1 - 1e-7."""
    losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    return keras.ops.clip(losses, -math.log1p(-1e-7), -math.log(1e-7))


def compiled(model, optimizer, loss=None):
    model.compile(optimizer, loss or cross_entropy(), metrics=["accuracy"])
    return model


def rung(name, optimizer=None, loss=None):
    """Build one of the report's six networks."""
    return compiled(reports.report_c(name), (optimizer or RUNGS[name][0])(), loss)


def four_layers(activation="sigmoid", *, weights="glorot", norm=0, dropout=0.0, width=50):
    return mlp(
        (28, 28),
        hidden=[width] * 4,
        activation=activation,
        kernel_initializer=WEIGHTS[weights],
        batch_norm="before" if norm else None,
        dropout=dropout,
    )


def network(activation="sigmoid", optimizer="SGD", rate=0.001, momentum=0.0, **layers):
    """Build four hidden layers and compile them; plain sigmoids and SGD are the first network."""
    more = {"momentum": momentum} if momentum else {}
    return compiled(
        four_layers(activation, **layers), OPTIMIZERS[optimizer](learning_rate=rate, **more)
    )


def tanh_in_disguise(rate=0.001, momentum=0.0):
    """Build a sigmoid network that computes what a tanh network with Glorot's weights does.

    tanh(z) is 2 sigmoid(2 z) - 1, so weights grow two- or fourfold and biases centre the units.
    """
    arrays, network_ = four_layers("tanh").get_weights(), network(rate=rate, momentum=momentum)
    for place in range(0, len(arrays), 2):
        first, last = place == 0, place == len(arrays) - 2
        kernel, bias = arrays[place : place + 2]
        sums = 0 if first else kernel.sum(axis=0)
        arrays[place] = kernel * (2 if first or last else 4)
        arrays[place + 1] = bias - sums if last else 2 * (bias - sums)
    network_.set_weights(arrays)
    return network_


def looked(model, x, y):
    """Count the answers to the test pictures; measure gradients and saturation on some."""
    answers = np.bincount(model.predict(x, batch_size=500, verbose=0).argmax(axis=1), minlength=10)
    found = {"answers": int((answers > 0).sum()), "commonest": answers.max() / answers.sum()}
    back = diagnostics.gradients(model, x[:BATCH], y[:BATCH])
    for row in back.itertuples():
        found[f"gradient_{row.depth}"] = row.gradient_rms
    table = diagnostics.activations(model, x[:BATCH])
    saturated = table["saturated"].dropna()
    return found | ({"saturated_1": saturated.iloc[0]} if len(saturated) else {})


def graded(model, x, y):
    """Take the accuracy on the training pictures once more, with dropout off."""
    del x, y
    scores = model.evaluate(*prepare("raw", "train"), batch_size=500, verbose=0, return_dict=True)
    return {"graded": scores["accuracy"]}


def looked_and_graded(model, x, y):
    return looked(model, x, y) | graded(model, x, y)


def rungs():
    """Yield the six networks, with both ways to compute the loss, and one first epoch."""
    for name, (_, batch) in RUNGS.items():
        build = partial(rung, name)
        yield system(name, build, "the ladder", batch, curves=True, measure=looked_and_graded)
    for loss, words in ((None, ""), (cut_off, ", loss cut off")):
        build = partial(rung, "dropout", loss=loss)
        yield system(f"dropout, first epoch{words}", build, "the log", epochs=1)
    for name, (_, batch) in RUNGS.items():
        build = partial(rung, name, loss=cut_off)
        yield system(f"{name}, loss cut off", build, "the ladder, Keras 2", batch)


def untrained():
    """Yield networks as they start: with a rate of 0, one epoch changes nothing."""
    at_start = partial(system, table="untrained", batch=256, epochs=1, measure=looked)
    for name in ("sigmoid", "he_normal", "relu"):
        yield at_start(f"{name}, untrained", partial(rung, name, partial(SGD, 0.0)))
    yield at_start("sigmoid, batch norm, untrained", partial(network, rate=0.0, norm=1))
    yield at_start("sigmoid, scaled, untrained", partial(network, rate=0.0), pixels="scaled")


def one_change():
    """Yield what differs from a network of the report by one thing."""
    he = {"weights": "he"}
    cases = {  # name: (batch size, how it is built)
        "sigmoid, batch 32": (32, {}),
        "he_normal, batch 256": (256, he),
        "he_normal, batch 256, eight times the rate": (256, {**he, "rate": 0.008}),
        "sigmoid and relu": (256, {"activation": "relu"}),
        "sigmoid and elu": (256, {"activation": "elu"}),
        "sigmoid and Adam": (256, {"optimizer": "Adam"}),
        "sigmoid and batch norm": (256, {"norm": 1}),
        "sigmoid and dropout": (256, {"dropout": 0.2}),
        "relu, he": (32, {"activation": "relu", **he}),
        "relu, Adam": (32, {"activation": "relu", "optimizer": "Adam"}),
        "elu, SGD": (32, {"activation": "elu"}),
        "elu, SGD, batch norm": (32, {"activation": "elu", "norm": 1}),
        "tanh, batch 256": (256, {"activation": "tanh"}),
        "tanh, batch 32": (32, {"activation": "tanh"}),
    }
    for name, (batch, how) in cases.items():
        yield system(name, partial(network, **how), "one change", batch)
    for batch in (256, 32):
        yield system(f"tanh in disguise, batch {batch}", tanh_in_disguise, "one change", batch)
    for activation, rate in itertools.product(("relu", "elu"), (0.0003, 0.003, 0.01)):
        build = partial(network, activation, rate=rate)
        yield system(f"{activation}, SGD {rate:g}", build, "one change", seeds=3)
    long = partial(system, batch=256, epochs=800, seeds=3)
    yield long("he_normal, batch 256, 800 epochs", partial(network, **he), "one change")


def other_pixels():
    """Yield networks whose pixels are scaled, at the report's rate and at a better one."""
    adam = {"activation": "elu", "optimizer": "Adam"}
    cases = {
        "sigmoid, scaled": (256, {}),
        "sigmoid, scaled, batch 32": (32, {}),
        "he_normal, scaled": (32, {"weights": "he"}),
        "relu, scaled": (32, {"activation": "relu"}),
        "elu, scaled": (32, adam),
        "batch_norm, scaled": (32, {**adam, "norm": 1}),
    }
    for name, (batch, how) in cases.items():
        build = partial(network, **how)
        yield system(name, build, "scaled pixels", batch, pixels="scaled")
    short = partial(system, table="tuned rate", pixels="standardized", epochs=30)
    for batch in (256, 32):
        build = partial(network, rate=0.1, momentum=0.9)
        yield short(f"sigmoid, tuned, batch {batch}", build, batch=batch)
    yield short("tanh in disguise, tuned", partial(tanh_in_disguise, 0.02, 0.9))


def dropout(rates, title="dropout", width=50, epochs=100):
    """Yield the network of the last step with other rates of dropout, and another width."""
    for rate in rates:
        build = partial(network, "elu", "Adam", dropout=rate, width=width)
        more = {"epochs": epochs, "seeds": 3, "measure": graded}
        yield system(f"{title} {rate:g}", build, "dropout", **more)


def factorial():
    """Yield all combinations of what the report changed, at its own rate."""
    for values in itertools.product(*FACTORS.values()):
        cell = dict(zip(FACTORS, values, strict=True))
        layers = {name: cell[name] for name in ("weights", "activation", "norm", "dropout")}
        yield system(
            " ".join(map(str, values)),
            partial(network, optimizer=cell["optimizer"], **layers),
            "factorial",
            cell["batch"],
            pixels=cell["pixels"],
            seeds=1,
            settings=cell,
        )


def tuned():
    """Yield all combinations of the four switches, each at four rates."""
    sizes = range(len(SWITCHES) + 1)
    for names in (names for size in sizes for names in itertools.combinations(SWITCHES, size)):
        how = {name: value for switch in names for name, value in SWITCHES[switch].items()}
        optimizer = how.get("optimizer", "SGD")
        for rate in RATES[optimizer]:
            build = partial(network, rate=rate, momentum=MOMENTUM[optimizer], **how)
            yield system(
                f"{' + '.join(names) or 'none of the four'}, {rate:g}",
                build,
                "tuned",
                pixels="standardized",
                seeds=3,
                settings={name: int(name in names) for name in SWITCHES} | {"rate": rate},
            )


def system(name, build, table, batch=32, *, pixels="raw", epochs=100, **others):
    return System(name, build, table, pixels, batch, epochs, **others)


STUDY = Study(
    "report_c",
    [
        *rungs(),
        *untrained(),
        *one_change(),
        *other_pixels(),
        *dropout((0.05, 0.1, 0.3, 0.5)),
        *tuned(),
        *factorial(),
        *dropout((0.0, 0.2, 0.5), "512 units, dropout", width=512, epochs=30),
    ],
    prepare,
    "relu",
)

if __name__ == "__main__":
    from studies import report_c  # so that worker processes find the functions by their module

    sys.exit(main(report_c.STUDY))
