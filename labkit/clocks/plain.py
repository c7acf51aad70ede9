"""A plain convolutional network that reads clocks, for any time code."""

import keras
from keras import layers, ops

from labkit.models import parts

MOMENTUM = 0.9  # of the running mean and variance: short runs have few updates


@keras.saving.register_keras_serializable("labkit")
class Coordinates(layers.Layer):
    """Add channels that say where a pixel lies: x, y and its distance from the middle.

    A convolution answers alike wherever it looks; with these channels it may tell places apart.

    Parameters
    ----------
    radius : bool
        Whether the distance is added too.
    **kwargs
        As for every Keras layer.

    Notes
    -----
    Input (batch, height, width, channels), output with 2 or 3 channels more. x runs from -1 at
    the left edge's pixels to 1 at the right edge's, y from -1 at the top to 1; the distance is 1
    in the middle of a side.

    References
    ----------
    Liu et al., "An Intriguing Failing of Convolutional Neural Networks and the CoordConv
    Solution", NeurIPS 2018. arXiv:1807.03247
    """

    def __init__(self, radius=True, **kwargs):
        super().__init__(**kwargs)
        self.radius = bool(radius)

    def call(self, inputs):
        """Return the input with the channels of places behind its own."""
        batch, (height, width) = ops.shape(inputs)[0], inputs.shape[1:3]
        y, x = ops.meshgrid(_places(height), _places(width), indexing="ij")
        added = [x, y, ops.sqrt(x * x + y * y)] if self.radius else [x, y]
        places = ops.cast(ops.stack(added, axis=-1), inputs.dtype)[None]
        places = ops.broadcast_to(places, (batch, *places.shape[1:]))
        return ops.concatenate([inputs, places], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the shape with 2 or 3 channels more."""
        return (*input_shape[:-1], input_shape[-1] + (3 if self.radius else 2))

    def get_config(self):
        """Return the arguments, for saving."""
        return {**super().get_config(), "radius": self.radius}


def plain_cnn(
    size,
    code,
    *,
    filters=(16, 32, 64, 64),
    hidden=64,
    batch_norm=True,
    coord_conv=False,
    dtype=None,
    name="plain_cnn",
):
    """Build an uncompiled CNN: (batch, size, size) grey pixels to the heads of a time code.

    Every convolution halves height and width by its stride; the first has kernels of 5 x 5, the
    others of 3 x 3. Layers are named ``conv_1``, ``batch_norm_1``, ``activation_1`` and so on,
    then ``flatten``, ``hidden``, and each output by its head: all share everything before it.

    Parameters
    ----------
    size : int
        Height and width of the pictures, pixels; at least 8.
    code : labkit.clocks.codes.TimeCode
        Its heads are the outputs.
    filters : sequence of int
        Filters of each convolution.
    hidden : int
        ReLU units between the convolutions and the outputs.
    batch_norm : bool
        Whether batch normalization stands between each convolution and its ReLU.
    coord_conv : bool
        Whether `Coordinates` are added to the picture.
    dtype : str, optional
        Keras' dtype policy of all layers but the outputs, which stay float32.
    name : str
        Of the model.

    Returns
    -------
    keras.Model
        Uncompiled. Input uint8 or float pixels from 0 to 255; output a dict of the code's heads,
        each of shape (batch, units), float32: logits, numbers, or cosine and sine. Compile it
        with ``code.losses()``; ``code.decode`` reads what it predicts.

    Raises
    ------
    ValueError
        If a size is no positive whole number, or `size` is below 8.
    """
    filters = parts.widths("filters", filters)
    size, hidden = parts.size("size", size), parts.size("hidden", hidden)
    if size < 8:
        raise ValueError(f"size must be at least 8 pixels, got {size}")
    pictures = keras.Input((size, size), name="pictures")
    x = parts.rescaling(1 / 255, dtype)(pictures)
    x = layers.Reshape((size, size, 1), dtype=dtype, name="channels")(x)
    if coord_conv:
        x = Coordinates(dtype=dtype, name="coordinates")(x)
    for depth, width in enumerate(filters, start=1):
        kernel, ways = 5 if depth == 1 else 3, {"strides": 2, "padding": "same"}
        ways |= {"use_bias": not batch_norm, "dtype": dtype, "name": f"conv_{depth}"}
        x = layers.Conv2D(width, kernel, **ways)(x)
        x = _activated(x, str(depth), batch_norm, dtype)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    x = layers.Dense(hidden, use_bias=not batch_norm, dtype=dtype, name="hidden")(x)
    x = _activated(x, "hidden", batch_norm, dtype)
    last = parts.logits_dtype(dtype)
    outputs = {
        head.name: layers.Dense(head.units, dtype=last, name=head.name)(x) for head in code.heads
    }
    return keras.Model(pictures, outputs, name=name)


def _activated(x, which, batch_norm, dtype):
    """Add batch normalization, where asked for, and a ReLU."""
    if batch_norm:
        named = {"dtype": dtype, "name": f"batch_norm_{which}"}
        x = layers.BatchNormalization(momentum=MOMENTUM, **named)(x)
    return layers.ReLU(dtype=dtype, name=f"activation_{which}")(x)


def _places(n):
    """Return the places of `n` pixels, from -1 to 1."""
    return ops.linspace(-1.0, 1.0, n)
