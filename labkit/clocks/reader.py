"""Read the time from any pictures with a trained reader."""

from numbers import Number
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = "_build/clock_reader.keras"  # where ``python -m benchmarks.clock`` saves the reader
SMALLEST = 24  # pixels along the shorter side
_BATCH = 64


class Readings(NamedTuple):
    """Times read from pictures.

    Attributes
    ----------
    times : ndarray of shape (n,), int32
        Whole minutes after twelve, from 0 to 719; `labkit.clocks.as_text` writes them as h:mm.
    confidences : ndarray of shape (n,), float32
        Probability, from 0 to 1, that the reader gives to this minute and its two neighbours.
    """

    times: np.ndarray
    confidences: np.ndarray


def load_reader(path=None):
    """Load a reader that ``python -m benchmarks.clock`` has trained and saved.

    Parameters
    ----------
    path : path-like, optional
        A ``.keras`` file; by default ``_build/clock_reader.keras`` in this folder, or in the
        folder of the course.

    Returns
    -------
    keras.Model
        As `labkit.clocks.networks.reader` returns it.

    Raises
    ------
    FileNotFoundError
        If there is no such file; says how to make one.
    ValueError
        If the file is no reader.
    """
    places = [Path(path)] if path else [Path(FILE), Path(__file__).parents[2] / FILE]
    found = [place for place in places if place.is_file()]
    if not found:
        raise FileNotFoundError(
            f"there is no trained reader at {places[0]}: train one, in some minutes, with "
            "`python -m benchmarks.clock` in the folder of the course, or name its file"
        )
    import keras

    import labkit.clocks.networks  # its layers have to be known  # noqa: F401

    try:
        model = keras.models.load_model(found[0], compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise ValueError(f"{found[0]} must be a saved clock reader; {error}") from error
    _check_reader(model)
    return model


def read(images, reader=None):
    """Read the time from pictures of a clock whose twelve can be seen.

    Parameters
    ----------
    images : array or sequence of arrays
        One picture, (height, width) grey or (height, width, 3 or 4) colour, red first; several of
        one size, (n, height, width[, channels]); or a list of pictures of any sizes. Whole
        numbers from 0 to 255; floats from 0 to 255, or from 0 to 1 if none is above 1.
    reader : keras.Model, optional
        From `load_reader` or `labkit.clocks.recipe.train_reader`; by default `load_reader()`.

    Returns
    -------
    Readings
        One time and one confidence for each picture. The dial should fill at least about half
        of the picture.

    Raises
    ------
    ValueError
        If the images are not of such a kind; which one, and what was expected.
    FileNotFoundError
        If no reader is given and none has been trained.
    """
    reader = load_reader() if reader is None else reader
    side = _check_reader(reader)
    pictures = _as_list(images)
    squares = np.empty((len(pictures), side, side), np.uint8)
    for number, picture in enumerate(pictures):
        squares[number] = _square(_grey(picture, number), side)
    if not pictures:
        return Readings(np.empty(0, np.int32), np.empty(0, np.float32))
    chances = reader.predict(squares, batch_size=_BATCH, verbose=0)["time"]
    near = chances + np.roll(chances, 1, axis=1) + np.roll(chances, -1, axis=1)
    times = chances.argmax(axis=1)
    confidences = np.minimum(near[np.arange(len(times)), times], 1).astype(np.float32)
    return Readings(times.astype(np.int32), confidences)


def _check_reader(model):
    """Return the side of the pictures that a reader takes; refuse what is no reader."""
    outputs = getattr(model, "output", None)
    if not isinstance(outputs, dict) or "time" not in outputs or outputs["time"].shape[-1] != 720:
        raise ValueError(
            "reader must be a model from labkit.clocks.load_reader or labkit.clocks.recipe; "
            f"got {getattr(model, 'name', model)!r}"
        )
    return model.input_shape[1]


def _as_list(images):
    """Return the pictures one by one."""
    if isinstance(images, np.ndarray) or hasattr(images, "__array__"):
        images = np.asarray(images)
        if images.ndim == 2 or (images.ndim == 3 and images.shape[-1] in (1, 3, 4)):
            return [images]
        if images.ndim in (3, 4):
            return list(images)
        raise ValueError(
            "images must be one picture (height, width[, channels]), several (n, height, width"
            f"[, channels]) or a list of pictures; got an array of shape {images.shape}"
        )
    if isinstance(images, (str, bytes, Number)) or not hasattr(images, "__iter__"):
        raise ValueError(
            f"images must be arrays of pixels; got {type(images).__name__}. Read a file with "
            "PIL.Image.open or matplotlib.image.imread first"
        )
    return [np.asarray(image) for image in images]


def _grey(picture, number):
    """Return one picture as (height, width) float32 from 0 to 255."""
    import cv2

    where = f"image {number} must be"
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[-1] not in (1, 3, 4)):
        raise ValueError(f"{where} (height, width) or (height, width, 3); got {picture.shape}")
    if min(picture.shape[:2]) < SMALLEST:
        raise ValueError(
            f"{where} at least {SMALLEST} pixels high and wide; got {picture.shape[:2]}"
        )
    if picture.dtype.kind not in "uif":
        raise ValueError(f"{where} numbers from 0 to 255; got {picture.dtype}")
    low, high = picture.min(), picture.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
        raise ValueError(f"{where} numbers from 0 to 255; got values from {low} to {high}")
    scale = 255 if picture.dtype.kind == "f" and high <= 1 else 1
    picture = picture.astype(np.float32) * scale
    if picture.ndim == 2:
        return picture
    if picture.shape[-1] == 1:
        return picture[..., 0]
    return cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)


def _square(picture, side):
    """Scale a picture into a square; what is missing repeats the edge."""
    import cv2

    height, width = picture.shape
    scale = side / max(height, width)
    size = tuple(max(1, round(scale * length)) for length in (width, height))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = cv2.resize(picture, size, interpolation=way)
    right, down = side - size[0], side - size[1]
    edges = (down // 2, down - down // 2, right // 2, right - right // 2)
    picture = cv2.copyMakeBorder(picture, *edges, cv2.BORDER_REPLICATE)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
