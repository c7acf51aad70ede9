"""Networks that read a clock in steps: find the dial, unroll it, find twelve and the hands.

Every factory returns an uncompiled Keras model, written with `keras.ops` alone. `reader` puts
the parts together to one model from pictures to times; `labkit.clocks.recipe` trains them.
"""

import keras
from keras import layers

from labkit.clocks.layers import DialPlace, NumeralVote, PolarPicture, ReadTime, RoundPadding
from labkit.clocks.prior import TurnPrior
from labkit.models import parts

SIZE = 150  # pixels along a side of the pictures that a reader takes
ANGLES, RADII = 240, 40  # of the unrolled dial: 1.5 degrees and a fortieth of the radius


def locator(size=SIZE, *, filters=(16, 32, 64, 64, 96), hidden=128, dtype=None):
    """Build the network that finds the dial: (batch, size, size) to seven numbers.

    The picture is shrunk to half and its greys are brought to mean 0 and deviation 1, so that
    exposure and contrast do not matter. Then follow convolutions of stride 1 with batch
    normalization and ReLU (the first has stride 2), with pooling while there is something to
    pool, and one dense layer.

    Parameters
    ----------
    size : int
        Pixels along a side; grey values from 0 to 255.
    filters : sequence of int
        Of each convolution.
    hidden : int
        Units of the dense layer.
    dtype : str, optional
        Keras' dtype policy of all layers but the last.

    Returns
    -------
    keras.Model
        Output ``place``, float32, shape (batch, 7), in the order of
        `labkit.clocks.poses.NUMBERS`. Before training it says the middle of the picture.

    Raises
    ------
    ValueError
        If a size is no positive whole number.
    """
    size, hidden = parts.size("size", size), parts.size("hidden", hidden)
    pictures = keras.Input((size, size), name="picture")
    x = layers.Reshape((size, size, 1), dtype=dtype)(pictures)
    x = layers.Rescaling(1 / 255, dtype=dtype)(x)
    x = layers.AveragePooling2D(2, dtype=dtype)(x)
    x = _standardized(x, dtype)
    for number, width in enumerate(parts.widths("filters", filters), start=1):
        first = number == 1
        x = layers.Conv2D(
            width,
            5 if first else 3,
            strides=2 if first else 1,
            padding="same",
            use_bias=False,
            dtype=dtype,
            name=f"conv_{number}",
        )(x)
        x = layers.BatchNormalization(dtype=dtype)(x)
        x = layers.ReLU(dtype=dtype)(x)
        if not first and min(x.shape[1:3]) > 7:
            x = layers.MaxPooling2D(2, padding="same", dtype=dtype)(x)
    x = layers.Flatten(dtype=dtype)(x)
    x = layers.Dense(hidden, activation="relu", dtype=dtype, name="hidden")(x)
    return keras.Model(pictures, DialPlace(dtype="float32", name="place")(x), name="locator")


def dial_reader(
    angles=ANGLES,
    radii=RADII,
    *,
    filters=(16, 32, 48, 64),
    context=(64, 64),
    reach=9,
    prior=False,
    dtype=None,
):
    """Build the network that reads an unrolled dial: three maps over its directions.

    The greys of each dial are brought to mean 0 and deviation 1. Convolutions that go round halve
    the directions once and shrink the radii to one; then convolutions along the directions alone
    look at the neighbourhood. A numeral says where twelve is (`NumeralVote`); each hand has a map
    of its own.

    Parameters
    ----------
    angles, radii : int
        Shape of the unrolled dial; angles must be a multiple of 24.
    filters : sequence of int
        Of the convolutions over directions and radii.
    context : sequence of int
        Of the convolutions along the directions alone.
    reach : int
        Directions that one of these looks at, 3 degrees apart if there are 240 angles.
    prior : bool
        Whether it learns how clocks usually hang (`labkit.clocks.prior.TurnPrior`), for dials
        whose numerals do not say where twelve is.
    dtype : str, optional
        Keras' dtype policy of all layers but the maps.

    Returns
    -------
    keras.Model
        (batch, angles, radii, 1) to a dict ``twelve``, ``hour``, ``minute`` of logits, float32,
        each (batch, angles): the direction clockwise from "up".

    Raises
    ------
    ValueError
        If `angles` is no multiple of 24, or a size no positive whole number.
    """
    angles, radii = parts.size("angles", angles), parts.size("radii", radii)
    filters, context = parts.widths("filters", filters), parts.widths("context", context)
    reach = parts.size("reach", reach)
    if angles % 24:
        raise ValueError(f"angles must be a multiple of 24, such as 240; got {angles}")
    dial = keras.Input((angles, radii, 1), name="dial")
    x = _round_conv(_standardized(dial, dtype), filters[0], (5, 5), (2, 2), dtype)
    for width in filters[1:-1]:
        x = _round_conv(x, width, (3, 3), (1, 2), dtype)
    x = _round_conv(x, filters[-1], (3, x.shape[2]), None, dtype)
    wide = x
    for width in context:
        wide = _round_conv(wide, width, (reach, 1), None, dtype)
    x = layers.Concatenate(dtype=dtype)([x, wide])
    maps = {}
    for name, depth in (("numerals", 12), ("hour", 1), ("minute", 1)):
        # two directions for each one that the convolutions have kept
        y = layers.Conv2D(2 * depth, 1, dtype="float32", name=f"{name}_logits")(x)
        shape = (angles, depth) if depth > 1 else (angles,)
        maps[name] = layers.Reshape(shape, dtype="float32", name=name)(y)
    votes = NumeralVote(dtype="float32", name="votes" if prior else "twelve")
    twelve = votes(maps.pop("numerals"))
    if prior:
        twelve = TurnPrior(dtype="float32", name="twelve")(twelve)
    return keras.Model(dial, {"twelve": twelve, **maps}, name="dial_reader")


def _standardized(x, dtype):
    """Bring each picture to mean 0 and deviation 1."""
    return layers.LayerNormalization(
        axis=(1, 2, 3), epsilon=1e-5, center=False, scale=False, dtype=dtype
    )(x)


def _round_conv(x, width, kernel_size, strides, dtype):
    """Convolve round the dial, normalize, ReLU; no strides: no padding along the radii."""
    around, along = kernel_size
    x = RoundPadding((around - 1) // 2, around // 2, dtype=dtype)(x)
    if strides is not None:
        x = layers.ZeroPadding2D(((0, 0), ((along - 1) // 2, along // 2)), dtype=dtype)(x)
    x = layers.Conv2D(width, kernel_size, strides=strides or 1, use_bias=False, dtype=dtype)(x)
    x = layers.BatchNormalization(dtype=dtype)(x)
    return layers.ReLU(dtype=dtype)(x)


def unrolled(reading, size=SIZE, *, jitter=0.0, dtype=None):
    """Put the unrolling in front of a `dial_reader`, with the dial's place as a second input.

    Parameters
    ----------
    reading : keras.Model
        From `dial_reader`; its weights are shared.
    size : int
        Pixels along a side of the pictures.
    jitter : float
        As for `labkit.clocks.layers.PolarPicture`.
    dtype : str, optional
        Keras' dtype policy of the unrolled dial.

    Returns
    -------
    keras.Model
        Inputs ``picture`` (batch, size, size) and ``place`` (batch, 7); outputs of `reading`.
    """
    size = parts.size("size", size)
    picture, place = keras.Input((size, size), name="picture"), keras.Input((7,), name="place")
    angles, radii = reading.input_shape[1:3]
    dial = PolarPicture(angles, radii, jitter=jitter, dtype=dtype, name="dial")([picture, place])
    return keras.Model([picture, place], reading(dial), name="unrolled")


def reader(finding, reading, *, dtype=None):
    """Put a locator and a dial reader together: pictures to the time.

    Parameters
    ----------
    finding, reading : keras.Model
        From `locator` and `dial_reader`, usually trained. They are copied, without optimizers and
        losses, so that the reader can be saved and loaded by itself.
    dtype : str, optional
        Keras' dtype policy of the unrolled dial.

    Returns
    -------
    keras.Model
        (batch, size, size), grey from 0 to 255, to a dict: ``time``, probabilities of the 720
        minutes, (batch, 720); ``place`` (batch, 7); ``twelve``, ``hour``, ``minute``, logits of
        the directions, (batch, angles).
    """
    finding, reading = _copy(finding), _copy(reading)
    picture = keras.Input(finding.input_shape[1:], name="picture")
    place = finding(picture)
    angles, radii = reading.input_shape[1:3]
    maps = reading(PolarPicture(angles, radii, dtype=dtype, name="dial")([picture, place]))
    time = ReadTime(dtype="float32", name="time")([maps[k] for k in ("twelve", "hour", "minute")])
    return keras.Model(picture, {"time": time, "place": place, **maps}, name="clock_reader")


def _copy(model):
    """Return an uncompiled model with the same layers and weights."""
    copy = type(model).from_config(model.get_config())  # clone_model would compile it, too
    copy.set_weights(model.get_weights())
    return copy
