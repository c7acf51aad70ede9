"""Level "wild": clocks of many kinds, whose time can be told all the same."""

import numpy as np
import pytest

from labkit import clocks
from labkit.clocks import faces, numerals, paint, scene, wild

CLEAR = {"noise": 0, "glare": 0, "smear": 0, "quality": 100, "coarse": 2, "shade_depth": 0}
CLEAR |= {"second_kind": "none", "shadow": 0, "spots": 0, "stripe": False, "bend": 0.0, "blur": 0.2}
CLEAR |= {"contrast": 1.0, "brightness": 0.0, "gamma": 1.0, "haze": 0.0, "zoom": 0.95}


@pytest.fixture(scope="module")
def scenes():
    return scene.draw_scenes(300, "wild", np.random.default_rng(0))


def painted(one, minute, **changes):
    angles = {"hour": 2 * np.pi * minute / 720, "minute": 2 * np.pi * minute / 60}
    return paint.paint(one | angles | changes, 150).astype(int)


def looked_up(picture, pose, angle, radius):
    at = pose @ np.array([radius * np.sin(angle), -radius * np.cos(angle), 1])
    column, row = (at[:2] / at[2] * len(picture)).astype(int)
    return picture[row - 1 : row + 2, column - 1 : column + 2]


def test_both_hands_lie_where_the_time_says_on_every_kind_of_clock(scenes):
    seen = set()
    for number, one in enumerate(scenes[:60]):
        one = one | CLEAR
        one |= {"camera": scene.camera(one)}
        minute = 131 * number % 720
        here, gone = painted(one, minute), painted(one, minute + 391)
        pose = scene.dial_pose(one)
        for turn, share, hand in ((minute / 720, 0.6, "hour"), (minute / 60, 0.45, "minute")):
            angle, radius = 2 * np.pi * turn, share * one[f"{hand}_length"]
            change = looked_up(here, pose, angle, radius) - looked_up(gone, pose, angle, radius)
            assert np.abs(change).max() > 25, (number, hand)
        seen.add(one["style"])
    assert seen == set(wild.STYLES)


def test_a_dial_on_which_twelve_cannot_be_told_stands_upright(scenes):
    bare = [one for one in scenes if one["numerals"] == "none"]
    assert max(abs(one["turn"]) for one in bare) <= np.radians(8)
    without = [one for one in bare if one["marking"] == "none"]
    assert without
    assert {one["turn"] for one in without} == {0.0}
    assert max(abs(one["turn"]) for one in scenes if one["numerals"] == "all") > np.pi


def test_the_minute_hand_is_longer_and_no_hand_has_the_grey_of_the_dial(scenes):
    for one in scenes:
        assert one["minute_length"] > one["hour_length"] + 0.19
        assert abs(one["hands"] - one["dial"]) >= 0.319


def test_the_kinds_of_clocks_all_come(scenes):
    for name, kinds in (
        ("face_shape", 3),
        ("numerals", 4),
        ("roman", 3),
        ("marking", 4),
        ("store", 2),
        ("second_kind", 3),
        ("style", 9),
    ):
        assert len({one[name] for one in scenes}) == kinds, name
    assert min(one["dial"] for one in scenes) < 0.1
    assert max(one["ring"] for one in scenes) > 0.4


def test_the_pose_lies_where_the_lens_puts_the_dial(scenes):
    angles = np.linspace(0, 6, 9)
    circle = np.stack([np.sin(angles), -np.cos(angles), 1 + 0 * angles])
    for radius, near in ((0.7, 0.0025), (1.0, 0.01)):
        for one in scenes[:100]:
            points = circle * np.array([[radius], [radius], [1]])
            solid = one["camera"][:, [0, 1, 3]] @ points
            at = solid[:2] / solid[2] - 0.5
            at *= 1 + 4 * one["bend"] * (at**2).sum(axis=0)
            flat = scene.dial_pose(one) @ points
            assert np.abs(at + 0.5 - flat[:2] / flat[2]).max() < near


def test_a_seed_gives_the_same_pictures():
    first, again = (clocks.render(6, "wild", size=48, seed=7, n_jobs=1) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = clocks.render(6, "wild", size=48, seed=8, n_jobs=1)
    assert not np.array_equal(first.x, other.x)


def test_roman_numerals_have_the_strokes_of_their_letters():
    def strokes(roman, hour):
        _, ends, numeral = numerals.outlines("DejaVuSerif", 0.0, False, roman)
        return int((numeral[ends - 1] == hour).sum())

    assert [strokes(1, hour) for hour in (0, 1, 3, 4, 8)] == [3, 1, 3, 2, 4]
    assert strokes(2, 4) == 4


def test_a_dial_shows_only_the_numerals_that_it_keeps():
    for kept, hours in (("all", 12), ("quarters", 4), ("twelve", 1)):
        points, ends, numeral = faces._numerals("DejaVuSans", 0.0, True, 0, kept)
        assert len(np.unique(numeral)) == hours
        assert ends[-1] == len(points)
