"""Run what a student has written without a trace: no warning, no random number used up."""

import contextlib
import io
import random
import sys
import warnings

import numpy as np


@contextlib.contextmanager
def quiet():
    """Keep standard error empty, because nbgrader gives 0 points for a line there."""
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stderr(io.StringIO()),
        random_state_kept(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def random_state_kept():
    """Leave Python's, NumPy's and Keras' random numbers as they were."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    kept = _keras_generator()
    seeds = kept and np.array(kept.state)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        if kept:
            kept.state.assign(seeds)


def _keras_generator():
    """Return the generator of layers without a seed, if Keras is loaded and has used it."""
    state = sys.modules.get("keras.src.backend.common.global_state")
    return state and state.get_global_attribute("global_seed_generator")
