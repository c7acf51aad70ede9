"""What a batch looks like after every layer: mean, spread, saturated and dead share."""

import keras
import numpy as np
import pandas as pd

BOUNDS = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
ADVANCED = ("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
COLUMNS = ["layer", "depth", "activation", "units", "mean", "std", "pre_std", "saturated", "dead"]


def activations(model, x, *, tolerance=0.01):
    """Measure the output of every layer that has weights or an activation, in inference mode.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional and built. A model inside the model counts as one layer.
    x : array of shape (n_examples, ...), or what `model` takes
        A batch. It goes through in one piece: a few thousand rows, not the data set.
    tolerance : float, optional
        How near to a limit of its activation an output counts as saturated, in units of the
        output: with 0.01 a sigmoid is saturated below 0.01 and above 0.99, a tanh below
        -0.99 and above 0.99.

    Returns
    -------
    pandas.DataFrame
        One row per layer, in the order of the model:

        - ``layer``: its name; ``depth``: layers with a weight matrix so far, itself included;
        - ``activation``: its name, as in Keras; ``units``: size of the last axis (the channels
          of a convolution);
        - ``mean``, ``std``: over all examples, places and units;
        - ``pre_std``: standard deviation of what enters the activation. For a Dense or
          convolution layer with its own activation that is kernel times input plus bias;
        - ``saturated``: share of outputs at a limit, 0 to 1; NaN where the activation is
          unbounded, or is the softmax;
        - ``dead``: share of units, 0 to 1, whose output is 0 for every example and place.

    Raises
    ------
    ValueError
        If the model is not a built Sequential or Functional model, or `x` has no rows.
    """
    return _Forward(model, tolerance).measure(x)


class _Forward:
    """The part of a model that yields each layer's input and output, built once."""

    def __init__(self, model, tolerance=0.01):
        self.tolerance = tolerance
        self.layers = [layer for layer in _built_layers(model) if _is_told_of(layer)]
        if not self.layers:
            raise ValueError(f"expected a layer with weights or an activation in {model.name!r}")
        pairs = [[layer.input, layer.output] for layer in self.layers]
        self.taps = keras.Model(model.inputs, pairs)

    def measure(self, x):
        """Return the table of `activations` for the batch `x`."""
        if len(x) == 0:
            raise ValueError("expected a batch with at least one row, got none")
        rows, depth = [], 0
        for layer, (inputs, outputs) in zip(self.layers, self.taps(x, training=False), strict=True):
            depth += any(len(weight.shape) > 1 for weight in layer.trainable_weights)
            rows.append({"depth": depth, **self._row(layer, inputs, outputs)})
        return pd.DataFrame(rows, columns=COLUMNS)

    def _row(self, layer, inputs, outputs):
        before, after = _pre_activation(layer, inputs), _as_float(outputs)
        name = _activation_name(layer)
        flat = after.reshape(-1, after.shape[-1])
        return {
            "layer": layer.name,
            "activation": name,
            "units": after.shape[-1],
            "mean": after.mean(),
            "std": after.std(),
            "pre_std": after.std() if before is None else _as_float(before).std(),
            "saturated": _saturated(after, BOUNDS.get(name), self.tolerance),
            "dead": (flat == 0).all(axis=0).mean(),
        }


def _built_layers(model):
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(
            "expected a built Sequential or Functional model, got "
            f"{type(model).__name__}; give it an Input, or call it once"
        )
    return model.layers


def _is_told_of(layer):
    has_activation = getattr(layer, "activation", None) is not None
    return bool(layer.weights) or has_activation or type(layer).__name__ in ADVANCED


def _activation_name(layer):
    if type(layer).__name__ in ADVANCED:
        return keras.src.utils.naming.to_snake_case(type(layer).__name__)
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", type(activation).__name__) if activation else "linear"


def _pre_activation(layer, inputs):
    """Return what enters the layer's activation; None where that is what the layer puts out."""
    if type(layer).__name__ in ADVANCED or isinstance(layer, keras.layers.Activation):
        return inputs
    if getattr(layer, "activation", None) is None or isinstance(layer, keras.layers.RNN):
        return None
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        return layer(inputs, training=False) if _takes_training(layer) else layer(inputs)
    finally:
        layer.activation = activation


def _takes_training(layer):
    return getattr(layer, "_call_has_training_arg", False)


def _as_float(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), dtype="float64")


def _saturated(outputs, bounds, tolerance):
    if bounds is None:
        return np.nan
    low, high = bounds
    return ((outputs < low + tolerance) | (outputs > high - tolerance)).mean()
