"""The numbers that theory gives for clock readers; the simulated ones are of a seeded run."""

import numpy as np
import pytest

from labkit.clocks.dial import hand_angles
from labkit.clocks.score import common_sense_error
from labkit.clocks.theory import (
    expected_error,
    guess_error,
    lookalikes,
)


@pytest.mark.parametrize("guess", [0, 123, 359.5, 700.25])
def test_any_constant_guess_is_three_hours_off(guess):
    assert guess_error(guess) == pytest.approx(180)


def test_a_random_guess_is_three_hours_off():
    first, second = np.random.default_rng(0).uniform(0, 720, (2, 100_000))
    assert common_sense_error(first, second).mean() == pytest.approx(180, abs=1)


@pytest.mark.parametrize(
    ("spread", "hour_only", "joint"),
    [
        ((5, 5), 7.95, 0.79),
        ((4.84, 2), 7.69, 0.25),
        ((3, 2), 4.78, 0.13),
        ((1, 1), 1.59, 0.003),
    ],
)
def test_two_hands_read_together_are_worth_many_of_one(spread, hour_only, joint):
    assert expected_error(*spread, "hour") == pytest.approx(hour_only, rel=0.02)
    assert expected_error(*spread) == pytest.approx(joint, rel=0.1, abs=0.001)


def test_the_hour_hand_alone_has_the_mean_of_a_folded_normal():
    assert expected_error(5, 0, "hour") == pytest.approx(10 * np.sqrt(2 / np.pi), rel=0.01)


@pytest.mark.parametrize("decode", ["joint", "hour", "separate"])
def test_hands_read_exactly_leave_no_error(decode):
    assert expected_error(0, 0, decode, n=5000) == pytest.approx(0, abs=1e-9)


def test_separate_reading_loses_an_hour_near_the_full_hour():
    separate, joint = (expected_error(3, 1, decode, n=20_000) for decode in ("separate", "joint"))
    assert separate > 30 * joint


def test_the_same_seed_gives_the_same_expectation():
    assert expected_error(5, 5, n=500, seed=1) == expected_error(5, 5, n=500, seed=1)
    assert expected_error(5, 5, n=500, seed=1) != expected_error(5, 5, n=500, seed=2)


@pytest.mark.parametrize("time", [0, 200.5])
def test_lookalikes_have_the_same_angle_between_the_hands(time):
    times = lookalikes(time)
    hour, minute = hand_angles(times)
    between = np.exp(1j * (minute - hour))
    assert len(set(np.round(times, 6))) == 11
    assert between == pytest.approx(np.full(11, between[0]))
    assert np.diff(np.sort(times)) == pytest.approx(np.full(10, 720 / 11))


def test_no_other_time_looks_alike():
    fine = np.arange(0, 720, 0.01)
    hour, minute = hand_angles(fine)
    alike = fine[np.abs(np.exp(1j * (minute - hour)) - 1) < 2e-3]
    apart = np.abs(alike[:, None] - lookalikes())
    assert np.minimum(apart, 720 - apart).min(axis=1).max() < 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_error(-1, 1), "hour_sd must be a finite number"),
        (lambda: expected_error(1, np.inf), "minute_sd must be a finite number"),
        (lambda: expected_error(1, 1, "best"), "decode must be one of"),
        (lambda: expected_error(1, 1, n=0), "at least one"),
        (lambda: lookalikes(720), "0 to below 720"),
    ],
)
def test_settings_that_mean_nothing_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
