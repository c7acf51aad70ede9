"""Helpers of the deep-learning lab course: load, build, train, diagnose, compare, draw, claim.

Import the module you need (``from labkit import data, training``). Importing `labkit` itself
loads neither TensorFlow nor matplotlib. Import it before Keras: TensorFlow then starts silently.
It makes relative folders in ``LABKIT_DATA`` and ``LABKIT_CACHE`` absolute.
"""

from labkit.paths import settle
from labkit.startup import silence_tensorflow

__version__ = "0.1.0"

settle()
silence_tensorflow()
del settle, silence_tensorflow
