"""Compile many training or test steps of a Keras model into one TensorFlow program."""

import contextlib
import functools
import time

import keras
import tensorflow as tf

from labkit.startup import standard_error_kept

# On a CPU, XLA makes a loop over these layers faster. Convolutions it makes some 60 times slower,
# and dropout is left out because its random numbers would be others than those of `Model.fit`.
DENSE_LAYERS = (
    "InputLayer",
    "Dense",
    "Flatten",
    "Reshape",
    "Rescaling",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "PReLU",
    "ELU",
    "Softmax",
    "BatchNormalization",
    "LayerNormalization",
    "Add",
    "Concatenate",
    "Multiply",
    "Subtract",
    "Average",
)
WORTH_COMPILING = 5000  # steps: XLA takes a second or more to compile what then saves 0.1 ms each


def loops_of(model, jit_compile, steps):
    """Return the compiled loops of a model, made once for each ``model.compile``.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    jit_compile : bool or "auto"
        Whether XLA compiles the loops.
    steps : int
        Training steps of the whole run.

    Returns
    -------
    Loops
    """
    jit = prefers_xla(model, steps) if jit_compile == "auto" else bool(jit_compile)
    loops = getattr(model, "_labkit_loops", None)
    if loops is None or loops.compiled_with is not model._loss_tracker or loops.wanted != jit:
        loops = Loops(model, jit)
        model._labkit_loops = loops
    loops.ready, loops.compile_seconds = set(), 0.0
    return loops


def prefers_xla(model, steps):
    """Tell whether XLA makes a run of this model shorter on this machine.

    Parameters
    ----------
    model : keras.Model
    steps : int
        Training steps of the whole run.

    Returns
    -------
    bool
        With a GPU: what ``model.compile`` decided. On a CPU: True if every layer is of a kind for
        which it was measured to help (see ``benchmarks/``), computes in float32, and the run is
        long enough to win back the time that compiling takes.
    """
    if tf.config.list_logical_devices("GPU"):
        return bool(model.jit_compile)
    if steps < WORTH_COMPILING:
        return False
    layers = [layer for layer in model._flatten_layers() if not isinstance(layer, keras.Model)]
    if any(layer.compute_dtype != "float32" for layer in layers):
        return False  # XLA's code for bfloat16 takes half as long again as the graph loop
    return all(type(layer).__name__ in DENSE_LAYERS and _is_keras(layer) for layer in layers)


class Loops:
    """The training loop and the test loop of one compiled model.

    Both call ``model.train_step`` and ``model.test_step``, so that losses, metrics, regularizers
    and optimizers are Keras' own. ``compile_seconds`` counts the time until programs were ready.
    """

    def __init__(self, model, jit):
        self.model, self.wanted, self.jit = model, jit, jit
        self.compiled_with = model._loss_tracker
        self.programs, self.proved, self.ready = {}, set(), set()
        self.compile_seconds = 0.0

    def train(self, data, order, start, stop, batch_size):
        """Take the training steps `start` to `stop`, one for each `batch_size` rows of `order`."""
        self._run("train", data, order, start, stop, batch_size)

    def test(self, data, start, stop, batch_size):
        """Take the test steps `start` to `stop` over consecutive rows."""
        self._run("test", data, None, start, stop, batch_size)

    def _run(self, kind, data, order, start, stop, batch_size):
        rows = len(keras.tree.flatten(data)[0])
        whole, short = min(stop, rows // batch_size), rows % batch_size
        if whole > start:
            key = (kind, batch_size, bool(short), self.jit)
            self._call(key, data, order, start, whole, batch_size)
        if stop > whole:  # the short last batch: one step without XLA is quicker to compile
            self._call((kind, short, True, False), data, order, whole, stop, batch_size)

    def _call(self, key, data, order, start, stop, batch_size):
        order = tf.zeros([0], tf.int32) if order is None else order
        if key not in self.ready:
            key = self._prepare(key, data, order, batch_size)
        self._program(key)(data, order, *map(tf.constant, (start, stop, batch_size)))

    def _prepare(self, key, data, order, batch_size):
        """Compile a program by calling it for no step at all; return the key of what works."""
        begin, nothing = time.perf_counter(), map(tf.constant, (0, 0, batch_size))
        # TensorFlow before 2.21 writes about its compiler when that is used for the first time
        quiet = contextlib.nullcontext if key in self.proved else standard_error_kept
        try:
            with quiet():
                self._program(key)(data, order, *nothing)
        except (tf.errors.OpError, NotImplementedError):
            if not key[-1] or key in self.proved:
                raise
            self.jit = False  # XLA cannot compile this model, or is not there
            return self._prepare((*key[:-1], False), data, order, batch_size)
        self.proved.add(key)
        self.ready.add(key)
        self.compile_seconds += time.perf_counter() - begin
        return key

    def _program(self, key):
        if key not in self.programs:
            kind, size, varies, jit = key
            step_of = self.model.train_step if kind == "train" else self.model.test_step
            self.programs[key] = _loop(step_of, size, varies, jit, ordered=kind == "train")
        return self.programs[key]


def _loop(step_of, size, varies, jit, *, ordered):
    """Compile a loop of `step_of` over batches of `size` rows.

    `varies` hides the size from Keras, which computes some means otherwise if it knows that every
    batch has the same size.
    """

    def run(data, order, start, stop, batch_size):
        def body(step):
            first = step * batch_size
            if ordered:
                rows = tf.slice(order, [first], [size])
                batch = keras.tree.map_structure(lambda t: tf.gather(t, rows), data)
            else:
                batch = keras.tree.map_structure(lambda t: _slice(t, first, size), data)
            step_of(keras.tree.map_structure(_of_any_size, batch) if varies else batch)
            return step + 1

        tf.while_loop(lambda step: step < stop, body, [start], parallel_iterations=1)

    # a partial, because TensorFlow takes two loops made by one `def` for one that is retraced
    return tf.function(functools.partial(run), jit_compile=jit, autograph=False)


def _slice(tensor, first, size):
    begin = tf.concat([[first], tf.zeros([tensor.shape.rank - 1], tf.int32)], 0)
    return tf.slice(tensor, begin, [size, *tensor.shape[1:]])


def _of_any_size(tensor):
    return tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=[None, *tensor.shape[1:]])


def _is_keras(layer):
    return type(layer).__module__.startswith("keras.")
