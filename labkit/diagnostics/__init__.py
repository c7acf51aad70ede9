"""Measure what flows through a network: activations forward, gradients back, updates to weights.

Functions take a Keras model and a batch and return a table with one row per layer; `values`
returns the single values. `Probe` repeats the measurement during training. Nothing here changes
the model it measures.
"""

from labkit.diagnostics.backward import gradients, updates
from labkit.diagnostics.forward import activations
from labkit.diagnostics.probe import Probe
from labkit.diagnostics.theory import ACTIVATIONS, mean_field_factor
from labkit.diagnostics.values import values

__all__ = [
    "ACTIVATIONS",
    "Probe",
    "activations",
    "gradients",
    "mean_field_factor",
    "updates",
    "values",
]
