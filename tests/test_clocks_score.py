import numpy as np
import pytest

from labkit.clocks.score import ClockScore, common_sense_error, score


def test_neighbours_across_twelve_are_two_minutes_apart():
    assert common_sense_error([719, 1], [1, 719]).tolist() == [2, 2]


def test_the_error_is_the_same_both_ways_and_at_most_half_the_dial():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 720, (2, 500))
    error = common_sense_error(first, second)
    assert error == pytest.approx(common_sense_error(second, first))
    assert error.min() >= 0
    assert error.max() <= 360
    assert common_sense_error([0], [360]) == [360]


def test_the_error_agrees_with_the_angle_between_two_hour_hands():
    rng = np.random.default_rng(1)
    first, second = rng.uniform(0, 720, (2, 500))
    hands = np.exp(2j * np.pi * np.stack([first, second]) / 720)
    angle = np.abs(np.angle(hands[0] / hands[1]))
    assert common_sense_error(first, second) == pytest.approx(angle * 360 / np.pi)


def test_full_turns_make_no_difference():
    assert common_sense_error([5, 5, 5], [725, -715, 1445]).tolist() == [0, 0, 0]


def test_unsigned_labels_do_not_run_over():
    assert common_sense_error(np.array([3], "uint16"), np.array([5], "uint16")) == [2]


def test_one_number_is_compared_with_all_times():
    assert common_sense_error([0, 30, 700], 0).tolist() == [0, 30, 20]


def test_the_score_counts_shares_of_the_errors():
    errors = np.array([0, 0.4, 1, 5, 30, 60])
    got = score(np.zeros(6), errors)
    assert got.mean == pytest.approx(errors.mean())
    assert got.median == 3
    assert got[2:] == pytest.approx((2 / 6, 3 / 6, 4 / 6, 1 / 6, 6))


def test_a_printed_score_is_a_sentence_with_shares_in_per_cent():
    told = str(score(np.zeros(8), np.array([0, 0, 0, 0, 0, 0.8, 4, 60])))
    assert told == (
        "8 clocks: error 8.10 min in the mean, 0.00 in the median; 62.5% exact, "
        "75.0% within 1 min, 87.5% within 5, 12.5% beyond 30"
    )


def test_perfect_reading_scores_nothing_but_ones():
    assert score(np.arange(720), np.arange(720)) == ClockScore(0, 0, 1, 1, 1, 0, 720)


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([1, 2], [1], "as many predicted as true times, got 1 and 2"),
        ([], [], r"shape \(n,\), got float64 of shape \(0,\)"),
        ([[3, 30]], [210], "60 \\* hours \\+ minutes"),
        ([1.0], [np.nan], "1 of 1 are not; did the training diverge"),
        ([1], "noon", "expected predicted as numbers"),
    ],
)
def test_bad_times_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        score(true, predicted)
