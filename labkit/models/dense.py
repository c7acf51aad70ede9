"""Multilayer perceptrons: flatten, dense hidden layers, logits."""

import functools

import keras
from keras import layers

from labkit.models import parts


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
    dtype=None,
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
    dtype : str, optional
        Keras' dtype policy of all layers but the logits, which are float32, such as
        ``"mixed_bfloat16"`` (see `labkit.training.quicker_policy`). Otherwise the global policy.
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
    shape = parts.picture_shape(input_shape)
    if not shape:
        raise ValueError("input_shape must have at least one size, such as (28, 28); got ()")
    n_classes = parts.size("n_classes", n_classes)
    hidden = parts.widths("hidden", hidden)
    each = functools.partial(parts.spread, len(hidden), "hidden layers")
    norms, rates = each("batch_norm", batch_norm), parts.dropout_rates(each("dropout", dropout))
    regularizers = each("kernel_regularizer", kernel_regularizer)
    constraints = each("kernel_constraint", kernel_constraint)
    parts.check_norms(norms)

    model = keras.Sequential([keras.Input(shape)], name=name)
    if rescale is not None:
        model.add(parts.rescaling(rescale, dtype))
    if len(shape) > 1:
        model.add(layers.Flatten(dtype=dtype, name="flatten"))
    for depth, units in enumerate(hidden, start=1):
        before = norms[depth - 1] == "before"
        model.add(
            layers.Dense(
                units,
                activation=None if before else activation,
                use_bias=True,  # the reports keep it beside batch norm, and so do the counts
                kernel_initializer=parts.copy_initializer(kernel_initializer, depth),
                bias_initializer=parts.copy_initializer(bias_initializer, depth),
                kernel_regularizer=regularizers[depth - 1],
                kernel_constraint=constraints[depth - 1],
                dtype=dtype,
                name=f"hidden_{depth}",
            )
        )
        if norms[depth - 1] is not None:
            model.add(layers.BatchNormalization(dtype=dtype, name=f"batch_norm_{depth}"))
        if before:
            model.add(layers.Activation(activation, dtype=dtype, name=f"activation_{depth}"))
        if rates[depth - 1] > 0:
            model.add(layers.Dropout(rates[depth - 1], dtype=dtype, name=f"dropout_{depth}"))
    last = len(hidden) + 1
    model.add(
        layers.Dense(
            n_classes,
            kernel_initializer=parts.copy_initializer(kernel_initializer, last),
            bias_initializer=parts.copy_initializer(bias_initializer, last),
            dtype=parts.logits_dtype(dtype),
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
