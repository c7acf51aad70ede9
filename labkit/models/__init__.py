"""Uncompiled Keras models: `mlp`, `softmax_regression`, and the reports' networks in `reports`.

Every factory returns a model that puts out logits, neither compiled nor trained. The lab
chooses loss (``from_logits=True``), optimizer and seed in plain sight.
"""

from labkit.models.dense import mlp, softmax_regression

__all__ = ["mlp", "softmax_regression"]
