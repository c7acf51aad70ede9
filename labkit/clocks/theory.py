"""What can be expected of a clock reader: without looking, and with hands read imprecisely."""

import numpy as np

from labkit.clocks.dial import AROUND, HOUR, hand_angles, joint_time, wrap
from labkit.clocks.score import common_sense_error
from labkit.numbers import as_whole, real

_DECODERS = ("joint", "hour", "separate")
_SMALLEST = 1e-3  # degrees: a hand read more exactly than this counts as this exact


def guess_error(guess=0.0):
    """Return the expected error of one constant guess, when all whole minutes are as frequent.

    It is a quarter of the dial whatever the guess, and so it is for a random one.

    Parameters
    ----------
    guess : float
        Minutes after twelve.

    Returns
    -------
    float
        Minutes: 180.
    """
    return float(common_sense_error(np.arange(AROUND), guess).mean())


def expected_error(hour_sd, minute_sd, decode="joint", *, n=100_000, seed=0):
    """Simulate the mean error of a reader that sees each hand with a normal error.

    Parameters
    ----------
    hour_sd, minute_sd : float
        Standard deviations of the two hands' directions, degrees, 0 or more.
    decode : str
        ``"joint"``: the most likely whole minute, `joint_time` with each hand weighted by one
        over its variance. ``"hour"``: from the hour hand alone, a degree being two minutes.
        ``"separate"``: the hour that the hour hand has passed and the nearest minute of the
        minute hand, each on its own, which fails near the full hour.
    n : int
        Simulated readings, at times drawn from all whole minutes; the result is uncertain by
        about one part in the root of `n`.
    seed : int
        Chooses times and errors.

    Returns
    -------
    float
        Mean common-sense error, minutes.

    Raises
    ------
    ValueError
        If a standard deviation is negative or not finite, `n` is below 1, or `decode` is
        unknown.
    """
    sds = {"hour_sd": hour_sd, "minute_sd": minute_sd}
    need = "a finite number of degrees, 0 or more"
    sds = {name: real(name, sd, lambda sd: 0 <= sd < np.inf, need) for name, sd in sds.items()}
    if decode not in _DECODERS:
        raise ValueError(f"decode must be one of {_DECODERS}, got {decode!r}")
    count = as_whole(n)
    if count is None or count < 1:
        raise ValueError(f"expected at least one simulated reading, got n={n!r}")
    random = np.random.default_rng(seed)
    times = random.integers(AROUND, size=count)
    hour, minute = (
        hand + np.deg2rad(sd) * random.standard_normal(count)
        for hand, sd in zip(hand_angles(times), sds.values(), strict=True)
    )
    return float(common_sense_error(times, _read(hour, minute, decode, *sds.values())).mean())


def lookalikes(time=0.0):
    """List the times that look alike when the dial is turned and nothing marks twelve.

    Then only the angle between the hands is left. The minute hand meets the hour hand 11 times
    in 12 hours, and each angle between them comes back as often, every 720 / 11 minutes.

    Parameters
    ----------
    time : float
        Minutes after twelve, from 0 up to but not including 720.

    Returns
    -------
    ndarray of float64, shape (11,)
        Minutes after twelve, `time` first, each 65.45 minutes after the one before.

    Raises
    ------
    ValueError
        If `time` is out of range.
    """
    time = real("time", time, lambda time: 0 <= time < AROUND, "minutes from 0 to below 720")
    return wrap(time + np.arange(11) * AROUND / 11)


def _read(hour, minute, decode, hour_sd, minute_sd):
    if decode == "hour":
        return hour * AROUND / (2 * np.pi)
    if decode == "separate":
        passed = np.floor(hour * 12 / (2 * np.pi) + 1e-9)  # a hand exactly on the hour passed it
        return HOUR * passed + np.rint(minute * HOUR / (2 * np.pi)) % HOUR
    weights = (1 / max(sd, _SMALLEST) ** 2 for sd in (hour_sd, minute_sd))
    return joint_time(hour, minute, *weights)
