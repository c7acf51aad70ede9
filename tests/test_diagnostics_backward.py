"""Gradients against finite differences, updates against the optimizer's own step."""

import keras
import numpy as np
import pytest
from keras import layers

from labkit.diagnostics import gradients, updates

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.array([0, 1, 2, 1, 0, 2])


@pytest.fixture
def float64():
    """Let Keras compute in float64, so that finite differences are sharp."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def network(*stack, optimizer="sgd", **compiled):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), *stack])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **compiled)
    return model


def small(**kwargs):
    return network(layers.Dense(4, "tanh", name="a"), layers.Dense(3, name="b"), **kwargs)


def training_loss(model):
    return float(model.compute_loss(X, Y, model(X, training=True), training=True))


def differences(model, weight, step=1e-5):
    """Differentiate the loss by every entry of a weight, entry by entry."""
    start, slopes = weight.numpy(), []
    for place in np.ndindex(start.shape):
        losses = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            weight.assign(moved)
            losses.append(training_loss(model))
        slopes.append((losses[0] - losses[1]) / (2 * step))
    weight.assign(start)
    return np.array(slopes)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "stack",
    [
        lambda: [layers.Dense(4, "tanh"), layers.Dense(3)],
        lambda: [layers.Dense(4, "sigmoid", kernel_regularizer="l2"), layers.Dense(3)],
        lambda: [layers.Dense(4, "elu", activity_regularizer="l2"), layers.Dense(3)],
        lambda: [layers.Dense(4), layers.BatchNormalization(), layers.ELU(), layers.Dense(3)],
        lambda: [layers.Reshape((3, 1)), layers.Conv1D(2, 2), layers.Flatten(), layers.Dense(3)],
    ],
    ids=["plain", "L2", "activity", "batch norm", "convolution"],
)
def test_gradient_norms_are_those_of_finite_differences(stack):
    model = network(*stack())
    table = gradients(model, X, Y).set_index("layer")
    for name in table.index:
        kernel = model.get_layer(name).kernel
        slopes = differences(model, kernel)
        assert table.gradient_norm[name] == pytest.approx(np.linalg.norm(slopes), rel=1e-6)
        assert table.gradient_rms[name] == pytest.approx(np.sqrt(np.mean(slopes**2)), rel=1e-6)
        assert table.weight_norm[name] == pytest.approx(np.linalg.norm(kernel.numpy()))
        assert table.weight_rms[name] == pytest.approx(np.sqrt(np.mean(kernel.numpy() ** 2)))


@pytest.mark.usefixtures("float64")
def test_output_gradients_are_those_of_one_examples_loss():
    model = small()
    hidden = np.tanh(X @ model.layers[0].kernel.numpy())
    logits = hidden @ model.layers[1].kernel.numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    at_logits = shares - np.eye(3)[Y]
    at_hidden = at_logits @ model.layers[1].kernel.numpy().T
    expected = [np.sqrt(np.mean(g**2)) for g in (at_hidden, at_logits)]
    assert [*gradients(model, X, Y).output_gradient_rms] == pytest.approx(expected, rel=1e-9)
    twice = gradients(model, np.tile(X, (2, 1)), np.tile(Y, 2))
    assert [*twice.output_gradient_rms] == pytest.approx(expected, rel=1e-9)


def test_depth_counts_layers_with_a_matrix_from_the_input_on():
    model = network(
        layers.Dense(4, name="a"),
        layers.BatchNormalization(name="norm"),
        keras.Sequential([keras.Input((4,)), layers.Dense(5, name="inside")]),
        layers.Dense(3, name="logits"),
    )
    table = gradients(model, X, Y)
    assert [*table.layer] == ["a", "inside", "logits"]
    assert [*table.depth] == [1, 2, 3]
    assert (table.output_gradient_rms > 0).all()


def test_tiny_gradients_are_not_rounded_to_zero():
    model = network(
        *(layers.Dense(3, "sigmoid", kernel_initializer=small_weights()) for _ in range(4)),
        layers.Dense(3),
    )
    table = gradients(model, X, Y)
    assert 0 < table.gradient_norm[0] < 1e-20


def small_weights():
    return keras.initializers.RandomNormal(stddev=1e-8, seed=0)


OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: keras.optimizers.Adam(0.01),
    "AdamW, clipped": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.1),
    "RMSprop, schedule": lambda: keras.optimizers.RMSprop(
        keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    ),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_update_norms_are_those_of_the_optimizers_next_step(make):
    model = small(optimizer=make())
    model.fit(X, Y, epochs=2, batch_size=3, verbose=0)  # momentum and moments are not zero
    table = updates(model, X, Y).set_index("layer")
    before = [layer.kernel.numpy() for layer in model.layers]
    model.train_on_batch(X, Y)
    for layer, old in zip(model.layers, before, strict=True):
        change = np.linalg.norm(layer.kernel.numpy() - old)
        facts = table.loc[layer.name]
        assert facts.update_norm == pytest.approx(change, rel=1e-4)
        assert facts.update_rms == pytest.approx(change / np.sqrt(old.size), rel=1e-4)
        assert facts.update_ratio == pytest.approx(change / np.linalg.norm(old), rel=1e-4)


def noisy():
    keras.utils.set_random_seed(1)  # layers draw their seeds when they are made
    return network(
        layers.Dense(8, "relu", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        layers.Dense(3),
        optimizer=keras.optimizers.Adam(0.05),
        metrics=["accuracy"],
    )


@pytest.mark.slow
@pytest.mark.parametrize("measure", [gradients, updates])
def test_everything_is_restored_so_training_goes_on_as_if_nothing_had_been_measured(measure):
    plain, measured = noisy(), noisy()
    plain.fit(X, Y, epochs=1, verbose=0)
    measured.fit(X, Y, epochs=1, verbose=0)
    kept = [v.numpy() for v in [*measured.variables, *measured.optimizer.variables]]
    measure(measured, X[:4], Y[:4])
    now = [v.numpy() for v in [*measured.variables, *measured.optimizer.variables]]
    for new, old in zip(now, kept, strict=True):
        np.testing.assert_array_equal(new, old)
    for model in (plain, measured):
        model.fit(X, Y, epochs=3, verbose=0)
    assert measured.history.history == plain.history.history


def test_measuring_before_the_first_step_changes_no_number_of_training():
    plain, measured = noisy(), noisy()
    updates(measured, X, Y)
    assert int(measured.optimizer.iterations.numpy()) == 0
    for model in (plain, measured):
        keras.utils.set_random_seed(5)
        model.fit(X, Y, epochs=3, batch_size=2, verbose=0)
    assert measured.history.history == plain.history.history


def test_a_measurement_with_dropout_repeats_itself():
    model = noisy()
    assert gradients(model, X, Y).equals(gradients(model, X, Y))


def test_gradients_in_float16_are_reported_without_the_loss_scale():
    plain = small()
    scaled = small(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)))
    expected, found = gradients(plain, X, Y), gradients(scaled, X, Y)
    for column in ("gradient_norm", "output_gradient_rms"):
        assert [*found[column]] == pytest.approx([*expected[column]], rel=1e-5)
    assert updates(scaled, X, Y).update_norm[0] == pytest.approx(
        0.1 * expected.gradient_norm[0], rel=1e-3
    )


def test_a_frozen_layer_has_no_row_and_a_layer_without_gradient_has_zero():
    model = small()
    model.layers[0].trainable = False
    model.compile("sgd", model.loss)
    assert [*gradients(model, X, Y).layer] == ["b"]
    dead = network(
        layers.Dense(4, "relu", bias_initializer=keras.initializers.Constant(-99.0)),
        layers.Dense(3),
    )
    assert [*gradients(dead, X, Y).gradient_norm] == [0.0, 0.0]


@pytest.mark.parametrize("measure", [gradients, updates])
def test_what_cannot_be_measured_is_refused(measure):
    uncompiled = keras.Sequential([keras.Input((3,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="expected a compiled model"):
        measure(uncompiled, X, Y)
    unbuilt = keras.Sequential([layers.Dense(3)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match="expected a built"):
        measure(unbuilt, X, Y)
    with pytest.raises(ValueError, match="as many labels as examples"):
        measure(small(), X, Y[:-1])
    with pytest.raises(ValueError, match="with a trainable matrix"):
        measure(network(layers.BatchNormalization()), X, Y)
