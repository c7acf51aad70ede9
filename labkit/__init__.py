"""Helpers of the deep-learning lab course: load, build, train, diagnose, compare, draw, claim.

Import the module you need (``from labkit import data, training``). Importing `labkit` itself
loads neither TensorFlow nor matplotlib.
"""

__version__ = "0.1.0"
