"""Draw characters of the fonts that matplotlib and Pillow ship as distance fields.

A distance field holds, for each point, how far it lies inside (positive) or
outside (negative) of the character's edge. Moving the threshold makes a stroke
bolder or thinner, and the field stays smooth when it is warped.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

SIZE = 48  # points along a side of a field
_FINE = 4  # pixels of the drawing for each point of the field
_GLYPH_HEIGHT = 0.62  # of the field's side; the rest is room to move


@lru_cache(maxsize=8)
def atlas(characters, fonts):
    """Draw every character in every font.

    Parameters
    ----------
    characters : str
        One character a class.
    fonts : tuple of str
        File names without ``.ttf`` in matplotlib's font folder, or ``"Aileron"``, the sans
        serif that comes with Pillow.

    Returns
    -------
    ndarray of shape (len(characters), len(fonts), SIZE, SIZE), float32
        Distance fields in units of their own points, clipped to +-6. Do not
        write into it: it is shared.
    """
    fields = [[_field(character, font) for font in fonts] for character in characters]
    fields = np.array(fields, dtype=np.float32)
    fields.setflags(write=False)
    return fields


def _field(character, font):
    """Draw one character, centred and scaled to one height, as a distance field."""
    from scipy import ndimage

    side = SIZE * _FINE
    inside = _drawing(character, font, side) > 127
    distance = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    coarse = distance.reshape(SIZE, _FINE, SIZE, _FINE).mean(axis=(1, 3)) / _FINE
    return np.clip(coarse, -6, 6)


def _drawing(character, font, side):
    """Return the character in white on black, (side, side) uint8."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    typeface = (
        ImageFont.load_default(side)
        if font == "Aileron"
        else ImageFont.truetype(folder / f"{font}.ttf", size=side)
    )
    left, top, right, bottom = typeface.getbbox(character)
    longest = max(bottom - top, right - left)
    typeface = typeface.font_variant(size=max(8, round(side * side * _GLYPH_HEIGHT / longest)))
    left, top, right, bottom = typeface.getbbox(character)
    canvas = Image.new("L", (side, side))
    corner = ((side - left - right) / 2, (side - top - bottom) / 2)
    ImageDraw.Draw(canvas).text(corner, character, fill=255, font=typeface)
    return np.asarray(canvas)
