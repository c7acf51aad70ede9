"""Runs of hours: one that was killed goes on where it was, and is kept as a whole."""

import sys

import keras
import numpy as np
import pandas as pd
import pytest

from labkit import training
from labkit.audit import kept
from labkit.models import mlp
from studies import resume
from studies import study as studies_study
from studies.study import Study, System

X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Keep every epoch, in a cache of the test's own."""
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(resume, "EVERY", 0.0)
    return tmp_path / "cache" / "studies"


class Killed(BaseException):
    """What no callback and no worker catches."""


class Kill(keras.callbacks.Callback):
    """End the process, so to speak, when an epoch begins (counted from 1)."""

    def __init__(self, epoch, error=Killed):
        super().__init__()
        self.epoch, self.error = epoch, error

    def on_epoch_begin(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            raise self.error("out of time")


def network(optimizer="adam", dropout=0.0, hidden=3):
    keras.utils.set_random_seed(0)
    model = mlp(4, 2, hidden=(hidden,), dropout=dropout)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def train(path, *, kill=None, epochs=8, own=(), build=network):
    """Train, or go on; return the model and the epochs that this process did."""
    model = build()
    others = [] if kill is None else [Kill(kill)]
    callbacks = [*own, resume.Resume(path, own), *others]
    history = training.fit(
        model,
        X,
        Y,
        epochs=epochs,
        validation_data=(X, Y),
        shuffle=False,
        callbacks=callbacks,
        verbose=0,
    )
    return model, history


@pytest.mark.slow
def test_an_interrupted_run_ends_like_one_that_was_not(tmp_path):
    def plateau():
        return [keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=1, cooldown=1)]

    def build():
        return network(keras.optimizers.Adam(0.01), dropout=0.2)

    whole, history = train(tmp_path / "a", own=plateau(), build=build)
    for kill in (3, 6):
        with pytest.raises(Killed):
            train(tmp_path / "b", kill=kill, own=plateau(), build=build)
    again, rest = train(tmp_path / "b", own=plateau(), build=build)
    assert rest.epoch == [5, 6, 7]
    assert int(again.optimizer.iterations) == int(whole.optimizer.iterations) == 24
    np.testing.assert_allclose(rest.history["val_loss"], history.history["val_loss"][5:], rtol=1e-5)
    assert rest.history["learning_rate"] == pytest.approx(history.history["learning_rate"][5:])
    rows = resume.read(tmp_path / "b")["rows"]  # the last epoch is not kept: nothing follows it
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["loss"] for row in rows] == pytest.approx(history.history["loss"][:7], rel=1e-5)


def test_patience_counts_on_and_the_best_weights_come_back(tmp_path):
    def stopping():
        return [keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)]

    def build():
        return network(keras.optimizers.SGD(0.0))

    with pytest.raises(Killed):
        train(tmp_path / "a", kill=3, own=stopping(), build=build)
    own = stopping()
    model, history = train(tmp_path / "a", own=own, epochs=50, build=build)
    assert history.epoch == [2, 3, 4]  # the first was the best, and four followed
    assert (own[0].best_epoch, own[0].wait) == (0, 4)
    np.testing.assert_array_equal(model.get_weights()[0], build().get_weights()[0])


@pytest.mark.parametrize("content", [b"", b"no pickle", None])
def test_what_does_not_fit_is_left_alone(tmp_path, content):
    path = tmp_path / "a"
    if content is None:  # another network
        with pytest.raises(Killed):
            train(path, kill=3, build=wider)
    else:
        path.write_bytes(content)
    assert train(path, epochs=2)[1].epoch == [0, 1]


def wider():
    return network(hidden=5)


def test_earlier_epochs_and_their_seconds_are_put_in_front(tmp_path):
    last = {"variant": "a", "seed": 1, "seconds": 5.0, "steps": 9, "error": ""}
    run = pd.DataFrame([{"epoch": 3, "loss": 0.1, **last}, {"epoch": 4, "loss": 0.05, **last}])
    assert resume.whole(run, tmp_path / "none") is run
    with pytest.raises(Killed):
        train(tmp_path / "a", kill=4)
    found = resume.whole(run, tmp_path / "a")  # three epochs were kept, the third done again
    assert found["epoch"].tolist() == [1, 2, 3, 4]
    assert found["loss"].tolist()[2:] == [0.1, 0.05]
    before = resume.read(tmp_path / "a")["rows"]
    assert found["seconds"].iloc[0] == 5 + before[0]["seconds"] + before[1]["seconds"]
    assert list(found) == list(run)
    assert set(found["variant"]) == {"a"}


KILL_AT = 0  # the epoch that a process does not begin


def callbacks():
    return [keras.callbacks.EarlyStopping(patience=4), Kill(KILL_AT, OSError)]


def prepare(data, part):
    return X, {"first": Y, "second": 1 - Y}


def two_heads():
    """Build a network of two outputs that learns nothing."""
    inputs = keras.Input((4,))
    heads = {name: keras.layers.Dense(2, name=name)(inputs) for name in ("first", "second")}
    model = keras.Model(inputs, heads)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), dict.fromkeys(heads, loss))
    return model


@pytest.mark.slow
def test_a_study_keeps_all_epochs_of_a_run_that_was_interrupted(tmp_path, cache, monkeypatch):
    system = System(
        "long",
        two_heads,
        "one",
        "noise",
        32,
        50,
        seeds=2,
        callbacks=callbacks,
        curves=True,
        backup=True,
    )
    study, folder = Study("tiny_study", [system], prepare, "long"), tmp_path / "kept"
    monkeypatch.setattr(sys.modules[__name__], "KILL_AT", 3)
    with pytest.warns(RuntimeWarning, match="out of time"):
        assert studies_study.main(study, ["--jobs", "1"], folder) == 1
    assert len(list(cache.glob("tiny_study_long_seed_*.pickle"))) == 2
    assert len(kept.rows("tiny_study", folder)) == 0
    monkeypatch.setattr(sys.modules[__name__], "KILL_AT", 0)
    assert studies_study.main(study, ["--jobs", "1"], folder) == 0
    rows = kept.rows("tiny_study", folder)
    assert rows["seed"].tolist() == [0, 1]
    assert rows["epochs"].tolist() == [5, 5]  # patience of 4, counted on
    assert rows["updates"].tolist() == [15, 15]
    assert rows["best_val_loss_epoch"].tolist() == [1, 1]
    assert kept.curves("tiny_study", folder)["epoch"].tolist() == 2 * [1, 2, 3, 4, 5]
    assert not list(cache.iterdir())
