"""What the painters share: a circle, its twelve and sixty directions, and how to turn points."""

import math

import numpy as np

CORNERS = 48  # of a circle


def turned(angle):
    """Return matrices that turn row vectors clockwise (x right, y downwards)."""
    if np.ndim(angle) == 0:
        cos, sin = math.cos(angle), math.sin(angle)
        return np.array([[cos, sin], [-sin, cos]])
    cos, sin = np.cos(angle), np.sin(angle)
    return np.moveaxis(np.array([[cos, sin], [-sin, cos]]), (0, 1), (-2, -1))


def light(scene):
    """Return the direction from which the light comes, in the plane of the dial."""
    return np.array([math.cos(scene["light"]), math.sin(scene["light"])])


AROUND = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
CIRCLE = np.stack([np.sin(AROUND), -np.cos(AROUND)], axis=1)  # clockwise from twelve
HOURS = turned(2 * np.pi * np.arange(12) / 12)
MINUTES = turned(2 * np.pi * np.array([m for m in range(60) if m % 5]) / 60)
