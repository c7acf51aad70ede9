"""A Probe sees what the functions see, and training does not notice it."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from labkit.diagnostics import Probe, activations, updates
from labkit.training import fit

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)).astype("float32"), RNG.integers(3, size=20)


def network():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(8, "relu", name="a"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, name="logits"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    return model


def fit_keras(model, x, y, **kwargs):
    return model.fit(x, y, verbose=0, **kwargs)


def fit_labkit(model, x, y, **kwargs):
    return fit(model, x, y, verbose=0, **kwargs)


every_engine = pytest.mark.parametrize("train", [fit_keras, fit_labkit])


@every_engine
def test_probe_measures_before_training_and_after_each_epoch(train):
    probe = Probe(X[:6], Y[:6])
    train(network(), X, Y, epochs=2, batch_size=5, callbacks=[probe])
    assert [*probe.table.layer] == ["a", "logits"] * 3
    assert [*probe.table.epoch] == [0, 0, 1, 1, 2, 2]
    assert [*probe.table.step] == [0, 0, 4, 4, 8, 8]
    assert [*probe.activations.epoch.unique()] == [0, 1, 2]


@every_engine
def test_probe_finds_what_the_functions_find(train):
    model, probe = network(), Probe(X[:6], Y[:6])
    starts = updates(model, X[:6], Y[:6]), activations(model, X[:6])
    train(model, X, Y, epochs=2, batch_size=5, callbacks=[probe])
    ends = updates(model, X[:6], Y[:6]), activations(model, X[:6])
    for epoch, tables in ((0, starts), (2, ends)):
        for recorded, expected in zip((probe.table, probe.activations), tables, strict=True):
            found = recorded[recorded.epoch == epoch].drop(columns=["epoch", "step"])
            pd.testing.assert_frame_equal(found.reset_index(drop=True), expected, rtol=1e-4)


@pytest.mark.slow
@every_engine
def test_training_gives_the_same_numbers_with_and_without_probe(train):
    plain = train(network(), X, Y, epochs=3, batch_size=5, validation_split=0.2)
    probe = Probe(X[:6], Y[:6])
    probed = train(network(), X, Y, epochs=3, batch_size=5, validation_split=0.2, callbacks=[probe])
    assert probed.history == plain.history


def test_probe_leaves_training_in_its_compiled_loop():
    history = fit_labkit(network(), X, Y, epochs=1, callbacks=[Probe(X, Y)])
    assert history.engine in ("XLA loop", "graph loop")


def test_a_second_fit_counts_on_whatever_keras_calls_its_epochs():
    model, probe = network(), Probe(X, Y)
    fit_labkit(model, X, Y, epochs=1, callbacks=[probe])
    fit_labkit(model, X, Y, epochs=1, callbacks=[probe])
    fit_labkit(model, X, Y, epochs=3, initial_epoch=2, callbacks=[probe])
    assert [*probe.table.epoch.unique()] == [0, 1, 2, 3]
    assert [*probe.table.step.unique()] == [0, 1, 2, 3]


def test_a_probe_that_joins_later_starts_at_the_epoch_it_joins():
    model, probe = network(), Probe(X, Y)
    fit_labkit(model, X, Y, epochs=2)
    fit_labkit(model, X, Y, epochs=3, initial_epoch=2, callbacks=[probe])
    assert [*probe.table.epoch.unique()] == [2, 3]


def test_after_a_new_compile_probe_measures_the_new_optimizer():
    model, probe = network(), Probe(X, Y)
    fit_labkit(model, X, Y, epochs=1, callbacks=[probe])
    model.compile(keras.optimizers.SGD(0.0), model.loss)
    fit_labkit(model, X, Y, epochs=1, callbacks=[probe])
    table = probe.table.set_index("epoch")
    assert (table.update_norm[1] > 0).all()
    assert (table.update_norm[2] == 0).all()


def test_every_skips_epochs_but_never_the_start():
    probe = Probe(X, Y, every=2)
    fit_labkit(network(), X, Y, epochs=5, callbacks=[probe])
    assert [*probe.table.epoch.unique()] == [0, 2, 4]


def test_a_probe_serves_one_model():
    probe = Probe(X, Y)
    fit_labkit(network(), X, Y, callbacks=[probe])
    with pytest.raises(ValueError, match="give each model a Probe"):
        fit_labkit(network(), X, Y, callbacks=[probe])


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_every_must_be_a_whole_number_of_epochs(every):
    with pytest.raises(ValueError, match="every must be a whole number of epochs"):
        Probe(X, Y, every=every)


def test_a_probe_that_has_seen_nothing_has_empty_tables():
    assert Probe(X, Y).table.empty
    assert Probe(X, Y).activations.empty
