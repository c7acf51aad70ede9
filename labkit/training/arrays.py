"""Turn what the caller gave into tensors, in the order in which training visits them."""

import math

import keras
import numpy as np
import tensorflow as tf


def to_tensors(x, y=None, sample_weight=None, class_weight=None):
    """Convert arrays to tensors as Keras does: floats become ``floatx``, other types stay.

    Parameters
    ----------
    x, y, sample_weight : array, or tuple, list or dict of arrays, shape (n_examples, ...)
    class_weight : dict of int to float, optional
        Becomes the sample weights of `y`: class index or one-hot.

    Returns
    -------
    tuple
        ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``, of tensors.

    Raises
    ------
    ValueError
        If the arrays differ in their number of rows, have none, or both kinds of weight are given.
    """
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("expected class_weight or sample_weight, got both; multiply them")
        sample_weight = _weights_of_classes(y, class_weight)
    elif _is_one_for_many(sample_weight, y):
        weight = sample_weight
        sample_weight = keras.tree.map_structure(lambda _: weight, y)
    parts = (x, y, sample_weight)
    while parts and parts[-1] is None:
        parts = parts[:-1]
    parts = keras.tree.lists_to_tuples(keras.tree.map_structure(_to_tensor, parts))
    count_rows(parts)
    return parts


def count_rows(parts):
    """Return the common number of rows of a structure of tensors.

    Raises
    ------
    ValueError
        If they differ, or there are none.
    """
    counts = {len(part) for part in keras.tree.flatten(parts) if part is not None}
    if len(counts) != 1 or counts == {0}:
        shapes = [tuple(part.shape) for part in keras.tree.flatten(parts) if part is not None]
        raise ValueError(
            f"expected the same number of examples, at least 1, in every array, got shapes {shapes}"
        )
    return counts.pop()


def split_validation(parts, fraction):
    """Set the last rows aside, as ``validation_split`` of ``Model.fit`` does.

    Parameters
    ----------
    parts : tuple of arrays
    fraction : float
        Between 0 and 1.

    Returns
    -------
    kept, held : tuple of arrays

    Raises
    ------
    ValueError
        If one of the two would be empty.
    """
    rows = len(next(part for part in keras.tree.flatten(parts) if part is not None))
    cut = math.floor(rows * (1.0 - fraction))
    if not 0 < cut < rows:
        raise ValueError(
            f"validation_split must leave examples on both sides, got {fraction} of {rows} examples"
        )

    def part(start, stop):
        return keras.tree.map_structure(lambda a: None if a is None else a[start:stop], parts)

    return part(0, cut), part(cut, rows)


def orders(rows, shuffle):
    """Yield for each epoch the row numbers in the order in which training visits them.

    ``True`` gives the order of ``Model.fit``: Keras draws it inside a ``tf.data`` pipeline, whose
    random state starts anew with each pass. After ``keras.utils.set_random_seed`` every epoch of
    one call therefore visits the rows in the *same* shuffled order.

    Parameters
    ----------
    rows : int
    shuffle : bool or "each_epoch"
        ``"each_epoch"`` draws a new order for every epoch; False keeps the order of the data.

    Yields
    ------
    tf.Tensor of shape (rows,), int32
    """
    if not shuffle:
        draw = tf.range
    elif shuffle == "each_epoch":
        draw = _draw
    else:
        drawn = tf.data.Dataset.range(1).map(lambda _: (_draw(tf.cast(rows, tf.int64)), _ticket()))
        (first, one), (_, other) = (next(iter(drawn)) for _ in range(2))
        first = tf.cast(first, tf.int32)
        yield first
        # Without a seed the passes differ, and any order is as good as Keras'
        draw = (lambda _: first) if one == other else _draw
    while True:
        yield draw(rows)


def _draw(rows):
    return tf.random.shuffle(tf.range(rows))


def _ticket():
    return tf.random.uniform([], maxval=tf.int64.max, dtype=tf.int64)


def _to_tensor(array):
    if array is None:
        return None
    if not tf.is_tensor(array) and hasattr(array, "to_numpy"):  # pandas
        array = array.to_numpy().reshape(len(array), -1)
    if not tf.is_tensor(array):
        array = np.asarray(array)
    dtype = keras.backend.standardize_dtype(array.dtype)
    if keras.backend.is_float_dtype(dtype) and dtype != keras.config.floatx():
        tensor = tf.cast(tf.convert_to_tensor(array), keras.config.floatx())
    else:
        tensor = tf.convert_to_tensor(array)
    return tensor


def _is_one_for_many(sample_weight, y):
    if sample_weight is None or keras.tree.is_nested(sample_weight):
        return False
    return keras.tree.is_nested(y)


def _weights_of_classes(y, class_weight):
    if keras.tree.is_nested(y):
        raise ValueError("class_weight needs a model with a single output; use sample_weight")
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    labels = np.round(labels).astype("int32")
    classes, places = np.unique(labels, return_inverse=True)
    weights = np.array([class_weight.get(int(c), 1.0) for c in classes], keras.config.floatx())
    return weights[places.reshape(-1)]
