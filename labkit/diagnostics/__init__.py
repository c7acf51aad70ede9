"""Measure what flows through a network: activations forward, gradients back, updates to weights.

Every function takes a Keras model and a batch and returns a table with one row per layer.
`Probe` repeats the measurement during training. Nothing here changes the model it measures.
"""

from labkit.diagnostics.backward import gradients, updates
from labkit.diagnostics.forward import activations
from labkit.diagnostics.probe import Probe
from labkit.diagnostics.theory import ACTIVATIONS, mean_field_factor

__all__ = ["ACTIVATIONS", "Probe", "activations", "gradients", "mean_field_factor", "updates"]
