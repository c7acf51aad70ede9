"""What flows back: gradients, and the step that an optimizer makes of them, per layer."""

import contextlib
import warnings

import keras
import numpy as np
import pandas as pd

from labkit.diagnostics.tap import check_batch, check_model, leaves, matrices, tapped

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
          one example's loss with respect to the layer's output. The loss is taken for a mean
          over the batch, as Keras' losses are by default.

        Norms are summed in float64, since the square of 1e-30 is 0 in float32.

    Raises
    ------
    ValueError
        If the model is not a compiled, built Sequential or Functional model, has no trainable
        matrix, or `x` and `y` are empty or differ in length.
    RuntimeError
        If Keras runs on another backend than TensorFlow.
    """
    return Backward(model, apply=False).measure(x, y)


def updates(model, x, y):
    """Measure one step of the compiled optimizer, then take it back.

    Weights, the optimizer's variables, batch-norm statistics, metrics and the random states of the
    layers are restored: training goes on as if this had not been called.

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
    return Backward(model, apply=True).measure(x, y)


class Backward:
    """The measurement for one compiled model; `graph` compiles it, for repeated use."""

    def __init__(self, model, *, apply, graph=False):
        import tensorflow as tf

        _check_compiled(model)
        self.tf, self.model, self.apply = tf, model, apply
        self.layers = [layer for layer in leaves(model) if matrices(layer)]
        if not self.layers:
            raise ValueError(f"expected a layer with a trainable matrix in {model.name!r}")
        if apply:
            model.optimizer.build(model.trainable_variables)
        self._step = tf.function(self._take_step, autograph=False) if graph else self._take_step

    def measure(self, x, y):
        """Return the table of `gradients` or `updates`; the model is as before."""
        tf = self.tf
        check_batch(x, y)
        x, y = tf.nest.map_structure(tf.convert_to_tensor, (x, y))
        before = self._weights()
        with _restored(self.model, with_optimizer=self.apply):
            gradient_norms, output_gradients = self._step(x, y)
            after = self._weights()
        sizes = [sum(array.size for array in arrays) for arrays in before]
        changes = [
            [new - old for new, old in zip(*pair, strict=True)]
            for pair in zip(after, before, strict=True)
        ]
        table = pd.DataFrame(
            {
                "layer": [layer.name for layer in self.layers],
                "depth": range(1, len(self.layers) + 1),
                **_columns("gradient", [float(norm) for norm in gradient_norms], sizes),
                **_columns("weight", map(_norm, before), sizes),
                "output_gradient_rms": [float(rms) for rms in output_gradients],
                **_columns("update", map(_norm, changes), sizes),
            }
        )
        table["update_ratio"] = table.update_norm / table.weight_norm
        return table[UPDATE_COLUMNS if self.apply else GRADIENT_COLUMNS]

    def weight_gradients(self, x, y):
        """Return the gradients of each layer's matrices, by layer name; the model is as before."""
        tf = self.tf
        check_batch(x, y)
        x, y = tf.nest.map_structure(tf.convert_to_tensor, (x, y))
        with _restored(self.model, with_optimizer=False):
            found, _, scale = self._differentiate(x, y)
        return {
            layer.name: [
                tf.cast(tf.convert_to_tensor(gradient), "float64") / scale
                for gradient in gradients
                if gradient is not None
            ]
            for layer, gradients in zip(self.layers, self._by_layer(found), strict=True)
        }

    def _weights(self):
        """Copy the matrices of each layer, in float64."""
        return [[w.numpy().astype("float64") for w in matrices(layer)] for layer in self.layers]

    def _take_step(self, x, y):
        """Do what Keras' ``train_step`` does, and keep the norms."""
        found, outputs, scale = self._differentiate(x, y)
        norms = [self._norm(gradients) / scale for gradients in self._by_layer(found)]
        flows = [self._rms_of_one(outputs.get(id(layer))) / scale for layer in self.layers]
        if self.apply:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # fit says which variables have no gradient
                self.model.optimizer.apply(found, self.model.trainable_variables)
        return norms, flows

    def _differentiate(self, x, y):
        """Return the scaled gradients of variables and of outputs, and the loss scale."""
        tf, model = self.tf, self.model
        with tf.GradientTape() as tape, tapped(self.layers) as heard:
            y_pred = model(x, training=True)
            loss = model.optimizer.scale_loss(model.compute_loss(x, y, y_pred, training=True))
        outputs = {key: kept["output"] for key, kept in heard.items()}
        found = tape.gradient(loss, [[v.value for v in model.trainable_variables], outputs])
        scale = tf.cast(model.optimizer.scale_loss(tf.ones([])), "float64")  # 1, but in float16
        return *found, scale

    def _by_layer(self, found):
        """Sort the gradients of all variables: a list of those of its matrices for each layer."""
        variables = self.model.trainable_variables
        by_id = {id(v): gradient for v, gradient in zip(variables, found, strict=True)}
        return [[by_id[id(weight)] for weight in matrices(layer)] for layer in self.layers]

    def _norm(self, gradients):
        tf = self.tf
        squares = [
            tf.reduce_sum(tf.cast(tf.convert_to_tensor(gradient), "float64") ** 2)
            for gradient in gradients
            if gradient is not None
        ]
        return tf.sqrt(tf.add_n(squares or [tf.zeros([], "float64")]))

    def _rms_of_one(self, gradient):
        """Root mean square for one example's loss: the loss is a mean over the batch."""
        if gradient is None:
            return np.nan
        tf = self.tf
        rows = tf.cast(tf.shape(gradient)[0], "float64")
        return rows * tf.sqrt(tf.reduce_mean(tf.cast(gradient, "float64") ** 2))


def _check_compiled(model):
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "gradients are measured with TensorFlow, but Keras runs on "
            f"{keras.backend.backend()!r}; start Python with KERAS_BACKEND=tensorflow"
        )
    check_model(model)
    if not model.compiled:
        raise ValueError(f"expected a compiled model, {model.name!r} is not: call model.compile")


def _norm(arrays):
    return np.sqrt(sum((array**2).sum() for array in arrays))


def _columns(name, norms, sizes):
    norms = np.array(list(norms))
    return {f"{name}_norm": norms, f"{name}_rms": norms / np.sqrt(sizes)}


@contextlib.contextmanager
def _restored(model, *, with_optimizer):
    """Put back, after the block, all that a training step changes."""
    optimizer = model.optimizer.variables if with_optimizer else []
    every = [*model.variables, *model.non_trainable_variables, *model.metrics_variables, *optimizer]
    kept = [(variable, variable.numpy()) for variable in {id(v): v for v in every}.values()]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
