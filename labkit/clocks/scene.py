"""Draw at random what is on a picture of a clock: camera, clock, light, lens.

Lengths are in radii of the white dial. The dial's plane has x to the right, y downwards and z
towards the viewer; its centre is the origin and the twelve lies at (0, -1) before it is turned.
"""

import numpy as np

from labkit.clocks import numerals, wild

LEVELS = ("upright", "rotated", "tilted", "everything")  # those of the labs
ALL_LEVELS = (*LEVELS, "wild")

# Low and high end of each number, for a picture that looks like the samples of the report ...
CALM = {
    # camera
    "tilt": (0.0, 0.0),  # degrees between the line of sight and the clock's axis
    "distance": (6.0, 6.0),  # of the camera
    "zoom": (0.90, 0.90),  # diameter of the clock over the side of the picture
    "shift_x": (0.0, 0.0),  # of the dial's centre, over the side
    "shift_y": (0.0, 0.0),
    "bend": (0.0, 0.0),  # radial distortion of the lens
    # clock
    "ring": (0.16, 0.19),  # width of the rim
    "depth": (0.08, 0.12),  # of the dial below the top of the rim
    "height": (0.15, 0.25),  # of the rim above the wall
    "hour_length": (0.50, 0.56),
    "minute_length": (0.72, 0.78),
    "hour_width": (0.045, 0.055),  # half widths are half of this
    "minute_width": (0.040, 0.050),
    "taper": (0.0, 0.0),  # 0: as wide at the tip as at the centre
    "tail": (0.09, 0.12),
    "hub": (0.035, 0.045),
    "numeral_height": (0.14, 0.16),
    "numeral_aspect": (0.9, 1.0),
    "numeral_radius": (0.74, 0.78),
    "mark_length": (0.065, 0.08),  # at the hours
    "mark_width": (0.022, 0.028),
    "minute_mark_length": (0.025, 0.035),
    "minute_mark_width": (0.011, 0.014),
    "mark_radius": (0.93, 0.95),  # outer end of the marks
    # greys, 0 black to 1 white; hands, ink of the numerals and marks as shares of the dial's
    "dial": (0.74, 0.82),
    "hands": (0.28, 0.36),
    "ink": (0.42, 0.55),
    "marks": (0.36, 0.46),
    "rim": (0.28, 0.36),
    "rim_light": (0.0, 0.06),  # how much lighter the rim's inner bevel is
    "ground": (0.42, 0.50),
    "grain": (0.04, 0.06),
    "plank": (0.6, 0.9),  # width of a plank
    # light, lens, sensor
    "shade": (0.0, 0.05),
    "vignette": (0.0, 0.0),
    "shadow": (0.10, 0.15),
    "glare": (0.0, 0.0),
    "glare_size": (0.1, 0.1),
    "spots": (0.0, 0.0),
    "blur": (0.3, 0.4),  # standard deviation in pixels of a picture of 150
    "noise": (0.004, 0.01),
    "contrast": (1.0, 1.0),
    "brightness": (0.0, 0.0),
    "gamma": (1.0, 1.0),
    "haze": (0.0, 0.0),
}
TILTED = {
    "tilt": (0.0, 40.0),
    "distance": (4.5, 8.0),
    "zoom": (0.82, 0.96),
    "shift_x": (-0.03, 0.03),
    "shift_y": (-0.03, 0.03),
}
# ... and for one that goes beyond them.
EVERYTHING = {
    "tilt": (0.0, 50.0),
    "distance": (3.5, 9.0),
    "zoom": (0.65, 1.08),
    "shift_x": (-0.06, 0.06),
    "shift_y": (-0.06, 0.06),
    "bend": (-0.015, 0.015),
    "ring": (0.08, 0.26),
    "depth": (0.02, 0.18),
    "height": (0.08, 0.35),
    "hour_length": (0.40, 0.58),
    "minute_length": (0.68, 0.88),
    "hour_width": (0.035, 0.080),
    "minute_width": (0.028, 0.065),
    "taper": (-0.2, 0.7),
    "tail": (0.0, 0.18),
    "hub": (0.02, 0.06),
    "numeral_height": (0.11, 0.21),
    "numeral_aspect": (0.75, 1.1),
    "numeral_radius": (0.68, 0.80),
    "mark_length": (0.04, 0.11),
    "mark_width": (0.014, 0.04),
    "minute_mark_length": (0.0, 0.06),
    "minute_mark_width": (0.006, 0.018),
    "mark_radius": (0.91, 0.99),
    "dial": (0.62, 0.95),
    "hands": (0.06, 0.45),
    "ink": (0.10, 0.68),
    "marks": (0.10, 0.62),
    "rim": (0.10, 0.50),
    "rim_light": (-0.10, 0.15),
    "ground": (0.25, 0.65),
    "grain": (0.01, 0.09),
    "plank": (0.4, 1.6),
    "shade": (0.0, 0.20),
    "vignette": (0.0, 0.25),
    "shadow": (0.0, 0.3),
    "glare": (-1.2, 1.3),  # below 0: none
    "glare_size": (0.02, 0.07),
    "spots": (0.0, 6.0),
    "blur": (0.2, 0.95),
    "noise": (0.0, 0.025),
    "contrast": (0.7, 1.25),
    "brightness": (-0.10, 0.10),
    "gamma": (0.75, 1.35),
    "haze": (0.0, 0.15),
}
_SPOTS = 6  # at most


def draw_scenes(n, level, rng):
    """Draw the numbers that describe `n` pictures.

    Parameters
    ----------
    n : int
        Number of pictures.
    level : str
        One of `ALL_LEVELS`.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of dict of str to float or tuple
        What `CALM` lists; ``turn``, ``azimuth``, ``light``, ``plank_turn`` in radians;
        ``plank_shift``, ``glare_at``, ``spots_at``, ``clouds``, ``noise_at``; ``typeface``,
        ``weight``, ``stick`` of the numerals; and ``camera``, the matrix of `camera`.
    """
    ranges = dict(CALM)
    if level in ("tilted", "everything", "wild"):
        ranges |= TILTED
    if level in ("everything", "wild"):
        ranges |= EVERYTHING
    if level == "wild":
        ranges |= wild.RANGES
    low, high = np.array(list(ranges.values())).T
    values = low + (high - low) * rng.random((n, len(low)))
    rich = level in ("everything", "wild")
    turning = 0.0 if level == "upright" else 1.0
    turns, azimuths, lights = 2 * np.pi * rng.random((3, n))
    extra = {
        "turn": turning * turns,
        "azimuth": azimuths,
        "light": lights,
        "plank_turn": rng.uniform(0, np.pi, n),
        "plank_shift": rng.random((n, 2)),
        "glare_at": rng.uniform(-0.95, 0.95, (n, 2)),
        "spots_at": rng.random((n, _SPOTS, 3)),
        "clouds": rng.standard_normal((n, 4, 4)).astype(np.float32),
        "typeface": _pick(rng, n, (0.5, 0.15, 0.15, 0.08, 0.06, 0.06) if rich else (1,)),
        "weight": _pick(rng, n, (0.35, 0.3, 0.2, 0.15) if rich else (0.5, 0.5)),
        "stick": rng.random(n) < 0.7,
        "noise_at": rng.random((n, 2)),
    }
    if level == "wild":
        extra |= wild.draw(n, rng)
        extra["typeface"] = rng.integers(0, 12, n)
    names = list(ranges)
    scenes = [
        dict(zip(names, row, strict=True)) | {key: value[i] for key, value in extra.items()}
        for i, row in enumerate(values.tolist())
    ]
    for scene in scenes:
        if level == "wild":
            wild.settle(scene)
        scene["camera"] = camera(scene)
    return scenes


def _pick(rng, n, shares):
    """Draw `n` indices with the given shares."""
    return rng.choice(len(shares), size=n, p=np.array(shares) / sum(shares))


def camera(scene):
    """Return the matrix that takes a point of the scene to the picture.

    Parameters
    ----------
    scene : dict
        From `draw_scenes`.

    Returns
    -------
    ndarray of shape (3, 4), float64
        Takes (x, y, z, 1) to homogeneous coordinates; x over w is 0 at the picture's left edge
        and 1 at its right one, y over w 0 at the top and 1 at the bottom.
    """
    tilt, azimuth, turn = np.radians(scene["tilt"]), scene["azimuth"], scene["turn"]
    away = _rotation(azimuth) @ _tilted(tilt) @ _rotation(turn - azimuth)
    focal = scene["zoom"] / 2 * scene["distance"] / (1 + scene["ring"])
    x, y = 0.5 + scene["shift_x"], 0.5 + scene["shift_y"]
    lens = np.array([[focal, 0, x], [0, focal, y], [0, 0, 1]])
    sight = np.column_stack([away * [[1], [1], [-1]], [0, 0, scene["distance"]]])
    return lens @ sight


def dial_pose(scene):
    """Return the homography of the dial's plane, shape (3, 3), float64, last entry 1."""
    pose = scene["camera"][:, [0, 1, 3]]
    pose = pose / pose[2, 2]
    return wild.bent(pose, scene["bend"]) if "face_shape" in scene else pose


def typeface(scene):
    """Return what `labkit.clocks.numerals.outlines` needs."""
    return (
        numerals.TYPEFACES[scene["typeface"]],
        numerals.WEIGHTS[scene["weight"]],
        bool(scene["stick"]),
    )


def _rotation(angle):
    """Turn clockwise as seen by the viewer (x right, y downwards)."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])


def _tilted(angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0, 0], [0, cos, -sin], [0, sin, cos]])
