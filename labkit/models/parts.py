"""What the factories share: checks of their arguments, and layers that are made the same way."""

import math

import keras
from keras import layers

BATCH_NORM = (None, "before", "after")


def spread(n, kind, name, value):
    """Return one value for each of `n` layers: the same for all, or those of a sequence."""
    if not isinstance(value, (list, tuple)):
        return [value] * n
    if len(value) != n:
        raise ValueError(
            f"{name} must be one value, or one for each of {n} {kind}; got {len(value)}: {value!r}"
        )
    return list(value)


def widths(name, sizes):
    """Return layer sizes as a tuple; refuse a bare number and what is no size."""
    if isinstance(sizes, int):
        raise ValueError(f"{name} must list a width for each layer, such as ({sizes},)")
    sizes = tuple(sizes)
    check_sizes(name, sizes)
    return sizes


def check_sizes(name, sizes):
    """Refuse what is no positive whole number."""
    for size in sizes:
        if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
            raise ValueError(f"{name} must hold positive whole numbers, got {size!r}")


def check_norms(norms):
    """Refuse unknown places of batch normalization."""
    for norm in norms:
        if norm not in BATCH_NORM:
            raise ValueError(f"batch_norm must be None, 'before' or 'after', got {norm!r}")


def check_rates(rates):
    """Refuse dropout rates outside [0, 1)."""
    for rate in rates:
        if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {rate!r}")


def logits_dtype(dtype):
    """Return the policy of the logits: float32 where the other layers have one of their own."""
    return None if dtype is None else "float32"


def rescaling(scale, dtype=None):
    """Return the layer ``rescale``, which multiplies its input by `scale`."""
    if isinstance(scale, bool) or not isinstance(scale, (int, float)):
        raise ValueError(f"rescale must be a number such as 1 / 255, or None; got {scale!r}")
    if scale == 0 or not math.isfinite(scale):
        raise ValueError(f"rescale must be finite and not 0, got {scale!r}")
    return layers.Rescaling(scale, dtype=dtype, name="rescale")


def copy_initializer(initializer, depth):
    """Copy an initializer object so that equal shapes do not get equal weights."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    config = initializer.get_config()
    if isinstance(config.get("seed"), int):
        config["seed"] += depth - 1
    return type(initializer).from_config(config)
