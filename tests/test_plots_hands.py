import numpy as np
import pytest

from labkit import plots

pytestmark = pytest.mark.usefixtures("figures")


def direction(x, y):
    return np.rad2deg(np.arctan2(x, y)) % 360


def test_hands_point_clockwise_from_the_top_and_the_hour_hand_is_the_shorter_one():
    ax = plots.plot_hands(90, 348)
    tips = [(line.get_xdata()[1], line.get_ydata()[1]) for line in ax.lines]
    assert [direction(*tip) for tip in tips] == pytest.approx([90, 348])
    assert np.hypot(*tips[0]) < np.hypot(*tips[1])


def test_numerals_follow_clockwise_from_where_twelve_is():
    ax = plots.plot_hands(0, 0, twelve=45)
    places = {text.get_text(): direction(*text.get_position()) for text in ax.texts}
    assert places["12"] == pytest.approx(45)
    assert places["3"] == pytest.approx(135)
    assert len(places) == 12


def test_a_clock_says_where_its_hands_point():
    text = plots.description(plots.plot_hands(89, -12, twelve=360))
    assert "89, 348, 0 degrees" in text
