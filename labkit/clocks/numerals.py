"""Outlines of the numerals 1 to 12 in several typefaces and weights, as polygons."""

from functools import cache

import numpy as np

from labkit.data import glyphs

TYPEFACES = (
    "Aileron",
    "cmss10",
    "DejaVuSans",
    "DejaVuSansMono",
    "DejaVuSans-Oblique",
    "STIXGeneral",
)
WEIGHTS = (-1.2, -0.6, 0.0, 0.7)  # how far the edge moves outwards, in points of the field
_HEIGHT = 0.62 * glyphs.SIZE  # points from foot to head, as `labkit.data.glyphs` draws them
_GAP = 0.14  # between two digits, of the height
_ARABIC = [str(hour or 12) for hour in range(12)]
_ROMAN = {
    four: ["XII", "I", "II", "III", name, "V", "VI", "VII", "VIII", "IX", "X", "XI"]
    for four, name in ((1, "IV"), (2, "IIII"))
}
_STICK = np.array(  # a one without foot, as many clocks have it; height 1
    [
        [0.05, -0.5],
        [0.17, -0.5],
        [0.17, 0.5],
        [0.03, 0.5],
        [0.03, -0.3],
        [-0.14, -0.2],
        [-0.14, -0.32],
    ]
)


@cache
def outlines(typeface, weight, stick, roman=0):
    """Return the outlines of twelve numerals.

    Parameters
    ----------
    typeface, weight : str, float
        One of `TYPEFACES` and of `WEIGHTS`; a thin font cannot get much thinner.
    stick : bool
        Whether ones are drawn without a foot, whatever the typeface has.
    roman : {0, 1, 2}
        0: 1 to 12. 1: I to XII. 2: likewise, with IIII for IV, as on most clocks.

    Returns
    -------
    points : ndarray of shape (n_points, 2), float32
        x to the right and y downwards, each numeral centred at (0, 0), its height 1.
    ends : ndarray of int
        Where in `points` each closed outline ends; holes are outlines too (fill even-odd).
    numeral : ndarray of shape (n_points,), int
        0 for the twelve, then 1 to 11: the numeral that a point belongs to.
    """
    characters, words = ("IVX", _ROMAN[roman]) if roman else ("0123456789", _ARABIC)
    digits = {c: _digit(c, characters, typeface, weight, stick) for c in characters}
    points, numeral = [], []
    for hour, word in enumerate(words):
        parts = [digits[character] for character in word]
        widths = [np.ptp(np.concatenate(part)[:, 0]) for part in parts]
        left = -(sum(widths) + _GAP * (len(parts) - 1)) / 2
        for part, width in zip(parts, widths, strict=True):
            start = np.concatenate(part)[:, 0].min()
            points += [outline + np.array([left - start, 0]) for outline in part]
            numeral += [np.full(len(outline), hour) for outline in part]
            left += width + _GAP
    ends = np.cumsum([len(outline) for outline in points])
    return np.concatenate(points).astype(np.float32), ends, np.concatenate(numeral)


def _digit(character, characters, typeface, weight, stick):
    """Return the closed outlines of a character, height about 1, as a list of (n, 2) arrays."""
    import contourpy

    if character == "1" and stick:
        return [_STICK * (1 + 0.25 * weight, 1)]
    field = _fields(characters, typeface)[characters.index(character), 0]
    weight = max(weight, 0.8 - float(field.max()))  # something has to be left of the stroke
    lines = contourpy.contour_generator(z=field).lines(-weight)
    centre = (glyphs.SIZE - 1) / 2
    return [(line[:-1:3] - centre) / _HEIGHT for line in lines if len(line) > 8]


@cache
def _fields(characters, typeface):
    """Return the distance fields of some characters; those of all typefaces are kept."""
    return glyphs.atlas(characters, (typeface,))
