import pickle

import numpy as np
import pytest

from labkit.clocks import codes
from labkit.clocks.dial import as_text, wrap
from labkit.clocks.score import common_sense_error

MINUTES = np.arange(720)
EVERY = [
    *codes.CODES.values(),
    codes.classes(144),
    codes.soft_classes(144, 6.0),
    codes.number("minutes"),
    codes.number("turns"),
    codes.two_heads("number", "number", scaled=False),
]
every_code = pytest.mark.parametrize("code", EVERY, ids=lambda code: code.name)
COARSE = {"24 classes": 14.5, "144 classes": 2.0, "144 soft classes": 0.01}  # largest error


def outputs_of(code, targets):
    """Give what a perfect network would: logits for classes, else the targets themselves."""
    perfect = {
        "classes": lambda head, target: 9.0 * np.eye(head.units)[target],
        "soft classes": lambda head, target: np.log(np.maximum(target, 1e-30)),
    }
    same = lambda head, target: target  # noqa: E731
    return {h.name: perfect.get(h.kind, same)(h, targets[h.name]) for h in code.heads}


def vectors(degrees):
    angles = np.deg2rad(np.atleast_1d(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@every_code
def test_decoding_gives_back_what_was_encoded_within_the_codes_resolution(code):
    times = code.decode(outputs_of(code, code.encode(MINUTES)))
    assert times.shape == (720,)
    assert times.min() >= 0
    assert times.max() < 720
    assert common_sense_error(MINUTES, times).max() <= COARSE.get(code.name, 1e-3)


@every_code
def test_targets_have_the_shapes_that_the_heads_announce(code):
    targets = code.encode(MINUTES.astype("float64"))
    assert list(targets) == [head.name for head in code.heads]
    for head in code.heads:
        hard = head.kind == "classes"
        assert targets[head.name].dtype == ("int32" if hard else "float32")
        assert targets[head.name].shape == ((720,) if hard else (720, head.units))


@every_code
def test_outputs_may_come_in_order_and_a_single_one_alone(code):
    outputs = outputs_of(code, code.encode(MINUTES))
    values = list(outputs.values())
    by_name = code.decode(outputs)
    assert (code.decode(values) == by_name).all()
    if len(values) == 1:
        assert (code.decode(values[0]) == by_name).all()


@every_code
def test_a_code_survives_pickling_so_that_other_processes_may_use_it(code):
    copy = pickle.loads(pickle.dumps(code))
    first, second = code.encode(MINUTES), copy.encode(MINUTES)
    assert all((first[name] == second[name]).all() for name in first)


def test_every_representation_of_the_issue_has_a_code():
    assert list(codes.CODES) == [
        "24 classes",
        "720 classes",
        "720 soft classes",
        "hours",
        "hour class, minute class",
        "hour class, minute number",
        "hour number, minute class",
        "hour number, minute number",
        "hour angle",
        "both angles",
    ]


@pytest.mark.parametrize("k", [12, 24, 48, 120, 240, 360])
def test_bin_centres_leave_a_quarter_of_a_bin_and_left_edges_twice_that(k):
    code, width = codes.classes(k), 720 / k
    labels = code.encode(MINUTES)["time"]
    centre = common_sense_error(MINUTES, code.decode(np.eye(k)[labels])).mean()
    left = common_sense_error(MINUTES, labels * width).mean()
    assert centre == pytest.approx(720 / (4 * k), abs=0.1)
    assert left == pytest.approx(2 * centre, abs=0.5)


def test_a_class_begins_at_twelve():
    assert codes.classes(24).encode([0, 29.9, 30, 719])["time"].tolist() == [0, 0, 1, 23]


def test_soft_labels_are_distributions_with_the_spread_asked_for():
    targets = codes.soft_classes(720, 10.0).encode([0.0, 360.0])["time"].astype("float64")
    assert targets.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    spread = np.sqrt(targets[1] @ (MINUTES - 360) ** 2)
    assert spread == pytest.approx(10, rel=0.01)
    assert targets[0, 1] == pytest.approx(targets[0, 719])


def test_soft_labels_narrower_than_a_class_are_still_finite():
    targets = codes.soft_classes(24, 0.01).encode([0.0, 14.9])["time"]
    assert targets[:, 0] == pytest.approx([1, 1])


def test_soft_classes_read_across_twelve():
    logits = np.full((1, 720), -50.0)
    logits[0, [719, 1]] = 0
    assert common_sense_error([0], codes.soft_classes(720, 10).decode(logits)) < 1e-6


def test_a_number_is_read_modulo_twelve_hours():
    times = codes.number("hours").decode(np.array([12.01, -0.5, 0.5, -1e-20]))
    assert times == pytest.approx([0.6, 690, 30, 0])


def test_an_angle_just_below_zero_is_just_before_twelve():
    assert codes.hour_angle().decode(vectors([-0.5, 0.5])) == pytest.approx([719, 1])
    assert codes.hour_angle().decode(np.array([[1.0, -1e-20]])) == [0]


def test_the_length_of_an_angles_vector_makes_no_difference_to_the_hour_hand():
    assert codes.hour_angle().decode(0.01 * vectors([90.0])) == pytest.approx([180])


def test_two_heads_carry_a_rounded_minute_into_the_next_hour():
    code = codes.two_heads("number", "number")
    assert code.decode({"hour": [11 / 12], "minute": [59.8 / 60]}) == [0]
    assert code.decode({"hour": [0.0], "minute": [-1 / 60]}) == [719]


def test_separate_heads_err_by_an_hour_where_joint_decoding_does_not():
    # at 3:58 the hour hand points at 119 degrees; read as 4, the separate heads say 4:58
    separate = codes.two_heads("number", "number").decode({"hour": [3.6 / 12], "minute": [58 / 60]})
    joint = codes.both_angles().decode({"hour": vectors(123.0), "minute": vectors(58 * 6)})
    assert (separate.item(), joint.item()) == (298, 238)


def test_the_hour_hand_moves_on_between_the_hours():
    hour, minute = codes.hand_angles([0, 90, 719])
    assert np.rad2deg(hour) == pytest.approx([0, 45, 359.5])
    assert np.rad2deg(minute) == pytest.approx([0, 180, 354])


@pytest.mark.parametrize("off", [-14.9, -7, 0, 7, 14.9])
def test_joint_decoding_repairs_an_hour_hand_that_is_off_by_almost_15_degrees(off):
    hour, minute = codes.hand_angles(MINUTES)
    assert (codes.joint_time(hour + np.deg2rad(off), minute) == MINUTES).all()


def test_an_hour_hand_off_by_more_than_15_degrees_gives_the_wrong_hour():
    hour, minute = codes.hand_angles(MINUTES)
    times = codes.joint_time(hour + np.deg2rad(15.1), minute)
    assert common_sense_error(MINUTES, times) == pytest.approx(60)


def test_a_hand_without_weight_is_not_heard():
    hour, minute = codes.hand_angles([125])
    assert codes.joint_time(hour, minute + 1, minute_weight=0) == [125]
    weights = np.array([0.0, 1.0])
    times = codes.joint_time(np.repeat(hour, 2), np.repeat(minute, 2) + np.pi, 1, weights)
    assert times[0] == 125
    assert times[1] in (95, 155)


def test_joint_time_takes_more_rows_than_it_decodes_at_once():
    many = np.tile(MINUTES, 12)
    assert (codes.joint_time(*codes.hand_angles(many)) == many).all()


def test_perfect_outputs_cost_nothing():
    keras = pytest.importorskip("keras")
    for code in codes.CODES.values():
        losses, targets = code.losses(), code.encode(MINUTES[:50])
        outputs = outputs_of(code, targets)
        assert list(losses) == [head.name for head in code.heads]
        for head in code.heads:
            value = float(losses[head.name](targets[head.name], 5 * outputs[head.name]))
            if head.kind == "classes":
                assert value == pytest.approx(0, abs=1e-3)
            elif head.kind == "soft classes":
                assert isinstance(losses[head.name], keras.losses.CategoricalCrossentropy)
            else:
                exact = losses[head.name](targets[head.name], outputs[head.name])
                assert float(exact) == pytest.approx(0)


@pytest.mark.parametrize("times", [[-1], [720], [[1, 2]], [], ["noon"]])
def test_times_off_the_dial_are_refused(times):
    with pytest.raises(ValueError, match="expected times as"):
        codes.classes(24).encode(times)


def test_outputs_that_do_not_fit_are_refused():
    code = codes.both_angles()
    good = vectors([1.0, 2.0])
    for outputs, message in (
        ({"hour": good}, r"outputs of \['hour', 'minute'\], got \['hour'\]"),
        (good, "expected 2 outputs"),
        ([good, good[:1]], "equal length"),
        ([good, good[:, :1]], r"shape \(n, 2\) of head 'minute'"),
        ([good, good * np.nan], "diverged"),
    ):
        with pytest.raises(ValueError, match=message):
            code.decode(outputs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: codes.classes(7), "divides 720"),
        (lambda: codes.classes(1), "divides 720"),
        (lambda: codes.soft_classes(24, 0), "above 0"),
        (lambda: codes.number("days"), "unit must be one of"),
        (lambda: codes.two_heads("class", "angle"), 'minute must be "class" or "number"'),
        (lambda: codes.joint_time([0.0], [0.0, 1.0]), "as many minute as hour"),
        (lambda: codes.joint_time([0.0], [0.0], -1), "weight"),
        (lambda: codes.joint_time([np.nan], [0.0]), "finite"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_times_are_written_as_a_clock_says_them():
    assert as_text([0, 61, 719, 719.6]) == ["0:00", "1:01", "11:59", "0:00"]


def test_wrapping_never_gives_720():
    assert wrap(np.array([-1e-20, 720.0, -1.0])).tolist() == [0, 0, 719]
