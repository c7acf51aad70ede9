"""Results become single values, however a metric or a measure hands them over."""

import datetime
import fractions
import json

import keras
import numpy as np
import pytest

from labkit.experiments import compare
from labkit.experiments.values import columns, plain

X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(24) % 3]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.0), 2.0),
        (keras.ops.convert_to_tensor(3), 3),
        (keras.ops.cast(0.5, "bfloat16"), 0.5),
        (fractions.Fraction(1, 2), 0.5),
        (np.str_("a"), "a"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (None, None),
    ],
)
def test_plain_gives_what_json_can_hold(value, expected):
    assert plain(value) == expected
    assert type(json.loads(json.dumps(plain(value)))) is type(expected)


def test_columns_name_the_place_of_each_entry():
    assert columns("f1", np.array([0.5, 1.0])) == {"f1_0": 0.5, "f1_1": 1.0}
    assert columns("m", [[1, 2], [3, 4]]) == {"m_0_0": 1, "m_0_1": 2, "m_1_0": 3, "m_1_1": 4}
    assert columns("d", {"a": 1, "b": {"c": np.ones(1)}}) == {"d_a": 1.0, "d_b_c_0": 1.0}
    assert columns("loss", np.float32(0.5)) == {"loss": 0.5}
    assert columns("note", "text") == {"note": "text"}
    assert np.isnan(columns("none", None)["none"])
    assert columns("big", np.zeros((9, 999))) == {"big": "an array of shape (9, 999)"}


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    metrics = [keras.metrics.F1Score(), keras.metrics.AUC()]
    model.compile("sgd", "categorical_crossentropy", metrics=metrics)
    return model


@pytest.mark.slow
def test_a_metric_of_every_class_becomes_columns_and_the_run_is_kept(tmp_path):
    for _ in range(2):  # trained, then found
        frame = compare(
            {"a": build, "b": build}, (X, Y), validation=(X, Y), seeds=2, n_jobs=1, store=tmp_path
        )
        names = [f"{part}f1_score_{at}" for part in ("", "val_") for at in range(3)]
        assert frame[names].notna().all(axis=None)
        assert set(frame["error"]) == {""}
        assert [name for name in frame if "auc" in name] == ["auc", "val_auc"]
    assert len(list(tmp_path.iterdir())) == 4


def test_what_a_callback_adds_to_the_results_does_not_cost_the_run():
    class Noting(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs.update({"seed": 7, "note": "n"} if epoch else {})

    frame = compare({"a": build}, (X, Y), seeds=1, n_jobs=1, epochs=2, callbacks=[Noting()])
    assert frame["seed"].tolist() == [0, 0]
    assert frame["seed_metric"].isna().tolist() == [True, False]
    assert frame["note"].tolist()[1] == "n"


def test_numbers_of_numpy_are_converted_where_they_are_checked(tmp_path):
    settings = {"epochs": np.int64(2), "batch_size": np.int32(8), "n_jobs": np.int64(1)}
    for seeds in (np.arange(2), np.int64(2), (np.uint8(s) for s in range(2)), np.array(2)):
        frame = compare(
            {"a": build},
            (X, Y),
            validation=(X, Y),
            seeds=seeds,
            validation_freq=np.int64(2),
            store=tmp_path,
            **settings,
        )
        assert frame["seed"].tolist() == [0, 0, 1, 1]
        assert frame["val_loss"].isna().tolist() == [True, False] * 2
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ValueError, match=r"2\*\*32"):
        compare({"a": build}, (X, Y), seeds=[2**32])
    with pytest.raises(ValueError, match="whole numbers"):
        compare({"a": build}, (X, Y), seeds=np.array([0.5]))
