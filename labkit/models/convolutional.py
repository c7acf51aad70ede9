"""Convolutional networks: blocks of convolutions and pooling, dense layers, logits."""

import keras
from keras import layers

from labkit.models import parts
from labkit.numbers import as_whole


def cnn(
    input_shape,
    n_classes=10,
    *,
    filters=((32,), (64,)),
    kernel_size=3,
    activation="relu",
    kernel_initializer="glorot_uniform",
    batch_norm=None,
    pool_padding="valid",
    dropout=0.0,
    hidden=(),
    rescale=None,
    dtype=None,
    name="cnn",
):
    """Build an uncompiled CNN: (batch, height, width[, channels]) to logits (batch, n_classes).

    Each block is one or more convolutions of stride 1 that keep height and width, then the
    largest of each 2 x 2 pixels. Layers are named for the text: ``rescale``, ``channels`` (only
    where pictures come without that axis), ``conv_1_1`` for the first convolution of the first
    block, with ``batch_norm_1_1`` and ``activation_1_1`` where asked for, ``pool_1``,
    ``dropout_1``; then ``flatten``, ``hidden_1`` and so on, and ``logits``.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one picture: ``(28, 28)`` or ``(32, 32, 3)``.
    n_classes : int
        Number of logits.
    filters : sequence of sequences of int
        Filters of each convolution, block by block: ``((32, 32), (64, 64))`` is two blocks.
    kernel_size : int
        Height and width of every kernel.
    activation : str or callable
        Of the convolutions and of the hidden layers. The logits have none.
    kernel_initializer : str or keras.initializers.Initializer
        Of every kernel. An initializer object is copied for each layer, as for `mlp`.
    batch_norm : None, "before" or "after"
        Batch normalization of every convolution, before its activation or after it.
    pool_padding : {"valid", "same"}
        Whether pooling drops the last row and column of an odd size, or keeps them.
    dropout : float or sequence of float, one a block
        Share of a block's outputs set to zero in training, from 0 up to but below 1.
    hidden : sequence of int
        Units of dense hidden layers between the blocks and the logits.
    rescale : float, optional
        Multiplies the input in a Rescaling layer at the front: ``1 / 255`` for raw pixels.
    dtype : str, optional
        Keras' dtype policy of all layers but the logits, as for `mlp`.
    name : str
        Name of the model.

    Returns
    -------
    keras.Sequential
        Built and uncompiled; output of shape (batch, n_classes), float32, no softmax.

    Raises
    ------
    ValueError
        If a size is no positive whole number, a picture is too small for the blocks, a rate lies
        outside [0, 1), `batch_norm`, `pool_padding` or `rescale` is unknown, or the rates do not
        fit the blocks.

    References
    ----------
    LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 86, 1998.
    """
    shape = parts.picture_shape(input_shape)
    if len(shape) not in (2, 3):
        raise ValueError(
            "input_shape must be (height, width) or (height, width, channels), such as (28, 28); "
            f"got {input_shape!r}"
        )
    n_classes = parts.size("n_classes", n_classes)
    kernel_size = parts.size("kernel_size", kernel_size)
    blocks, hidden = _blocks(filters), parts.widths("hidden", hidden)
    rates = parts.dropout_rates(parts.spread(len(blocks), "blocks", "dropout", dropout))
    parts.check_norms([batch_norm])
    if pool_padding not in ("valid", "same"):
        raise ValueError(f"pool_padding must be 'valid' or 'same', got {pool_padding!r}")
    if pool_padding == "valid" and min(shape[:2]) < 2 ** len(blocks):
        raise ValueError(
            f"{len(blocks)} blocks halve a picture down to nothing: input_shape must be at least "
            f"{2 ** len(blocks)} pixels high and wide, got {shape[:2]}"
        )

    model, depth = keras.Sequential([keras.Input(shape)], name=name), 0
    if rescale is not None:
        model.add(parts.rescaling(rescale, dtype))
    if len(shape) == 2:
        model.add(layers.Reshape((*shape, 1), dtype=dtype, name="channels"))
    for block, widths in enumerate(blocks, start=1):
        for place, width in enumerate(widths, start=1):
            depth += 1
            model.add(
                layers.Conv2D(
                    width,
                    kernel_size,
                    padding="same",
                    activation=None if batch_norm == "before" else activation,
                    kernel_initializer=parts.copy_initializer(kernel_initializer, depth),
                    dtype=dtype,
                    name=f"conv_{block}_{place}",
                )
            )
            if batch_norm is not None:
                model.add(
                    layers.BatchNormalization(dtype=dtype, name=f"batch_norm_{block}_{place}")
                )
            if batch_norm == "before":
                model.add(
                    layers.Activation(activation, dtype=dtype, name=f"activation_{block}_{place}")
                )
        model.add(layers.MaxPooling2D(2, padding=pool_padding, dtype=dtype, name=f"pool_{block}"))
        if rates[block - 1] > 0:
            model.add(layers.Dropout(rates[block - 1], dtype=dtype, name=f"dropout_{block}"))
    model.add(layers.Flatten(dtype=dtype, name="flatten"))
    for place, units in enumerate((*hidden, n_classes), start=1):
        last = place > len(hidden)
        model.add(
            layers.Dense(
                units,
                activation=None if last else activation,
                kernel_initializer=parts.copy_initializer(kernel_initializer, depth + place),
                dtype=parts.logits_dtype(dtype) if last else dtype,
                name="logits" if last else f"hidden_{place}",
            )
        )
    return model


def _blocks(filters):
    """Return filters as a tuple of tuples."""
    blocks = list(filters) if getattr(filters, "ndim", 1) and hasattr(filters, "__iter__") else []
    if not blocks or any(as_whole(block) is not None for block in blocks):
        raise ValueError(
            "filters must list the convolutions of each block, such as ((32, 32), (64, 64)); "
            f"got {filters!r}"
        )
    return tuple(parts.widths("filters", block) for block in blocks)
