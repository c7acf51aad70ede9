"""Turn an array of pixels into grey values.

An array does not say what its numbers mean: the number of axes, the last axis and the largest
value have to say it, and what they leave open is refused.
"""

import numpy as np

SMALLEST = 24  # pixels along the shorter side
WHITE = np.float32(255)
_ROUNDING = 1e-5  # by which a float from 0 to 1 may lie above 1


def of_array(picture, where):
    """Convert what has only a shape and numbers."""
    array = as_array(picture, where)
    if array.ndim == 0 and array.dtype.kind not in "biufc":
        raise ValueError(f"{where} must be {no_picture(picture)}")
    channels = array.shape[-1] if array.ndim == 3 else None
    if array.ndim not in (2, 3) or channels not in (None, 1, 3, 4):
        hint = ""
        if channels == 2:
            hint = ": grey with transparency has to be laid over white first"
        elif array.ndim == 3 and array.shape[0] in (1, 3, 4):
            hint = ": channels come last, np.moveaxis(picture, 0, -1)"
        raise ValueError(
            f"{where} must be (height, width) or (height, width, 3); got {array.shape}{hint}"
        )
    if array.dtype.kind == "b":
        array = array * np.uint8(255)
    if array.dtype.kind not in "uif":
        raise ValueError(f"{where} must be numbers from 0 to 255; got {array.dtype}")
    if channels == 4 and array.size:
        _check_alpha(array, where)
    values = scaled(array, where)
    return values if values.ndim == 2 else mixed(values)


def as_array(thing, name):
    """Return an array of NumPy."""
    if np.ma.is_masked(thing):
        raise ValueError(f"{name} must be without a mask; fill what is hidden: picture.filled(255)")
    try:
        return np.asarray(thing)
    except Exception as error:  # whatever another library or a ragged list raises
        expected = "arrays of pixels, rows of equal length"
        raise ValueError(f"{name} must be {expected}; {error}") from error


def no_picture(thing):
    """Say what a picture can be."""
    hint = "a path or a picture of PIL serves as well"
    if thing is None:
        hint = "cv2.imread returns None for a file that it cannot read"
    elif isinstance(thing, (bytes, bytearray)) or hasattr(thing, "read"):
        hint = "PIL.Image.open reads a file, and PIL.Image.open(io.BytesIO(content)) its content"
    return f"arrays of pixels; got {type(thing).__name__}; {hint}"


def scaled(values, where):
    """Return numbers of unknown scale as float32 from 0 to 255."""
    if not values.size:
        return np.zeros(values.shape, np.float32)  # to be refused for its size
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
        hint = "; divide 16 bits by 257" if low >= 0 and 255 < high <= 65535 else ""
        raise ValueError(
            f"{where} must be numbers from 0 to 255; got values from {low} to {high}{hint}"
        )
    values = values.astype(np.float32)
    if high < 1 + _ROUNDING:
        return np.minimum(values, 1) * WHITE
    if high < 2:
        raise ValueError(
            f"{where} must be numbers from 0 to 255, or from 0 to 1; got values up to {high}, "
            "which says neither: clip them to 1"
        )
    return values


def mixed(values):
    """Return colours from 0 to 255 as grey, over white where they are transparent."""
    import cv2

    if values.ndim == 2:
        return values
    if values.shape[-1] == 1:
        return values[..., 0]
    colour = np.ascontiguousarray(values[..., :3])
    result = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    if values.shape[-1] == 4:
        share = values[..., 3] / WHITE
        result = result * share + WHITE * (1 - share)
    return result


def _check_alpha(array, where):
    """Refuse colours and transparency on two scales: from 0 to 255, and from 0 to 1."""
    colour, alpha = array[..., :3].max(), array[..., 3].max()
    if colour > 1 >= alpha > 0 or (array.dtype.kind == "f" and alpha > 1 >= colour > 0):
        raise ValueError(
            f"{where} must have colours and transparency on one scale; got colours up to {colour} "
            f"and transparency up to {alpha}"
        )
