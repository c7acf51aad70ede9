"""The file of the reader that comes with labkit: what is written is what is read, or refused."""

from functools import partial

import keras
import numpy as np
import pytest

from benchmarks import clock_levels, clock_shipping, clock_training
from labkit import clocks
from labkit.clocks import networks, pictures, shipped
from labkit.clocks.prior import TurnPrior


@pytest.fixture(scope="module")
def untrained():
    keras.utils.set_random_seed(0)
    return shipped.assembled(*(part.get_weights() for part in shipped.build()))


@pytest.fixture(scope="module")
def kept(untrained, tmp_path_factory):
    path = tmp_path_factory.mktemp("reader") / "reader.npz"
    shipped.save(untrained, path)
    return path


@pytest.mark.slow
def test_half_precision_hardly_changes_what_is_read(untrained, kept):
    shown = clocks.render(24, "wild", seed=3, n_jobs=1)
    before, after = (clocks.read(shown.x, each) for each in (untrained, shipped.load(kept)))
    assert np.allclose(before.confidences, after.confidences, atol=2e-3)
    maps, others = (
        each.predict(shown.x[:4], verbose=0) for each in (untrained, shipped.load(kept))
    )
    assert all(np.allclose(maps[name], others[name], atol=0.02) for name in maps)


def test_the_file_has_less_than_a_megabyte(kept):
    assert kept.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("locator_00"), "arrays locator_00"),
        (lambda arrays: arrays.update(locator_00=np.zeros(3, np.float16)), "of shape"),
        (lambda arrays: arrays.update(locator_00=arrays["locator_00"] * np.nan), "finite"),
        (lambda arrays: arrays.update(locator_00=np.array([{}])), "pickled"),
        (lambda arrays: arrays.update(locator_00=np.zeros((5, 5, 1, 16), int)), "floats"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(kept, tmp_path, change, message):
    with np.load(kept) as stored:
        arrays = dict(stored)
    change(arrays)
    np.savez(tmp_path / "reader.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        shipped.load(tmp_path / "reader.npz")


def test_the_prior_decides_where_the_votes_do_not():
    layer = TurnPrior()
    votes = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0]], np.float32)
    assert np.allclose(layer(votes), votes)
    layer.set_weights([np.array([1.0, 0.0, -1.0])])
    assert np.argmax(layer(votes), axis=1).tolist() == [0, 1]


def test_a_dial_reader_without_prior_has_the_layers_that_it_had():
    small = {"filters": (4, 4, 4), "context": (4,)}
    plain, more = (networks.dial_reader(prior=flag, **small) for flag in (False, True))
    assert len(more.weights) == len(plain.weights) + 1
    assert list(plain.output) == list(more.output) == ["twelve", "hour", "minute"]


def test_a_summary_tells_whether_confidence_tells():
    readings = clocks.Readings(np.array([10, 20, 30, 40]), np.array([0.95, 0.99, 0.5, 0.2]))
    found = clock_levels.summary(np.array([10, 80, 31, 400]), readings)
    assert (found["sure"], found["sure_within_1"]) == (0.5, 0.5)
    assert (found["within_1"], found["beyond_30"], found["n"]) == (0.5, 0.5, 4)
    unsure = clocks.Readings(readings.times, readings.confidences / 2)
    assert clock_levels.summary(readings.times, unsure)["sure_within_1"] is None


def test_the_scenes_of_pictures_are_those_that_were_painted():
    shown, scenes = clocks.render(3, "wild", size=32, seed=5), pictures.scenes(3, "wild", 5)
    assert np.allclose(shown.pose, [pictures.dial_pose(one) for one in scenes], atol=1e-6)


@pytest.mark.slow
def test_a_stopped_training_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(clock_training, "FRESH", 8)
    monkeypatch.setattr(clock_training, "ROWS", 8)
    first = clock_training.Trainer(tmp_path, rounds=3)
    first.run(until=1)
    again = clock_training.Trainer(tmp_path, rounds=3)
    assert again.done == 1
    for one, other in zip(first.models, again.models, strict=True):
        assert int(other.optimizer.iterations) == int(one.optimizer.iterations) == 1
        pairs = zip(one.get_weights(), other.get_weights(), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


def test_the_learning_rate_rises_stays_and_falls():
    rates = [clock_training.learning_rate(number, 100) for number in range(100)]
    assert rates[0] < rates[5] == rates[50] == clock_training.PEAK
    assert rates[99] < 0.03 * clock_training.PEAK


@pytest.fixture(scope="module")
def reader():
    return clocks.load_reader()


@pytest.mark.parametrize("level", clock_training.LEVELS)
def test_the_shipped_reader_reads_fresh_pictures_as_well_as_its_record_says(reader, level):
    said = shipped.record()["levels"][level]
    n = 250
    found = clock_levels.measured(reader, n, seed=77, levels=(level,))[level]
    for share in ("exact", "within_1", "within_5"):
        spread = (max(said[share] * (1 - said[share]), 0.002) / n) ** 0.5
        assert abs(found[share] - said[share]) < 4 * spread, share
    assert shipped.record()["bytes"] == shipped.WEIGHTS.stat().st_size < 1_000_000


def test_a_picture_file_is_read_without_any_training(reader, tmp_path):
    from PIL import Image

    shown = clocks.render(2, "upright", seed=3)
    Image.fromarray(shown.x[1]).save(tmp_path / "clock.png")
    readings = clocks.read(tmp_path / "clock.png")
    assert clocks.common_sense_error(shown.y[1:], readings.times)[0] <= 1


@pytest.mark.thorough  # the others see each part of it
def test_one_command_trains_writes_and_measures_a_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(clock_training, "FRESH", 8)
    monkeypatch.setattr(clock_training, "ROWS", 8)
    monkeypatch.setattr(clock_shipping, "MEASURED", 4)
    wild = partial(clock_levels.measured, levels=("wild",))
    monkeypatch.setattr(clock_levels, "measured", wild)
    monkeypatch.setattr(clock_shipping, "calibrate", partial(clock_shipping.calibrate, n=4))
    monkeypatch.setattr(clock_shipping.training, "quicker_policy", lambda: "float32")
    path = tmp_path / "reader.npz"
    record = clock_shipping.ship(tmp_path / "run", 1, path=path)
    assert shipped.record(path.with_suffix(".json"))["levels"] == record["levels"]
    assert record["levels"]["wild"]["n"] == 4
    assert record["bytes"] == path.stat().st_size
    assert record["recipe"]["rounds"] == 1
    assert shipped.load(path).output["time"].shape == (None, 720)
