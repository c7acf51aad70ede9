"""How well a reader reads each level, each kind of wild clock, and whether its confidence tells."""

from labkit import clocks
from labkit.clocks import pictures

import numpy as np

SEED = 1_000_000  # of the test pictures; training takes other seeds
SURE = 0.9  # confidence
KINDS = ("face_shape", "numerals", "roman", "marking", "style", "second_kind")


def measured(reader, n=720, seed=SEED, levels=clocks.ALL_LEVELS):
    """Read fresh pictures of every level.

    Parameters
    ----------
    reader : keras.Model
    n : int
        Pictures of each level.
    seed : int
        Of the pictures.
    levels : sequence of str

    Returns
    -------
    dict of str to dict
        For each level what `summary` returns.
    """
    found = {}
    for level in levels:
        shown = clocks.render(n, level, seed=seed, n_jobs=1)
        found[level] = summary(shown.y, clocks.read(shown.x, reader))
    return found


def summary(true, readings):
    """Return score and calibration of some readings, as plain numbers.

    Parameters
    ----------
    true : ndarray of shape (n,)
        Minutes.
    readings : labkit.clocks.Readings

    Returns
    -------
    dict of str to float
        `labkit.clocks.ClockScore`; ``sure``, the share of pictures with a confidence of .9 or
        more; ``sure_within_1``, the share of these that are right within a minute (None if there
        are none); ``confidence``, the mean.
    """
    error = clocks.common_sense_error(true, readings.times)
    sure = readings.confidences >= SURE
    numbers = clocks.score(true, readings.times)._asdict()
    numbers["sure"] = float(sure.mean())
    numbers["sure_within_1"] = float((error[sure] <= 1).mean()) if sure.any() else None
    numbers["confidence"] = float(readings.confidences.mean())
    return {key: round(value, 4) if value else value for key, value in numbers.items()}


def by_kind(reader, n=2160, seed=SEED + 1):
    """Read wild clocks, and tell apart what kinds of them are read well.

    Returns
    -------
    dict of str to dict
        For each value of each of `KINDS`, as ``"numerals: none"``, what `summary` returns.
    """
    shown = clocks.render(n, "wild", seed=seed, n_jobs=1)
    scenes = pictures.scenes(n, "wild", seed)
    readings = clocks.read(shown.x, reader)
    found = {}
    for kind in KINDS:
        values = np.array([str(scene[kind]) for scene in scenes])
        for value in np.unique(values):
            rows = np.flatnonzero(values == value)
            some = clocks.Readings(readings.times[rows], readings.confidences[rows])
            found[f"{kind}: {value}"] = summary(shown.y[rows], some)
    return found
