"""Layers that change pictures at random while a model trains, inside the compiled loop."""

import math

import keras
from keras import ops

from labkit.numbers import real, whole

FILL_MODES = ("constant", "nearest", "reflect")


@keras.saving.register_keras_serializable("labkit")
class RandomShift(keras.layers.Layer):
    """Move each picture by a random number of whole pixels, in training only.

    One gather a batch: some hundred times quicker than interpolating to shifts in between
    (`keras.layers.RandomTranslation`), and pixels stay as they are.

    Parameters
    ----------
    pixels : int
        Largest shift in each direction; all whole numbers from ``-pixels`` to ``pixels`` are
        equally likely, up-down and left-right drawn apart.
    fill_mode : {"constant", "nearest", "reflect"}
        What comes in at the edge: `fill_value`, the outermost pixel, or the mirrored picture.
    fill_value : float
        For ``"constant"``.
    seed : int, optional
        Otherwise Keras draws one, which `keras.utils.set_random_seed` decides.
    **kwargs
        As for every Keras layer.

    Raises
    ------
    ValueError
        If `pixels` is no positive whole number, `fill_mode` is unknown, `fill_value` not finite or
        `seed` no whole number; when called, if the input is not (batch, height, width) or (batch,
        height, width, channels), or is too small.

    Notes
    -----
    Input and output have the same shape and dtype. In inference the layer does nothing.

    Examples
    --------
    >>> from labkit.models import RandomShift
    >>> RandomShift(2, fill_mode="reflect").pixels
    2
    """

    def __init__(self, pixels, fill_mode="constant", fill_value=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if fill_mode not in FILL_MODES:
            raise ValueError(f"fill_mode must be one of {', '.join(FILL_MODES)}; got {fill_mode!r}")
        self.pixels, self.fill_mode = whole("pixels", pixels, 1), fill_mode
        self.fill_value = real("fill_value", fill_value, math.isfinite, "a finite number")
        self.seed = None if seed is None else whole("seed", seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        """Check the shape of the input."""
        if len(input_shape) not in (3, 4):
            raise ValueError(
                "RandomShift needs pictures of shape (batch, height, width) or "
                f"(batch, height, width, channels); got {tuple(input_shape)}"
            )
        if min(input_shape[1:3]) <= self.pixels:
            raise ValueError(
                f"a shift of {self.pixels} pixels needs pictures larger than that; "
                f"got {tuple(input_shape[1:3])}"
            )

    def call(self, inputs, training=False):
        """Shift each picture of the batch, if `training`."""
        if not training:
            return inputs
        batch, (height, width) = ops.shape(inputs)[0], inputs.shape[1:3]
        draws = keras.random.randint(
            (2, batch), -self.pixels, self.pixels + 1, seed=self.seed_generator
        )
        rows = self._source(draws[0], height)[:, :, None]
        columns = self._source(draws[1], width)[:, None, :]
        first = (ops.arange(batch) * height * width)[:, None, None]
        pixels = ops.reshape(inputs, (-1, *inputs.shape[3:]))
        shifted = ops.take(pixels, first + rows * width + columns, axis=0)
        if self.fill_mode != "constant":
            return shifted
        inside = self._inside(draws[0], height)[:, :, None] & self._inside(draws[1], width)[:, None]
        inside = inside if len(inputs.shape) == 3 else inside[..., None]
        return ops.where(inside, shifted, ops.cast(self.fill_value, inputs.dtype))

    def _source(self, shifts, size):
        """Return for every position of the output where its pixel comes from: (batch, size)."""
        position = ops.arange(size)[None] - shifts[:, None]
        if self.fill_mode == "reflect":
            position = ops.abs(position)
            return (size - 1) - ops.abs((size - 1) - position)
        return ops.clip(position, 0, size - 1)

    def _inside(self, shifts, size):
        position = ops.arange(size)[None] - shifts[:, None]
        return (position >= 0) & (position < size)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input."""
        return input_shape

    def get_config(self):
        """Return the arguments, for saving."""
        own = ("pixels", "fill_mode", "fill_value", "seed")
        return {**super().get_config(), **{key: getattr(self, key) for key in own}}
