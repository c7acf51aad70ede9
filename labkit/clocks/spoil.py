"""What spoils a picture of level "wild": a room behind, hard shadows, motion, compression."""

from functools import lru_cache

import cv2
import numpy as np

_STORE = 512  # pixels along a side of a store
_SPREAD = 46  # standard deviation of the greys in a store


def before(scene, picture):
    """Add a hard shadow, before the picture is exposed; uint8."""
    depth = scene["shade_depth"]
    if depth <= 0.1:
        return picture
    size = len(picture)
    angle, edge = scene["shade_side"], scene["shade_edge"] * size / 3
    along, across = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    far = 2 * size
    corners = [
        (a * along + b * across) + size / 2
        for a, b in ((edge, far), (edge, -far), (far, -far), (far, far))
    ]
    lit = np.full((size, size), 255, np.uint8)
    cv2.fillConvexPoly(lit, np.rint(corners).astype(np.int32), int(255 * (1 - depth)))
    return cv2.multiply(picture, cv2.blur(lit, (5, 5)), scale=1 / 255)


def after(scene, picture):
    """Smear, coarsen and compress the finished picture; uint8."""
    size, length = len(picture), round(scene["smear"] * len(picture) / 150)
    if length > 1:
        picture = cv2.filter2D(picture, -1, _smear(length, round(scene["shade_side"])))
    if scene["coarse"] < 0.95:
        side = round(size * scene["coarse"])
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    if scene["quality"] < 95:
        options = [cv2.IMWRITE_JPEG_QUALITY, int(scene["quality"])]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, options)[1], cv2.IMREAD_GRAYSCALE)
    return picture


@lru_cache(maxsize=64)
def _smear(length, way):
    """Return the kernel of a camera that moves by some pixels, in one of eight directions."""
    kernel = np.zeros((length, length), np.float32)
    if way % 4 == 0:
        kernel[length // 2] = 1
    elif way % 4 == 1:
        kernel[:, length // 2] = 1
    else:
        np.fill_diagonal(kernel if way % 4 == 2 else kernel[:, ::-1], 1)
    return kernel / kernel.sum()


@lru_cache(maxsize=1)
def room():
    """Return things of many sizes before each other, greys of mean 128, uint8."""
    rng = np.random.default_rng(2)
    greys = 128 + 40 * rng.standard_normal((8, 8))
    picture = cv2.resize(greys.astype(np.float32), (_STORE, _STORE), interpolation=cv2.INTER_CUBIC)
    for number in range(260):
        scale = _STORE / (3 + 0.15 * number)
        centre, spread = rng.uniform(0, _STORE, 2), scale * rng.uniform(0.1, 1, 2)
        grey = float(128 + 60 * rng.standard_normal())
        box = cv2.boxPoints(
            (centre.tolist(), spread.tolist(), float(rng.choice([0, 0, 0, 30, 70])))
        )
        if number % 5 == 4:
            cv2.circle(picture, np.rint(centre).astype(int).tolist(), int(spread[0] / 2), grey, -1)
        elif number % 5 == 3:
            cv2.polylines(picture, [np.rint(box).astype(np.int32)], True, grey, 2)
        else:
            cv2.fillConvexPoly(picture, np.rint(box).astype(np.int32), grey)
        if number in (60, 140, 220):
            picture = cv2.GaussianBlur(picture, (0, 0), 3 if number == 60 else 1)
    picture += 12 * rng.standard_normal(picture.shape)
    picture = 128 + _SPREAD * (picture - picture.mean()) / picture.std()
    return np.clip(picture, 0, 255).astype(np.uint8)
