"""Which labels a loss refuses, found by asking the loss."""

import contextlib
import re

import keras
import tensorflow as tf

ROWS = 8192  # labels that are tried at a time
_REFUSAL = re.compile(r"label value of (-?\d+) .*range of \[0, (\d+)\)")


class BadLabels(ValueError, tf.errors.InvalidArgumentError):
    """Labels that the loss refuses: a ``ValueError``, and the error that ``Model.fit`` raises."""

    def __init__(self, refused):
        label, classes = map(int, _REFUSAL.search(str(refused)).groups())
        words = (
            f"expected class indices from 0 to {classes - 1}, as the model has {classes} outputs, "
            f"got the label {label}"
        )
        tf.errors.InvalidArgumentError.__init__(self, refused.node_def, refused.op, words)


def check(model, data):
    """Let the model's own loss look at all labels, as TensorFlow computes it without XLA.

    On a CPU TensorFlow refuses class indices outside the output. Compiled by XLA, the same loss
    becomes NaN and says nothing. The predictions that the loss gets here are zeros.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    data : tuple of tensors
        ``(x, y)`` or ``(x, y, sample_weight)``, possibly nested.

    Raises
    ------
    BadLabels
        If the loss refuses any.
    """
    if _plainly_fit(model, data[1]):
        return  # nothing to ask: a call and a loss cost some 8 ms each time a model is trained
    leaves = keras.tree.flatten(data)
    outputs = model(_part(data[0], 0, 1))
    with explained():
        for start in range(0, len(next(leaf for leaf in leaves if leaf is not None)), ROWS):
            x, y, weight = (*_part(data, start, start + ROWS), None, None)[:3]
            rows = len(next(leaf for leaf in keras.tree.flatten(x) if leaf is not None))
            zeros = keras.tree.map_structure(
                lambda out, rows=rows: tf.zeros([rows, *out.shape[1:]], out.dtype), outputs
            )
            model.compute_loss(x, y, zeros, weight)
    model.reset_metrics()


def _plainly_fit(model, y):
    """Say whether these are class indices of Keras' own loss, each within the output."""
    loss, outputs = model.loss, getattr(model, "outputs", None) or []
    own = isinstance(loss, str) or type(loss) is keras.losses.SparseCategoricalCrossentropy
    named = loss if isinstance(loss, str) else getattr(loss, "name", "")
    if not own or named != "sparse_categorical_crossentropy" or len(outputs) != 1:
        return False
    if type(model).compute_loss not in (keras.Model.compute_loss, keras.Sequential.compute_loss):
        return False
    classes = outputs[0].shape[-1] if len(outputs[0].shape) == 2 else None
    if classes is None or not tf.is_tensor(y) or not y.dtype.is_integer:
        return False
    return bool(tf.reduce_min(y) >= 0) and bool(tf.reduce_max(y) < classes)


@contextlib.contextmanager
def explained():
    """Turn TensorFlow's error about a label into one that says what was expected."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if isinstance(error, BadLabels) or not _REFUSAL.search(str(error)):
            raise
        raise BadLabels(error) from error


def _part(data, start, stop):
    def cut(leaf):
        return None if leaf is None else leaf[start:stop]

    return keras.tree.map_structure(cut, data)
