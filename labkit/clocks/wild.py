"""Draw at random what is on a picture of level "wild": clocks of many kinds, in bad light.

The numbers add to those of `labkit.clocks.scene`. Whatever a clock lacks, its time stays decidable:
a dial on which twelve cannot be told stands upright, the minute hand is longer than the hour
hand, both differ from the dial.
"""

import numpy as np

RANGES = {
    "tilt": (0.0, 42.0),
    "distance": (3.0, 9.0),
    "zoom": (0.64, 1.12),
    "ring": (0.02, 0.42),
    "depth": (0.0, 0.16),
    "hour_length": (0.38, 0.60),
    "minute_length": (0.68, 0.95),
    "hour_width": (0.035, 0.10),
    "minute_width": (0.026, 0.07),
    "tail": (0.0, 0.20),
    "numeral_height": (0.11, 0.26),
    "numeral_aspect": (0.7, 1.1),
    "numeral_radius": (0.66, 0.82),
    "ground": (0.08, 0.92),
    "rim": (0.05, 0.95),
    "rim_light": (-0.2, 0.3),
    "bend": (-0.03, 0.03),
    "shade": (0.0, 0.3),
    "shadow": (0.0, 0.4),
    "blur": (0.2, 1.2),
    "noise": (0.0, 0.03),
    "contrast": (0.65, 1.25),
    "brightness": (-0.12, 0.12),
    # new numbers
    "second_length": (0.6, 0.98),
    "second_width": (0.012, 0.03),
    "second_tail": (0.0, 0.3),
    "oblong": (0.86, 1.16),  # width of an oval dial over the circle of the same area
    "corner": (3.0, 14.0),  # exponent of a square dial: the larger, the sharper
    "disc": (0.25, 0.9),  # radius of a disc of another grey
    "disc_step": (-0.16, 0.16),  # its grey, beside the dial's
    "shade_edge": (-1.2, 1.2),  # where the edge of a hard shadow runs
    "shade_side": (0.0, 6.28),
    "shade_depth": (-0.8, 0.55),  # below 0: none
    "smear": (-14.0, 4.5),  # pixels of a moving camera; below 1.5: none
    "quality": (12.0, 140.0),  # of the compression; above 95: none
    "coarse": (0.5, 2.4),  # pixels along a side, of the picture's own; above 1: all
}
STYLES = ("bar", "pencil", "sword", "leaf", "spade", "ring", "hollow", "ornate", "arrow")
NUMERALS = ("all", "quarters", "twelve", "none")
_STYLE_SHARES = (0.3, 0.1, 0.12, 0.1, 0.1, 0.07, 0.07, 0.07, 0.07)
_NUMERAL_SHARES = (0.62, 0.14, 0.06, 0.18)


def draw(n, rng):
    """Draw what the other levels have not got.

    Parameters
    ----------
    n : int
        Number of pictures.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to array of length n
        Names of parts, greys from 0 to 1, and random numbers for the painters.
    """
    dial, hands, ink, marks = _greys(n, rng)
    numerals = np.array(NUMERALS)[rng.choice(4, n, p=_NUMERAL_SHARES)]
    return {
        "face_shape": rng.choice(["round", "square", "oval"], n, p=(0.72, 0.16, 0.12)),
        "style": np.array(STYLES)[rng.choice(len(STYLES), n, p=_STYLE_SHARES)],
        "numerals": numerals,
        "roman": np.where(rng.random(n) < 0.3, rng.integers(1, 3, n), 0),
        "radial": rng.random(n) < 0.3,
        "marking": rng.choice(["bars", "dots", "hours", "none"], n, p=(0.55, 0.12, 0.2, 0.13)),
        "store": rng.choice(["wood", "room"], n, p=(0.25, 0.75)),
        "second": 2 * np.pi * rng.random(n),
        "second_kind": rng.choice(["none", "plain", "disc"], n, p=(0.5, 0.35, 0.15)),
        "second_grey": _apart(dial, rng, 0.15),
        "dial": dial,
        "hands": hands,
        "ink": ink,
        "marks": marks,
        "stripe": rng.random(n) < 0.12,
        "disc_shown": rng.random(n) < 0.25,
        "lettering": rng.random((n, 4)),
        "clutter": rng.random((n, 3, 7)),
        "rays": rng.random(n) < 0.05,
        "upright": rng.random(n) < 0.5,
        "lean": rng.uniform(-1, 1, n),
    }


def settle(scene):
    """Make one drawn scene consistent, in place: its time has to be decidable.

    Parameters
    ----------
    scene : dict
        From `labkit.clocks.scene.draw_scenes`.
    """
    if scene["numerals"] in ("twelve", "none"):
        bare = scene["marking"] == "none"
        if bare and scene["numerals"] == "none" and scene["style"] in ("ornate", "spade"):
            scene["marking"], bare = "hours", False
        scene["turn"] = (0.0 if bare else np.radians(8)) * scene["lean"]
        scene["tilt"] *= 0.3 if bare else 0.6
        if scene["numerals"] == "twelve" and not bare:
            scene["turn"] *= 5  # the twelve is seen
    elif scene["upright"]:
        scene["turn"] = np.radians(20) * scene["lean"]
    if scene["roman"]:
        scene["numeral_aspect"] *= 0.62
        scene["numeral_height"] = min(scene["numeral_height"], 0.2)
    scene["zoom"] = max(scene["zoom"], 0.52 * (1 + scene["ring"]))
    dial = scene["zoom"] / (1 + scene["ring"])  # its width over the side of the picture
    scene["blur"] *= min(1, dial / 0.7)
    scene["coarse"] = max(scene["coarse"], 0.42 / dial)
    scene["minute_length"] = max(scene["minute_length"], scene["hour_length"] + 0.2)
    if scene["style"] not in ("bar", "pencil", "leaf", "hollow"):  # with a thin stem
        scene["minute_width"] *= 1.5
    scene["hour_width"] = max(scene["hour_width"], scene["minute_width"])


def bent(pose, bend, radius=0.7):
    """Return a pose with the lens in it: exact on a circle of that radius, about so elsewhere.

    Parameters
    ----------
    pose : ndarray of shape (3, 3)
        Without the lens, last entry 1.
    bend : float
        Radial distortion, as the painter has it.
    radius : float
        Of the circle on which the size is right, in radii of the dial.

    Returns
    -------
    ndarray of shape (3, 3), float64
    """
    (a, b, x), (c, d, y), (p, q, _) = pose.tolist()
    size = (a - x * p) * (d - y * q) - (b - x * q) * (c - y * p)  # the radius squared, about
    factor = 1 + 4 * bend * (radius**2 * size + (x - 0.5) ** 2 + (y - 0.5) ** 2)
    middle = (1 - factor) / 2
    return np.array([[factor, 0, middle], [0, factor, middle], [0, 0, 1]]) @ pose


def _greys(n, rng):
    """Return greys of dial, hands, numerals and marks; one clock in four is dark."""
    dark = rng.random(n) < 0.25
    dial = np.where(dark, rng.uniform(0.04, 0.4, n), rng.uniform(0.5, 0.97, n))
    return dial, *(_apart(dial, rng, least) for least in (0.32, 0.22, 0.2))


def _apart(dial, rng, least):
    """Return greys that differ from the dial's by at least so much."""
    u = rng.random(len(dial))
    darker, lighter = u * (dial - least), dial + least + u * (1 - dial - least)
    return np.where(dial - least > 0.02, np.where(dial < 0.45, lighter, darker), lighter)
