"""Paint one picture of a clock from its scene, with OpenCV.

Every edge is a polygon: it is projected through the camera, drawn at twice the size with
anti-aliased edges, and shrunk. Wood and noise come from stores that are made once.
"""

from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from labkit.clocks import faces, numerals, spoil
from labkit.clocks.scene import typeface
from labkit.clocks.shapes import CIRCLE, HOURS, MINUTES, light, turned

_FINE = 2  # pixels of the drawing for each pixel of the picture
_SHIFT = 4  # bits after the point in OpenCV's coordinates
_STORE = 512  # pixels along a side of a store
_PLANKS = 8  # in the store of wood
_SPREAD = 46  # standard deviation of the grain in the store
_BLACK, _WHITE = 0.02, 0.99
_ACROSS = np.tile(np.linspace(-1, 1, 4, dtype=np.float32), (4, 1))


def paint(scene, size):
    """Paint one picture.

    Parameters
    ----------
    scene : dict
        From `labkit.clocks.scene.draw_scenes`, with ``hour`` and ``minute``: the angles of the
        hands, in radians clockwise from twelve.
    size : int
        Pixels along a side.

    Returns
    -------
    ndarray of shape (size, size), uint8
        0 is black.
    """
    drawing, odd = _Drawing(), "face_shape" in scene  # level "wild"
    if odd:
        edge = faces.outline(scene)[:, None] * CIRCLE
        faces.behind(scene, drawing)
        faces.case(scene, drawing, edge)
        faces.dial(scene, drawing, edge)
        faces.hands(scene, drawing)
        faces.rim(scene, drawing, edge)
    else:
        _case(scene, drawing)
        _dial(scene, drawing)
        _hands(scene, drawing)
        _rim(scene, drawing)
    _spots(scene, drawing)
    matrix = scene["camera"]
    image = _ground(scene, matrix, _FINE * size)
    drawing.onto(image, matrix, scene["bend"])
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    if not odd:
        return _expose(scene, image, size)
    return spoil.after(scene, _expose(scene, spoil.before(scene, image), size))


class _Drawing:
    """Shapes in the order in which they are painted; all are projected at once."""

    def __init__(self):
        self.points, self.shapes, self.count = [], [], 0

    def add(self, grey, points, z=0.0, ends=None, *, how="fill"):
        """Add a shape: points (n, 2) at height z, one outline, or several that end at `ends`.

        `how` is "fill" (inside an odd number of outlines), "hull" (what a rubber band round the
        points holds) or "line".
        """
        solid = np.empty((len(points), 3))
        solid[:, :2], solid[:, 2] = points, z
        self.points.append(solid)
        first, self.count = self.count, self.count + len(points)
        ends = [self.count] if ends is None else (first + ends).tolist()
        self.shapes.append((grey, [first, *ends], how))

    def onto(self, image, matrix, bend):
        """Project every point through the camera and the lens, and paint the shapes."""
        flat = np.concatenate(self.points) @ matrix[:, :3].T + matrix[:, 3]
        at = flat[:, :2] / flat[:, 2:] - 0.5
        if bend:
            at *= 1 + 4 * bend * np.einsum("ij,ij->i", at, at)[:, None]
        # OpenCV's whole numbers; the middle of pixel 0 is at 0
        fixed = (at * (len(image) << _SHIFT)).round() + ((len(image) - 1) << (_SHIFT - 1))
        fixed = fixed.astype(np.int32)
        for grey, ends, how in self.shapes:
            outlines = [fixed[a:b] for a, b in pairwise(ends)]
            grey = int(255 * min(max(grey, _BLACK), _WHITE))
            if how == "line":
                cv2.polylines(image, outlines, False, grey, 1, cv2.LINE_AA, _SHIFT)
                continue
            if how == "hull":
                outlines = [cv2.convexHull(outlines[0])]
            cv2.fillPoly(image, outlines, grey, cv2.LINE_AA, _SHIFT)


def _ground(scene, matrix, side):
    """Return wooden planks or a room, in the perspective of the wall behind the clock."""
    wall = scene["depth"] - scene["height"]
    pose = np.column_stack([matrix[:, 0], matrix[:, 1], wall * matrix[:, 2] + matrix[:, 3]])
    scale = _STORE / _PLANKS / scene["plank"]  # pixels of the store for a radius of the dial
    cos, sin = scale * np.cos(scene["plank_turn"]), scale * np.sin(scene["plank_turn"])
    x, y = _STORE * scene["plank_shift"]
    to_store = np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1]]) @ np.linalg.inv(pose)
    small = side // _FINE  # grain needs no finer drawing than the picture's own
    grain = cv2.warpPerspective(
        _STORES[scene.get("store", "wood")](),
        to_store / [small, small, 1],
        (small, small),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_WRAP,
    )
    weight = scene["grain"] * 255 / _SPREAD
    grain = cv2.convertScaleAbs(grain, alpha=weight, beta=255 * scene["ground"] - 128 * weight)
    return cv2.resize(grain, (side, side), interpolation=cv2.INTER_NEAREST)


def _case(scene, drawing):
    """Add the shadow on the wall, the outer side of the rim and its inner side."""
    outer, top = (1 + scene["ring"]) * CIRCLE, scene["depth"]
    wall = top - scene["height"]
    if scene["shadow"] > 0.02:
        for reach, share in ((1.06, 0.5), (1.02, 1.0)):
            grey = (1 - share * scene["shadow"]) * scene["ground"]
            drawing.add(grey, reach * outer - 0.06 * light(scene), wall)
    heights = np.repeat([wall, top], len(outer))
    drawing.add(0.8 * scene["rim"], np.tile(outer, (2, 1)), heights, how="hull")
    drawing.add(0.55 * scene["rim"], CIRCLE, top)


def _dial(scene, drawing):
    """Add the white disc with its marks and numerals."""
    drawing.add(scene["dial"], CIRCLE)
    ink = scene["dial"] * scene["marks"]
    for name, directions in (("minute_mark", MINUTES), ("mark", HOURS)):
        length, half, end = (
            scene[f"{name}_length"],
            scene[f"{name}_width"] / 2,
            scene["mark_radius"],
        )
        if length > 0.008:
            bar = np.array(
                [[-half, -end], [half, -end], [half, length - end], [-half, length - end]]
            )
            bars = (bar @ directions).reshape(-1, 2)
            drawing.add(ink, bars, ends=np.arange(4, len(bars) + 1, 4))
    outlines, ends, numeral = numerals.outlines(*typeface(scene))
    height = scene["numeral_height"]
    points = outlines * np.float32((height * scene["numeral_aspect"], height))
    places = np.float32(-scene["numeral_radius"]) * HOURS[:, 1]
    drawing.add(scene["dial"] * scene["ink"], points + places[numeral], ends=ends)


def _hands(scene, drawing):
    """Add both hands, their shadows below them, and the hub."""
    hands = []
    for name, z in (("hour", 0.03), ("minute", 0.05)):
        length, half, tail = scene[f"{name}_length"], scene[f"{name}_width"] / 2, scene["tail"]
        tip = half * (1 - scene["taper"])
        shape = np.array([[-half, tail], [-tip, -length], [tip, -length], [half, tail]])
        hands.append((shape @ turned(scene[name]), z))
    if scene["shadow"] > 0.04:
        for shape, z in hands:
            grey = (1 - 0.5 * scene["shadow"]) * scene["dial"]
            drawing.add(grey, shape - z * light(scene))
    for shape, z in hands:
        drawing.add(scene["dial"] * scene["hands"], shape, z)
    drawing.add(scene["dial"] * scene["hands"] * 0.9, scene["hub"] * CIRCLE[::4], 0.06)


def _rim(scene, drawing):
    """Add the rim's top with its bevels; it hides the dial's near edge."""
    edges = 1 + scene["ring"] * np.array([1, 0.7, 0.2, 0])
    for outer, inner, share in zip(edges[:-1], edges[1:], (-0.3, 0.0, 1.0), strict=True):
        both = np.concatenate([outer * CIRCLE, inner * CIRCLE])
        ends = np.array([len(CIRCLE), len(both)])
        drawing.add(scene["rim"] + share * scene["rim_light"], both, scene["depth"], ends)


def _spots(scene, drawing):
    """Add small reflections on the inner edge of the rim."""
    count = round(scene["spots"])
    if not count:
        return
    angle, reach, length = scene["spots_at"][:count].T[..., None]
    turns = 2 * np.pi * angle + (0.02 + 0.12 * length) * np.arange(5) / 4
    arcs = (0.94 + 0.12 * reach) * np.stack([np.sin(turns), -np.cos(turns)])
    ends = np.arange(5, 5 * count + 1, 5)
    drawing.add(1.0, arcs.reshape(2, -1).T, 0.5 * scene["depth"], ends, how="line")


def _expose(scene, picture, size):
    """Add light, glare, blur, contrast and noise; return the picture as uint8."""
    x, y = light(scene)
    clouds = 1 + scene["shade"] * (0.4 * scene["clouds"] + x * _ACROSS + y * _ACROSS.T)
    clouds *= 1 - scene["vignette"] * (_ACROSS**2 + _ACROSS.T**2) / 2
    smooth = _smooth(size)
    lit = smooth @ clouds.astype(np.float32) @ smooth.T
    linear = cv2.multiply(picture, lit, scale=1 / 255, dtype=cv2.CV_32F)
    if scene["glare"] > 0:
        haze = _glare(scene, size)
        linear += haze * (1.15 - linear)
    blur = scene["blur"] * size / 150
    if blur > 0.25:
        linear = cv2.GaussianBlur(linear, (0, 0), blur)
    if scene["gamma"] != 1:
        linear = cv2.pow(cv2.max(linear, 0.0), scene["gamma"])
    slope = 255 * scene["contrast"] * (1 - scene["haze"])
    offset = 127.5 + 255 * scene["brightness"] - slope * (0.5 - 0.5 * scene["haze"])
    row, column = (scene["noise_at"] * (_STORE - size if size < _STORE else 1)).astype(int)
    noise = _noise()[row : row + size, column : column + size]
    if noise.shape != (size, size):
        noise = cv2.resize(noise, (size, size), interpolation=cv2.INTER_NEAREST)
    # OpenCV rounds and keeps to 0 to 255
    return cv2.addWeighted(linear, slope, noise, 255 * scene["noise"], offset, dtype=cv2.CV_8U)


def _glare(scene, size):
    """Return how much white lies over each pixel: a bright spot with a wide halo."""
    x, y = size / 2 * (1 + scene["zoom"] * scene["glare_at"])
    pixels = np.arange(size, dtype=np.float32)
    across, down = (pixels - np.float32(x)) ** 2, (pixels - np.float32(y)) ** 2
    haze = np.zeros((size, size), np.float32)
    for share, wide in ((1.0, 1.0), (0.25, 3.0)):
        scale = -0.5 / (wide * scene["glare_size"] * size) ** 2
        haze += share * scene["glare"] * np.outer(np.exp(scale * down), np.exp(scale * across))
    return np.minimum(haze, 1, out=haze)


@lru_cache(maxsize=4)
def _smooth(size):
    """Return the weights (size, 4) that interpolate four knots by cubic polynomials, float32."""
    return cv2.resize(np.eye(4, dtype=np.float32), (4, size), interpolation=cv2.INTER_CUBIC)


@lru_cache(maxsize=1)
def _wood():
    """Return planks: grain of mean 128 and deviation `_SPREAD`, dark seams, uint8."""
    from scipy import ndimage

    rng = np.random.default_rng(0)
    grain = np.zeros((_STORE, _STORE))
    for along, across, share in ((48, 0.8, 0.6), (120, 2.5, 0.5), (6, 0.7, 0.5)):
        layer = ndimage.gaussian_filter(
            rng.standard_normal((_STORE, _STORE)), (across, along), mode="wrap"
        )
        grain += share * layer / layer.std()
    width = _STORE // _PLANKS
    grain = grain / grain.std() + 0.6 * rng.standard_normal(_PLANKS).repeat(width)[:, None]
    grain = 128 + _SPREAD * grain / grain.std()
    edge = np.abs((np.arange(_STORE) + width // 2) % width - width // 2)
    grain -= 90 * np.exp(-((edge / 1.6) ** 2))[:, None]
    return np.clip(grain, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _noise():
    """Return normal noise of standard deviation 1, half of it slightly blurred, float32."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((_STORE, _STORE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.8)
    noise = noise + soft / soft.std()
    return noise / noise.std()


_STORES = {"wood": _wood, "room": spoil.room}
