"""The dial as a circle of 720 minutes: hands for a time, and the time for two hands."""

import numpy as np

AROUND = 720  # minutes in one turn of the hour hand
HOUR = 60
_ROWS = 4096  # pictures decoded together: 4096 x 720 scores take 24 MB


def hand_angles(times):
    """Return where both hands point at given times.

    Parameters
    ----------
    times : array of float or int, shape (n,)
        Minutes after twelve, from 0 up to but not including 720.

    Returns
    -------
    hour, minute : ndarray of float64, shape (n,)
        Radians clockwise from twelve, from 0 up to but not including 2 pi. The hour hand moves
        on between the hours: half a degree a minute.

    Raises
    ------
    ValueError
        If `times` is not a row of such numbers.
    """
    times = as_times(times)
    return 2 * np.pi * times / AROUND, 2 * np.pi * (times % HOUR) / HOUR


def joint_time(hour_angle, minute_angle, hour_weight=1.0, minute_weight=1.0):
    """Find the whole minute that fits both hands best.

    It maximizes ``hour_weight * cos(hour_angle - 2 pi t / 720) + minute_weight *
    cos(minute_angle - 2 pi t / 60)`` over t. The minute hand names the minute, the hour hand
    only chooses among twelve hours: with a minute hand that is right it may be off by up to
    15 degrees. With the weights as concentrations (one over the variance, in radians), this is
    the most likely time under von Mises errors.

    Parameters
    ----------
    hour_angle, minute_angle : array of float, shape (n,)
        Radians clockwise from twelve, any number of turns.
    hour_weight, minute_weight : float or array of float, shape (n,)
        How much each hand counts, 0 or more; only their ratio matters.

    Returns
    -------
    ndarray of int64, shape (n,)
        Minutes after twelve, 0 to 719.

    Raises
    ------
    ValueError
        If the angles are not two rows of the same length, or a number is not finite or a weight
        negative.

    References
    ----------
    Mardia and Jupp, "Directional Statistics", 2000. Beyer et al., "Biternion Nets", 2015.
    """
    hour, minute = as_row(hour_angle, "hour_angle"), as_row(minute_angle, "minute_angle")
    if len(hour) != len(minute):
        raise ValueError(f"expected as many minute as hour angles, got {len(minute)}, {len(hour)}")
    weights = [_as_weights(w, len(hour)) for w in (hour_weight, minute_weight)]
    times = np.arange(AROUND)
    hands = [2 * np.pi * times / period for period in (AROUND, HOUR)]
    # cos(a - b) = cos a cos b + sin a sin b: all scores are one product of matrices
    table = np.stack([f(hand) for hand in hands for f in (np.cos, np.sin)])  # (4, 720)
    pairs = zip(weights, (hour, minute), strict=True)
    parts = np.stack([w * f(a) for w, a in pairs for f in (np.cos, np.sin)], axis=1)  # (n, 4)
    found = [np.argmax(parts[i : i + _ROWS] @ table, axis=1) for i in range(0, len(hour), _ROWS)]
    return np.concatenate(found)


def as_text(times):
    """Write times as a clock says them.

    Parameters
    ----------
    times : array of float or int, shape (n,)
        Minutes after twelve; rounded to the nearest whole minute.

    Returns
    -------
    list of str
        ``"h:mm"``, from ``"0:00"`` to ``"11:59"``.
    """
    whole = np.rint(as_row(times, "times")).astype("int64") % AROUND
    return [f"{time // HOUR}:{time % HOUR:02d}" for time in whole]


def wrap(times):
    """Bring minutes onto the dial: from 0 up to but not including 720."""
    times = np.mod(times, AROUND)
    return np.where(times >= AROUND, 0.0, times)  # -1e-20 modulo 720 rounds to 720


def as_times(values, name="times"):
    """Check minutes after twelve and return them as float64.

    Parameters
    ----------
    values : array of float or int, shape (n,)
        What came.
    name : str
        For the message.

    Returns
    -------
    ndarray of float64, shape (n,)
        From 0 up to but not including 720.
    """
    row = as_row(values, name)
    if row.min() < 0 or row.max() >= AROUND:
        raise ValueError(
            f"expected {name} as minutes after twelve, 0 to below 720, got {row.min():g} to "
            f"{row.max():g}; take them modulo 720"
        )
    return row


def as_row(values, name):
    """Check finite numbers in a row and return them as float64, shape (n,), n of 1 or more."""
    row = np.asarray(values)
    if row.ndim != 1 or row.size == 0 or row.dtype.kind not in "iuf":
        raise ValueError(
            f"expected {name} as numbers of shape (n,), got {row.dtype} of shape {row.shape}; "
            "hours and minutes in two columns are 60 * hours + minutes"
        )
    row = row.astype("float64")
    wrong = ~np.isfinite(row)
    if wrong.any():
        raise ValueError(
            f"expected finite numbers in {name}, {wrong.sum()} of {len(row)} are not; "
            "did the training diverge?"
        )
    return row


def _as_weights(weight, n):
    row = as_row(np.broadcast_to(weight, (n,)) if np.ndim(weight) == 0 else weight, "weights")
    if len(row) != n or row.min() < 0:
        raise ValueError(f"expected one weight of 0 or more, or {n} of them, got {weight!r}")
    return row
