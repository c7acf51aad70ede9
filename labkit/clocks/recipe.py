"""What the two networks of a reader are trained on: targets, a loss and turned pictures."""

import keras
import numpy as np
from keras import ops

from labkit.clocks import networks, poses
from labkit.numbers import whole

_WEIGHTS = (1.0, 1.0, 0.8, 0.8, 0.8, 0.25, 0.25)  # a tilt moves the rim by a quarter as much


def direction_map(angle, angles=networks.ANGLES):
    """Write directions as distributions over a circle of equal steps.

    Parameters
    ----------
    angle : array of shape (n,)
        Radians clockwise from "up".
    angles : int
        Number of steps, the first at 0.

    Returns
    -------
    ndarray of shape (n, angles), float32
        The two steps beside the direction share it, the nearer one having more.
    """
    angles = whole("angles", angles, 1)
    place = np.asarray(angle) / (2 * np.pi) * angles % angles
    low = np.floor(place).astype(int)
    share, rows = (place - low).astype(np.float32), np.arange(len(place))
    maps = np.zeros((len(place), angles), np.float32)
    maps[rows, low % angles] += 1 - share
    maps[rows, (low + 1) % angles] += share
    return maps


def targets(pictures, angles=networks.ANGLES):
    """Return what the networks are to say about pictures whose pose is known.

    Parameters
    ----------
    pictures : labkit.clocks.Pictures
        With a pose.
    angles : int
        Steps of the maps.

    Returns
    -------
    place : ndarray of shape (n, 7), float32
        For the locator.
    maps : dict of str to ndarray of shape (n, angles), float32
        ``twelve``, ``hour`` and ``minute`` for the dial reader.

    Raises
    ------
    ValueError
        If the pictures come without pose.
    """
    if pictures.pose is None:
        raise ValueError("training the reader needs the pose of every dial; render pictures")
    place, turn = poses.split(pictures.pose)
    hour, minute = 2 * np.pi * pictures.y / 720, 2 * np.pi * pictures.y / 60
    angle = {"twelve": turn, "hour": turn + hour, "minute": turn + minute}
    return place, {name: direction_map(value, angles) for name, value in angle.items()}


@keras.saving.register_keras_serializable("labkit")
def place_loss(true, predicted):
    """Return how far the dial's place is off: quadratic below 1 % of a side, linear beyond.

    Parameters
    ----------
    true, predicted : tensor of shape (batch, 7)

    Returns
    -------
    tensor of shape (batch,)
    """
    off = 100 * ops.abs(true - predicted) * ops.convert_to_tensor(_WEIGHTS, "float32")
    return ops.mean(ops.where(off < 1, 0.5 * off * off, off - 0.5), axis=-1)


def turned(x, place, rng):
    """Turn pictures by quarters and mirror some, with the places of their dials.

    An ellipse has no numerals, so that a locator may look at it from all sides.

    Parameters
    ----------
    x : ndarray of shape (n, size, size)
    place : ndarray of shape (n, 7)
        In the order of `labkit.clocks.poses.NUMBERS`.
    rng : numpy.random.Generator
        Draws one of the eight symmetries of a square for each picture.

    Returns
    -------
    x, place : ndarray
        Copies.
    """
    x, place = x.copy(), place.copy()
    right, down, across = rng.random((3, len(x))) < 0.5
    x[right] = x[right, :, ::-1]
    x[down] = x[down, ::-1]
    x[across] = x[across].transpose(0, 2, 1)
    for rows, centre, tilt in ((right, 0, 5), (down, 1, 6)):
        place[rows, centre] = 1 - place[rows, centre]
        place[rows, 3] *= -1
        place[rows, tilt] *= -1
    place[across] = place[across][:, [1, 0, 4, 3, 2, 6, 5]]
    return x, place
