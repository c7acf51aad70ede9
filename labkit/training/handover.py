"""Decide what the compiled loop cannot do, so that Keras' own ``Model.fit`` has to."""

import keras
import numpy as np

BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)
# Keras' callbacks that look at batches, yet do their work as well when a part of an epoch ends
SERVED_IN_PARTS = (keras.callbacks.ProgbarLogger, keras.callbacks.TerminateOnNaN)
SERVED_PER_EPOCH = (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)


def reason_for_model_fit(model, data, validation_data, callbacks, *, steps, shuffle):
    """Say why `model` or its data need ``Model.fit``.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    data : tuple
        ``(x, y, sample_weight)`` as given to `fit`.
    validation_data : object
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
        _reason_in_model(model)
        or _reason_in_callbacks(callbacks)
        or _reason_in_data("x, y or sample_weight", data)
        or _reason_in_validation(validation_data)
        or ("steps_per_epoch or validation_steps is given" if any(steps) else None)
        or ('shuffle="batch" shuffles inside batches' if shuffle == "batch" else None)
    )


def _reason_in_model(model):
    if keras.backend.backend() != "tensorflow":
        return f"Keras runs on {keras.backend.backend()}, not on TensorFlow"
    if model.run_eagerly:
        return "the model is compiled with run_eagerly=True"
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return "the model is distributed over several devices"
    for step in ("train_step", "test_step"):
        owner = next(base for base in type(model).__mro__ if step in vars(base))
        if not owner.__module__.startswith("keras.") or step in vars(model):
            return f"the model has a {step} of its own"
    return None


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
    if keras.tree.is_nested(data[0]) and any(leaf is None for leaf in keras.tree.flatten(data[0])):
        return "an input is None"
    return None


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
