"""What flows back: gradients, and the step that an optimizer makes of them, per layer."""

import contextlib

import keras
import numpy as np
import pandas as pd

GRADIENT_COLUMNS = [
    "layer",
    "depth",
    "gradient_norm",
    "gradient_rms",
    "weight_norm",
    "weight_rms",
    "output_gradient_rms",
]
UPDATE_COLUMNS = [*GRADIENT_COLUMNS, "update_norm", "update_rms", "update_ratio"]


def gradients(model, x, y):
    """Measure the gradient of the compiled loss in every layer that has a trainable matrix.

    The gradient is the one that the optimizer would get for this batch: in training mode
    (dropout on, batch statistics in batch normalization), regularization losses included.

    Parameters
    ----------
    model : keras.Model
        Compiled and built; TensorFlow backend.
    x, y : array of shape (n_examples, ...)
        A batch, as for ``model.train_on_batch``.

    Returns
    -------
    pandas.DataFrame
        One row per layer with a trainable weight of rank 2 or more (biases and the vectors of
        batch normalization are left out), from the input on:

        - ``layer``: its name; ``depth``: 1 for the layer next to the input;
        - ``gradient_norm``: Euclidean norm over all those weights; ``gradient_rms``: root of
          their mean square, in units of loss per unit of weight;
        - ``weight_norm``, ``weight_rms``: the same of the weights;
        - ``output_gradient_rms``: root mean square, over examples and units, of the gradient of
          one example's loss with respect to the layer's output; NaN for layers inside a nested
          model.

        Norms are summed in float64, since the square of 1e-20 is 0 in float32.

    Raises
    ------
    ValueError
        If the model is not compiled or not built, or `x` and `y` differ in length.
    RuntimeError
        If Keras runs on another backend than TensorFlow.
    """
    return _Backward(model, apply=False).measure(x, y)


def updates(model, x, y):
    """Measure one step of the compiled optimizer, then take it back.

    Weights, the optimizer's variables, batch-norm statistics and random states are restored:
    training goes on as if this had not been called.

    Parameters
    ----------
    model, x, y
        As for `gradients`.

    Returns
    -------
    pandas.DataFrame
        The columns of `gradients`, and ``update_norm``, ``update_rms`` (of the change of the
        weights) and ``update_ratio``, the norm of the change over the norm of the weights
        before it. A ratio near 1e-3 is a common rule of thumb.

    Raises
    ------
    ValueError, RuntimeError
        As `gradients`.
    """
    return _Backward(model, apply=True).measure(x, y)


class _Backward:
    """The measurement for one model; `compiled` makes one graph of it, for repeated use."""

    def __init__(self, model, *, apply, compiled=False):
        import tensorflow as tf

        _check_model(model)
        self.tf, self.model, self.apply = tf, model, apply
        self.layers = [layer for layer in _leaves(model) if _matrices(layer)]
        self.taps = _taps(model, self.layers)
        if apply:
            model.optimizer.build(model.trainable_variables)
        self.step = tf.function(self._step) if compiled else self._step

    def measure(self, x, y):
        """Return the table of `gradients` or `updates`; the model is as before."""
        tf = self.tf
        if not isinstance(x, (dict, list, tuple)) and len(x) != len(y):
            raise ValueError(f"expected as many labels as examples, got {len(x)} x and {len(y)} y")
        x, y = tf.nest.map_structure(tf.convert_to_tensor, (x, y))
        weights = [_norm_and_size(_matrices(layer)) for layer in self.layers]
        before = [[w.numpy() for w in _matrices(layer)] for layer in self.layers]
        with _restored(self.model, everything=self.apply):
            measured, flows = self.step(x, y)
            after = [[w.numpy() for w in _matrices(layer)] for layer in self.layers]
        table = pd.DataFrame(
            {
                "layer": [layer.name for layer in self.layers],
                "depth": range(1, len(self.layers) + 1),
                **_columns("gradient", [float(norm) for norm in measured], weights),
                **_columns("weight", [norm for norm, _ in weights], weights),
                "output_gradient_rms": [float(flow) for flow in flows],
            }
        )
        if self.apply:
            moved = [_change(*pair) for pair in zip(before, after, strict=True)]
            table = table.assign(**_columns("update", moved, weights))
            table["update_ratio"] = table.update_norm / table.weight_norm
        return table[UPDATE_COLUMNS if self.apply else GRADIENT_COLUMNS]

    def _step(self, x, y):
        tf, model = self.tf, self.model
        with tf.GradientTape() as tape:
            outputs, y_pred = self.taps(x, training=True)
            loss = model.compute_loss(x, y, y_pred, training=True)
        wanted = [model.trainable_variables, outputs]
        found = tape.gradient(loss, [[v.value for v in wanted[0]], wanted[1]])
        by_id = {id(v): g for v, g in zip(wanted[0], found[0], strict=True)}
        norms = [
            self._norm([by_id[id(weight)] for weight in _matrices(layer)]) for layer in self.layers
        ]
        flows = {name: self._flow(gradient) for name, gradient in found[1].items()}
        if self.apply:
            scale = model.optimizer.scale_loss(tf.ones([]))  # 1 but in mixed precision
            pairs = zip(found[0], wanted[0], strict=True)
            filled = [
                tf.zeros(v.shape, v.dtype) if g is None else g * tf.cast(scale, g.dtype)
                for g, v in pairs
            ]
            model.optimizer.apply(filled, wanted[0])
        return norms, [flows.get(layer.name, np.nan) for layer in self.layers]

    def _norm(self, tensors):
        tf = self.tf
        squares = [tf.reduce_sum(tf.cast(_dense(tf, t), "float64") ** 2) for t in tensors]
        return tf.sqrt(tf.add_n(squares))

    def _flow(self, gradient):
        """Root mean square for one example's loss: the loss is a mean over the batch."""
        if gradient is None:
            return np.nan
        tf = self.tf
        rows = tf.cast(tf.shape(gradient)[0], "float64")
        return rows * tf.sqrt(tf.reduce_mean(tf.cast(gradient, "float64") ** 2))


def _check_model(model):
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "gradients are measured with TensorFlow, but Keras runs on "
            f"{keras.backend.backend()!r}; start Python with KERAS_BACKEND=tensorflow"
        )
    if not getattr(model, "compiled", False):
        raise ValueError(f"expected a compiled model, {model.name!r} is not: call model.compile")
    if not model.built or not getattr(model, "inputs", None):
        raise ValueError(
            f"expected a built Sequential or Functional model, got {model.name!r}; "
            "give it an Input, or call it once"
        )


def _leaves(model):
    """Yield the layers of the model and of the models inside it, in order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


def _matrices(layer):
    return [weight for weight in layer.trainable_weights if len(weight.shape) > 1]


def _taps(model, layers):
    own = {id(layer) for layer in model.layers}
    outputs = {layer.name: layer.output for layer in layers if id(layer) in own}
    return keras.Model(model.inputs, [outputs, model.output])


def _dense(tf, tensor):
    return tf.zeros([1]) if tensor is None else tf.convert_to_tensor(tensor)


def _norm_and_size(weights):
    arrays = [np.asarray(weight.numpy(), dtype="float64") for weight in weights]
    norm = np.sqrt(sum((array**2).sum() for array in arrays))
    return norm, sum(array.size for array in arrays)


def _change(before, after):
    squares = [
        ((np.asarray(b, "float64") - a) ** 2).sum() for b, a in zip(before, after, strict=True)
    ]
    return np.sqrt(sum(squares))


def _columns(name, norms, weights):
    sizes = [size for _, size in weights]
    return {f"{name}_norm": norms, f"{name}_rms": np.array(norms) / np.sqrt(sizes)}


@contextlib.contextmanager
def _restored(model, *, everything):
    """Put back what a step in training mode changes; with `everything`, weights as well."""
    variables = {id(v): v for v in [*model.non_trainable_variables, *model.variables]}
    variables.update((id(v), v) for v in model.metrics_variables)
    if everything:
        variables.update((id(v), v) for v in model.optimizer.variables)
    else:
        for variable in model.trainable_variables:
            variables.pop(id(variable), None)
    kept = [(variable, variable.numpy()) for variable in variables.values()]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
