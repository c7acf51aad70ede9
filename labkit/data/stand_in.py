"""Render pictures that take the place of data that cannot be had.

The grey ones are characters of several typefaces, bolder or thinner, turned,
slanted, moved and bent, on a noisy ground; the coloured ones are five shapes
filled with two textures, in any colours. A linear model does worse on them
than a dense network, and that worse than a convolutional one.
"""

import numpy as np

from labkit.data import glyphs
from labkit.data.dataset import Dataset, Split, remember
from labkit.data.facts import facts_of
from labkit.data.warp import coordinates, smooth_fields
from labkit.numbers import as_whole

_CHUNK = 500  # pictures rendered at once; each chunk has its own random stream
_FONTS = (
    "DejaVuSans",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSerif",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
)
_LETTERS = "BDEFHKNPRX"
_SHAPES = {"disc": "●", "square": "■", "triangle": "▲", "star": "★", "heart": "♥"}
_TEXTURES = ("striped", "dotted")


def stand_in(name, n_train=12_000, n_test=2_000, *, seed=0):
    """Render a stand-in for a data set: same shapes, ten classes, any number.

    Parameters
    ----------
    name : str
        ``"mnist"``: digits, 28 x 28 grey. ``"fashion_mnist"``: letters that
        resemble each other, 28 x 28 grey. ``"cifar10"``: five shapes, striped
        or dotted, 32 x 32 colour.
    n_train, n_test : int, optional
        Number of pictures, 1 or more. A larger number begins with the pictures
        of the smaller one; any ten in a row hold each class once.
    seed : int, optional
        The same seed gives the same pictures.

    Returns
    -------
    Dataset
        With ``real=False`` and a title that says stand-in.

    Raises
    ------
    ValueError
        If `name` is unknown or a number is not an int of 1 or more.
    """
    facts = facts_of(name)
    n_train, n_test = _count("n_train", n_train), _count("n_test", n_test)
    render, class_names = {
        "mnist": (_digits, tuple("0123456789")),
        "fashion_mnist": (_letters, tuple(_LETTERS)),
        "cifar10": (_shapes, tuple(f"{t} {s}" for s in _SHAPES for t in _TEXTURES)),
    }[name]
    train = _render_all(render, facts.image_shape, n_train, (seed, 0))
    test = _render_all(render, facts.image_shape, n_test, (seed, 1))
    title = f"stand-in for {facts.title}"
    return remember(Dataset(name, title, class_names, train, test, False, "stand-in", False))


def _count(label, value):
    """Return a number of pictures as an int."""
    count = as_whole(value)
    if count is None or count < 1:
        raise ValueError(f"{label} must be an int of 1 or more, got {value!r}")
    return count


def _render_all(render, image_shape, count, seed):
    """Render `count` pictures chunk by chunk."""
    x = np.empty((count, *image_shape), dtype=np.uint8)
    y = np.empty(count, dtype=np.int32)
    for start in range(0, count, _CHUNK):
        rng = np.random.default_rng([*seed, start])
        labels = np.argsort(rng.random((_CHUNK // 10, 10)), axis=1).ravel()
        pictures = render(labels, rng)
        stop = min(start + _CHUNK, count)
        x[start:stop], y[start:stop] = pictures[: stop - start], labels[: stop - start]
    return Split(x, y)


def _digits(labels, rng):
    """Render one digit a picture, bright on dark."""
    ink = _ink(labels, rng, "0123456789", _FONTS, 28, turn=0.2, move=1.5, bend=0.9)
    level = rng.random((2, len(labels), 1, 1), dtype=np.float32)
    return _to_uint8(ink * (0.65 + 0.35 * level[0]) + 0.08 * level[1] * _noise(ink.shape, rng))


def _letters(labels, rng):
    """Render one letter a picture, filled with uneven grey on an uneven ground."""
    ink = _ink(labels, rng, _LETTERS, _FONTS, 28, turn=0.15, move=1.2, bend=0.8)
    cloud = smooth_fields(len(labels), 28, rng, knots=6)
    ground = 0.2 * np.abs(smooth_fields(len(labels), 28, rng, knots=5))
    grey = np.clip(0.7 + 0.25 * cloud, 0.15, 1.0)
    return _to_uint8(ground + ink * (grey - ground) + 0.06 * _noise(ink.shape, rng))


def _shapes(labels, rng):
    """Render one textured shape a picture, in two colours on a clouded ground."""
    n, side = len(labels), 32
    characters = "".join(_SHAPES.values())
    ink = _ink(
        labels // 2,
        rng,
        characters,
        ("DejaVuSans",),
        side,
        turn=0.25,
        move=2.5,
        bend=0.8,
        weight=0.5,
    )[..., None]
    texture = _texture(labels % 2, side, rng)[..., None]
    bright, dark, ground = rng.random((3, n, 1, 1, 3), dtype=np.float32)
    bright, dark = 0.45 + 0.5 * bright, 0.4 * dark
    cloud = np.stack([smooth_fields(n, side, rng, knots=5) for _ in range(3)], axis=-1)
    ground = 0.6 * ground + 0.13 * cloud
    filling = dark + (bright - dark) * (0.35 + 0.65 * texture)
    return _to_uint8(ground + ink * (filling - ground) + 0.05 * _noise(ground.shape, rng))


def _texture(kinds, side, rng):
    """Return stripes (kind 0) or dots (kind 1), values 0 to 1, (n, side, side)."""
    n = len(kinds)
    angle, period, *shift = rng.random((4, n, 1, 1), dtype=np.float32)
    angle, shift = np.float32(np.pi) * angle, 2 * np.float32(np.pi) * np.array(shift)
    wave = np.float32(2 * np.pi) / (4.5 + 3 * period)  # radians a pixel
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    along = np.cos(wave * (rows * np.cos(angle) + columns * np.sin(angle)) + shift[0])
    across = np.cos(wave * (columns * np.cos(angle) - rows * np.sin(angle)) + shift[1])
    pattern = np.where(kinds[:, None, None] == 0, along, np.minimum(along, across) + 0.4)
    return np.clip(0.5 + 1.5 * pattern, 0, 1)


def _noise(shape, rng):
    """Return normal noise of standard deviation 1."""
    return rng.standard_normal(shape, dtype=np.float32)


def _ink(labels, rng, characters, fonts, side, *, turn, move, bend, weight=0.7):
    """Return how much ink each pixel has, 0 to 1, (n, side, side), of warped characters."""
    from scipy import ndimage

    fields = glyphs.atlas(characters, fonts)
    n_classes, n_fonts = fields.shape[:2]
    chosen = labels * n_fonts + rng.integers(n_fonts, size=len(labels))
    points = coordinates(len(labels), side, glyphs.SIZE, rng, turn=turn, move=move, bend=bend)
    inside = np.clip(points, 0, glyphs.SIZE - 1)
    inside[0] += chosen[:, None, None] * glyphs.SIZE  # the fields lie below each other
    tall = fields.reshape(n_classes * n_fonts * glyphs.SIZE, glyphs.SIZE)
    distance = ndimage.map_coordinates(tall, inside, output=np.float32, order=1, prefilter=False)
    bolder = rng.uniform(-weight, 1.5 * weight, (len(labels), 1, 1)).astype(np.float32)
    return np.clip(0.5 + (distance + bolder) / 2.0, 0, 1, dtype=np.float32)


def _to_uint8(pictures):
    """Scale 0 to 1 to 0 to 255 and round."""
    pictures *= 255
    pictures += 0.5
    return np.clip(pictures, 0, 255, out=pictures).astype(np.uint8)
