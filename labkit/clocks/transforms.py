"""The arithmetic of the time codes: checked times to targets, checked outputs to times.

A ``write_*`` takes float64 minutes after twelve, shape (n,), and returns one array for each head;
a ``read_*`` takes one float64 array of shape (n, units) for each head and returns minutes, which
`TimeCode` brings onto the dial.
"""

import numpy as np

from labkit.clocks.dial import AROUND, HOUR, hand_angles, joint_time


def write_class(width, times):
    return (np.floor_divide(times, width),)


def read_class(width, logits):
    return np.argmax(logits, axis=1) * width + (width - 1) / 2


def write_soft(width, spread, times):
    angles = 2 * np.pi * times / AROUND
    concentration = (AROUND / (2 * np.pi * spread)) ** 2
    exponent = concentration * np.cos(angles[:, None] - _centres(width))
    density = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return (density / density.sum(axis=1, keepdims=True),)


def read_soft(width, logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    centres = _centres(width)
    return _time_of(weights @ np.stack([np.cos(centres), np.sin(centres)], axis=1))


def write_number(unit, times):
    return (times / unit,)


def read_number(unit, values):
    return values[:, 0] * unit


def write_two(kinds, scales, times):
    hours = times // HOUR
    parts = (hours, times - HOUR * hours)
    return tuple(
        np.floor(part) if kind == "classes" else part / scale
        for kind, scale, part in zip(kinds, scales, parts, strict=True)
    )


def read_two(kinds, scales, *outputs):
    hour, minute = (
        np.argmax(values, axis=1) if kind == "classes" else np.rint(values[:, 0] * scale)
        for kind, scale, values in zip(kinds, scales, outputs, strict=True)
    )
    return HOUR * hour + minute


def write_hour(times):
    return (_vectors(hand_angles(times)[0]),)


def read_hour(vectors):
    return _time_of(vectors)


def write_both(times):
    return tuple(_vectors(angles) for angles in hand_angles(times))


def read_both(hour, minute):
    weights = (np.linalg.norm(vectors, axis=1) for vectors in (hour, minute))
    return joint_time(_angle_of(hour), _angle_of(minute), *weights)


def _centres(width):
    return 2 * np.pi * (np.arange(0, AROUND, width) + (width - 1) / 2) / AROUND


def _vectors(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _angle_of(vectors):
    return np.arctan2(vectors[:, 1], vectors[:, 0])


def _time_of(vectors):
    return _angle_of(vectors) * AROUND / (2 * np.pi)
