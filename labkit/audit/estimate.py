"""A mean over runs with its interval, and what can be said of it."""

import math
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A mean over seeds with its 95 % t interval.

    Attributes
    ----------
    mean : float
    low, high : float
        Ends of the interval; NaN for one run.
    sd : float
        Spread of single runs, with n - 1; NaN for one run.
    n : int
        Runs.
    """

    mean: float
    low: float
    high: float
    sd: float
    n: int

    def above(self, bound):
        """Whether the whole interval lies above `bound`; with one run nothing does."""
        return self.low > bound

    def below(self, bound):
        """Whether the whole interval lies below `bound`; with one run nothing does."""
        return self.high < bound

    def could_be(self, value, slack=0.0):
        """Whether one more run may well give `value`.

        Parameters
        ----------
        value : float
            A single result, a report's for instance.
        slack : float
            Added to both ends of the 99 % interval of one more run: for another split of the
            data, say, which the spread over seeds does not hold.

        Returns
        -------
        bool
        """
        return abs(value - self.mean) <= self._half(0.99) * math.sqrt(self.n + 1) + slack

    def _half(self, level):
        from scipy import stats

        if self.n < 2:
            return 0.0
        return stats.t.ppf((1 + level) / 2, self.n - 1) * self.sd / math.sqrt(self.n)

    def __format__(self, spec):
        """Write ``mean (low to high, n seeds)``; `spec` is that of each number."""
        spec = spec or ".4f"
        numbers = [_written(number, spec) for number in (self.mean, self.low, self.high)]
        if self.n < 2:
            return f"{numbers[0]} (one seed)"
        return f"{numbers[0]} ({numbers[1]} to {numbers[2]}, {self.n} seeds)"


def estimate(values):
    """Return the `Estimate` of some runs.

    Parameters
    ----------
    values : array of shape (n,)
        A value a run, n of at least 1.

    Raises
    ------
    ValueError
        If there is no value.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"expected a value for each of some runs, got {values!r}")
    one = Estimate(values.mean(), np.nan, np.nan, np.nan, len(values))
    if len(values) == 1:
        return one
    one = one._replace(sd=values.std(ddof=1))
    half = one._half(0.95)
    return one._replace(low=one.mean - half, high=one.mean + half)


def _written(number, spec):
    return format(float(number), spec)
