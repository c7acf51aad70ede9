"""The dense networks: sizes by hand, order of layers, what is attached to them."""

import keras
import numpy as np
import pytest

from labkit.models import cnn, mlp, reports, softmax_regression

# weights + biases, layer by layer
REPORT_A = (784 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10)
REPORT_A_CIFAR = (3072 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10)
REPORT_B = (784 * 256 + 256) + (256 * 128 + 128) + (128 * 10 + 10)
REPORT_B_DEEP = (784 * 256 + 256) + (256 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10)
REPORT_C = (784 * 50 + 50) + 3 * (50 * 50 + 50) + (50 * 10 + 10)
REPORT_D = (784 * 1024 + 1024) + (1024 * 512 + 512) + (512 * 10 + 10)
REPORT_E = (784 * 768 + 768) + (768 * 10 + 10)


def names(model):
    return [layer.name for layer in model.layers]


def count(model, kind):
    return sum(isinstance(layer, kind) for layer in model.layers)


@pytest.mark.parametrize(
    ("build", "by_hand", "printed"),
    [
        (reports.report_a, REPORT_A, 109_386),
        (lambda: reports.report_a((32, 32, 3)), REPORT_A_CIFAR, 402_250),
        (lambda: reports.report_b(hidden=(128, 64)), REPORT_A, 109_386),
        (reports.report_b, REPORT_B, 235_146),
        (lambda: reports.report_b(hidden=(256, 128, 64)), REPORT_B_DEEP, 242_762),
        (reports.report_c, REPORT_C, 47_410),
        # four numbers for each of 200 units: scale, shift, moving mean, moving variance
        (lambda: reports.report_c("batch_norm"), REPORT_C + 4 * 4 * 50, 48_210),
        (reports.report_d, REPORT_D, 1_333_770),
        (lambda: reports.report_d(regularized=True), REPORT_D, 1_333_770),
        (lambda: softmax_regression((28, 28)), 784 * 10 + 10, 7_850),
        (reports.report_e, REPORT_E, 610_570),
    ],
)
def test_parameters_are_the_sum_done_by_hand(build, by_hand, printed):
    assert build().count_params() == by_hand == printed


def test_output_is_one_logit_a_class_and_not_a_probability():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype("uint8")
    logits = keras.ops.convert_to_numpy(mlp((28, 28), 7)(x))
    assert logits.shape == (5, 7)
    assert (logits < 0).any()
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("rung", reports.REPORT_C_RUNGS)
def test_the_last_layer_is_linear_and_nothing_is_compiled(rung):
    model = reports.report_c(rung)
    assert model.layers[-1].name == "logits"
    assert model.layers[-1].activation is keras.activations.linear
    assert not model.compiled


def test_layers_have_the_names_that_the_text_uses():
    model = mlp((28, 28), hidden=(8, 4), rescale=1 / 255, dropout=0.1)
    expected = ["rescale", "flatten", "hidden_1", "dropout_1", "hidden_2", "dropout_2", "logits"]
    assert names(model) == expected


def test_a_flat_input_is_not_flattened_again():
    assert names(mlp(784, hidden=(4,))) == ["hidden_1", "logits"]
    assert mlp(784).count_params() == mlp((28, 28)).count_params()


def test_batch_norm_before_stands_between_dense_and_activation():
    model = mlp(4, hidden=(3,), activation="tanh", batch_norm="before")
    assert names(model) == ["hidden_1", "batch_norm_1", "activation_1", "logits"]
    assert model.get_layer("hidden_1").activation is keras.activations.linear
    assert model.get_layer("activation_1").activation is keras.activations.tanh


def test_batch_norm_after_stands_behind_the_activation():
    model = mlp(4, hidden=(3,), activation="tanh", batch_norm="after", dropout=0.5)
    assert names(model) == ["hidden_1", "batch_norm_1", "dropout_1", "logits"]
    assert model.get_layer("hidden_1").activation is keras.activations.tanh


def test_rescale_multiplies_the_input():
    keras.utils.set_random_seed(0)
    model = mlp(4, hidden=(), rescale=0.5)
    x = np.arange(8.0, dtype="float32").reshape(2, 4)
    by_hand = (x / 2) @ model.get_layer("logits").get_weights()[0]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x)), by_hand, rtol=1e-5)


def test_one_initializer_object_does_not_start_two_layers_alike():
    model = mlp(4, hidden=(4, 4), kernel_initializer=keras.initializers.HeNormal(seed=1))
    first, second = (model.get_layer(f"hidden_{i}").get_weights()[0] for i in (1, 2))
    assert not np.allclose(first, second)


def test_report_a_regularizes_the_second_layer_alone():
    model = reports.report_a_regularized(l2=1e-3, dropout=0.3, batch_norm=True)
    assert model.get_layer("hidden_1").kernel_regularizer is None
    assert float(model.get_layer("hidden_2").kernel_regularizer.l2) == pytest.approx(1e-3)
    assert model.get_layer("logits").kernel_regularizer is None
    after_flatten = ["hidden_1", "batch_norm_1", "hidden_2", "dropout_2", "logits"]
    assert names(model)[1:] == after_flatten


def test_report_a_regularized_with_nothing_on_is_report_a():
    assert names(reports.report_a_regularized()) == names(reports.report_a())


def test_report_b_drops_out_after_every_hidden_layer():
    assert count(reports.report_b(hidden=(256, 128, 64)), keras.layers.Dropout) == 3
    assert count(reports.report_b(dropout=0.0), keras.layers.Dropout) == 0


@pytest.mark.parametrize(
    ("rung", "activation", "initializer", "dropouts", "norms"),
    [
        ("sigmoid", "sigmoid", keras.initializers.GlorotUniform, 0, 0),
        ("he_normal", "sigmoid", keras.initializers.HeNormal, 0, 0),
        ("relu", "relu", keras.initializers.GlorotUniform, 0, 0),
        ("elu", "elu", keras.initializers.GlorotUniform, 0, 0),
        ("batch_norm", "linear", keras.initializers.GlorotUniform, 0, 4),
        ("dropout", "elu", keras.initializers.GlorotUniform, 4, 0),
    ],
)
def test_report_c_rungs_change_what_the_report_changed(
    rung, activation, initializer, dropouts, norms
):
    model = reports.report_c(rung)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert {layer.activation.__name__ for layer in dense[:-1]} == {activation}
    assert all(isinstance(layer.kernel_initializer, initializer) for layer in dense)
    assert count(model, keras.layers.Dropout) == dropouts
    assert count(model, keras.layers.BatchNormalization) == norms


def test_report_d_attaches_penalties_norm_limit_and_dropout():
    model = reports.report_d(regularized=True)
    for name in ("hidden_1", "hidden_2"):
        layer = model.get_layer(name)
        assert float(layer.kernel_regularizer.l1) == pytest.approx(1e-6)
        assert float(layer.kernel_regularizer.l2) == pytest.approx(1e-4)
        assert layer.kernel_constraint.max_value == 0.5
    assert [model.get_layer(f"dropout_{i}").rate for i in (1, 2)] == [0.6, 0.5]


def test_report_d_plain_carries_none_of_them():
    model = reports.report_d()
    assert names(model) == ["flatten", "hidden_1", "hidden_2", "logits"]
    assert model.get_layer("hidden_1").kernel_regularizer is None
    assert model.get_layer("hidden_1").kernel_constraint is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": 128}, r"such as \(128,\)"),
        ({"hidden": (128, 0)}, "hidden must hold positive"),
        ({"hidden": (12.5,)}, "hidden must hold positive"),
        ({"n_classes": 0}, "n_classes must hold positive"),
        ({"input_shape": ()}, "at least one size"),
        ({"input_shape": (28, None)}, "input_shape must hold positive"),
        ({"dropout": 1.0}, "at least 0 and below 1"),
        ({"dropout": -0.1}, "at least 0 and below 1"),
        ({"dropout": (0.1, 0.2, 0.3)}, "each of 2 hidden layers"),
        ({"batch_norm": True}, "None, 'before' or 'after'"),
        ({"rescale": "standard"}, "number such as 1 / 255"),
        ({"rescale": 0.0}, "finite and not 0"),
        ({"activation": "reloo"}, "reloo"),
        ({"kernel_initializer": "xavier"}, "xavier"),
    ],
)
def test_mlp_rejects_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        mlp(**{"input_shape": (28, 28), **arguments})


def test_reports_reject_bad_arguments():
    with pytest.raises(ValueError, match="rung must be one of sigmoid"):
        reports.report_c("selu")
    with pytest.raises(ValueError, match="max_norm must be above 0"):
        reports.report_d(regularized=True, max_norm=0)
    with pytest.raises(ValueError, match="l2 must be 0 or more"):
        reports.report_a_regularized(l2=-1e-4)


@pytest.mark.parametrize("build", [lambda **k: mlp((8, 8), **k), lambda **k: cnn((8, 8), **k)])
def test_a_dtype_policy_reaches_every_layer_but_the_logits(build):
    model = build(dtype="mixed_bfloat16", batch_norm="before", dropout=0.1, rescale=0.5)
    *others, logits = model.layers
    assert {layer.compute_dtype for layer in others} == {"bfloat16"}
    assert {layer.variable_dtype for layer in model.layers} == {"float32"}
    assert logits.compute_dtype == "float32"
    assert {layer.compute_dtype for layer in build().layers} == {"float32"}
