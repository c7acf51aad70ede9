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

from labkit.experiments import settings
from labkit.experiments.plan import RESERVED
from labkit.experiments.reuse import compiled_once, shareable
from labkit.experiments.values import columns, plain

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


def perform(run, x, y, validation_x, validation_y, given, marker=None, caller=None):
    """Do one run and return its result; whatever it raises becomes the result's ``error``.

    Parameters
    ----------
    run : labkit.experiments.plan.Run
    x, y, validation_x, validation_y : array
        Validation may be None.
    given : dict
        Settings of the process that compares, from `labkit.experiments.settings.capture`.
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
            with settings.applied(given):
                return _train(
                    run, x, y, validation, contextlib.nullcontext if ours else compiled_once
                )
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
    arguments = {"verbose": 0, **run.settings, "validation_data": validation}
    callbacks = arguments.get("callbacks")
    if callable(callbacks) and not isinstance(callbacks, keras.callbacks.Callback):
        arguments["callbacks"] = callbacks()
    elif callbacks is not None:
        arguments["callbacks"] = copy.deepcopy(callbacks)  # a worker has a copy anyway
    try:
        inspect.signature(fit).bind(fresh, x, y, **arguments)
    except TypeError as error:
        raise Misuse(f"variant {run.variant!r}: labkit.training.fit: {error}") from None
    shared = kept is compiled_once and run.repeats >= SHARED and shareable(fresh)
    if shared and arguments.get("jit_compile", "auto") == "auto":
        arguments["jit_compile"] = "repeated"
    arguments["callbacks"], rows = _with_recorder(arguments.get("callbacks"))
    with kept(fresh) as model:
        before = int(model.optimizer.iterations)
        history = fit(model, x, y, **arguments)
        steps = int(model.optimizer.iterations) - before
        measured = {} if run.measure is None else _measured(run.measure(model))
    return {
        "rows": rows,
        "seconds": float(history.seconds - history.compile_seconds),
        "parameters": int(fresh.count_params()),
        "steps": steps,
        "measured": measured,
        "error": "" if rows else "no epoch was trained",
    }


def _check_model(variant, model):
    import keras

    if not isinstance(model, keras.Model):
        raise Misuse(f"build of variant {variant!r} must return a Keras model; got {model!r}")
    if not getattr(model, "compiled", False):
        raise Misuse(
            f"build of variant {variant!r} must return a compiled model; "
            "call model.compile(optimizer, loss) before it returns"
        )


def _with_recorder(callbacks):
    """Return callbacks with one more, and the rows that it fills: a dict of results an epoch."""
    import keras

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            row = {"epoch": epoch + 1}
            for name, value in (logs or {}).items():
                row.update(columns(f"{name}_metric" if name in RESERVED else name, value))
            rows.append(row)

    rows = []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.append(Recorder())
        return callbacks, rows
    return [*keras.tree.flatten([] if callbacks is None else callbacks), Recorder()], rows


def _measured(measured):
    if not isinstance(measured, dict):
        raise Misuse(f"measure must return a dict of numbers; got {type(measured).__name__}")
    for key, value in measured.items():
        if not isinstance(key, str) or key in RESERVED:
            raise Misuse(f"measure must name its columns by texts, not {key!r}")
        if np.ndim(value) != 0 or isinstance(value, dict):
            raise Misuse(f"measure must return one number a column; {key!r} has several")
    return {key: plain(value) for key, value in measured.items()}


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
