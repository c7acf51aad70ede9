"""Train a Keras model: the numbers of ``Model.fit``, with a whole epoch in one compiled program."""

from labkit.training.fit import fit
from labkit.training.precision import quicker_policy
from labkit.training.schedules import OneCycle

__all__ = ["OneCycle", "fit", "quicker_policy"]
