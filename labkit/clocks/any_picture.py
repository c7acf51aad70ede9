"""Take pictures of any kind, one by one, and turn each into grey values."""

import os
from collections.abc import Mapping
from numbers import Number

from labkit.clocks.grey_array import SMALLEST, as_array, no_picture, of_array
from labkit.clocks.grey_file import of_file, of_pillow


def each_of(images):
    """Yield one picture after the other.

    Parameters
    ----------
    images : object
        As for `labkit.clocks.read`.

    Yields
    ------
    object
        What `grey` takes.

    Raises
    ------
    ValueError
        If `images` can hold no pictures.
    """
    if _is_one(images):
        yield images
        return
    if isinstance(images, (list, tuple)) and images and _all_lists(images):
        images = as_array(images, "images")  # numbers in lists
    if _is_array(images):
        array = as_array(images, "images")
        if array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3, 4)):
            yield array
            return
        if array.ndim == 1 and array.dtype.kind in "OUT":  # pictures or paths, whatever these are
            images = array.tolist()
        elif array.ndim not in (3, 4) or (array.ndim == 3 and 0 < array.shape[-1] < SMALLEST):
            raise ValueError(
                "images must be one picture (height, width[, channels]), several (n, height, "
                f"width[, channels]) or a list of pictures; got an array of shape {array.shape}"
            )
        else:
            images = array
    elif isinstance(images, (bytes, bytearray, Number, Mapping)) or not hasattr(images, "__iter__"):
        raise ValueError(f"images must be {no_picture(images)}")
    yield from images


def grey(picture, where):
    """Return one picture as grey values.

    Parameters
    ----------
    picture : path-like, PIL.Image.Image or array
        As for `labkit.clocks.read`.
    where : str
        What the caller calls it, for the message: ``"image 3"``.

    Returns
    -------
    ndarray of shape (height, width), float32
        From 0 (black) to 255.

    Raises
    ------
    FileNotFoundError
        If it is the name of a file that is missing.
    ValueError
        If it cannot be read, or leaves open what its numbers mean.
    """
    from PIL import Image

    if isinstance(picture, (str, os.PathLike)):
        values = of_file(picture, where)
    elif isinstance(picture, Image.Image):
        values = of_pillow(picture, where)
    else:
        values = of_array(picture, where)
    if min(values.shape) < SMALLEST:
        raise ValueError(
            f"{where} must be at least {SMALLEST} pixels high and wide; got {values.shape}"
        )
    return values


def _is_one(images):
    """Tell whether this is a picture by itself."""
    from PIL import Image

    return isinstance(images, (str, os.PathLike, Image.Image))


def _is_array(thing):
    return isinstance(thing, memoryview) or any(
        hasattr(thing, name) for name in ("__array__", "__array_interface__")
    )


def _all_lists(images):
    return all(isinstance(row, (list, tuple)) for row in images)
