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
