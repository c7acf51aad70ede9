"""Everything in ``Model.fit`` that can change numbers: served by `training.fit`, or handed over.

The rows are those of the table in ``book/api/training.md``, and each is tried on both.
"""

import contextlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from thorough import rows

from labkit import training

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(24, 4)).astype("float32"), np.arange(24) % 3
ONE_HOT = np.eye(3, dtype="float32")[Y]
CE = keras.losses.SparseCategoricalCrossentropy
PAGE = Path(__file__).parents[1] / "book" / "api" / "training.md"


def network(*inner, units=3, kind=keras.Sequential):
    return kind([keras.Input((4,)), *inner, layers.Dense(units)])


def compiled(model, loss=None, **options):
    model.compile("adam", CE(from_logits=True) if loss is None else loss, **options)
    return model


class Draws(layers.Layer):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def call(self, x):
        return x + self.draw(keras.ops.shape(x))


class DrawsInCall(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner, self.outer = layers.Dense(8), layers.Dense(3)

    def call(self, x, training=False):
        x = self.inner(x)
        return self.outer(keras.random.dropout(x, 0.5) if training else x)


class Halves(keras.Model):
    """A subclass without random numbers, which holds a model."""

    def __init__(self):
        super().__init__()
        self.half, self.outer = network(units=2), layers.Dense(3)

    def call(self, x):
        return self.outer(self.half(x) / 2)


class OwnTrainStep(keras.Sequential):
    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, "own": logs["loss"] * 2}


class OwnTestStep(keras.Sequential):
    def test_step(self, data):
        return {"own": super().test_step(data)["loss"] * 2}


class OwnFunction(keras.Sequential):
    def make_train_function(self, force=False):
        def first_batch_alone(iterator):
            x, y = next(iter(iterator))
            return {"loss": self.compute_loss(x, y, self(x))}

        self.train_function = first_batch_alone


class OwnComputeLoss(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean((y_pred - x[:, :3]) ** 2) * (1 if training else 2)


class OldComputeLoss(keras.Sequential):
    def compute_loss(self, x, y, y_pred, sample_weight):
        return keras.ops.mean(y_pred**2)


class OwnComputeMetrics(keras.Sequential):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {"own": keras.ops.max(y_pred)}


class OwnResult(keras.Sequential):
    def get_metrics_result(self):
        return {"own": 2.0 * super().get_metrics_result()["loss"]}


class OwnMetrics(keras.Sequential):
    def __init__(self, inner):
        super().__init__(inner)
        self.tracker = keras.metrics.Mean(name="tracked")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        self.tracker.update_state(loss)
        return loss

    @property
    def metrics(self):
        return [self.tracker]


class OwnFit(keras.Sequential):
    def fit(self, *given, **named):
        return super().fit(*given, **{**named, "epochs": 1})


class OwnEvaluate(keras.Sequential):
    def evaluate(self, *given, **named):
        return {"loss": 7.0}


class Noisy(keras.metrics.Metric):
    def __init__(self):
        super().__init__(name="noisy")
        self.seeds = keras.random.SeedGenerator(3)
        self.total = self.add_weight(initializer="zeros")

    def update_state(self, y, y_pred, sample_weight=None):
        self.total.assign_add(keras.random.uniform((), seed=self.seeds))

    def result(self):
        return self.total.value


class ResultsInDict(keras.metrics.Mean):
    def update_state(self, y, y_pred, sample_weight=None):
        super().update_state(y_pred)

    def result(self):
        return {"mean": super().result(), "deeper": {"twice": 2 * super().result()}}


class Callback(keras.callbacks.Callback):
    """Do something at one moment."""

    def __init__(self, moment, action):
        super().__init__()

        def act(*args, **kwargs):
            action(self)

        setattr(self, moment, act)


def stop(callback):
    callback.model.stop_training = True


def stop_evaluating(callback):
    callback.model.stop_evaluating = True


def freeze(callback):
    callback.model.layers[0].trainable = False


def noisy_loss(y, y_pred):
    return keras.ops.mean((y - y_pred) ** 2, -1) * keras.random.uniform(())


def two_outputs(loss=("mse", "mse"), **options):
    x = keras.Input((4,))
    outputs = {name: layers.Dense(3, name=name)(x) for name in ("one", "two")}
    return compiled(keras.Model(x, outputs), dict(zip(outputs, loss, strict=True)), **options)


def ignoring(**options):
    return compiled(network(**options), CE(from_logits=True, ignore_class=-1))


def of_class(kind, metric=None, **options):
    def build():
        metrics = None if metric is None else [metric()]
        return compiled(network(kind=kind), metrics=metrics, **options)

    return build


def with_layer(*make, **options):
    return lambda: compiled(network(*(one() for one in make)), **options)


def frozen_after_a_fit():
    model = compiled(network(layers.Dense(5)))
    model.fit(X, Y, batch_size=8, verbose=0, shuffle=False)
    model.layers[0].trainable = False
    return model


def own_train_function():
    model = compiled(network())
    model.train_function = lambda iterator: {"loss": float(len(next(iter(iterator))[0]))}
    return model


def distributed():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        return compiled(network())


def lists(**options):
    x = keras.Input((4,))
    return compiled(keras.Model(x, [layers.Dense(3, name=name)(x) for name in "ab"]), **options)


HELD = {"validation_data": (X[:10], Y[:10])}
IGNORED = {"y": np.where(Y == 1, -1, Y)}
PLAIN = with_layer()
# What changes numbers: (build, options of fit, whether the loop serves it)
TABLE = {
    "`epochs` and `initial_epoch`": (PLAIN, {"epochs": 5, "initial_epoch": 3}, True),
    "`batch_size`": (PLAIN, {"batch_size": 7}, True),
    "`shuffle=True` or `False`": (PLAIN, {"shuffle": False}, True),
    '`shuffle="batch"`': (PLAIN, {"shuffle": "batch"}, False),
    "`steps_per_epoch`": (PLAIN, {"steps_per_epoch": 2}, False),
    "`validation_steps`": (PLAIN, {**HELD, "validation_steps": 1}, False),
    "`validation_data`": (PLAIN, HELD, True),
    "`validation_split`": (PLAIN, {"validation_split": 0.3}, True),
    "`validation_batch_size`": (PLAIN, {**HELD, "validation_batch_size": 3}, True),
    "`validation_freq`": (PLAIN, {**HELD, "validation_freq": [2]}, True),
    "`class_weight`": (PLAIN, {"class_weight": {0: 3.0}}, True),
    "`sample_weight`": (PLAIN, {"sample_weight": X[:, 0] ** 2}, True),
    "generators, `tf.data`, `PyDataset`": (
        PLAIN,
        {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), "y": None, "shuffle": False},
        False,
    ),
    "sparse and ragged tensors, texts": (PLAIN, {"x": tf.sparse.from_dense(X)}, False),
    "`None` among several inputs or targets": (
        lambda: two_outputs(("mse", None)),
        {"y": {"one": ONE_HOT, "two": None}},
        False,
    ),
    "another backend than TensorFlow": (PLAIN, {}, False),
    "`run_eagerly=True`": (of_class(keras.Sequential, run_eagerly=True), {}, False),
    "`tf.config.run_functions_eagerly(True)`": (PLAIN, {}, False),
    "`KERAS_MAX_EPOCHS`, `keras.config.set_max_epochs`": (PLAIN, {"epochs": 3}, False),
    "`KERAS_MAX_STEPS_PER_EPOCH`, `keras.config.set_max_steps_per_epoch`": (PLAIN, {}, False),
    "`jit_compile=True` in `compile`": (of_class(keras.Sequential, jit_compile=True), {}, False),
    "`steps_per_execution`": (of_class(keras.Sequential, steps_per_execution=2), {}, True),
    "`tf.distribute` and `keras.distribution`": (distributed, {}, False),
    "an own `train_step`": (of_class(OwnTrainStep), {}, False),
    "an own `test_step`": (of_class(OwnTestStep), HELD, False),
    "an own `make_train_function` or `make_test_function`": (of_class(OwnFunction), {}, False),
    "an own `train_function` or `test_function`": (own_train_function, {}, False),
    "an own `compute_loss`": (of_class(OwnComputeLoss), HELD, True),
    "an own `compute_loss` without `training`": (of_class(OldComputeLoss), HELD, True),
    "an own `compute_metrics`": (of_class(OwnComputeMetrics), HELD, False),
    "an own `get_metrics_result`": (of_class(OwnResult), {}, False),
    "an own `metrics`": (lambda: compiled(OwnMetrics([layers.Dense(3)])), HELD, True),
    "an own `fit`": (of_class(OwnFit), {}, False),
    "an own `evaluate`": (of_class(OwnEvaluate), HELD, False),
    "subclassed models": (lambda: compiled(Halves()), HELD, True),
    "models of models": (with_layer(network), HELD, True),
    "losses in lists": (lambda: lists(loss=["mse", "mae"]), {"y": [ONE_HOT, ONE_HOT]}, True),
    "losses in dicts": (two_outputs, {"y": {"one": ONE_HOT, "two": ONE_HOT}}, True),
    "one weight for several outputs": (
        two_outputs,
        {"y": {"one": ONE_HOT, "two": ONE_HOT}, "sample_weight": X[:, :1] ** 2},
        True,
    ),
    "functions as losses": (
        of_class(keras.Sequential, loss=lambda y, p: (y - p) ** 2),
        {"y": ONE_HOT},
        True,
    ),
    "`ignore_class`": (ignoring, IGNORED, True),
    "metrics whose results are arrays or dicts": (
        of_class(keras.Sequential, metric=ResultsInDict, loss="mse"),
        {"y": ONE_HOT, "validation_split": 0.3},
        True,
    ),
    "random numbers of `keras.random` in a layer": (
        with_layer(lambda: Draws(keras.random.normal), lambda: layers.Dropout(0.5)),
        {},
        True,
    ),
    "random numbers of `keras.random` in a model's `call`": (
        lambda: compiled(DrawsInCall()),
        HELD,
        True,
    ),
    "random numbers of `keras.random` in a loss": (
        of_class(keras.Sequential, loss=noisy_loss),
        {"y": ONE_HOT},
        True,
    ),
    "random numbers of `keras.random` in a metric": (
        of_class(keras.Sequential, metric=Noisy),
        HELD,
        True,
    ),
    "random numbers of `tf.random`": (with_layer(lambda: Draws(tf.random.normal)), {}, False),
    "layers frozen after `Model.fit`, without `compile`": (frozen_after_a_fit, {}, False),
    "callbacks once an epoch": (
        PLAIN,
        {"callbacks": lambda: keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=9)},
        True,
    ),
    "callbacks after every batch": (
        PLAIN,
        {"callbacks": lambda: Callback("on_train_batch_end", stop)},
        False,
    ),
    "`TerminateOnNaN`": (
        PLAIN,
        {"callbacks": keras.callbacks.TerminateOnNaN, "x": X * 1e30},
        False,
    ),
    "callbacks as a `CallbackList`": (PLAIN, {"callbacks": "list"}, False),
    "`stop_training` set when an epoch begins": (
        PLAIN,
        {"callbacks": lambda: Callback("on_epoch_begin", stop), **HELD},
        True,
    ),
    "`stop_training` set when an epoch ends": (
        PLAIN,
        {"callbacks": lambda: Callback("on_epoch_end", stop)},
        True,
    ),
    "`stop_evaluating` set when validation begins": (
        PLAIN,
        {"callbacks": lambda: Callback("on_test_begin", stop_evaluating), **HELD},
        True,
    ),
    "layers frozen when training begins": (
        with_layer(lambda: layers.Dense(5)),
        {"callbacks": lambda: Callback("on_train_begin", freeze)},
        True,
    ),
    "moving averages that are put in for validation": (
        lambda: compiled(network(), metrics=["accuracy"]),
        {"callbacks": lambda: keras.callbacks.SwapEMAWeights(), "ema": True, **HELD},
        True,
    ),
}


@contextlib.contextmanager
def as_the_row_sets_the_process(name):
    """Put the setting of a row into force, and take it back."""
    with contextlib.ExitStack() as stack:
        if "another backend" in name:  # as far as labkit can see: TensorFlow trains all the same
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(keras.backend, "backend", lambda: "jax")
        if "run_functions_eagerly" in name:
            tf.config.run_functions_eagerly(True)
            stack.callback(tf.config.run_functions_eagerly, False)
        for limit in ("max_epochs", "max_steps_per_epoch"):
            if f"set_{limit}`" in name:
                change = getattr(keras.config, f"set_{limit}", None)
                if change is None:
                    pytest.skip("this version of Keras has no such limit")
                change(1)
                stack.callback(change, None)
        yield


def outcome(fit, build, options):
    """Train from seed 1; return History, weights and the optimizer's variables, or the error."""
    keras.utils.set_random_seed(1)
    model = build()
    options = {"x": X, "y": Y, "batch_size": 8, "epochs": 2, "verbose": 0, **options}
    if options.pop("ema", False):
        model.compile(keras.optimizers.Adam(use_ema=True), CE(from_logits=True))
    if options.get("callbacks") == "list":
        options["callbacks"] = keras.callbacks.CallbackList(add_history=True, model=model)
    elif "callbacks" in options:
        options["callbacks"] = [options["callbacks"]()]
    if isinstance(options["x"], tf.data.Dataset):
        del options["batch_size"]
    history = fit(model, **options)
    return history, [*model.get_weights(), *map(np.asarray, model.optimizer.variables)]


ALWAYS = (
    "`epochs` and `initial_epoch`",
    "`validation_split`",
    "`validation_freq`",
    "`class_weight`",
    "`sample_weight`",
    "`steps_per_execution`",
    "an own `compute_loss`",
    "subclassed models",
    "losses in dicts",
    "`ignore_class`",
    "metrics whose results are arrays or dicts",
    "random numbers of `keras.random` in a layer",
    "random numbers of `keras.random` in a metric",
    "callbacks once an epoch",
    "`stop_training` set when an epoch ends",
    "layers frozen when training begins",
    "moving averages that are put in for validation",
)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.filterwarnings("ignore:Limiting")
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.filterwarnings("ignore:A layer's `trainable`")
@pytest.mark.parametrize("name", rows(TABLE, ALWAYS))
def test_each_row_gives_the_numbers_of_model_fit(name):
    build, options, served = TABLE[name]
    keras_fit = OwnFit.fit if "own `fit`" in name else keras.Model.fit
    with as_the_row_sets_the_process(name):
        try:
            expected, wanted = outcome(keras_fit, build, options)
        except AttributeError as error:  # Keras 3.9 takes no None
            with pytest.raises(type(error)):
                outcome(training.fit, build, options)
            return
        if "`keras.random`" in name:
            again = outcome(keras_fit, build, options)[0].history
            if again["loss"] != pytest.approx(expected.history["loss"], rel=1e-5):
                pytest.skip("this version of Keras draws other numbers after the same seed")
        got, found = outcome(training.fit, build, options)
    assert got.engine.startswith("Model.fit, because") != served, got.engine
    assert got.epoch == expected.epoch
    assert list(got.history) == list(expected.history)
    for key, values in expected.history.items():
        np.testing.assert_allclose(got.history[key], values, rtol=1e-5, atol=1e-5, err_msg=key)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.parametrize("name", [name for name, (*_, served) in TABLE.items() if not served])
def test_what_is_handed_over_reaches_model_fit_as_it_was_given(name):
    build, options, _ = TABLE[name]
    asked, reached = {}, {}

    def keep(model, x=None, y=None, **named):
        reached.update(x=x, y=y, **named)
        return keras.callbacks.History()

    def fit(model, **given):
        asked.update(given)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.Model, "fit", keep)
            return training.fit(model, **given)

    with as_the_row_sets_the_process(name):
        history, _ = outcome(fit, build, options)
    assert history.engine.startswith("Model.fit, because"), history.engine
    if "own `fit`" in name:  # which asks for one epoch
        asked["epochs"] = 1
    for key, value in asked.items():
        assert reached[key] is value or reached[key] == value, key


def test_the_page_lists_these_rows_and_no_others():
    read = re.findall(r"^\| (.+?) \| (served|handed over)", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = {name: answer == "served" for name, answer in read}
    assert listed == {name: served for name, (_, _, served) in TABLE.items()}
