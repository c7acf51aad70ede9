"""Uncompiled Keras models: `mlp`, `cnn`, `airbench`, `softmax_regression`; `reports` has theirs.

Every factory returns a model that puts out logits, neither compiled nor trained. The lab
chooses loss (``from_logits=True``), optimizer and seed in plain sight. `RandomShift` is a layer
that goes in front where pictures are to be augmented.
"""

from labkit.models.augment import RandomShift
from labkit.models.convolutional import cnn
from labkit.models.dense import mlp, softmax_regression
from labkit.models.whitened import airbench, whitening_kernel

__all__ = [
    "RandomShift",
    "airbench",
    "cnn",
    "mlp",
    "softmax_regression",
    "whitening_kernel",
]
