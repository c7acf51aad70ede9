"""Compiled loops that runs of one architecture share: the same numbers, and never by mistake."""

import functools

import keras
import numpy as np
import pytest
from thorough import rows

from labkit.experiments import reuse
from labkit.models import RandomShift
from labkit.training import OneCycle, fit

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


@pytest.fixture(autouse=True)
def nothing_kept():
    reuse._KEPT.clear()
    yield
    reuse._KEPT.clear()


class Own(keras.layers.Dense):
    """A layer whose code Keras does not know."""


def network(
    layer=keras.layers.Dense,
    activation="tanh",
    dropout=0.2,
    decay=(),
    start="he_normal",
    **settings,
):
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential([keras.Input((4,)), layer(3, activation, kernel_initializer=start)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(2))
    optimizer = keras.optimizers.Adam(**{"learning_rate": 0.01, "weight_decay": 0.1, **settings})
    optimizer.exclude_from_weight_decay(var_names=decay)
    model.compile(optimizer, LOSS, metrics=["accuracy"])
    return model


def trained(model):
    return fit(
        model, X, Y, validation_data=(X, Y), epochs=2, batch_size=16, verbose=0, jit_compile=False
    )


def shares(first, second, *, train=False):
    """Tell whether the second model trains in the place of the first, which may be trained."""
    with reuse.compiled_once(first) as kept:
        if train:
            trained(kept)
    with reuse.compiled_once(second) as model:
        return model is kept


def scaled(factor, values):
    return factor * values


@pytest.mark.slow
def test_a_run_that_takes_over_compiled_loops_gives_the_numbers_of_a_fresh_one():
    with reuse.compiled_once(network()) as kept:
        trained(kept)
    keras.utils.set_random_seed(1)
    alone = trained(network(learning_rate=0.1))
    keras.utils.set_random_seed(1)
    with reuse.compiled_once(network(learning_rate=0.1)) as model:
        shared = trained(model)
    assert model is kept
    assert shared.history == alone.history
    assert shared.compile_seconds < alone.compile_seconds


@pytest.mark.parametrize(
    "changed",
    [
        {"activation": "relu"},
        {"activation": functools.partial(scaled, 2)},
        {"dropout": 0.3},
        {"beta_1": 0.5},
        {"decay": ("bias",)},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.01, 9)},
        {"layer": Own},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_model_that_computes_something_else_is_compiled_anew(changed):
    assert not shares(network(), network(**changed))


def test_a_function_of_ones_own_is_never_taken_over():
    assert not shares(network(activation=lambda v: 2 * v), network(activation=lambda v: 2 * v))


def test_a_loss_of_ones_own_is_never_taken_over():
    def loss_times(factor):
        return lambda y, p: factor * keras.ops.mean(keras.ops.square(p), axis=-1)

    models = [network(), network()]
    for factor, model in enumerate(models):
        model.compile("sgd", loss_times(factor))
    assert not shares(*models)


class Above(keras.constraints.Constraint):
    """A constraint without a configuration, as a notebook would write it."""

    def __init__(self, least):
        self.least = least

    def __call__(self, w):
        return keras.ops.maximum(w, self.least)


class Squares(keras.losses.Loss):
    """A loss whose configuration leaves its factor out."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y, p):
        return self.factor * keras.ops.mean(keras.ops.square(p), axis=-1)


def test_a_constraint_and_a_loss_class_of_ones_own_are_never_taken_over():
    models = [network(), network()]
    for factor, model in enumerate(models):
        model.layers[0].kernel_constraint = Above(factor)
    assert not shares(*models)
    models = [network(), network()]
    for factor, model in enumerate(models):
        model.compile("sgd", Squares(factor))
    assert not shares(*models)


def test_constraints_and_regularizers_of_keras_are_told_apart():
    def limited(size):
        model = network()
        model.layers[0].kernel_constraint = keras.constraints.MaxNorm(size)
        model.compile("sgd", LOSS)
        return model

    assert shares(limited(1.0), limited(1.0), train=True)
    assert not shares(limited(1.0), limited(2.0))


class Steps(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without a configuration, as a notebook would write it."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, step):
        return self.factor * keras.ops.cast(step, "float32")


def test_a_schedule_of_labkit_is_told_apart_by_its_values():
    models = [network(learning_rate=OneCycle(0.1, 9)) for _ in range(2)]
    assert shares(*models, train=True)
    reuse._KEPT.clear()
    assert not shares(
        network(learning_rate=OneCycle(0.1, 9)), network(learning_rate=OneCycle(0.2, 9))
    )


def test_a_schedule_of_ones_own_is_never_taken_over():
    assert not shares(network(learning_rate=Steps(0.1)), network(learning_rate=Steps(0.1)))


def test_a_layer_of_ones_own_is_never_taken_over():
    assert not shares(network(layer=Own), network(layer=Own))


def shifting(pixels=1, seed=None):
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential([keras.Input((4, 4)), RandomShift(pixels, "nearest", seed=seed)])
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(2))
    model.compile("sgd", LOSS)
    return model


def test_random_shifts_of_labkit_are_shared_and_drawn_as_in_a_fresh_run():
    pictures = np.random.default_rng(0).normal(size=(40, 4, 4)).astype("float32")

    def losses(model):
        return fit(model, pictures, Y, epochs=3, batch_size=8, verbose=0).history["loss"]

    with reuse.compiled_once(shifting()) as kept:
        losses(kept)
    keras.utils.set_random_seed(1)
    alone = losses(shifting())
    keras.utils.set_random_seed(1)
    with reuse.compiled_once(shifting()) as model:
        assert model is kept
        assert losses(model) == alone


def test_random_shifts_of_another_size_are_told_apart():
    with reuse.compiled_once(shifting()) as kept:
        pass
    with reuse.compiled_once(shifting(pixels=2)) as model:
        assert model is not kept


def test_a_model_that_was_changed_after_training_is_not_taken_over():
    with reuse.compiled_once(network()) as kept:
        trained(kept)
    kept.layers[0].trainable = False
    with reuse.compiled_once(network()) as model:
        assert model is not kept


def test_a_model_whose_run_failed_is_forgotten():
    with pytest.raises(OSError, match="disk"), reuse.compiled_once(network()):
        raise OSError("disk")
    assert not reuse._KEPT


def test_only_some_models_are_kept():
    for units in range(reuse.MOST + 2):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units + 1)])
        model.compile("sgd", LOSS)
        with reuse.compiled_once(model):
            pass
    assert len(reuse._KEPT) == reuse.MOST


def anew(make, *arguments):
    """Make a model with names that Keras counts from the beginning, as each run does."""
    keras.utils.clear_session(free_memory=False)
    return make(*arguments)


def standing_first(*layers, **compiled):
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(2)])
    model.compile(**{"optimizer": "sgd", "loss": LOSS, **compiled})
    return model


def adapted(scale):
    layer = keras.layers.Normalization()
    layer.adapt(X * scale)
    return layer


def changed(**attributes):
    model = standing_first()
    for name, value in attributes.items():
        setattr(model.layers[0], name, value)
    return model


CONSTANTS = {
    "normalization": lambda one: standing_first(adapted(1 if one else 2)),
    "rescaling by an array": lambda one: standing_first(
        keras.layers.Rescaling(np.arange(4.0) if one else np.ones(4))
    ),
    "bin boundaries": lambda one: standing_first(
        keras.layers.Discretization([0.0, 1.0 if one else 2.0], output_mode="one_hot")
    ),
    "noise": lambda one: standing_first(keras.layers.GaussianNoise(0.1 if one else 0.2)),
    "dtype": lambda one: standing_first(
        keras.layers.Dense(3, dtype="float32" if one else "mixed_bfloat16")
    ),
    "a flag set later": lambda one: changed(trainable=bool(one)),
    "an attribute set later": lambda one: changed(use_bias=bool(one)),
    "a loss": lambda one: standing_first(
        loss=keras.losses.SparseCategoricalCrossentropy(True, ignore_class=None if one else 1)
    ),
    "loss weights": lambda one: standing_first(loss_weights=1.0 if one else 2.0),
    "a threshold": lambda one: standing_first(
        metrics=[keras.metrics.SparseTopKCategoricalAccuracy(1 if one else 2)]
    ),
    "clipping": lambda one: standing_first(optimizer=keras.optimizers.SGD(clipnorm=1 + one)),
    "averaging": lambda one: standing_first(optimizer=keras.optimizers.SGD(use_ema=bool(one))),
    "epsilon": lambda one: (keras.config.set_epsilon(1e-7 if one else 1e-3), standing_first())[1],
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_beside_the_variables_are_told_apart(name):
    architectures = [reuse._architecture(anew(CONSTANTS[name], one)) for one in (True, True, False)]
    keras.config.set_epsilon(1e-7)
    assert architectures[0] == architectures[1] != architectures[2]
    assert None not in architectures


class Sum(keras.regularizers.Regularizer):
    """A penalty whose code Keras does not know."""

    def __call__(self, weights):
        return keras.ops.sum(weights)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.IntegerLookup(vocabulary=[1, 2], output_mode="multi_hot"),
        lambda: keras.layers.Lambda(lambda values: 2 * values),
        lambda: keras.layers.Activation(lambda values: 2 * values),
        lambda: Own(3),
        lambda: keras.layers.Dense(3, kernel_regularizer=Sum()),
    ],
    ids=["table", "Lambda", "function", "class", "regularizer"],
)
def test_what_may_hold_anything_is_compiled_anew(make):
    assert not reuse.shareable(standing_first(make()))


def test_a_model_that_was_given_its_own_step_is_compiled_anew():
    model = standing_first()
    model.train_step = lambda data: {"loss": keras.ops.zeros(())}
    assert not reuse.shareable(model)


def test_numbers_drawn_while_compiling_are_not_taken_over():
    def shaken():
        keras.utils.clear_session(free_memory=False)
        layers = [keras.Input((8, 8, 3)), keras.layers.AugMix(num_chains=1, chain_depth=1)]
        model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("sgd", LOSS)
        return model

    with reuse.compiled_once(shaken()) as model:
        fit(model, np.ones((40, 8, 8, 3), "float32"), Y, batch_size=40, verbose=0)
    assert not reuse._KEPT


KINDS = ("SGD", "Adam", "AdamW", "Nadam", "Lamb", "Muon", "LossScale")


@pytest.mark.parametrize("name", rows(KINDS, ("Adam", "LossScale")))
def test_optimizers_of_keras_are_shared(name):
    if name == "Muon" and not hasattr(keras.optimizers, name):
        pytest.skip("this Keras has no Muon")

    def make():
        if name == "LossScale":
            return standing_first(
                optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
            )
        return standing_first(optimizer=getattr(keras.optimizers, name)())

    assert shares(anew(make), anew(make), train=True)
