"""Labels of every kind, right and wrong, in every form of loss: as in ``Model.fit``, never NaN."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses
from thorough import rows

from labkit import training
from labkit.training import labels as label_check
from labkit.training.labels import BadLabels

ROWS = 24
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
Y = np.arange(ROWS) % 3
CE = losses.SparseCategoricalCrossentropy


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.outer = layers.Dense(3)

    def call(self, x):
        return self.outer(x)


def function_of_sparse(y, y_pred):
    return losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)


def sequential(loss):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="kind")])
    model.compile("sgd", loss)
    return model


def with_names(loss):
    x = keras.Input((4,))
    model = keras.Model(x, {"kind": layers.Dense(3, name="kind")(x)})
    model.compile("sgd", loss)
    return model


def subclassed(loss):
    model = Subclassed()
    model.compile("sgd", loss)
    return model


# Everything that takes class indices: build, and how the labels are given
FORMS = {
    "a loss": (lambda: sequential(CE(True)), lambda y: y),
    "a loss with another name": (lambda: sequential(CE(True, name="ce")), lambda y: y),
    "a list": (lambda: sequential([CE(True)]), lambda y: y),
    "a dict": (lambda: with_names({"kind": CE(True)}), lambda y: {"kind": y}),
    "a function": (lambda: sequential(function_of_sparse), lambda y: y),
    "a subclass": (lambda: subclassed(CE(True)), lambda y: y),
    "floats": (lambda: sequential(CE(True)), lambda y: y.astype("float32")),
    "a column": (lambda: sequential(CE(True)), lambda y: y[:, None]),
    "ignore_class": (lambda: sequential(CE(ignore_class=-1, from_logits=True)), lambda y: y),
}
WRONG = {"too large": 3, "too small": -2, "far too large": 10**6}
# XLA compiled where it changes nothing, in any case, and not at all
WAYS = ("repeated", True, False)


def labels(wrong, row=17):
    y = Y.copy()
    y[row] = wrong
    return y


FEW = ("a loss", "a dict", "ignore_class")


@pytest.mark.slow
@pytest.mark.parametrize("form", rows(FORMS, FEW))
def test_a_label_outside_the_classes_is_an_error_in_every_form(form):
    build, given = FORMS[form]
    model = build()
    for wrong in WRONG.values():
        for way in WAYS:
            with pytest.raises(BadLabels, match="class indices from 0 to 2") as caught:
                training.fit(model, X, given(labels(wrong)), verbose=0, jit_compile=way)
            assert isinstance(caught.value, (ValueError, tf.errors.InvalidArgumentError))
            assert str(wrong) in str(caught.value)
    with pytest.raises(tf.errors.InvalidArgumentError):
        build().fit(X, given(labels(3)), verbose=0)


@pytest.mark.parametrize("form", rows(FORMS, ("a loss",)))
def test_a_label_outside_the_classes_is_an_error_in_validation(form):
    build, given = FORMS[form]
    model, held = build(), (X, given(labels(3)))
    for way in WAYS:
        with pytest.raises(BadLabels, match="got the label 3"):
            training.fit(model, X, given(Y), validation_data=held, verbose=0, jit_compile=way)


def test_a_label_that_is_not_a_number_is_an_error():
    y = Y.astype("float32")
    y[5] = np.nan
    for way in WAYS:
        with pytest.raises(tf.errors.InvalidArgumentError):
            training.fit(sequential(CE(True)), X, y, verbose=0, jit_compile=way)


def test_a_row_without_weight_may_hold_no_wrong_label_either():
    weight = np.ones(ROWS)
    weight[17] = 0
    with pytest.raises(BadLabels):
        training.fit(sequential(CE(True)), X, labels(3), sample_weight=weight, verbose=0)


KINDS = ("int8", "uint8", "int16", "uint16", "int32", "int64", "uint32", "uint64", "float16")
KINDS += ("float32", "float64")


@pytest.mark.parametrize("kind", rows([*KINDS, "bool"], ("uint8", "int64", "float32", "bool")))
def test_labels_of_every_dtype_give_the_numbers_of_model_fit(kind):
    y = (Y > 0 if kind == "bool" else Y).astype(kind)
    results = []
    for fit in (keras.Model.fit, training.fit):
        keras.utils.set_random_seed(1)
        model = sequential(CE(True))
        try:
            results.append(fit(model, X, y, epochs=2, batch_size=7, verbose=0).history["loss"])
        except (TypeError, ValueError, tf.errors.OpError) as error:
            results.append(type(error).__name__)
    if isinstance(results[0], str):
        assert results[0] == results[1]
    else:
        np.testing.assert_allclose(results[1], results[0], rtol=1e-5)


def test_ignored_labels_are_right_labels_with_and_without_xla():
    keras.utils.set_random_seed(1)
    model = sequential(CE(ignore_class=-1, from_logits=True))
    start = model.get_weights()
    losses_of = []
    for fit, options in (
        (keras.Model.fit, {}),
        (training.fit, {"jit_compile": "repeated"}),
        (training.fit, {"jit_compile": False}),
    ):
        model.set_weights(start)
        history = fit(model, X, labels(-1), batch_size=8, shuffle=False, verbose=0, **options)
        losses_of.append(history.history["loss"])
    np.testing.assert_allclose(losses_of[1:], [losses_of[0]] * 2, rtol=1e-5)


def test_numpy_numbers_are_numbers():
    options = {
        "batch_size": np.int64(16),
        "epochs": np.int32(2),
        "initial_epoch": np.uint8(1),
        "validation_batch_size": np.int64(5),
        "validation_freq": np.array([2]),
        "verbose": np.int64(0),
        "class_weight": {np.int64(0): np.float32(2.0)},
    }
    history = training.fit(sequential(CE(True)), X, Y, validation_split=np.float32(0.25), **options)
    assert history.epoch == [1]
    assert len(history.history["val_loss"]) == 1
    training.fit(sequential(CE(True)), X, Y, validation_data=(X, Y), validation_freq=np.int8(1))


@pytest.mark.parametrize("name", ["batch_size", "epochs", "validation_batch_size"])
@pytest.mark.parametrize("value", [True, 2.5, "3", [4], -1])
def test_what_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        training.fit(sequential(CE(True)), X, Y, **{name: value})


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", CE(True)])
def test_the_loss_is_not_asked_about_class_indices_that_plainly_fit(monkeypatch, loss):
    model = sequential(loss)
    monkeypatch.setattr(model, "compute_loss", None)  # what a question would call
    label_check.check(model, (tf.constant(X), tf.constant(Y)))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_the_loss_is_asked_about_a_class_index_outside_the_output(wrong):
    model = sequential(CE(True))
    with pytest.raises(BadLabels, match=f"got the label {wrong}"):
        label_check.check(model, (tf.constant(X), tf.constant([*Y[1:], wrong])))
