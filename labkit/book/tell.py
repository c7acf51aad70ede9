"""What does the terminal say while notebooks run: which one, how many are done, what is left."""

import threading
import time
from math import inf
from statistics import mean

from labkit import mode


class Progress:
    """Notebooks that are to run, and those that run or are done.

    Parameters
    ----------
    seconds : dict of str to float or None
        What each notebook took when it last ran; None where nobody knows.
    at_once : int
        How many run at a time.

    Attributes
    ----------
    order : list of str
        The names, the slowest first, so that the end waits for no long one; an unknown one may be
        long.
    """

    def __init__(self, seconds, at_once):
        self.at_once = at_once
        self.order = sorted(seconds, key=lambda name: -(seconds[name] or inf))
        self._seconds, self._took, self._started = dict(seconds), {}, {}
        self._lock = threading.Lock()
        count = f"{len(seconds)} notebook{'s' * (len(seconds) != 1)}"
        self._say(f"{count} to run in {mode.current()} mode, {at_once} at a time", self.left())

    def start(self, name):
        """Say that a notebook runs."""
        with self._lock:
            self._started[name] = time.monotonic()
            self._say(f"{name} runs")

    def end(self, name, took, *, failed=False):
        """Say that a notebook is done, and what is left to do."""
        with self._lock:
            self._took[name] = took
            verb = "failed after" if failed else "took"
            done = f"{len(self._took)} of {len(self._seconds)} done"
            self._say(f"{name} {verb} {took:.0f} s; {done}", self.left())

    def left(self):
        """Estimate the seconds that are left, from earlier runs and from what was seen in this one.

        Returns
        -------
        float or None
            None as long as no notebook is known.
        """
        waiting = [name for name in self.order if name not in self._took]
        known = [took for took in self._seconds.values() if took] or list(self._took.values())
        if not waiting:
            return 0.0
        if not known:
            return None
        left = [self._seconds[name] or mean(known) for name in waiting]
        now = time.monotonic()
        ran = [now - self._started.get(name, now) for name in waiting]
        left = [max(0.0, expected - seconds) for expected, seconds in zip(left, ran, strict=True)]
        return max(sum(left) / self.at_once, max(left))

    def _say(self, text, left=None):
        rest = f", about {_in_words(left)} left" if left else ""
        print(f"labkit: {text}{rest}", flush=True)


def _in_words(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(1, round(seconds))} s"
