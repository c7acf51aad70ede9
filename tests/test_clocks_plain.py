"""The plain network that reads clocks: its outputs, its sizes, its channels of places."""

import keras
import numpy as np
import pytest

from labkit.clocks import codes
from labkit.clocks.plain import Coordinates, plain_cnn

SMALL = {"filters": (4, 4), "hidden": 8}
PICTURES = np.random.default_rng(0).integers(0, 256, (3, 16, 16), dtype=np.uint8)


@pytest.mark.parametrize("code", codes.CODES.values(), ids=lambda code: code.name)
def test_each_code_gets_its_heads_and_can_read_them(code):
    outputs = plain_cnn(16, code, **SMALL)(PICTURES)
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        head.name: (3, head.units) for head in code.heads
    }
    assert code.decode({name: np.array(value) for name, value in outputs.items()}).shape == (3,)


def test_only_the_heads_differ_between_codes():
    networks = [plain_cnn(16, code, **SMALL) for code in (codes.classes(24), codes.both_angles())]
    heads = [sum((8 + 1) * head.units for head in code.heads) for code in (codes.classes(24),)]
    heads.append(2 * (8 + 1) * 2)
    shared = [network.count_params() - own for network, own in zip(networks, heads, strict=True)]
    assert shared[0] == shared[1]


@pytest.mark.parametrize(("batch_norm", "coord_conv"), [(True, False), (False, True)])
def test_parameters_are_the_sum_done_by_hand(batch_norm, coord_conv):
    ways = {"batch_norm": batch_norm, "coord_conv": coord_conv}
    network = plain_cnn(20, codes.hour_angle(), filters=(4, 8), hidden=16, **ways)
    extra = 4 if batch_norm else 1  # numbers beside the weights of an output: or its bias
    channels = 4 if coord_conv else 1
    by_hand = (25 * channels + extra) * 4 + (9 * 4 + extra) * 8  # 20 -> 10 -> 5 pixels
    by_hand += (25 * 8 + extra) * 16 + (16 + 1) * 2
    assert network.count_params() == by_hand


def test_coordinates_run_from_minus_one_to_one_and_meet_in_the_middle():
    pictures = np.ones((2, 5, 3, 1), "float32")
    added = np.array(Coordinates()(pictures))
    np.testing.assert_array_equal(added[..., :1], pictures)
    np.testing.assert_allclose(added[0, 0, :, 1], [-1, 0, 1])  # x, along a row
    np.testing.assert_allclose(added[1, :, 0, 2], [-1, -0.5, 0, 0.5, 1])  # y, down a column
    assert added[0, 2, 1, 3] == 0
    assert added[0, 0, 0, 3] == pytest.approx(np.sqrt(2))
    assert Coordinates(radius=False)(pictures).shape == (2, 5, 3, 3)


def test_only_coordinates_let_the_mean_over_a_map_tell_where_something_is():
    dots = np.zeros((2, 9, 9, 1), "float32")
    dots[0, 2, 2], dots[1, 6, 6] = 1, 1
    answers = {}
    for places in (False, True):
        keras.utils.set_random_seed(0)
        stack = [Coordinates()] if places else []
        stack += [keras.layers.Conv2D(4, 3, activation="relu")]
        stack += [keras.layers.GlobalAveragePooling2D()]
        answers[places] = np.array(keras.Sequential(stack)(dots))
    np.testing.assert_allclose(answers[False][0], answers[False][1], atol=1e-6)
    assert np.abs(answers[True][0] - answers[True][1]).max() > 1e-3


def test_a_saved_network_reads_as_before(tmp_path):
    network = plain_cnn(16, codes.both_angles(), coord_conv=True, **SMALL)
    network.save(tmp_path / "plain.keras")
    loaded = keras.models.load_model(tmp_path / "plain.keras")
    for name, value in network(PICTURES).items():
        np.testing.assert_allclose(loaded(PICTURES)[name], value, atol=1e-6)


def test_outputs_stay_float32_in_bfloat16():
    ways = {"dtype": "mixed_bfloat16", "coord_conv": True}
    outputs = plain_cnn(16, codes.both_angles(), **SMALL, **ways)(PICTURES)
    assert {keras.backend.standardize_dtype(value.dtype) for value in outputs.values()} == {
        "float32"
    }


@pytest.mark.slow
def test_it_learns_a_few_clocks_by_heart():
    code, times = codes.both_angles(), np.array([0, 200, 475])
    keras.utils.set_random_seed(0)
    network = plain_cnn(16, code, **SMALL)
    network.compile(keras.optimizers.Adam(0.02), code.losses())
    network.fit(PICTURES, code.encode(times), epochs=60, verbose=0)
    network.compile(loss=code.losses())
    loss = network.evaluate(PICTURES, code.encode(times), verbose=0)
    assert np.sum(loss) < 0.2 * 2 * 0.5  # a fifth of what the mean of all labels leaves


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 7}, "at least 8 pixels"),
        ({"size": 16.5}, "positive whole numbers"),
        ({"filters": 16}, "must list a width"),
        ({"hidden": 0}, "positive whole numbers"),
    ],
)
def test_bad_sizes_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        plain_cnn(**{"size": 16, "code": codes.hour_angle(), **wrong})
