"""The networks that read a clock: what their layers promise, and that the parts fit."""

import keras
import numpy as np
import pytest

from labkit import clocks
from labkit.clocks import networks, poses, recipe
from labkit.clocks.codes import hand_angles
from labkit.clocks.layers import DialPlace, NumeralVote, PolarPicture, ReadTime, RoundPadding


@pytest.fixture(scope="module")
def upright():
    return clocks.render(12, "upright", size=96, n_jobs=1)


def unroll(pictures, numbers, angles=240, **settings):
    return np.asarray(PolarPicture(angles, 40, **settings)([pictures, numbers]))[..., 0]


def sharp(angle, angles=240):
    """Return logits that are sure of one direction."""
    return 50.0 * recipe.direction_map(np.atleast_1d(angle), angles)


def test_an_unrolled_dial_has_its_hands_in_the_rows_of_their_directions(upright):
    numbers, turn = poses.split(upright.pose)
    dials = unroll(upright.x, numbers)
    for dial, start, angle in zip(dials, turn, hand_angles(upright.y)[1], strict=True):
        row = round((start + angle) / (2 * np.pi) * 240) % 240
        middle = dial[:, 20:24].mean(axis=1)  # half way out, where only a hand is dark
        assert middle[row] < 0.6 * np.median(middle)


def test_a_turned_dial_is_the_same_picture_moved_round():
    one = clocks.scene.draw_scenes(1, "upright", np.random.default_rng(0))[0]
    one |= {"hour": 1.0, "minute": 2.0, "grain": 0.0, "shade": 0.0, "shadow": 0.0, "noise": 0.0}
    quarter = one | {"turn": np.pi / 2}
    quarter["camera"] = clocks.scene.camera(quarter)
    pictures = np.stack([clocks.paint.paint(each, 150) for each in (one, quarter)])
    pose = np.stack([clocks.scene.dial_pose(each) for each in (one, quarter)])
    dials = unroll(pictures, poses.split(pose)[0])[:, :, :36]
    assert np.abs(np.roll(dials[0], 60, axis=0) - dials[1]).mean() < 0.01
    assert np.abs(dials[0] - dials[1]).mean() > 0.03


def test_unrolling_interpolates_between_four_pixels():
    ramp = np.tile(np.arange(0, 100, 2, dtype=np.uint8), (50, 1))[None]  # 2 a column
    place = np.array([[0.5, 0.5, 0.3, 0, 0.3, 0, 0]], np.float32)
    dial = unroll(ramp, place, angles=60, inner=0.0, outer=1.0) * 255
    to_the_right = 2 * (50 * (0.5 + 0.3 * np.linspace(0, 1, 40)) - 0.5)
    assert np.allclose(dial[0, 15], to_the_right, atol=1e-3)


def test_a_place_outside_of_the_picture_repeats_its_edge():
    picture = np.full((1, 40, 40), 200, np.uint8)
    place = np.array([[1.5, -0.5, 0.4, 0, 0.4, 0, 0]], np.float32)
    assert np.allclose(unroll(picture, place) * 255, 200)


def test_jitter_acts_in_training_only(upright):
    numbers = poses.split(upright.pose)[0]
    layer = PolarPicture(120, 20, jitter=0.02, seed=0)
    calm, again = (np.asarray(layer([upright.x, numbers])) for _ in range(2))
    moved = np.asarray(layer([upright.x, numbers], training=True))
    assert np.array_equal(calm, again)
    assert not np.allclose(calm, moved)


def test_round_padding_continues_at_the_other_end():
    x = np.arange(6.0).reshape(1, 6, 1)
    padded = np.asarray(RoundPadding(2, 1)(x)).ravel()
    assert padded.tolist() == [4, 5, 0, 1, 2, 3, 4, 5, 0]
    assert np.asarray(RoundPadding(0, 0)(x)).shape == (1, 6, 1)


def test_a_padded_convolution_moves_with_its_input():
    conv = keras.Sequential(
        [keras.Input((24, 1)), RoundPadding(2, 2), keras.layers.Conv1D(3, 5, use_bias=False)]
    )
    x = np.random.default_rng(0).normal(size=(1, 24, 1)).astype("float32")
    moved = np.asarray(conv(np.roll(x, 7, axis=1)))
    assert np.allclose(np.roll(np.asarray(conv(x)), 7, axis=1), moved, atol=1e-5)


def test_every_numeral_votes_for_the_place_of_twelve():
    logits = np.zeros((1, 240, 12), np.float32)
    for k in range(12):
        logits[0, (100 + 20 * k) % 240, k] = 1  # numeral k stands k twelfths after twelve
    votes = np.asarray(NumeralVote()(logits))[0]
    assert votes[100] == 12
    assert np.delete(votes, 100).max() == 0


def test_a_dial_place_says_the_middle_before_training():
    place = np.asarray(DialPlace()(np.ones((2, 5))))
    assert np.allclose(place, [[0.5, 0.5, 0.35, 0, 0.35, 0, 0]] * 2)


def test_the_time_is_read_wherever_twelve_is():
    times = np.arange(0, 720, 7)
    hour, minute = hand_angles(times)
    turn = np.random.default_rng(0).uniform(0, 2 * np.pi, len(times))
    maps = [sharp(angle) for angle in (turn, turn + hour, turn + minute)]
    chances = np.asarray(ReadTime()(maps))
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert clocks.common_sense_error(times, chances.argmax(axis=1)).max() <= 1
    assert np.mean(chances.argmax(axis=1) == times) > 0.9


def test_the_correlation_is_the_sum_over_directions_written_out():
    rng = np.random.default_rng(0)
    logits = [rng.normal(size=(1, 240)).astype("float32") for _ in range(3)]
    twelve, hour, minute = (np.exp(each[0]) / np.exp(each[0]).sum() + 1e-6 for each in logits)
    fine = np.interp(np.arange(720) / 3, np.arange(241), np.append(hour, hour[0]))
    direction = np.arange(240)
    expected = np.array(
        [
            (twelve * fine[(3 * direction + t) % 720] * minute[(direction + 4 * t) % 240]).sum()
            for t in range(720)
        ]
    )
    assert np.allclose(np.asarray(ReadTime()(logits))[0], expected / expected.sum(), rtol=1e-4)


def test_without_twelve_eleven_times_look_alike():
    hour, minute = hand_angles(np.array([200]))
    nothing = np.zeros((1, 240), np.float32)
    around = 2 * np.pi * np.arange(240) / 240
    wide = [300 * np.cos(around[None] - angle) for angle in (hour, minute)]
    chances = np.asarray(ReadTime()([nothing, *wide]))[0]
    peaks = np.flatnonzero((chances > np.roll(chances, 1)) & (chances >= np.roll(chances, -1)))
    peaks = peaks[chances[peaks] > 0.3 * chances.max()]
    assert len(peaks) == 11
    assert np.allclose(np.diff(peaks), 720 / 11, atol=1.5)


def test_a_direction_is_shared_by_the_two_steps_beside_it():
    maps = recipe.direction_map(np.radians([0, 1.5, 2.25, 359.25]), 240)
    assert np.allclose(maps.sum(axis=1), 1)
    assert maps[0, 0] == 1
    assert maps[1, 1] == pytest.approx(1, abs=1e-5)
    assert np.allclose(maps[2, 1:3], 0.5)
    assert np.allclose(maps[3, [239, 0]], 0.5)


def test_turned_pictures_have_their_dials_where_the_turned_places_say(upright):
    pictures = clocks.render(40, "everything", size=96, n_jobs=1)
    place, _ = poses.split(pictures.pose)
    x, numbers = recipe.turned(pictures.x, place, np.random.default_rng(0))
    assert not np.array_equal(x, pictures.x)
    before, after = unroll(pictures.x, place), unroll(x, numbers)
    # a ring of one radius has the same greys, whatever way the dial is turned or mirrored
    assert np.allclose(before.mean(axis=1), after.mean(axis=1), atol=0.02)
    wrong = unroll(x, place)
    assert np.abs(before.mean(axis=1) - wrong.mean(axis=1)).max() > 0.05


def test_the_place_loss_is_quadratic_near_and_linear_far():
    true = np.zeros((3, 7), np.float32)
    off = true.copy()
    off[1, 0], off[2, 0] = 0.005, 0.05
    loss = np.asarray(recipe.place_loss(true, off)) * 7
    assert np.allclose(loss, [0, 0.125, 4.5], atol=1e-5)


def test_the_parts_have_the_shapes_that_the_docstrings_say():
    finding, reading = networks.locator(), networks.dial_reader()
    model = networks.reader(finding, reading)
    shapes = {name: tuple(output.shape) for name, output in model.output.items()}
    assert shapes.pop("time") == (None, 720)
    assert shapes.pop("place") == (None, 7)
    assert shapes == dict.fromkeys(("twelve", "hour", "minute"), (None, 240))
    assert model.count_params() == finding.count_params() + reading.count_params()
    assert networks.unrolled(reading).input_shape == [(None, 150, 150), (None, 7)]


def test_angles_that_twelve_numerals_cannot_share_are_refused():
    with pytest.raises(ValueError, match="multiple of 24"):
        networks.dial_reader(100)


def test_brightness_and_contrast_do_not_change_a_reading(upright):
    keras.utils.set_random_seed(0)
    model = networks.reader(networks.locator(96), networks.dial_reader(filters=(4, 4, 4, 4)))
    x = upright.x.astype("float32")
    bright, dim = (np.asarray(model(a * x + b)["time"]) for a, b in ((1.0, 0.0), (0.5, 60.0)))
    assert np.allclose(bright, dim, atol=1e-4)


def test_pictures_without_pose_cannot_train_the_reader(upright):
    with pytest.raises(ValueError, match="pose"):
        recipe.targets(upright._replace(pose=None))
