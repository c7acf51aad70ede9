"""One run: seed, build, train, measure. It happens in a worker process, or in this one."""

import contextlib
import copy
import gc
import inspect
import os
import random
import signal
import uuid
from pathlib import Path

import numpy as np

from labkit.experiments.plan import RESERVED
from labkit.experiments.reuse import compiled_once, shareable

_IMPORTED = uuid.uuid4().hex  # a worker imports this module again and gets another


# From three seeds on XLA wins back its time however short the runs: compiling a 4x50 network with
# batch normalization took it 3.1 s against 2.2 s, but taking that over 0.5 s against 1.0 s.
SHARED = 3


class Misuse(Exception):
    """A mistake in the call, the same for every seed: the comparison stops."""


def process_name():
    """Return a text that no other process has, also not on another machine."""
    return f"{_IMPORTED}-{os.getpid()}"


def failed(text):
    """Return the result of a run that came to nothing."""
    return {"error": text, "rows": [], "measured": {}}


def perform(run, x, y, validation_x, validation_y, marker=None, caller=None):
    """Do one run and return its result; whatever it raises becomes the result's ``error``.

    Parameters
    ----------
    run : labkit.experiments.plan.Run
    x, y, validation_x, validation_y : array
        Validation may be None.
    marker : str, optional
        A file that exists while the run is under way, so that a dead worker can be told.
    caller : str, optional
        `process_name` of the process that compares.

    Returns
    -------
    dict
        ``rows`` (one dict of metrics per epoch), ``seconds``, ``parameters``, ``steps``,
        ``measured``, ``error`` (empty if all went well) and, for mistakes in the call, ``misuse``.
    """
    ours = caller is None or caller == process_name()
    with _marked(marker), _this_process() if ours else _worker():
        try:
            validation = None if validation_x is None else (validation_x, validation_y)
            return _train(run, x, y, validation, contextlib.nullcontext if ours else compiled_once)
        except Misuse as error:
            return {**failed(str(error)), "misuse": str(error)}
        except (Exception, SystemExit) as error:
            return failed(f"{type(error).__name__}: {' '.join(str(error).split())}"[:500])


def _train(run, x, y, validation, kept):
    import keras

    from labkit.training import fit

    keras.utils.set_random_seed(run.seed)
    fresh = run.build()
    _check_model(run.variant, fresh)
    settings = {"verbose": 0, **run.settings, "validation_data": validation}
    callbacks = settings.get("callbacks")
    if callable(callbacks) and not isinstance(callbacks, keras.callbacks.Callback):
        settings["callbacks"] = callbacks()
    elif callbacks is not None:
        settings["callbacks"] = copy.deepcopy(callbacks)  # a worker has a copy anyway
    try:
        inspect.signature(fit).bind(fresh, x, y, **settings)
    except TypeError as error:
        raise Misuse(f"variant {run.variant!r}: labkit.training.fit: {error}") from None
    if kept is compiled_once and settings.get("jit_compile", "auto") == "auto":
        settings["jit_compile"] = _repays_xla(fresh, run, len(y))
    with kept(fresh) as model:
        before = int(model.optimizer.iterations)
        history = fit(model, x, y, **settings)
        steps = int(model.optimizer.iterations) - before
        measured = {} if run.measure is None else _scalars(run.measure(model))
    rows = _rows(history, settings.get("validation_freq", 1))
    return {
        "rows": rows,
        "seconds": float(history.seconds - history.compile_seconds),
        "parameters": int(fresh.count_params()),
        "steps": steps,
        "measured": measured,
        "error": "" if rows else "no epoch was trained",
    }


def _repays_xla(model, run, rows):
    """Tell whether XLA is quicker for all seeds of a variant, which share what it compiled."""
    import keras

    if keras.backend.backend() != "tensorflow" or not shareable(model):
        return "auto"
    from labkit.training.loop import WORTH_COMPILING, prefers_xla

    steps = run.settings["epochs"] * -(-rows // run.settings["batch_size"])
    return prefers_xla(model, WORTH_COMPILING if run.repeats >= SHARED else steps)


def _check_model(variant, model):
    import keras

    if not isinstance(model, keras.Model):
        raise Misuse(f"build of variant {variant!r} must return a Keras model; got {model!r}")
    if not getattr(model, "compiled", False):
        raise Misuse(
            f"build of variant {variant!r} must return a compiled model; "
            "call model.compile(optimizer, loss) before it returns"
        )


def _rows(history, validation_freq):
    """Return one dict per epoch; validation metrics only where validation took place."""
    rows = [{"epoch": epoch + 1} for epoch in history.epoch]
    if isinstance(validation_freq, int):
        validated = [row for row in rows if row["epoch"] % validation_freq == 0]
    else:
        validated = [row for row in rows if row["epoch"] in validation_freq]
    for key, values in history.history.items():
        for row, value in zip(rows if len(values) == len(rows) else validated, values, strict=True):
            row[key] = float(value)
    return rows


def _scalars(measured):
    if not isinstance(measured, dict):
        raise Misuse(f"measure must return a dict of numbers; got {type(measured).__name__}")
    flat = {}
    for key, value in measured.items():
        if not isinstance(key, str) or key in RESERVED:
            raise Misuse(f"measure must name its columns by texts, not {key!r}")
        if not isinstance(value, (bool, int, float, str)):
            if np.ndim(value) != 0:
                raise Misuse(f"measure must return one number a column; {key!r} has several")
            value = np.asarray(value).item()
        flat[key] = value
    return flat


@contextlib.contextmanager
def _marked(marker):
    """Keep a file while a run is under way; where its folder is out of reach, do without."""
    with contextlib.suppress(OSError):
        if marker:
            Path(marker).touch()
    yield
    with contextlib.suppress(OSError):
        if marker:
            Path(marker).unlink()


@contextlib.contextmanager
def _this_process():
    """Leave Python's and NumPy's random numbers as they were, as a worker would."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002


@contextlib.contextmanager
def _worker():
    """Use one thread, ignore Ctrl-C (the caller ends the worker), forget the model afterwards."""
    import keras

    if keras.backend.backend() == "tensorflow":
        _use_one_thread()
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # a thread of a worker, as in dask
        before = None
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
        keras.utils.clear_session(free_memory=False)
        gc.collect()


def _use_one_thread():
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):  # TensorFlow has started: this worker has done it
        gc.freeze()  # what was imported stays: nobody need look through it again
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        with _without_standard_error():  # the first look for a GPU complains where there is none
            devices = tf.config.list_physical_devices("GPU")
        for device in devices:
            tf.config.experimental.set_memory_growth(device, True)


@contextlib.contextmanager
def _without_standard_error():
    """Drop what C++ code writes to file descriptor 2."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
