"""Multilayer perceptrons: flatten, dense hidden layers, logits."""

import math

import keras
from keras import layers

BATCH_NORM = (None, "before", "after")


def mlp(
    input_shape,
    n_classes=10,
    *,
    hidden=(128, 64),
    activation="relu",
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    batch_norm=None,
    dropout=0.0,
    kernel_regularizer=None,
    kernel_constraint=None,
    rescale=None,
    name="mlp",
):
    """Build an uncompiled MLP: (batch, ...) to logits (batch, n_classes).

    Layers are named for the text: ``rescale``, ``flatten`` (only where there is something to
    flatten), then ``hidden_1``, ``hidden_2``, ..., with ``batch_norm_1``, ``activation_1`` and
    ``dropout_1`` where asked for, and ``logits``.

    Parameters
    ----------
    input_shape : int or tuple of int
        Shape of one example, without the batch: ``(28, 28)``, ``(32, 32, 3)`` or ``784``.
    n_classes : int
        Number of logits.
    hidden : sequence of int
        Units of each hidden layer, first to last; ``()`` gives softmax regression.
    activation : str or callable
        Activation of the hidden layers. The logits have none.
    kernel_initializer, bias_initializer : str or keras.initializers.Initializer
        Of every dense layer, the logits included. An initializer object is copied for each
        layer, and its seed, if it has a number for one, counts up from layer to layer:
        otherwise Keras would start layers of one shape with the same weights.
    batch_norm : None, "before" or "after", or a sequence with one of them a hidden layer
        Where batch normalization stands: before the activation, as in the paper, or after it.
    dropout : float or sequence of float, one a hidden layer
        Share of a hidden layer's outputs set to zero in training, from 0 up to but below 1.
    kernel_regularizer, kernel_constraint : optional, or a sequence with one a hidden layer
        For the kernels of hidden layers; never for biases or the logits.
    rescale : float, optional
        Multiplies the input in a Rescaling layer at the front: ``1 / 255`` for raw pixels.
    name : str
        Name of the model.

    Returns
    -------
    keras.Sequential
        Built and uncompiled; output of shape (batch, n_classes), float32, no softmax.

    Raises
    ------
    ValueError
        If a size is no positive whole number, a dropout rate lies outside [0, 1),
        `batch_norm` or `rescale` is unknown, or a sequence does not fit `hidden`.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", 2015. arXiv:1502.03167
    Srivastava et al., "Dropout", JMLR 15, 2014.
    """
    shape = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
    if not shape:
        raise ValueError("input_shape must have at least one size, such as (28, 28); got ()")
    if isinstance(hidden, int):
        raise ValueError(f"hidden must list a width for each layer, such as ({hidden},)")
    hidden = tuple(hidden)
    for what, sizes in (("input_shape", shape), ("hidden", hidden), ("n_classes", (n_classes,))):
        _check_sizes(what, sizes)
    each = _PerLayer(len(hidden))
    norms, rates = each("batch_norm", batch_norm), each("dropout", dropout)
    regularizers = each("kernel_regularizer", kernel_regularizer)
    constraints = each("kernel_constraint", kernel_constraint)
    _check_norms(norms)
    _check_rates(rates)

    model = keras.Sequential([keras.Input(shape)], name=name)
    if rescale is not None:
        model.add(_rescaling(rescale))
    if len(shape) > 1:
        model.add(layers.Flatten(name="flatten"))
    for depth, units in enumerate(hidden, start=1):
        before = norms[depth - 1] == "before"
        model.add(
            layers.Dense(
                units,
                activation=None if before else activation,
                use_bias=True,  # the reports keep it beside batch norm, and so do the counts
                kernel_initializer=_copy(kernel_initializer, depth),
                bias_initializer=_copy(bias_initializer, depth),
                kernel_regularizer=regularizers[depth - 1],
                kernel_constraint=constraints[depth - 1],
                name=f"hidden_{depth}",
            )
        )
        if norms[depth - 1] is not None:
            model.add(layers.BatchNormalization(name=f"batch_norm_{depth}"))
        if before:
            model.add(layers.Activation(activation, name=f"activation_{depth}"))
        if rates[depth - 1] > 0:
            model.add(layers.Dropout(rates[depth - 1], name=f"dropout_{depth}"))
    last = len(hidden) + 1
    model.add(
        layers.Dense(
            n_classes,
            kernel_initializer=_copy(kernel_initializer, last),
            bias_initializer=_copy(bias_initializer, last),
            name="logits",
        )
    )
    return model


def softmax_regression(input_shape, n_classes=10, *, rescale=None, name="softmax_regression"):
    """Build an uncompiled linear classifier: (batch, ...) to logits (batch, n_classes).

    With softmax and cross-entropy in the loss its training is a convex problem, which makes it
    the baseline of report E: 28 x 28 pixels and ten classes give 784 * 10 + 10 parameters.

    Parameters
    ----------
    input_shape, n_classes, rescale, name
        As for `mlp`.

    Returns
    -------
    keras.Sequential
        Built and uncompiled; output of shape (batch, n_classes), float32, no softmax.

    Raises
    ------
    ValueError
        As for `mlp`.
    """
    return mlp(input_shape, n_classes, hidden=(), rescale=rescale, name=name)


class _PerLayer:
    """Spread one value over all hidden layers, or check that a sequence has one for each."""

    def __init__(self, n_layers):
        self.n_layers = n_layers

    def __call__(self, name, value):
        if not isinstance(value, (list, tuple)):
            return [value] * self.n_layers
        if len(value) != self.n_layers:
            raise ValueError(
                f"{name} must be one value, or one for each of {self.n_layers} hidden layers; "
                f"got {len(value)}: {value!r}"
            )
        return list(value)


def _check_sizes(name, sizes):
    for size in sizes:
        if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
            raise ValueError(f"{name} must hold positive whole numbers, got {size!r}")


def _check_norms(norms):
    for norm in norms:
        if norm not in BATCH_NORM:
            raise ValueError(f"batch_norm must be None, 'before' or 'after', got {norm!r}")


def _check_rates(rates):
    for rate in rates:
        if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {rate!r}")


def _rescaling(scale):
    if isinstance(scale, bool) or not isinstance(scale, (int, float)):
        raise ValueError(f"rescale must be a number such as 1 / 255, or None; got {scale!r}")
    if scale == 0 or not math.isfinite(scale):
        raise ValueError(f"rescale must be finite and not 0, got {scale!r}")
    return layers.Rescaling(scale, name="rescale")


def _copy(initializer, depth):
    """Copy an initializer object so that equal shapes do not get equal weights."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    config = initializer.get_config()
    if isinstance(config.get("seed"), int):
        config["seed"] += depth - 1
    return type(initializer).from_config(config)
