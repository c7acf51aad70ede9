"""Read the time from any pictures with a trained reader."""

import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labkit.clocks import shipped
from labkit.clocks.any_picture import each_of, grey

FILE = "_build/clock_reader.keras"  # where ``python -m benchmarks.clock`` saves the reader
MOST_BYTES = 2**30  # of a reader, unpacked; one has some two million
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
    """Load the reader that comes with labkit, or one that you have trained and saved.

    Parameters
    ----------
    path : path-like, optional
        A ``.keras`` file, as ``python -m benchmarks.clock`` saves it to
        ``_build/clock_reader.keras``; by default the reader that comes with labkit, whose training
        and results `labkit.clocks.shipped.record` tells.

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
    if path is None and shipped.WEIGHTS.exists():
        return shipped.load()
    places = [Path(path)] if path else [Path(FILE), Path(__file__).parents[2] / FILE]
    found = [place for place in places if os.path.isfile(place)]
    if not found:
        raise FileNotFoundError(
            f"there is no trained reader at {places[0]}: train one, in some minutes, with "
            "`python -m benchmarks.clock` in the folder of the course, or name its file"
        )
    model = _loaded(found[0])
    _check_reader(model)
    return model


def _loaded(path):
    """Load a model without running code that came with it, or say what is wrong with its file."""
    import keras

    import labkit.clocks.networks  # its layers have to be known  # noqa: F401

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
            damaged = "its size" if size > MOST_BYTES else archive.testzip()
        if damaged is None:
            return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise ValueError(f"{path} must be a saved clock reader; {error}") from error
    raise ValueError(f"{path} must be a saved clock reader; {damaged} is damaged")


def read(images, reader=None):
    """Read the time from pictures of a clock whose twelve can be seen.

    Parameters
    ----------
    images : path-like, PIL.Image.Image, array, or several of them
        One picture, or any iterable of them, mixed as you like. Paths and pictures of PIL are
        read as a viewer shows them: by their mode, turned as the camera was held, over white
        where they are transparent; of several frames the first, or the one that the picture of
        PIL stands at. Arrays are (height, width) grey, or with 1, 3 or 4 channels: grey, red
        green and blue, transparency last. OpenCV's order, blue first, cannot be told from that
        and makes greys a little lighter or darker. An array (n, height, width[, channels]) is n
        pictures. Numbers run from 0 to 255, or from 0 to 1 if no number of the picture is above
        1: divide 16 bits by 257. NumPy's truth values are black and white.
    reader : keras.Model, optional
        From `load_reader` or `labkit.clocks.networks.reader`; by default `load_reader()`.

    Returns
    -------
    Readings
        One time and one confidence for each picture. The dial should fill at least about half
        of the picture.

    Raises
    ------
    ValueError
        If the images are not of such a kind, a file cannot be read, or the numbers leave open
        what they mean; which one, and what was expected.
    FileNotFoundError
        If a file is missing, or no reader is given and none has been trained.

    Notes
    -----
    A reader is to be trusted on clocks like those that it has seen, and its confidence tells on
    these alone. ``python -m benchmarks.clock`` trains one on one kind of wall clock. The reader
    that comes with labkit has seen level "wild", too; measured by kind, the least to be trusted
    there are oval dials, dials with a twelve alone, hands for the seconds with a disc, taken for
    the minute hand, and numerals too small or blurred to be read by a person; dials without
    numerals are read as if they hung upright. Nobody has shown it digital clocks, mirrored dials,
    dials of 24 hours or without a hand for the hours.
    """
    reader = load_reader() if reader is None else reader
    side = _check_reader(reader)
    squares = np.fromiter(
        (
            _square(grey(picture, f"image {number}"), side)
            for number, picture in enumerate(each_of(images))
        ),
        np.dtype((np.uint8, (side, side))),
    )
    if not len(squares):
        return Readings(np.empty(0, np.int32), np.empty(0, np.float32))
    chances = reader.predict(squares, batch_size=_BATCH, verbose=0)["time"]
    near = chances + np.roll(chances, 1, axis=1) + np.roll(chances, -1, axis=1)
    times = chances.argmax(axis=1)
    confidences = np.minimum(near[np.arange(len(times)), times], 1).astype(np.float32)
    return Readings(times.astype(np.int32), confidences)


def _check_reader(model):
    """Return the side of the pictures that a reader takes; refuse what is no reader."""
    outputs, shape = getattr(model, "output", None), getattr(model, "input_shape", None)
    reads = isinstance(outputs, dict) and getattr(outputs.get("time"), "shape", ())[-1:] == (720,)
    takes = isinstance(shape, tuple) and len(shape) == 3 and isinstance(shape[1], int)
    if not (reads and takes and shape[1] == shape[2]):
        raise ValueError(
            "reader must be a model from labkit.clocks.load_reader or labkit.clocks.recipe; "
            f"got {getattr(model, 'name', model)!r}"
        )
    return shape[1]


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
