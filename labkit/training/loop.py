"""Compile many training or test steps of a Keras model into one TensorFlow program."""

import contextlib
import functools
import time
from inspect import signature as signature_of

import keras
import tensorflow as tf

from labkit import mode
from labkit.startup import standard_error_kept
from labkit.training import internals, labels, program
from labkit.training.handover import HandOver

WORTH_TRACING = 40  # steps in smoke mode: tracing takes a second, a step without it some 10 ms
WORTH_COMPILING = 5000  # steps: XLA takes a second or more to compile what then saves 0.1 ms each
# Trained variables of all models: what XLA compiles stays in memory until the process ends, some
# 2 MB a variable (with validation 15 MB a model of 3 layers, 90 MB one of 21).
MOST_COMPILED = 300
_COMPILED = {"variables": 0}
EAGER = "eager"  # in place of whether XLA compiles: nothing is even traced


def loops_of(model, jit_compile, steps):
    """Return the compiled loops of a model, made once for each ``model.compile``.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    jit_compile : bool, "auto" or "repeated"
        As for `labkit.training.fit`.
    steps : int
        Training steps of the whole run.

    Returns
    -------
    Loops
    """
    if mode.current() == "smoke" and steps < WORTH_TRACING:
        wanted = EAGER
    else:
        known = isinstance(jit_compile, bool)
        wanted = jit_compile if known else _is_worth(model, jit_compile, steps)
    marker, loops = internals.compile_marker(model), getattr(model, "_labkit_loops", None)
    if loops is None or loops.marker is not marker or loops.wanted != wanted:
        loops = Loops(model, wanted, marker)
        model._labkit_loops = loops
    loops.ready, loops.compile_seconds = set(), 0.0
    return loops


def _is_worth(model, jit_compile, steps):
    """Return whether XLA compiles the loops: True, False, or "same", where nothing changes."""
    if tf.config.list_logical_devices("GPU"):
        return bool(model.jit_compile)
    if jit_compile == "repeated":
        return "same"
    known = getattr(model, "_labkit_loops", None)
    room = _COMPILED["variables"] < MOST_COMPILED or (known is not None and known.counted)
    return "same" if steps >= WORTH_COMPILING and room else False


class Loops:
    """The training loop and the test loop of one compiled model.

    Both call ``model.train_step`` and ``model.test_step``, so that losses, metrics, regularizers
    and optimizers are Keras' own. ``compile_seconds`` counts the time until programs were ready.
    """

    def __init__(self, model, wanted, marker):
        self.model, self.wanted, self.marker = model, wanted, marker
        self.programs, self.ready = {}, set()
        self.xla = self.counted = False
        self.compile_seconds = 0.0

    def train(self, data, order, start, stop, batch_size):
        """Take the training steps `start` to `stop`, one for each `batch_size` rows of `order`."""
        self._run("train", data, order, start, stop, batch_size)

    def test(self, data, start, stop, batch_size):
        """Take the test steps `start` to `stop` over consecutive rows."""
        self._run("test", data, tf.zeros([0], tf.int32), start, stop, batch_size)

    def _run(self, kind, data, order, start, stop, batch_size):
        rows, looks = len(_leaves(data)[0]), _looks(data)
        # validation alone does not win back what XLA takes to compile it
        wanted = self.xla if (kind, self.wanted) == ("test", "same") else self.wanted
        whole, short = min(stop, rows // batch_size), rows % batch_size
        if whole > start:
            key = (kind, batch_size, bool(short), wanted and self.wanted, looks)
            self._call(key, data, order, start, whole, batch_size)
        if stop > whole:  # the short last batch: one step without XLA is quicker to compile
            xla = EAGER if self.wanted == EAGER else False
            self._call((kind, short, True, xla, looks), data, order, whole, stop, batch_size)

    def _call(self, key, data, order, start, stop, batch_size):
        leaves = [*_leaves(data), order]
        if key not in self.ready:
            self._prepare(key, data, leaves, batch_size)
        with labels.explained():
            self.programs[key].run(*leaves, *map(tf.constant, (start, stop, batch_size)))

    def _prepare(self, key, data, leaves, batch_size):
        """Trace a program, and compile it by calling it for no step at all."""
        begin = time.perf_counter()
        if key not in self.programs:
            self.programs[key] = Program(self.model, key, data, leaves)
        made = self.programs[key]
        if key[0] == "train":
            refuse_numbers_by_place(made.kinds)
        if made.xla and program.REFUSES_LABELS in made.kinds:
            labels.check(self.model, data)
        made.compile(*leaves, *map(tf.constant, (0, 0, batch_size)))
        self.xla = self.xla or (made.xla and key[0] == "train")
        if made.xla and not self.counted:
            self.counted = True
            _COMPILED["variables"] += len(self.model.trainable_variables)
        self.ready.add(key)
        self.compile_seconds += time.perf_counter() - begin


def kinds_in_loss(model, data, batch_size):
    """Trace the model and its loss on one batch; return the kinds of their operations.

    Metrics and the optimizer are left alone: Keras makes their variables with its first step.
    """
    size = min(batch_size, len(_leaves(data)[0]))
    signature = [tf.TensorSpec([size, *leaf.shape[1:]], leaf.dtype) for leaf in _leaves(data)]
    training = {"training": True} if "training" in signature_of(model.call).parameters else {}

    def run(*leaves):
        x, y, weight = (*_nested(data, leaves), None, None)[:3]
        model.compute_loss(x, y, model(x, **training), weight)

    return program.kinds_of(_function(run, signature).get_concrete_function().graph)


def refuse_numbers_by_place(kinds):
    """Hand over what draws random numbers that only Keras' own program draws alike."""
    if program.DRAWN_BY_PLACE in kinds:
        raise HandOver(
            "functions of tf.random draw numbers in it, which depend on their place in Keras' "
            "own program (those of keras.random do not)"
        )


class Program:
    """One loop over batches of one size: traced, and compiled by XLA if that changes nothing.

    Parameters
    ----------
    model : keras.Model
    key : tuple
        ``"train"`` or ``"test"``, the rows of a batch, whether Keras may not know this size,
        whether XLA compiles (True, False, "same", or `EAGER`), and the looks of the data.
    data : nested structure of tensors
    leaves : list of tensors
        Those of `data`, and the order of its rows.
    """

    def __init__(self, model, key, data, leaves):
        kind, size, varies, wanted, _ = key
        step_of = model.train_step if kind == "train" else model.test_step
        steps = _steps(step_of, data, size, varies, ordered=kind == "train")
        signature = [tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype) for leaf in leaves]
        signature += [tf.TensorSpec([], tf.int32)] * 3
        if wanted == EAGER:
            self.run, self.kinds, self.xla, self.proved = steps, frozenset(), False, True
            return
        self.traced = _function(steps, signature).get_concrete_function()
        self.kinds = program.kinds_of(self.traced.graph)
        self.xla = wanted is True or (wanted == "same" and program.same_in_xla(self.kinds))
        self.run, self.proved = self.traced, False
        if self.xla:
            self.run = _function(lambda *given: self.traced(*given), signature, xla=True)

    def compile(self, *nothing):
        """Compile by a call without steps; where XLA cannot, TensorFlow's own way is taken."""
        # TensorFlow before 2.21 writes about its compiler when that is used for the first time
        quiet = contextlib.nullcontext if self.proved else standard_error_kept
        try:
            with quiet():
                self.run(*nothing)
        except (tf.errors.OpError, NotImplementedError):
            if not self.xla or self.proved:
                raise
            self.xla, self.run = False, self.traced  # XLA cannot compile this, or is not there
            self.run(*nothing)
        self.proved = True


def _function(run, signature, xla=False):
    # a partial, because TensorFlow takes two loops made by one `def` for one that is retraced
    return tf.function(
        functools.partial(run), input_signature=signature, jit_compile=xla, autograph=False
    )


def _steps(step_of, data, size, varies, *, ordered):
    """Return a loop of `step_of` over batches of `size` rows.

    `varies` hides the size from Keras, which computes some means otherwise if it knows that every
    batch has the same size.
    """

    def run(*given):
        *leaves, order, start, stop, batch_size = given

        def body(step):
            with tf.name_scope(program.OWN):
                first = step * batch_size
                if ordered:
                    rows = tf.slice(order, [first], [size])
                    batch = [tf.gather(leaf, rows) for leaf in leaves]
                else:
                    batch = [_slice(leaf, first, size) for leaf in leaves]
                batch = [_of_any_size(leaf) for leaf in batch] if varies else batch
            step_of(_nested(data, batch))
            return [step + 1]

        tf.while_loop(lambda step: step < stop, body, [start], parallel_iterations=1)

    return run


def _looks(data):
    """Return a text for the structure of `data`, the dtypes, and the shapes of a row."""

    def look(leaf):
        return None if leaf is None else f"{leaf.dtype.name}{tuple(leaf.shape[1:])}"

    return repr(keras.tree.map_structure(look, data))


def _leaves(data):
    return [leaf for leaf in keras.tree.flatten(data) if leaf is not None]


def _nested(data, leaves):
    """Put leaves into the structure of `data`, None where it has None."""
    leaves = iter(leaves)
    filled = [None if leaf is None else next(leaves) for leaf in keras.tree.flatten(data)]
    return keras.tree.pack_sequence_as(data, filled)


def _slice(tensor, first, size):
    begin = tf.concat([[first], tf.zeros([tensor.shape.rank - 1], tf.int32)], 0)
    return tf.slice(tensor, begin, [size, *tensor.shape[1:]])


def _of_any_size(tensor):
    return tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=[None, *tensor.shape[1:]])
