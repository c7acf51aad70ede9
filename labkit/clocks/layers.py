"""Keras layers that know that a dial is round."""

import math

import keras
from keras import layers, ops

from labkit.numbers import real, whole

# Of the seven numbers of a dial's place: middle and spread over rendered pictures, and how large
# errors are beside each other.
_MIDDLE = (0.5, 0.5, 0.35, 0.0, 0.35, 0.0, 0.0)
_SPREAD = (0.035, 0.035, 0.06, 0.02, 0.06, 0.06, 0.06)
_ERRORS = (1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0)
_FLOOR = 1e-6  # probability of a direction that nothing speaks for


@keras.saving.register_keras_serializable("labkit")
class PolarPicture(layers.Layer):
    """Unroll the dial: a row for each direction, a column for each distance from the centre.

    The dial's place comes as the seven numbers of `labkit.clocks.poses`. A turned dial is then
    the same picture with its rows moved round.

    Parameters
    ----------
    angles, radii : int
        Number of directions, clockwise from "up", and of distances.
    inner, outer : float
        First and last distance, in radii of the dial.
    jitter : float
        In training, the seven numbers move at random by this share of a side of the picture on
        average (tilts by three times as much), some hardly, some by twice as much, so that what
        follows learns to bear a place that is not exact.
    seed : int, optional
    **kwargs
        As for every Keras layer.

    Raises
    ------
    ValueError
        If a number lies outside its range.

    Notes
    -----
    Call it with [pictures (batch, size, size), numbers (batch, 7)]; the output has shape
    (batch, angles, radii, 1), pixels over 255, interpolated from four. Beyond the picture the
    outermost pixel is repeated. No gradient reaches the numbers.

    References
    ----------
    Esteves et al., "Polar Transformer Networks", ICLR 2018. arXiv:1709.01889
    Jaderberg et al., "Spatial Transformer Networks", NeurIPS 2015. arXiv:1506.02025
    """

    def __init__(self, angles, radii, inner=0.08, outer=1.05, jitter=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.angles, self.radii = whole("angles", angles, 1), whole("radii", radii, 1)
        self.inner = real("inner", inner, math.isfinite, "a finite number of radii")
        self.outer = real("outer", outer, math.isfinite, "a finite number of radii")
        self.jitter = real("jitter", jitter, lambda share: share >= 0, "a share of 0 or more")
        self.seed = None if seed is None else whole("seed", seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, inputs, training=False):
        """Return the unrolled dials."""
        pictures, numbers = inputs
        numbers = ops.cast(ops.stop_gradient(numbers), "float32")
        if training and self.jitter:
            numbers = numbers + self._noise(ops.shape(numbers)[0])
        x, y, xx, xy, yy, tilt_x, tilt_y = ops.split(numbers[:, :, None], 7, axis=1)
        right, down = self._directions()
        scale = 1.0 / (1.0 + tilt_x * right + tilt_y * down)
        side = pictures.shape[1]
        column = (x + (xx * right + xy * down) * scale) * side - 0.5
        row = (y + (xy * right + yy * down) * scale) * side - 0.5
        values = self._interpolated(pictures, row[:, 0], column[:, 0], side)
        return ops.reshape(values, (-1, self.angles, self.radii, 1))

    def _noise(self, batch):
        """Return errors of the place as a locator makes them: mostly small, a few large."""
        noise = keras.random.normal((batch, 7), seed=self.seed_generator)
        scale = keras.random.uniform((batch, 1), 0.0, 2 * self.jitter, seed=self.seed_generator)
        return noise * scale * ops.convert_to_tensor(_ERRORS, "float32")

    def _directions(self):
        """Return x and y in the dial's plane of every point of the unrolled picture, (1, 1, n)."""
        angle = 2 * math.pi * ops.arange(self.angles, dtype="float32") / self.angles
        distance = ops.linspace(self.inner, self.outer, self.radii, dtype="float32")
        right = ops.sin(angle)[:, None] * distance
        down = -ops.cos(angle)[:, None] * distance
        return ops.reshape(right, (1, 1, -1)), ops.reshape(down, (1, 1, -1))

    def _interpolated(self, pictures, row, column, side):
        """Return the pictures' values at rows and columns of shape (batch, n)."""
        flat = ops.reshape(pictures, (-1,))
        first = ops.arange(ops.shape(row)[0], dtype="int32")[:, None] * (side * side)
        row, column = (ops.clip(at, 0.0, side - 1.001) for at in (row, column))
        top, left = ops.floor(row), ops.floor(column)
        down, right = row - top, column - left
        corner = first + ops.cast(top, "int32") * side + ops.cast(left, "int32")
        a, b, c, d = (
            ops.cast(ops.take(flat, corner + step), "float32") for step in (0, 1, side, side + 1)
        )
        upper, lower = a + right * (b - a), c + right * (d - c)
        return ops.cast((upper + down * (lower - upper)) / 255.0, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return the shape of the unrolled dials."""
        return (input_shape[0][0], self.angles, self.radii, 1)

    def get_config(self):
        """Return the arguments, for saving."""
        own = ("angles", "radii", "inner", "outer", "jitter", "seed")
        return {**super().get_config(), **{key: getattr(self, key) for key in own}}


@keras.saving.register_keras_serializable("labkit")
class RoundPadding(layers.Layer):
    """Continue an axis of directions at both ends with what lies at the other end.

    A convolution without padding that follows has as many directions as the input, and treats
    all of them alike.

    Parameters
    ----------
    before, after : int
        Rows to add before the first and after the last of axis 1.
    **kwargs
        As for every Keras layer.
    """

    def __init__(self, before, after, **kwargs):
        super().__init__(**kwargs)
        self.before, self.after = whole("before", before, 0), whole("after", after, 0)

    def call(self, inputs):
        """Return (batch, before + angles + after, ...)."""
        parts = [inputs]
        if self.before:
            parts.insert(0, inputs[:, -self.before :])
        if self.after:
            parts.append(inputs[:, : self.after])
        return ops.concatenate(parts, axis=1)

    def compute_output_shape(self, input_shape):
        """Return the longer shape."""
        batch, angles, *rest = input_shape
        return (batch, angles + self.before + self.after, *rest)

    def get_config(self):
        """Return the arguments, for saving."""
        return {**super().get_config(), "before": self.before, "after": self.after}


@keras.saving.register_keras_serializable("labkit")
class NumeralVote(layers.Layer):
    """Let all twelve numerals say where twelve is.

    Input channel k holds, for each direction, how much it looks as if the numeral k stood there
    (k = 0 for the twelve). If it does, twelve lies k twelfths of a turn before it. So channel k
    moves back by k twelfths, and all are added.

    Notes
    -----
    Call it with (batch, angles, 12), where angles is a multiple of 12; returns (batch, angles).
    """

    def call(self, inputs):
        """Return the votes for each direction."""
        step = inputs.shape[1] // 12
        moved = [ops.roll(inputs[:, :, k], -k * step, axis=1) for k in range(12)]
        return sum(moved[1:], moved[0])

    def compute_output_shape(self, input_shape):
        """Return (batch, angles)."""
        return tuple(input_shape[:2])


@keras.saving.register_keras_serializable("labkit")
class DialPlace(layers.Layer):
    """A dense layer to the seven numbers of a dial's place, on their own scales.

    It starts with kernels of zero, so that an untrained network says the middle of the picture.

    Parameters
    ----------
    **kwargs
        As for every Keras layer.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(7, kernel_initializer="zeros", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Make the weights."""
        self.dense.build(input_shape)

    def call(self, inputs):
        """Return (batch, 7)."""
        return self.dense(inputs) * ops.convert_to_tensor(_SPREAD) + ops.convert_to_tensor(_MIDDLE)

    def compute_output_shape(self, input_shape):
        """Return (batch, 7)."""
        return (input_shape[0], 7)


@keras.saving.register_keras_serializable("labkit")
class ReadTime(layers.Layer):
    """Turn three maps of directions into probabilities of the 720 minutes.

    If twelve lies in direction d, the hour hand at minute t of the dial lies half a degree times t
    further on, the minute hand six degrees times t. So the probability of t is the sum over all d
    of the products of the three maps at these places: a circular cross-correlation of the hands
    with twelve, in which both hands have to agree on d and t.

    Notes
    -----
    Call it with [twelve, hour, minute], logits of shape (batch, angles), where angles is a
    multiple of 60; returns probabilities (batch, 720).
    """

    def call(self, inputs):
        """Return the probabilities."""
        twelve, hour, minute = (ops.softmax(logits) + _FLOOR for logits in inputs)
        angles = twelve.shape[1]
        direction, step = ops.arange(angles)[:, None], ops.arange(60)[None]
        fine = 720 // angles  # steps of half a degree between two directions
        hour = self._finer(hour, fine)
        both = twelve[:, :, None] * ops.take(
            minute, (direction + step * angles // 60) % angles, axis=1
        )
        place = fine * direction[:, :, None] + 60 * ops.arange(12)[:, None] + step[:, None]
        hour = ops.take(hour, place % 720, axis=1)  # (batch, angles, 12, 60)
        joint = ops.reshape(ops.einsum("bdm,bdhm->bhm", both, hour), (-1, 720))
        return joint / ops.sum(joint, axis=1, keepdims=True)

    def _finer(self, values, times):
        """Interpolate between directions."""
        after = ops.roll(values, -1, axis=1)
        parts = [values + (after - values) * (k / times) for k in range(times)]
        return ops.reshape(ops.stack(parts, axis=2), (-1, times * values.shape[1]))

    def compute_output_shape(self, input_shape):
        """Return (batch, 720)."""
        return (input_shape[0][0], 720)
