"""Turn a picture file, or a picture of Pillow, into grey values, by its mode."""

import os
import re
import warnings
from pathlib import Path

import numpy as np

from labkit.clocks.grey_array import WHITE, mixed, scaled

_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")  # modes of Pillow
_SIXTEEN_BIT_FILES = ("PNG", "PPM")  # which Pillow may open in its mode of 32 bits
_DRAWINGS = ("EPS", "WMF")  # which Pillow gives to another program to draw
_ORIENTATION = 0x0112  # in the notes of a camera (EXIF)


def of_file(name, where):
    """Read a file with Pillow."""
    from PIL import Image, UnidentifiedImageError

    name = os.fsdecode(name)
    where = f"{where} ({name[:300]})"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://|data:", name):
        raise ValueError(f"{where} must be a file; labkit downloads no pictures, save it first")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(Path(name).expanduser())
    except FileNotFoundError:
        raise FileNotFoundError(f"{where} is missing: there is no such file") from None
    except UnidentifiedImageError:
        raise ValueError(f"{where} must be a picture that PIL can read; it is none") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        most = f"{Image.MAX_IMAGE_PIXELS:,} pixels"
        raise ValueError(f"{where} must have at most {most}; make it smaller first") from None
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise ValueError(f"{where} cannot be read; {_said(error)}") from error
    with picture:
        if picture.format in _DRAWINGS:
            raise ValueError(f"{where} must consist of pixels; got a drawing, {picture.format}")
        return of_pillow(picture, where)


def _said(error):
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return text or type(error).__name__


def of_pillow(picture, where):
    """Convert by mode: colours to grey, 16 bits to 8, transparency over white."""
    file_format = picture.format  # what turns a picture forgets it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _upright(picture)
            mode = picture.mode
            if mode in ("I", "F", *_SIXTEEN_BITS):
                values = np.asarray(picture).astype(np.float64)
            elif picture.has_transparency_data:
                # Pillow goes from "La" to "LA" alone
                values = np.asarray(
                    (picture.convert("LA") if mode == "La" else picture).convert("RGBA")
                )
            else:
                values = np.asarray(picture.convert("L" if mode in ("1", "L") else "RGB"))
    except Exception as error:  # it is read only now, and a parser may fail in any way
        raise ValueError(f"{where} cannot be read; {_said(error)}") from error
    if mode not in ("I", "F", *_SIXTEEN_BITS):
        return mixed(values.astype(np.float32))
    key = picture.info.get("transparency")
    hidden = values == key if isinstance(key, int) else np.zeros(values.shape, bool)
    deep = mode in _SIXTEEN_BITS or (mode == "I" and file_format in _SIXTEEN_BIT_FILES)
    if deep and values.max(initial=0) > 255:
        values /= 257  # 65,535 is white
    return np.where(hidden, WHITE, scaled(values, f"{where}, of mode {mode},"))


def _upright(picture):
    """Load a picture, and turn a photograph as its camera was held."""
    from PIL import ImageOps

    picture.load()
    try:
        turned = picture.getexif().get(_ORIENTATION, 1) != 1
        return ImageOps.exif_transpose(picture) if turned else picture
    except Exception:  # damaged notes of the camera: viewers show the picture as it lies
        return picture
