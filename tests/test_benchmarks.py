"""The benchmarks' own machinery: batches, limits, the kept table, and JAX against Keras."""

import argparse
import csv
import json
import sys

import keras
import numpy as np
import pytest

from benchmarks import clock, jax_loop, report, report_b_clocks
from labkit.clocks import codes, pictures, reports


@pytest.fixture
def options(monkeypatch):
    """Twenty minutes of each hour as noise of 16 x 16 pixels, and one short epoch."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 16, 16)).astype("uint8")
    drawn = pictures.Pictures(noise, np.arange(240, dtype="int32") * 3, None)
    monkeypatch.setattr(report_b_clocks, "pictures_of", lambda options: drawn)
    return argparse.Namespace(size=16, level="upright", epochs=2, limit=None, jobs=1, write=None)


def test_an_order_holds_every_row_once_and_the_last_batch_weighs_as_much_as_it_has_rows():
    rows, weights = jax_loop._batches(np.random.default_rng(0), 10, 4)
    assert sorted(rows[weights > 0]) == list(range(10))
    np.testing.assert_array_equal(weights[:2], 1)
    np.testing.assert_array_equal(weights[2], [2, 2, 0, 0])  # the mean over 4 is that over 2


def test_full_batches_all_weigh_one():
    assert (jax_loop._batches(np.random.default_rng(0), 8, 4)[1] == 1).all()


def test_a_measured_network_fills_every_column_of_the_file(options, tmp_path):
    row = report_b_clocks.measure("hour angle, pictures halved", 0, options)
    assert list(row) == list(report_b_clocks.COLUMNS)
    assert (row["n_train"], row["n_test"], row["epochs"], row["said"]) == (192, 48, 2, None)
    assert row["parameters"] == reports.REPORT_B_CLOCKS[row["network"]].build(16).count_params()
    assert 0 <= row["mean"] <= 360
    report_b_clocks.append(row, tmp_path / "kept.csv")
    report_b_clocks.append(row, tmp_path / "kept.csv")
    with open(tmp_path / "kept.csv", newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 2
    assert float(written[1]["mean"]) == row["mean"]


def test_a_network_that_diverged_has_no_error():
    code = codes.number("hours")
    errors = report_b_clocks.errors(code, {"time": np.array([[1.0], [np.nan]])}, [60, 60])
    assert set(errors.values()) == {None}
    assert report_b_clocks.errors(code, {"time": np.array([[1.0]])}, [60])["exact"] == 1


def test_training_stops_at_the_limit_but_not_before_an_epoch_is_done(options):
    options.limit, options.epochs = 1e-3, 50
    assert report_b_clocks.measure("hour angle, pictures halved", 0, options)["epochs"] == 1


def test_a_file_of_other_columns_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match="name another file"):
        report_b_clocks.check_file(tmp_path / "other.csv")
    report_b_clocks.check_file(tmp_path / "none.csv")


def test_the_benchmark_prints_its_rows_as_one_json_object(options, monkeypatch, capsys):
    command = ["x", "--only", "hour angle, pictures halved", "--size", "16", "--epochs", "1"]
    monkeypatch.setattr(sys, "argv", [*command, "--json"])
    report_b_clocks.main()
    printed = json.loads(capsys.readouterr().out)
    assert [row["network"] for row in printed["rows"]] == ["hour angle, pictures halved"]
    assert printed["rows"][0]["device"] == report.device()


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="needs KERAS_BACKEND=jax")
@pytest.mark.parametrize("name", ["hour class, minute class", "hour angle"])
def test_the_loop_on_jax_makes_the_updates_of_keras(name):
    rng, row = np.random.default_rng(0), reports.REPORT_B_CLOCKS[name]
    x = rng.integers(0, 256, (40, 8, 8)).astype("uint8")
    y = row.code.encode(rng.integers(0, 720, 40))
    models = [_without_dropout(row) for _ in range(2)]
    jax_loop.fit(models[0], x, y, batch_size=16, epochs=2, seed=3)
    orders = np.random.default_rng(3)
    orders.permutation(40)  # spent on compiling
    for _ in range(2):
        rows = orders.permutation(40)
        part = {head: targets[rows] for head, targets in y.items()}
        models[1].fit(x[rows], part, batch_size=16, shuffle=False, verbose=0)
    for mine, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def _without_dropout(row):
    keras.utils.set_random_seed(0)
    model = row.build(8)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return reports.compile_as_reported(row, model)


def test_a_network_trains_no_longer_than_it_may():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1))
    short = model.fit(x, x, epochs=50, verbose=0, callbacks=[clock.StopAfter(0.0)])
    long = model.fit(x, x, epochs=3, verbose=0, callbacks=[clock.StopAfter(100.0)])
    assert len(short.epoch) == 1
    assert len(long.epoch) == 3
