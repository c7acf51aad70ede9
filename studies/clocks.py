"""Report B, second half: the time read from pictures of a clock, by 23 networks and variations.

The networks, their rates, batches and epochs are `labkit.clocks.reports.REPORT_B_CLOCKS`, which
says how each gap of the report is filled. The pictures are 18,000 of 75 x 75 pixels: those of the
report cannot be handed on, so they are rendered as its task describes them, a wall clock turned by
any angle and seen from the side ("tilted"). 80 % train. Of the rest, the nine classifiers take
half for validation and half for the test; for the others, as in the report, all of it is the test.

Where the report is silent we chose: shares that are equal for every minute, in random order
(seed 0), and a new order in each epoch. Second choices, on cheap networks: the files cut in their
order, so that the last fifth of the dial tests; a clock seen from the front ("rotated"); 150 x 150
pixels, with and without batch normalization; the number as turns instead of hours, also with a
round loss; the largest of 2 x 2 pixels instead of their average; Adam.

A network whose loss is no finite number after an epoch has diverged. It is stopped, and has no
error in minutes. A run may last hours; one that was killed goes on.
"""

import contextlib
import functools
import math
import sys
from dataclasses import replace
from functools import partial

from labkit import clocks, data, mode
from labkit.audit.report_b_clocks import CHEAP, CLASSIFIERS, HALVED, HOURS, OBLONG
from labkit.clocks import codes
from labkit.clocks.reports import REPORT_B_CLOCKS
from labkit.clocks.score import score
from studies.study import Study, System, main

import keras
import numpy as np
from keras import ops
from keras.optimizers import SGD, Adam

TIMES = np.arange(720)
SCORES = ("minutes", "median", "exact", "within_1", "within_5", "beyond_30", "hour_right")
DATA = {}  # name: (level, pixels, split, code), of every system below


@functools.lru_cache(maxsize=2)
def pictures(level, pixels):
    with contextlib.redirect_stdout(sys.stderr):
        return clocks.load(mode.pick(18_000, smoke=720), level, size=pixels)


def rows(split, times):
    """Return the numbers of the pictures of each part, None for a part that is not there."""
    if split == "in order":
        cut = round(0.8 * len(times))
        return {"train": np.arange(cut), "validation": None, "test": np.arange(cut, len(times))}
    kept, held = data.hold_out(data.Split(np.arange(len(times)), times), 0.2, seed=0)
    if split == "80/20":
        return {"train": kept.x, "validation": None, "test": held.x}
    validation, test = data.hold_out(held, 0.5, seed=0)
    return {"train": kept.x, "validation": validation.x, "test": test.x}


def part_of(name, part):
    """Return the pictures of a part and the times on them, or None."""
    level, pixels, split, _ = DATA[name]
    found = pictures(level, pixels)
    chosen = rows(split, found.y)[part]
    return None if chosen is None else (found.x[chosen], found.y[chosen])


def prepare(name, part):
    """Return the pictures of a part, and what each head is to say about them."""
    found = part_of(name, part)
    return None if found is None else (found[0], DATA[name][-1].encode(found[1]))


@functools.cache
def reading(name):
    """Return the function that scores a network; one for all systems with the same data."""
    return partial(scores, name)


def scores(name, model, x, y):
    """Read the test pictures and return the error in minutes; NaN where the network diverged."""
    times = part_of(name, "test")[1][: len(x)]
    outputs = model.predict(x, batch_size=250, verbose=0)
    if not all(np.isfinite(values).all() for values in outputs.values()):
        return {**dict.fromkeys(SCORES, math.nan), "answers": 0, "diverged": True}
    read = DATA[name][-1].decode(outputs)
    found = score(times, read)
    hour_right = float(np.mean(np.rint(read) % 720 // 60 == times // 60))
    values = (*found[:-1], hour_right)  # all but the number of pictures
    answers = len(np.unique(np.rint(read) % 720))
    return dict(zip(SCORES, values, strict=True)) | {"answers": answers, "diverged": False}


class StopAtNaN(keras.callbacks.Callback):
    """Stop after the first epoch whose loss is no finite number."""

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            self.model.stop_training = True


def stopping():
    return [StopAtNaN()]


def round_loss(true, predicted):
    """Return the loss of a share of a turn that knows no 11:59."""
    return ops.mean(1 - ops.cos(2 * np.pi * (true - predicted)), axis=-1)


def network(row, pixels, optimizer, loss):
    """Build and compile a network of the report; classes are counted as well."""
    model = row.build(pixels)
    heads = {head.name: head.kind for head in row.code.heads}
    model.compile(
        optimizer(),
        row.code.losses() if loss is None else dict.fromkeys(heads, loss),
        metrics={name: ["accuracy"] for name, kind in heads.items() if kind == "classes"},
    )
    return model


def constant_loss(code):
    """Return the training loss of the best answer that never looks at a picture."""
    found = 0.0
    for head, labels in zip(code.heads, code.encode(TIMES).values(), strict=True):
        found += math.log(head.units) if head.kind == "classes" else labels.var(axis=0).mean()
    return float(found)


def system(
    name,
    row,
    table,
    *,
    level="tilted",
    pixels=75,
    split="80/20",
    optimizer=None,
    loss=None,
    **others,
):
    """Describe a network on its pictures."""
    known = f"{level}, {pixels} pixels, {split}, {row.code.name}"
    DATA[known] = (level, pixels, split, row.code)
    settings = {
        "network": row.name,
        "level": level,
        "pixels": pixels,
        "split": split,
        "label": row.code.name,
        "hours": HOURS[name],
    }
    if loss is None:
        settings["constant_loss"] = round(constant_loss(row.code), 5)
    return System(
        name,
        partial(network, row, pixels, optimizer or partial(SGD, row.learning_rate), loss),
        table,
        known,
        row.batch_size,
        row.epochs,
        callbacks=stopping,
        settings=settings,
        measure=reading(known),
        backup=True,
        **{"seeds": 1, **others},
    )


def reported(name, **others):
    """Describe a network as the report trained it."""
    row = REPORT_B_CLOCKS[name]
    classifier = name.startswith("classes")
    two_heads = len(row.code.heads) == 2 and name != "both angles"
    return system(
        name,
        row,
        "figure 7" if row.said else "variations",
        split="80/10/10" if classifier else "80/20",
        curves=row.said is None or not two_heads,  # those that the report draws
        **others,
    )


def second(name, label, knobs=None, *, code=None, epochs=None, **others):
    """Describe another choice, where the report leaves one; `knobs` are of `report_b_clock`."""
    row = REPORT_B_CLOCKS[name]
    code, epochs = code or row.code, epochs or row.epochs
    build = partial(row.build, code=code, **(knobs or {}))
    row = replace(row, code=code, epochs=epochs, build=build)
    return system(f"{name}, {label}", row, "second choices", **others)


FIRST = ("hour angle", CLASSIFIERS[0], "hour class, minute class")
TURNS = codes.number("turns")
NORMALIZED = {"batch_norm": True}
ADAM = partial(Adam, 0.001)


def systems():
    """Yield all, in the order in which they are worth their time."""
    yield reported(CHEAP, seeds=3)
    yield reported(OBLONG, seeds=3)
    yield second(CHEAP, "Adam", optimizer=ADAM)
    yield second(CHEAP, "turns", code=TURNS)
    yield second(CHEAP, "turns, round loss", code=TURNS, loss=round_loss)
    yield second(CHEAP, "in order", split="in order")
    yield second(CHEAP, "rotated", level="rotated")
    yield second(CHEAP, "batch normalization", NORMALIZED)
    yield second(HALVED, "Adam", optimizer=ADAM, epochs=60)
    yield reported(HALVED)
    yield second(CHEAP, "150 pixels", pixels=150)
    yield second(CHEAP, "150 pixels, batch normalization", NORMALIZED, pixels=150)
    yield second(OBLONG, "turns", code=TURNS)
    yield from map(reported, FIRST)
    yield second(HALVED, "rotated", level="rotated")
    yield second(HALVED, "maximum", {"halved": "maximum"})
    rest = REPORT_B_CLOCKS.keys() - {CHEAP, OBLONG, HALVED, *FIRST}
    yield from map(reported, sorted(rest, key=lambda name: (HOURS[name], name)))


STUDY = Study("clocks", list(systems()), prepare, CHEAP)

if __name__ == "__main__":
    from studies import clocks as study  # so that worker processes find the functions

    sys.exit(main(study.STUDY))
