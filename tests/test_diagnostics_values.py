import keras
import numpy as np
import pytest
from keras import layers

from labkit import diagnostics, models


def compiled(*stack, n_inputs=2):
    model = keras.Sequential([keras.Input((n_inputs,)), *stack])
    model.compile("sgd", "mse")
    return model


def test_values_hold_what_enters_and_leaves_every_layer():
    model = compiled(layers.Dense(2, activation="relu", name="a"), layers.Dense(1, name="b"))
    model.layers[0].set_weights([np.array([[1.0, -1.0], [0.0, 0.0]]), np.array([0.5, 0.5])])
    found = diagnostics.values(model, np.array([[1.0, 9.0], [2.0, 9.0]]))
    assert list(found) == ["activations", "pre_activations", "weights"]
    assert found["pre_activations"]["a"].tolist() == [1.5, -0.5, 2.5, -1.5]
    assert found["activations"]["a"].tolist() == [1.5, 0, 2.5, 0]
    assert found["weights"]["a"].tolist() == [1, -1, 0, 0]
    assert list(found["activations"]) == ["a", "b"]


def test_values_of_gradients_are_those_of_the_loss():
    model = compiled(layers.Dense(1, name="a"))
    model.layers[0].set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    x, y = np.array([[1.0, 2.0]]), np.array([[0.0]])
    found = diagnostics.values(model, x, y)
    assert found["gradients"]["a"] == pytest.approx([2.0, 4.0])  # 2 (w x - y) x


def test_values_agree_with_the_tables():
    keras.utils.set_random_seed(0)
    model = models.mlp(6, 3, hidden=(5, 4), activation="tanh", batch_norm="before")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 6)).astype("float32"), rng.integers(0, 3, 8)
    before = [array.copy() for array in model.get_weights()]
    found = diagnostics.values(model, x, y)
    forward = diagnostics.activations(model, x).set_index("layer")
    back = diagnostics.gradients(model, x, y).set_index("layer")
    for name, values in found["activations"].items():
        assert values.std() == pytest.approx(forward["std"][name], rel=1e-5)
    for name, values in found["gradients"].items():
        assert np.sqrt((values**2).mean()) == pytest.approx(back.gradient_rms[name], rel=1e-5)
        assert values.size == found["weights"][name].size
    assert list(found["activations"]) == list(forward.index)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_values_need_a_built_model_and_as_many_labels_as_rows():
    with pytest.raises(ValueError, match="built Sequential"):
        diagnostics.values(keras.Sequential([layers.Dense(1)]), np.ones((2, 2)))
    with pytest.raises(ValueError, match="as many labels"):
        diagnostics.values(compiled(layers.Dense(1)), np.ones((2, 2)), np.ones((3, 1)))
