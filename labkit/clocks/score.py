"""How wrong a time is: the common-sense error, in minutes round the dial."""

from typing import NamedTuple

import numpy as np

from labkit.clocks.dial import AROUND, as_row


class ClockScore(NamedTuple):
    """How well a set of clocks was read.

    Attributes
    ----------
    mean, median : float
        Of the common-sense error, minutes.
    exact : float
        Share with the right minute: error below half a minute.
    within_1, within_5 : float
        Share with an error of at most 1 and 5 minutes.
    beyond_30 : float
        Share with an error above 30 minutes: as a rule the wrong hour.
    n : int
        Number of clocks.
    """

    mean: float
    median: float
    exact: float
    within_1: float
    within_5: float
    beyond_30: float
    n: int

    def __str__(self):
        """Write the score as one reads it."""
        return (
            f"{self.n:,} clocks: error {self.mean:.2f} min in the mean, {self.median:.2f} in the "
            f"median; {self.exact:.1%} exact, {self.within_1:.1%} within 1 min, "
            f"{self.within_5:.1%} within 5, {self.beyond_30:.1%} beyond 30"
        )


def common_sense_error(true, predicted):
    """Return how far apart two times are, the shorter way round the dial of twelve hours.

    11:59 and 0:01 are two minutes apart, not 718.

    Parameters
    ----------
    true : array of float or int, shape (n,)
        Minutes after twelve; full turns of 720 minutes make no difference.
    predicted : array of float or int, shape (n,), or a number
        Likewise; one number is compared with all true times.

    Returns
    -------
    ndarray of float64, shape (n,)
        Minutes, from 0 to 360.

    Raises
    ------
    ValueError
        If the two differ in length, or a time is not a finite number.
    """
    true = as_row(true, "true")
    if np.ndim(predicted) == 0:
        predicted = np.full(len(true), predicted)
    predicted = as_row(predicted, "predicted")
    if len(predicted) != len(true):
        raise ValueError(
            f"expected as many predicted as true times, got {len(predicted)} and {len(true)}"
        )
    apart = np.abs(predicted - true) % AROUND
    return np.minimum(apart, AROUND - apart)


def score(true, predicted):
    """Summarize the common-sense error of many clocks.

    Parameters
    ----------
    true, predicted
        As for `common_sense_error`; true times are whole minutes.

    Returns
    -------
    ClockScore
        Minutes, and shares from 0 to 1.

    Raises
    ------
    ValueError
        As `common_sense_error`.

    Examples
    --------
    >>> score([719, 60], [1, 60])  # 11:59 read as 0:01, and 1:00 read right
    ClockScore(mean=1.0, median=1.0, exact=0.5, within_1=0.5, within_5=1.0, beyond_30=0.0, n=2)
    """
    error = common_sense_error(true, predicted)
    return ClockScore(
        mean=float(error.mean()),
        median=float(np.median(error)),
        exact=float(np.mean(error < 0.5)),
        within_1=float(np.mean(error <= 1)),
        within_5=float(np.mean(error <= 5)),
        beyond_30=float(np.mean(error > 30)),
        n=len(error),
    )
