"""Learning-rate schedules that Keras has not got."""

import keras
from keras import ops

from labkit import numbers


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
        self.peak = numbers.real("peak", peak, lambda value: value > 0, "above 0")
        self.steps = numbers.whole("steps", steps, 2)
        between = "above 0 and below 1"
        self.warm_up = numbers.real("warm_up", warm_up, lambda value: 0 < value < 1, between)
        self.start = numbers.real("start", start, lambda value: 0 <= value <= 1, "from 0 to 1")

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
