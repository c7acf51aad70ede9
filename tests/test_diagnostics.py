"""What the diagnostics measure going forward, and what theory expects going back."""

import keras
import numpy as np
import pytest
from keras import layers

from labkit.diagnostics import ACTIVATIONS, activations, gradients, mean_field_factor


def network(*stack, n_inputs=2):
    return keras.Sequential([keras.Input((n_inputs,)), *stack])


def dense(kernel, bias=None, **kwargs):
    """A Dense layer, unbuilt, that starts with this kernel and bias."""
    kernel = np.array(kernel, dtype="float32")
    bias = np.zeros(kernel.shape[1]) if bias is None else np.array(bias)
    return layers.Dense(
        kernel.shape[1],
        kernel_initializer=lambda shape, dtype=None: keras.ops.convert_to_tensor(kernel, dtype),
        bias_initializer=lambda shape, dtype=None: keras.ops.convert_to_tensor(bias, dtype),
        **kwargs,
    )


def row(table, layer):
    return table.set_index("layer").loc[layer]


def test_units_that_never_fire_are_dead_and_others_are_not():
    model = network(dense([[1, -1, 0, 1]] * 2, [0, 0, 0, -2.5], activation="relu", name="a"))
    table = activations(model, np.array([[1.0, 1.0], [0.0, 2.0], [1.0, 2.0]]))
    # unit 0 fires always, units 1 and 2 never, unit 3 for the last row alone
    assert row(table, "a").dead == 0.5
    assert row(table, "a").units == 4


@pytest.mark.parametrize(
    ("activation", "entering", "share"),
    [
        ("sigmoid", [-9.0, -4.5, 0.0, 9.0], 0.5),  # sigmoid(-4.5) = 0.011
        ("tanh", [-2.7, -2.6, 0.0, 2.7], 0.5),  # tanh(2.6) = 0.989, tanh(2.7) = 0.991
        ("hard_sigmoid", [-3.0, -2.9, 2.9, 3.0], 0.5),
        ("softsign", [-200.0, -50.0, 0.0, 1.0], 0.25),
    ],
)
def test_saturated_is_the_share_near_a_limit_of_the_activation(activation, entering, share):
    model = network(dense([[1.0]], activation=activation, name="a"), n_inputs=1)
    table = activations(model, np.array(entering)[:, None])
    assert row(table, "a").saturated == share
    assert row(table, "a").activation == activation


def test_tolerance_says_what_near_means():
    model = network(dense([[1.0]], activation="sigmoid"), n_inputs=1)
    x = np.array([[-4.5], [0.0]])
    assert activations(model, x, tolerance=0.02).saturated[0] == 0.5
    assert activations(model, x, tolerance=0).saturated[0] == 0.0


@pytest.mark.parametrize("activation", ["relu", "softmax", None])
def test_what_has_no_limits_cannot_saturate(activation):
    table = activations(network(layers.Dense(3, activation=activation)), np.ones((4, 2)))
    assert np.isnan(table.saturated[0])


def test_mean_spread_and_what_enters_are_those_of_numpy():
    x = np.random.default_rng(0).normal(size=(50, 2))
    kernel = np.array([[1.0, -2.0, 0.5], [0.3, 0.4, 2.0]])
    model = network(dense(kernel, activation="tanh", name="a"), dense(np.eye(3), name="b"))
    table = activations(model, x)
    entering = x @ kernel
    assert row(table, "a").pre_std == pytest.approx(entering.std(), rel=1e-5)
    assert row(table, "a")["std"] == pytest.approx(np.tanh(entering).std(), rel=1e-5)
    assert row(table, "a")["mean"] == pytest.approx(np.tanh(entering).mean(), rel=1e-4)
    assert row(table, "b").pre_std == row(table, "b")["std"]


def test_layers_that_are_activations_or_norms_have_rows_and_share_a_depth():
    model = network(
        layers.Rescaling(0.5),
        layers.Dense(3, name="a"),
        layers.BatchNormalization(name="norm"),
        layers.LeakyReLU(name="leaky"),
        layers.Dropout(0.5),
        layers.Dense(2, name="b"),
        layers.Activation("sigmoid", name="squash"),
    )
    table = activations(model, np.random.default_rng(0).normal(size=(8, 2)))
    assert [*table.layer] == ["a", "norm", "leaky", "b", "squash"]
    assert [*table.depth] == [1, 1, 1, 2, 2]
    assert [*table.activation] == ["linear", "linear", "leaky_relu", "linear", "sigmoid"]
    assert row(table, "leaky").pre_std == pytest.approx(row(table, "norm")["std"], rel=1e-6)
    assert row(table, "squash").pre_std == pytest.approx(row(table, "b")["std"], rel=1e-6)


def test_an_activation_may_be_a_layer_inside_a_layer():
    model = network(dense(np.eye(2), activation=layers.ReLU(), name="a"))
    table = activations(model, np.array([[1.0, -1.0], [2.0, -2.0]]))
    assert (row(table, "a").activation, row(table, "a").dead) == ("relu", 0.5)
    assert row(table, "a").pre_std == pytest.approx(np.std([1, -1, 2, -2]))


def test_layers_of_a_model_inside_the_model_have_rows_too():
    inner = network(layers.Dense(3, activation="relu", name="inside"))
    model = network(inner, layers.Dense(2, name="logits"))
    assert [*activations(model, np.ones((4, 2))).layer] == ["inside", "logits"]


def test_channels_are_the_units_of_a_convolution():
    model = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(3, 3, activation="relu")])
    model.layers[0].kernel.assign(-np.ones((3, 3, 1, 3)))
    table = activations(model, np.ones((2, 5, 5, 1)))
    assert (table.units[0], table.dead[0], table.depth[0]) == (3, 1.0, 1)


def test_measuring_leaves_the_layers_as_they_were():
    model = network(layers.Dense(3, activation="tanh", name="a"), layers.BatchNormalization())
    before, weights = model.layers[0].activation, model.get_weights()
    keys = [set(vars(layer)) for layer in model.layers]
    activations(model, np.random.default_rng(0).normal(size=(8, 2)))
    assert model.layers[0].activation is before
    assert [set(vars(layer)) for layer in model.layers] == keys
    for new, old in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(new, old)


def test_layers_are_put_back_even_if_the_batch_does_not_fit():
    model = network(layers.Dense(3, activation="tanh"))
    with pytest.raises(ValueError, match="incompatible"):
        activations(model, np.ones((4, 7)))
    assert model.layers[0].activation is keras.activations.tanh
    assert "call" not in vars(model.layers[0])


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (keras.Sequential([layers.Dense(2)]), "expected a built"),
        ("model", "expected a built"),
        (keras.Sequential([keras.Input((2,)), layers.Flatten()]), "a layer with weights or"),
    ],
)
def test_a_model_that_cannot_be_measured_is_refused(model, complaint):
    with pytest.raises(ValueError, match=complaint):
        activations(model, np.ones((4, 2)))


def test_an_empty_batch_and_a_negative_tolerance_are_refused():
    model = network(layers.Dense(2))
    with pytest.raises(ValueError, match="expected a batch"):
        activations(model, np.ones((0, 2)))
    with pytest.raises(ValueError, match="tolerance must be 0 or more"):
        activations(model, np.ones((4, 2)), tolerance=-1)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_mean_field_factor_predicts_a_wide_random_network_within_a_tenth(activation):
    keras.utils.set_random_seed(0)
    width, sharpness = 400, 2.0  # weights of variance 2 / width
    initializer = keras.initializers.RandomNormal(stddev=np.sqrt(sharpness / width), seed=None)
    hidden = [
        layers.Dense(
            width,
            activation=activation,
            kernel_initializer=keras.initializers.RandomNormal(
                stddev=np.sqrt(sharpness / width), seed=i
            ),
        )
        for i in range(5)
    ]
    model = network(*hidden, layers.Dense(10, kernel_initializer=initializer), n_inputs=width)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, width)), rng.integers(10, size=64)
    flow = gradients(model, x, y).output_gradient_rms
    spread = activations(model, x).pre_std
    for depth in (1, 2, 3):  # from the outputs of layer `depth + 1` back to those of `depth`
        expected = mean_field_factor(sharpness / width, width, spread[depth] ** 2, activation)
        assert flow[depth - 1] / flow[depth] == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mean_field_factor_is_the_mean_squared_slope_that_keras_has(activation):
    u = np.random.default_rng(0).normal(scale=1.5, size=200_000)
    step = 1e-2
    function = getattr(keras.activations, activation)
    high, low = (np.asarray(function(keras.ops.convert_to_tensor(u + s))) for s in (step, -step))
    slope = (high - low) / (2 * step)
    measured = np.sqrt(50 * 0.03 * np.mean(slope**2))
    assert mean_field_factor(0.03, 50, 1.5**2, activation) == pytest.approx(measured, rel=0.01)


def test_mean_field_factor_knows_the_cases_that_can_be_done_by_hand():
    assert mean_field_factor(2 / 50, 50, 1.0, "relu") == pytest.approx(1)  # He's initialization
    assert mean_field_factor(1 / 50, 50, 7.0, "linear") == pytest.approx(1)
    assert mean_field_factor(1 / 50, 50, 0.0, "sigmoid") == pytest.approx(0.25)
    assert mean_field_factor(1 / 50, 50, 1e-6, "tanh") == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((0.1, 50, 1.0, "swish!"), "activation must be one of"),
        ((-0.1, 50, 1.0), "weight_variance must be a finite number, 0 or more"),
        ((0.1, np.inf, 1.0), "width must be a finite number"),
        ((0.1, 50, np.nan), "preactivation_variance must be a finite number"),
    ],
)
def test_mean_field_factor_refuses_what_is_no_network(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        mean_field_factor(*arguments)
