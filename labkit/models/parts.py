"""What the factories share: checks of their arguments, and layers that are made the same way."""

import math

import keras
from keras import layers

from labkit.numbers import as_real, as_whole, real

BATCH_NORM = (None, "before", "after")


def spread(n, kind, name, value):
    """Return one value for each of `n` layers: the same for all, or those of a sequence."""
    if not isinstance(value, (list, tuple)) and getattr(value, "ndim", 0) == 0:
        return [value] * n
    if len(value) != n:
        raise ValueError(
            f"{name} must be one value, or one for each of {n} {kind}; got {len(value)}: {value!r}"
        )
    return list(value)


def picture_shape(shape):
    """Return the shape of one example as a tuple of ints; a bare number is one axis."""
    return widths("input_shape", (shape,) if as_whole(shape) is not None else shape)


def widths(name, sizes):
    """Return layer sizes as a tuple of ints; refuse a bare number and what is no size."""
    if as_whole(sizes) is not None:
        raise ValueError(f"{name} must list a width for each layer, such as ({sizes},)")
    if not hasattr(sizes, "__iter__") or getattr(sizes, "ndim", 1) == 0:
        raise ValueError(f"{name} must list whole numbers, such as (128, 64); got {sizes!r}")
    return tuple(size(name, each) for each in sizes)


def size(name, value):
    """Return a positive whole number as an int; refuse everything else."""
    number = as_whole(value)
    if number is None or number < 1:
        raise ValueError(f"{name} must hold positive whole numbers, got {value!r}")
    return number


def check_norms(norms):
    """Refuse unknown places of batch normalization."""
    for norm in norms:
        if norm not in BATCH_NORM:
            raise ValueError(f"batch_norm must be None, 'before' or 'after', got {norm!r}")


def dropout_rates(rates):
    """Return dropout rates as floats; refuse those outside [0, 1)."""
    return [real("dropout", rate, _is_share_below_1, "at least 0 and below 1") for rate in rates]


def _is_share_below_1(rate):
    return 0 <= rate < 1


def logits_dtype(dtype):
    """Return the policy of the logits: float32 where the other layers have one of their own."""
    return None if dtype is None else "float32"


def rescaling(scale, dtype=None):
    """Return the layer ``rescale``, which multiplies its input by `scale`."""
    factor = as_real(scale)
    if factor is None:
        raise ValueError(f"rescale must be a number such as 1 / 255, or None; got {scale!r}")
    if factor == 0 or not math.isfinite(factor):
        raise ValueError(f"rescale must be finite and not 0, got {scale!r}")
    return layers.Rescaling(factor, dtype=dtype, name="rescale")


def copy_initializer(initializer, depth):
    """Copy an initializer object so that equal shapes do not get equal weights."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    config = initializer.get_config()
    if isinstance(config.get("seed"), int):
        config["seed"] += depth - 1
    return type(initializer).from_config(config)
