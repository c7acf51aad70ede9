"""What a batch looks like after every layer: mean, spread, saturated and dead share."""

import keras
import numpy as np
import pandas as pd

from labkit.diagnostics.tap import (
    ACTIVATION_LAYERS,
    check_batch,
    check_model,
    leaves,
    matrices,
    tapped,
)
from labkit.numbers import real

BOUNDS = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
COLUMNS = ["layer", "depth", "activation", "units", "mean", "std", "pre_std", "saturated", "dead"]


def activations(model, x, *, tolerance=0.01):
    """Measure the output of every layer that has weights or an activation, in inference mode.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional and built. The layers of a model inside it have rows of their
        own.
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

        - ``layer``: its name; ``depth``: layers with a trainable weight matrix so far, itself
          included, as in `labkit.diagnostics.gradients`;
        - ``activation``: its name, as in Keras; ``units``: size of the last axis (the channels
          of a convolution);
        - ``mean``, ``std``: over all examples, places and units;
        - ``pre_std``: standard deviation of what enters the activation. For a Dense or
          convolution layer that is kernel times input plus bias; without activation it is
          ``std``; NaN for recurrent layers;
        - ``saturated``: share of outputs at a limit, 0 to 1; NaN where the activation is
          unbounded, or is the softmax;
        - ``dead``: share of units, 0 to 1, whose output is 0 for every example and place.

    Raises
    ------
    ValueError
        If the model is not a built Sequential or Functional model, has no such layer, `x` has
        no rows, or `tolerance` is negative.
    """
    check_model(model)
    check_batch(x)
    tolerance = real("tolerance", tolerance, lambda limit: limit >= 0, "0 or more")
    layers = list(leaves(model))
    if not any(map(is_measured, layers)):
        raise ValueError(f"expected a layer with weights or an activation in {model.name!r}")
    with tapped(layers) as heard:
        model(x, training=False)
    rows, depth = [], 0
    for layer in layers:
        depth += bool(matrices(layer))
        if is_measured(layer) and id(layer) in heard:
            rows.append({"depth": depth} | _row(layer, tolerance, **heard[id(layer)]))
    return pd.DataFrame(rows, columns=COLUMNS)


def is_measured(layer):
    """Tell whether a layer has weights or an activation."""
    return bool(layer.weights) or _activation_name(layer) != "linear"


def _activation_name(layer):
    activation = getattr(layer, "activation", None)
    if activation is None:
        return ACTIVATION_LAYERS.get(type(layer).__name__, "linear")
    name = getattr(activation, "__name__", type(activation).__name__)
    return ACTIVATION_LAYERS.get(name, name)  # an activation may itself be a layer


def _row(layer, tolerance, output, entered=None):
    name, output = _activation_name(layer), _as_float(output)
    flat = output.reshape(-1, output.shape[-1])
    if entered is not None:
        pre_std = _as_float(entered).std()
    else:
        pre_std = output.std() if name == "linear" else np.nan
    return {
        "layer": layer.name,
        "activation": name,
        "units": output.shape[-1],
        "mean": output.mean(),
        "std": output.std(),
        "pre_std": pre_std,
        "saturated": _saturated(output, BOUNDS.get(name), tolerance),
        "dead": (flat == 0).all(axis=0).mean(),
    }


def _as_float(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), dtype="float64")


def _saturated(outputs, bounds, tolerance):
    if bounds is None:
        return np.nan
    low, high = bounds
    return ((outputs < low + tolerance) | (outputs > high - tolerance)).mean()
