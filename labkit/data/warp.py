"""Make the random, smooth maps that turn, slant, move and bend a picture."""

import numpy as np


def coordinates(n, side, source, rng, *, turn, move, bend):
    """Say for each pixel which point of the source it shows.

    Parameters
    ----------
    n : int
        Number of pictures.
    side, source : int
        Pixels along a side of the picture, and points along a side of the
        source; the whole source covers the whole picture.
    rng : numpy.random.Generator
        Source of randomness.
    turn : float
        Largest rotation, in radians.
    move : float
        Largest shift, in pixels.
    bend : float
        Standard deviation of the smooth displacement, in pixels.

    Returns
    -------
    ndarray of shape (2, n, side, side), float32
        Row and column in the source; some lie outside of it.
    """
    angle = rng.uniform(-turn, turn, n)
    slant = rng.uniform(-0.3, 0.3, n)
    height, width = np.exp(rng.uniform(-0.22, 0.22, (2, n)))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array(
        [[cos * height, -sin * height], [(sin + slant * cos) * width, (cos - slant * sin) * width]]
    ).astype(np.float32)  # (2, 2, n)
    shift = rng.uniform(-move, move, (2, n, 1, 1)).astype(np.float32)
    centred = np.arange(side, dtype=np.float32) - (side - 1) / 2
    points = np.empty((2, n, side, side), dtype=np.float32)
    for axis in (0, 1):
        rows, columns = matrix[axis, 0, :, None, None], matrix[axis, 1, :, None, None]
        points[axis] = rows * centred[:, None] + columns * centred + shift[axis]
        points[axis] += bend * smooth_fields(n, side, rng)
    return points * np.float32(source / side) + np.float32((source - 1) / 2)


def smooth_fields(n, side, rng, knots=4):
    """Draw smooth random fields: normal values on a coarse grid, spline between.

    Parameters
    ----------
    n, side : int
        Number of fields and points along a side.
    rng : numpy.random.Generator
        Source of randomness.
    knots : int, optional
        Random values along a side; more knots vary faster.

    Returns
    -------
    ndarray of shape (n, side, side), float32
        Mean 0, standard deviation about 0.8.
    """
    weights = _spline(side, knots)
    values = rng.standard_normal((n, knots, knots), dtype=np.float32)
    return weights @ values @ weights.T


def _spline(side, knots):
    """Return the (side, knots) weights of cubic interpolation between knots."""
    from scipy import ndimage

    at = np.linspace(0, knots - 1, side)[None]
    columns = [ndimage.map_coordinates(row, at, mode="nearest") for row in np.eye(knots)]
    return np.stack(columns, axis=1).astype(np.float32)
