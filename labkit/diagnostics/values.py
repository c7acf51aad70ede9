"""The values themselves, for histograms: activations, weights and gradients of every layer."""

import numpy as np

from labkit.diagnostics.backward import Backward
from labkit.diagnostics.forward import is_measured
from labkit.diagnostics.tap import check_batch, check_model, leaves, matrices, tapped


def values(model, x, y=None):
    """Collect what a batch makes of every layer, value by value.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional and built; compiled if `y` is given.
    x : array of shape (n_examples, ...)
        A batch: some hundred rows, since every value is kept.
    y : array of shape (n_examples, ...), optional
        Its labels; without them there are no gradients.

    Returns
    -------
    dict of str to dict of str to ndarray
        For each of these quantities a dict from layer name to its values, shape (n,), float64,
        layers in the order of the model:

        - ``"activations"``: outputs in inference mode, over examples, places and units, of the
          layers that `labkit.diagnostics.activations` lists;
        - ``"pre_activations"``: what enters the activation, for layers that have one or are one;
        - ``"weights"``: trainable weights of rank 2 or more, for layers that have some;
        - ``"gradients"``: of the compiled loss with respect to those weights, in training mode,
          as in `labkit.diagnostics.gradients`; only if `y` is given.

    Raises
    ------
    ValueError
        As `labkit.diagnostics.activations`; with `y` as `labkit.diagnostics.gradients`.
    RuntimeError
        If `y` is given and Keras runs on another backend than TensorFlow.
    """
    check_model(model)
    check_batch(x, () if y is None else y)
    layers = [layer for layer in leaves(model) if is_measured(layer)]
    if not layers:
        raise ValueError(f"expected a layer with weights or an activation in {model.name!r}")
    with tapped(layers) as heard:
        model(x, training=False)
    collected = {
        "activations": _heard(layers, heard, "output"),
        "pre_activations": _heard(layers, heard, "entered"),
        "weights": {layer.name: _flat(matrices(layer)) for layer in layers if matrices(layer)},
    }
    if y is not None:
        found = Backward(model, apply=False).weight_gradients(x, y)
        collected["gradients"] = {name: _flat(arrays) for name, arrays in found.items()}
    return collected


def _heard(layers, heard, what):
    kept = {layer.name: heard.get(id(layer), {}).get(what) for layer in layers}
    return {name: _flat([tensor]) for name, tensor in kept.items() if tensor is not None}


def _flat(tensors):
    arrays = [np.asarray(tensor, dtype="float64").ravel() for tensor in tensors]
    return np.concatenate([np.empty(0), *arrays])
