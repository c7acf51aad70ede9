"""Ways to write the time for a network, and to read it back from the network's outputs."""

from functools import partial

import numpy as np

from labkit.clocks import transforms
from labkit.clocks.dial import AROUND, hand_angles, joint_time
from labkit.clocks.time_code import Head, TimeCode
from labkit.numbers import as_whole, real

__all__ = [
    "CODES",
    "Head",
    "TimeCode",
    "both_angles",
    "classes",
    "hand_angles",
    "hour_angle",
    "joint_time",
    "number",
    "soft_classes",
    "two_heads",
]

_UNITS = {"hours": 60.0, "minutes": 1.0, "turns": 720.0}  # in minutes


def classes(k):
    """Write the time as one of `k` classes: equal parts of the dial, the first from twelve on.

    A class is read as the mean of its whole minutes. The error left when every class is right
    is about ``720 / (4 k)`` minutes: 7.5 for 24 classes, none for 720.

    Parameters
    ----------
    k : int
        Number of classes, a divisor of 720.

    Returns
    -------
    TimeCode

    Raises
    ------
    ValueError
        If `k` does not divide 720, or is below 2.
    """
    k, width = _classes(k)
    heads = (Head("time", k, "classes"),)
    write = partial(transforms.write_class, width)
    return TimeCode(f"{k} classes", heads, write, partial(transforms.read_class, width))


def soft_classes(k, spread):
    """Write the time as a distribution over `k` classes that falls off round the dial.

    The labels are a von Mises density around the time, so that neighbours share it, also across
    twelve; the time is read as the direction of the mean of the outputs' distribution. Times
    come back exactly for 720 classes, and with little error when `spread` covers a class.

    Parameters
    ----------
    k : int
        Number of classes, a divisor of 720.
    spread : float
        Standard deviation of the labels, minutes, above 0; small against 720.

    Returns
    -------
    TimeCode

    Raises
    ------
    ValueError
        If `k` does not divide 720 or is below 2, or `spread` is not above 0.

    References
    ----------
    Prokudin et al., "Deep Directional Statistics", 2018. arXiv:1805.03430
    """
    k, width = _classes(k)
    spread = real(
        "spread", spread, lambda minutes: 0 < minutes < np.inf, "a number of minutes above 0"
    )
    heads = (Head("time", k, "soft classes"),)
    write = partial(transforms.write_soft, width, spread)
    return TimeCode(f"{k} soft classes", heads, write, partial(transforms.read_soft, width))


def number(unit="hours"):
    """Write the time as one number, which jumps at twelve; it is read modulo twelve hours.

    Parameters
    ----------
    unit : str
        ``"hours"`` (0 to below 12), ``"minutes"`` (0 to below 720) or ``"turns"`` (0 to below 1).

    Returns
    -------
    TimeCode

    Raises
    ------
    ValueError
        If the unit is unknown.
    """
    if unit not in _UNITS:
        raise ValueError(f"unit must be one of {sorted(_UNITS)}, got {unit!r}")
    heads = (Head("time", 1, "number"),)
    write = partial(transforms.write_number, _UNITS[unit])
    return TimeCode(unit, heads, write, partial(transforms.read_number, _UNITS[unit]))


def two_heads(hour, minute, scaled=True):
    """Write the hour, 0 to 11, and the minute, 0 to 59, for two separate heads.

    Each is read on its own, the most likely class or the nearest whole number, as in report B,
    and ``60 * hour + minute`` is the time. Near the full hour this is fragile: at 3:58 the hour
    is 3 but the hour hand points at 4, and a network that takes one hour for the other is wrong
    by 60 minutes. `both_angles` has no such jump.

    Parameters
    ----------
    hour, minute : str
        ``"class"`` or ``"number"``.
    scaled : bool
        Whether numbers are divided by 12 and by 60. Unscaled, the minute has a variance of 300
        and its squared error outweighs whatever the other head has to learn.

    Returns
    -------
    TimeCode

    Raises
    ------
    ValueError
        If a head is neither.
    """
    for name, kind in (("hour", hour), ("minute", minute)):
        if kind not in ("class", "number"):
            raise ValueError(f'{name} must be "class" or "number", got {kind!r}')
    kinds = tuple("classes" if kind == "class" else "number" for kind in (hour, minute))
    units = tuple(n if kind == "classes" else 1 for n, kind in zip((12, 60), kinds, strict=True))
    heads = tuple(map(Head, ("hour", "minute"), units, kinds))
    scales = (12.0, 60.0) if scaled else (1.0, 1.0)
    note = "" if scaled or hour == minute == "class" else " (unscaled)"
    write = partial(transforms.write_two, kinds, scales)
    read = partial(transforms.read_two, kinds, scales)
    return TimeCode(f"hour {hour}, minute {minute}{note}", heads, write, read)


def hour_angle():
    """Write the time as cosine and sine of the hour hand, which says it all, but finely.

    One degree of error is two minutes.

    Returns
    -------
    TimeCode

    References
    ----------
    Zhou et al., "On the Continuity of Rotation Representations", 2019. arXiv:1812.07035
    """
    heads = (Head("hour", 2, "angle"),)
    return TimeCode("hour angle", heads, transforms.write_hour, transforms.read_hour)


def both_angles():
    """Write the time as cosine and sine of both hands; they are read together by `joint_time`.

    The length of each output vector is its weight: a network that cannot tell where a hand
    points gives a short one.

    Returns
    -------
    TimeCode

    References
    ----------
    Beyer et al., "Biternion Nets", 2015.
    """
    heads = (Head("hour", 2, "angle"), Head("minute", 2, "angle"))
    return TimeCode("both angles", heads, transforms.write_both, transforms.read_both)


def _classes(k):
    """Return the number of classes as an int, and the minutes of each."""
    count = as_whole(k)
    if count is None or count < 2 or AROUND % count:
        raise ValueError(f"expected a number of classes that divides 720, got {k!r}; try 24 or 720")
    return count, AROUND // count


CODES = {
    code.name: code
    for code in (
        classes(24),
        classes(720),
        soft_classes(720, spread=10.0),
        number("hours"),
        two_heads("class", "class"),
        two_heads("class", "number"),
        two_heads("number", "class"),
        two_heads("number", "number"),
        hour_angle(),
        both_angles(),
    )
}
