"""Decide what the compiled loop cannot do, so that Keras' own ``Model.fit`` has to."""

import functools
import inspect
import warnings

import keras
import numpy as np

from labkit.training import internals

# What `Model.fit` calls or reads, and the compiled loop does in its own way
OWN_WAYS = ("fit", "evaluate", "train_step", "test_step", "make_train_function")
OWN_WAYS += ("make_test_function", "compute_metrics", "get_metrics_result", *internals.STEPS)
BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)
# Keras' callbacks that hear of batches, yet only show how far the work is
SERVED_IN_PARTS = (keras.callbacks.ProgbarLogger,)
SERVED_PER_EPOCH = (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)


def reason_for_model_fit(model, data, class_weight, validation_data, callbacks, *, steps, shuffle):
    """Say why `model` or its data need ``Model.fit``.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    data : tuple
        ``(x, y, sample_weight)`` as given to `fit`.
    class_weight, validation_data : object
        As given to `fit`.
    callbacks : list of keras.callbacks.Callback
    steps : tuple
        ``steps_per_epoch`` and ``validation_steps``.
    shuffle : bool or str

    Returns
    -------
    str or None
        The reason, to follow the word "because"; None if the compiled loop can do it.
    """
    return (
        _reason_in_process()
        or _reason_in_model(model)
        or _reason_in_callbacks(callbacks)
        or _reason_in_data("x, y or sample_weight", data)
        or _reason_in_validation(validation_data)
        or _reason_in_classes(class_weight, data[1])
        or ("steps_per_epoch or validation_steps is given" if any(steps) else None)
        or ('shuffle="batch" shuffles inside batches' if shuffle == "batch" else None)
    )


class HandOver(Exception):
    """Raised with a reason where it is found late that only ``Model.fit`` can train a model."""


def _reason_in_process():
    """Say which setting of this process the loop does not follow."""
    if keras.backend.backend() != "tensorflow":
        return f"Keras runs on {keras.backend.backend()}, not on TensorFlow"
    import tensorflow as tf

    if tf.config.functions_run_eagerly():
        return "tf.config.run_functions_eagerly(True) is set"
    if not tf.executing_eagerly():
        return "TensorFlow does not execute eagerly here"
    if keras.distribution.distribution() is not None:
        return "keras.distribution spreads the work over several devices"
    for limit in ("max_epochs", "max_steps_per_epoch"):  # newer versions of Keras have them
        if getattr(keras.config, limit, lambda: None)():
            return f"the setting {limit} limits every training (KERAS_{limit.upper()})"
    return None


def _reason_in_model(model):
    if gone := internals.missing(model):
        return _warned_once(f"Keras {keras.__version__} has no {', '.join(gone)} any more")
    if model.run_eagerly:
        return "the model is compiled with run_eagerly=True"
    if _is_distributed(model):
        return "the model is distributed by a tf.distribute strategy"
    for name in OWN_WAYS:
        if name in vars(model) or not _owner(model, name).startswith("keras."):
            return f"the model has a {name} of its own"
    for name in ("train_function", "test_function"):
        function = getattr(model, name)
        function = getattr(function, "python_function", function)
        if function is not None and not str(function.__module__).startswith("keras."):
            return f"the model has a {name} of its own"
    if model.train_function is not None and internals.trainable_may_have_changed(model):
        return "layers may have been frozen or freed after Model.fit began to train it"
    return None


@functools.cache
def _warned_once(reason):
    warnings.warn(f"labkit cannot train faster than Model.fit: {reason}", stacklevel=5)
    return reason


def _owner(model, name):
    """Return the module of the class that defines an attribute; Keras', if there is none."""
    owners = (base for base in type(model).__mro__ if name in vars(base))
    return next(owners, keras.Model).__module__


def _is_distributed(model):
    import tensorflow as tf

    return tf.distribute.has_strategy() or model.distribute_strategy != tf.distribute.get_strategy()


def _reason_in_callbacks(callbacks):
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return "the callbacks come as a CallbackList"
    for callback in callbacks:
        known = type(callback)
        if known in SERVED_IN_PARTS:
            continue
        if known in SERVED_PER_EPOCH and callback.save_freq == "epoch":
            continue
        if any(_overrides(callback, hook) for hook in BATCH_HOOKS):
            return f"the callback {known.__name__} wants to be called after every batch"
    return None


def _overrides(callback, hook):
    method = getattr(callback, hook)
    return getattr(method, "__func__", method) is not getattr(keras.callbacks.Callback, hook)


def _reason_in_data(name, data):
    for leaf in keras.tree.flatten(data):
        if leaf is not None and not _is_dense_array(leaf):
            return f"{name} holds a {type(leaf).__name__}, not only arrays"
    for part in data:
        if keras.tree.is_nested(part) and any(leaf is None for leaf in keras.tree.flatten(part)):
            return f"{name} holds a None inside"
    return _reason_in_weights(*(*data, None, None)[1:3])


def _reason_in_weights(y, weight):
    """Leave to Keras what it refuses: weights that fit several outputs badly."""
    if weight is None or not keras.tree.is_nested(y):
        return None
    if keras.tree.is_nested(weight):
        try:
            keras.tree.assert_same_structure(y, weight)
        except (ValueError, TypeError):
            return "sample_weight and y are nested differently"
        return None
    shape = tuple(weight.shape)
    if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
        return None
    return f"one sample_weight of shape {shape} is given for several outputs"


def _reason_in_classes(class_weight, y):
    if class_weight is None or keras.tree.is_nested(y) or y is None or y.ndim <= 2:
        return None
    return f"class_weight meets labels of shape {tuple(y.shape)}"


def _reason_in_validation(validation_data):
    if validation_data is None:
        return None
    if not isinstance(validation_data, (tuple, list)) or not 1 <= len(validation_data) <= 3:
        return f"validation_data is a {type(validation_data).__name__}, not a tuple of arrays"
    return _reason_in_data("validation_data", tuple(validation_data))


def _is_dense_array(leaf):
    import tensorflow as tf

    if isinstance(leaf, (tf.Tensor, tf.Variable)):
        return leaf.dtype.is_numeric or leaf.dtype.is_bool
    if not hasattr(leaf, "__array__") or not hasattr(leaf, "shape"):
        return False
    if hasattr(leaf, "dtypes") and leaf.ndim == 2:  # a pandas table
        return all(np.issubdtype(kind, np.number) for kind in leaf.dtypes)
    try:
        return np.issubdtype(leaf.dtype, np.number) or np.issubdtype(leaf.dtype, np.bool_)
    except TypeError:  # pandas' own types, ml_dtypes
        return keras.backend.is_float_dtype(str(leaf.dtype))


def has_code_of_others(model):
    """Tell whether functions or classes from outside Keras and labkit may take part in a step.

    Parameters
    ----------
    model : keras.Model
        Compiled.

    Returns
    -------
    bool
        True where it is not known.
    """
    arguments = keras.tree.flatten(list(internals.compile_arguments(model).values()))
    things = [*internals.layers_of(model), model.optimizer, *arguments]
    return any(_is_foreign(part) for thing in things for part in (thing, *_attributes(thing)))


def _attributes(thing):
    for value in getattr(thing, "__dict__", {}).values():
        yield from value.values() if isinstance(value, dict) else [value]


def _is_foreign(thing):
    if isinstance(thing, keras.layers.Lambda):
        return True
    kind = thing if inspect.isroutine(thing) or inspect.isclass(thing) else type(thing)
    return str(getattr(kind, "__module__", None)).partition(".")[0] not in _KNOWN


_KNOWN = (
    "keras",
    "labkit",
    "tensorflow",
    "numpy",
    "builtins",
    "collections",
    "inspect",
    "re",
    "_thread",
)
