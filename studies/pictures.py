"""The pictures that studies train on: real ones, scaled, split once and for all."""

import contextlib
import functools
import sys

from labkit import data, mode


@functools.cache
def _loaded(name):
    with contextlib.redirect_stdout(sys.stderr):
        return data.load(name, require_real=mode.current() != "smoke")


def part(name, part, *, held, scaled=True):
    """Return the pictures and labels of one part of a data set.

    Parameters
    ----------
    name : str
        As `labkit.data.load` takes it. Stand-ins are taken in smoke mode alone.
    part : {"train", "validation", "test"}
    held : float
        Share of the training pictures that is held out for validation, stratified, with seed 0;
        0 for none.
    scaled : bool
        Whether pixels are divided by 255; else they run from 0 to 255.

    Returns
    -------
    tuple of ndarray or None
        x, float32 of the shape of the pictures, and y, int32. None for a validation part where
        nothing is held out.
    """
    loaded = _loaded(name)
    if part == "test":
        split = loaded.test
    elif held:
        split = data.hold_out(loaded.train, held, seed=0)[part == "validation"]
    elif part == "validation":
        return None
    else:
        split = loaded.train
    x = split.x.astype("float32")
    return x / 255 if scaled else x, split.y
