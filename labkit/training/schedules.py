"""Learning-rate schedules that Keras has not got."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("labkit")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Let the learning rate rise to a peak and fall to zero, both in a straight line.

    Parameters
    ----------
    peak : float
        Largest learning rate.
    steps : int
        Optimizer updates of the whole run: epochs times batches an epoch. Afterwards the rate
        stays at zero.
    warm_up : float
        Share of the steps until the peak, above 0 and below 1.
    start : float
        Rate of the first step, as a share of `peak`, from 0 to 1.

    Raises
    ------
    ValueError
        If a number lies outside its range.

    References
    ----------
    Smith and Topin, "Super-Convergence", Proc. SPIE 11006, 2019. arXiv:1708.07120

    Examples
    --------
    >>> from labkit.training import OneCycle
    >>> cycle = OneCycle(0.1, steps=100, warm_up=0.2)
    >>> [round(float(cycle(step)), 3) for step in (0, 10, 20, 60, 100)]
    [0.01, 0.055, 0.1, 0.05, 0.0]
    """

    def __init__(self, peak, steps, *, warm_up=0.3, start=0.1):
        if not peak > 0:
            raise ValueError(f"peak must be above 0; got {peak!r}")
        if isinstance(steps, bool) or steps != int(steps) or steps < 2:
            raise ValueError(f"steps must be a whole number, 2 or more; got {steps!r}")
        if not 0 < warm_up < 1:
            raise ValueError(f"warm_up must lie between 0 and 1; got {warm_up!r}")
        if not 0 <= start <= 1:
            raise ValueError(f"start must lie from 0 to 1; got {start!r}")
        self.peak, self.steps, self.warm_up, self.start = peak, int(steps), warm_up, start

    def __call__(self, step):
        """Return the learning rate of a step, counted from 0."""
        passed = ops.cast(step, "float32") / self.steps
        rising = self.start + (1 - self.start) * passed / self.warm_up
        falling = (1 - passed) / (1 - self.warm_up)
        return self.peak * ops.maximum(ops.minimum(rising, falling), 0.0)

    def get_config(self):
        """Return the arguments, for saving."""
        own = ("peak", "steps", "warm_up", "start")
        return {key: getattr(self, key) for key in own}
