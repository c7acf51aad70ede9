"""Paint clocks of level "wild": dials, numerals and hands of many kinds."""

import math
from functools import cache

import numpy as np

from labkit.clocks import numerals
from labkit.clocks.shapes import AROUND, CIRCLE, HOURS, MINUTES, light, turned

TYPEFACES = (
    *numerals.TYPEFACES,
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSans-Bold",
    "cmr10",
    "STIXGeneralBol",
)
ROMAN = ("DejaVuSerif", "DejaVuSerif-Bold", "STIXGeneral", "DejaVuSans")
KEPT = {"all": range(12), "quarters": range(0, 12, 3), "twelve": (0,), "none": ()}
# Half outlines of hands: (across in half widths, along in lengths), from the hub to the tip.
_HALVES = {
    "pencil": [(0.9, 0.0), (0.9, 0.88), (0.0, 1.0)],
    "sword": [(0.5, 0.0), (1.3, 0.68), (0.0, 1.0)],
    "leaf": [(0.35, 0.0), (1.0, 0.2), (1.35, 0.45), (0.9, 0.75), (0.0, 1.0)],
    "spade": [
        (0.4, 0.0),
        (0.4, 0.6),
        (1.5, 0.63),
        (1.7, 0.7),
        (0.9, 0.8),
        (0.3, 0.86),
        (0.0, 1.0),
    ],
    "ring": [
        (0.45, 0.0),
        (0.45, 0.62),
        (1.3, 0.66),
        (1.6, 0.73),
        (1.3, 0.8),
        (0.4, 0.84),
        (0.0, 1.0),
    ],
    "hollow": [(1.1, 0.0), (1.1, 0.95), (0.6, 1.0)],
    "ornate": [
        (0.5, 0.0),
        (0.4, 0.15),
        (1.5, 0.25),
        (0.5, 0.36),
        (0.4, 0.45),
        (1.7, 0.56),
        (0.6, 0.7),
        (0.9, 0.76),
        (0.2, 0.84),
        (0.0, 1.0),
    ],
    "arrow": [(0.5, 0.0), (0.5, 0.8), (1.5, 0.8), (0.0, 1.0)],
}
_HOLES = {
    "ring": [(0.0, 0.67), (0.8, 0.73), (0.0, 0.79)],
    "hollow": [(0.55, 0.2), (0.55, 0.88)],
    "ornate": [(0.0, 0.5), (0.9, 0.56), (0.0, 0.65)],
}
_SMALL = CIRCLE[::6]
_SQUARE = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def behind(scene, drawing):
    """Add what lies on the wall: a few things, and rays round some clocks."""
    for kind, x, y, width, height, angle, grey in scene["clutter"].tolist():
        if kind > 0.6:
            continue
        corners = _SQUARE if kind < 0.4 else _SMALL
        corners = corners * (0.1 + 0.9 * width, 0.1 + 0.9 * height) @ turned(6.3 * angle)
        away = (1.36 + 0.68 * y) * (1 + scene["ring"])
        place = (away * math.sin(6.3 * x), away * math.cos(6.3 * x))
        drawing.add(grey, corners + place, scene["depth"] - scene["height"])
    if scene["rays"]:
        ray = np.array([[-0.05, -1], [0.05, -1], [0, -1.5]]) * (1 + scene["ring"])
        drawing.add(scene["rim"], (ray @ HOURS).reshape(-1, 2), 0.0, np.arange(3, 37, 3))


def outline(scene):
    """Return how far the dial's edge is at each corner of the circle, shape (corners,)."""
    kind = scene["face_shape"]
    if kind == "round":
        return np.ones(len(CIRCLE))
    if kind == "oval":
        return _oval(scene, AROUND)
    power = scene["corner"]
    return (np.abs(CIRCLE) ** power).sum(axis=1) ** (-1 / power)


def case(scene, drawing, edge):
    """Add the shadow on the wall, the outer side of the rim and its inner side."""
    outer, top = (1 + scene["ring"]) * edge, scene["depth"]
    wall = top - scene["height"]
    if scene["shadow"] > 0.02:
        grey = (1 - scene["shadow"]) * scene["ground"]
        drawing.add(grey, 1.04 * outer - 0.08 * light(scene), wall)
    heights = np.repeat([wall, top], len(outer))
    drawing.add(0.8 * scene["rim"], np.tile(outer, (2, 1)), heights, how="hull")
    drawing.add(0.55 * scene["rim"], edge, top)


def dial(scene, drawing, edge):
    """Add the dial with its marks, numerals and letters."""
    drawing.add(scene["dial"], edge)
    if scene["disc_shown"]:
        drawing.add(scene["dial"] + scene["disc_step"], scene["disc"] * edge)
    _marks(scene, drawing)
    _letters(scene, drawing)
    if scene["numerals"] == "none":
        return
    faces, roman = (ROMAN, scene["roman"]) if scene["roman"] else (TYPEFACES, 0)
    face = faces[int(scene["typeface"]) % len(faces)]
    weight = numerals.WEIGHTS[scene["weight"]]
    points, ends, numeral = _numerals(face, weight, bool(scene["stick"]), roman, scene["numerals"])
    height = scene["numeral_height"]
    points = points * np.array((height * scene["numeral_aspect"], height))
    if scene["radial"]:
        points = np.einsum("ni,nij->nj", points, HOURS[numeral])
    places = -scene["numeral_radius"] * HOURS[:, 1]
    if scene["face_shape"] == "oval":
        places = places * _oval(scene, np.arange(12) * np.pi / 6)[:, None]
    drawing.add(scene["ink"], points + places[numeral], ends=ends)


def hands(scene, drawing):
    """Add the hands, their shadows below them, and the hub."""
    shapes = []
    for name, z in (("hour", 0.03), ("minute", 0.05)):
        length, half = scene[f"{name}_length"], scene[f"{name}_width"] / 2
        points, ends = _hand(scene["style"], scene["taper"])
        points = points * np.array([half, -length])
        points[:2, 1] = scene["tail"]
        shapes.append((points @ turned(scene[name]), ends, z))
    if scene["shadow"] > 0.04:
        grey = (1 - 0.5 * scene["shadow"]) * scene["dial"]
        for points, ends, z in shapes:
            drawing.add(grey, points - z * light(scene), ends=ends)
    for points, ends, z in shapes:
        drawing.add(scene["hands"], points, z, ends)
    if scene["stripe"]:
        for name in ("hour", "minute"):
            length, half = scene[f"{name}_length"], scene[f"{name}_width"] / 5
            stripe = _bar(half, 0.25 * length, 0.85 * length) @ turned(scene[name])
            drawing.add(scene["dial"], stripe, 0.05)
    drawing.add(scene["hands"], scene["hub"] * CIRCLE[::4], 0.06)
    if scene["second_kind"] != "none":
        _second(scene, drawing)


def rim(scene, drawing, edge):
    """Add the rim's top with its bevels; it hides the dial's near edge."""
    widths = 1 + scene["ring"] * np.array([1, 0.7, 0.2, 0])
    for outer, inner, share in zip(widths[:-1], widths[1:], (-0.3, 0.0, 1.0), strict=True):
        both = np.concatenate([outer * edge, inner * edge])
        grey = scene["rim"] + share * scene["rim_light"]
        drawing.add(grey, both, scene["depth"], np.array([len(edge), len(both)]))


def _marks(scene, drawing):
    """Add bars or dots; a clock without numerals has no minute bars alone."""
    if scene["marking"] == "none":
        return
    kinds = [("mark", HOURS)]
    if scene["marking"] != "hours" and scene["minute_mark_length"] > 0.008:
        kinds.append(("minute_mark", MINUTES))
    for name, directions in kinds:
        length, half = scene[f"{name}_length"], scene[f"{name}_width"] / 2
        end = scene["mark_radius"]
        if scene["marking"] == "dots":
            bar = 1.3 * half * _SMALL - np.array([0, end - length / 2])
        else:
            bar = _bar(half, end - length, end)
        bars = bar @ directions
        if name == "mark" and scene["numerals"] in ("none", "twelve"):
            bars[::3] *= 1 - 0.06 * scene["lettering"][3]  # the quarters stand out a little
        if scene["face_shape"] == "oval":
            angles = np.arctan2(bars[..., 0].mean(axis=1), -bars[..., 1].mean(axis=1))
            bars = bars * _oval(scene, angles)[:, None, None]
        corners = bars.shape[1]
        bars = bars.reshape(-1, 2)
        drawing.add(scene["marks"], bars, ends=np.arange(corners, len(bars) + 1, corners))


def _letters(scene, drawing):
    """Add a maker's name, as a row of small bars, and a window for the date."""
    name, window, width, place = scene["lettering"]
    if name < 0.35:
        grey = 0.5 * (scene["ink"] + scene["dial"])
        steps = np.linspace(-1, 1, 5 + int(4 * place))[:, None, None] * (0.08 + 0.18 * width)
        letter = np.array([[-0.012, -0.02], [0.012, -0.02], [0.012, 0.02], [-0.012, 0.02]])
        row = letter + steps * np.array([1, 0]) + np.array([0, -0.25 - 0.2 * place])
        drawing.add(grey, row.reshape(-1, 2), ends=np.arange(4, 4 * len(row) + 1, 4))
    if window < 0.1:
        box = np.array([[-0.08, -0.06], [0.08, -0.06], [0.08, 0.06], [-0.08, 0.06]])
        middle = np.array((0.45, 0) if place < 0.5 else (0, 0.4))
        drawing.add(0.95 - 0.5 * scene["dial"], box + middle)


def _second(scene, drawing):
    """Add a thin hand for the seconds, some with a disc at its tail."""
    half, turn = scene["second_width"] / 2, turned(scene["second"])
    bar = _bar(half, -scene["second_tail"], scene["second_length"]) @ turn
    drawing.add(scene["second_grey"], bar, 0.07)
    if scene["second_kind"] == "disc":
        disc = 0.05 * _SMALL + np.array([0, scene["second_tail"]])
        drawing.add(scene["second_grey"], disc @ turn, 0.07)
    drawing.add(scene["second_grey"], 0.6 * scene["hub"] * _SMALL, 0.07)


def _bar(half, start, end):
    return np.array([[-half, -start], [-half, -end], [half, -end], [half, -start]])


def _oval(scene, angles):
    """Return the radius of an ellipse with the area of the unit circle."""
    wide = scene["oblong"]
    return 1 / np.hypot(np.sin(angles) / wide, np.cos(angles) * wide)


@cache
def _numerals(typeface, weight, stick, roman, kept):
    """Return the outlines of those numerals that a dial shows, as `numerals.outlines` does."""
    points, ends, numeral = numerals.outlines(typeface, weight, stick, roman)
    parts = np.split(points, ends[:-1])
    shown = [part for part, end in zip(parts, ends, strict=True) if numeral[end - 1] in KEPT[kept]]
    keep = np.isin(numeral, list(KEPT[kept]))
    return points[keep], np.cumsum([len(part) for part in shown]), numeral[keep]


def _hand(style, taper):
    """Return a hand's outlines, across in half widths, along in lengths; the tail comes first."""
    if style == "bar":
        tip = 1 - taper
        return np.array([[1, 0], [-1, 0], [-tip, 1], [tip, 1.0]]), np.array([4])
    return _styled(style)


@cache
def _styled(style):
    half = np.array(_HALVES[style])
    left = half * (-1, 1)
    points = [half[:1], left, half[:0:-1]]
    points[0] = np.array([[half[0, 0], 0.0], [-half[0, 0], 0.0]])
    outer = np.concatenate([points[0], left[1:], points[2]])
    if style not in _HOLES:
        return outer, np.array([len(outer)])
    hole = np.array(_HOLES[style])
    hole = np.concatenate([hole * (-1, 1), hole[::-1]])
    return np.concatenate([outer, hole]), np.array([len(outer), len(outer) + len(hole)])
