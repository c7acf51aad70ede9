"""Train a Keras model: the numbers of ``Model.fit``, with a whole epoch in one compiled program."""

from labkit.training.fit import fit

__all__ = ["fit"]
