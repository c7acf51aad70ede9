"""Report B's clock networks: sizes by hand, outputs, and how the report trained them."""

import itertools
import re

import keras
import numpy as np
import pytest

from labkit.clocks import codes, reports

HANDS = ("hour", "minute")
ROWS = list(reports.REPORT_B_CLOCKS.values())
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def printed(name):
    """Read both counts of a network in the table of the module's docstring."""
    name = name.split(", rate")[0]
    found = re.search(rf"^{re.escape(name)}  +([\d,]+)  +([\d,]+)$", reports.__doc__, flags=re.M)
    return [int(number.replace(",", "")) for number in found.groups()]


def by_hand(size, row):
    """Add up weights and biases, layer by layer, from the name of a network alone."""
    n_patterns = 3 if "3 patterns" in row.name else 2
    kernel = 6 if "6x6" in row.name else 3
    down = {"strides 2x2": 4, "strides 2x1": 2}.get(row.name[8:19], 1)  # by both convolutions
    side, channels, total = size // 2 if "halved" in row.name else size, 1, 0
    for width in (32, 64, 128)[:n_patterns]:
        total += (kernel**2 * channels + 1) * width + (kernel**2 * width + 1) * width
        side, channels = -(-side // down) // 2, width
    angles, trunk = "angle" in row.name, [256] * 3
    if "hidden" in row.name:
        trunk = [512] * int(row.name.split(" hidden")[0][-1])
    elif angles:
        trunk = [256] * (2 if "both" in row.name else 1)
    total += dense([side**2 * channels, *trunk])
    for head in row.code.heads:
        own = [128, 64] if angles else []
        if "layer" in row.name:
            own += [32] if angles else [256]
        outputs = [1, 1] if angles else [head.units]
        total += sum(dense([trunk[-1], *own, units]) for units in outputs)
    return total


def dense(widths):
    return sum((before + 1) * after for before, after in itertools.pairwise(widths))


@every_row
@pytest.mark.parametrize("size", [75, 150])
def test_parameters_are_the_sum_done_by_hand_and_what_the_table_prints(row, size):
    with keras.StatelessScope(initialize_variables=False):  # counts, without the memory
        count = row.build(size).count_params()
    assert count == by_hand(size, row) == printed(row.name)[size == 150]


def test_there_are_18_networks_of_the_table_and_five_variations():
    said = [row.said for row in ROWS]
    assert (len(ROWS), said.count(None), said[18:]) == (23, 5, [None] * 5)
    assert said.count(134) == 12  # the report's 2:14
    assert min(said[:18]) == reports.REPORT_B_CLOCKS["hour angle"].said == 20


def test_the_variations_train_twice_as_long_and_only_classifiers_change_the_rate():
    assert {row.epochs for row in ROWS[:18]} == {150}
    assert {row.epochs for row in ROWS[18:]} == {300}
    paces = [(row.learning_rate, row.batch_size) for row in ROWS]
    assert paces[:9] == 3 * [(0.1, 256), (0.05, 128), (0.01, 64)]
    assert set(paces[9:]) == {(0.01, 32)}


@every_row
def test_every_network_gives_its_heads_and_a_time(row):
    model = row.build(37)  # the smallest that two patterns of strides 2x2 leave something of
    x = np.random.default_rng(0).integers(0, 256, (3, 37, 37)).astype("uint8")
    outputs = {name: keras.ops.convert_to_numpy(y) for name, y in model(x).items()}
    assert {name: y.shape for name, y in outputs.items()} == {
        head.name: (3, head.units) for head in row.code.heads
    }
    times = row.code.decode(outputs)
    assert ((times >= 0) & (times < 720)).all()
    assert not model.compiled


def test_pixels_may_be_whole_numbers_or_fractions_of_255():
    model = reports.REPORT_B_CLOCKS["hour angle, pictures halved"].build(16)
    x = np.random.default_rng(0).integers(0, 256, (2, 16, 16)).astype("uint8")
    whole, fractions = (model(pixels)["hour"] for pixels in (x, x.astype("float32")))
    np.testing.assert_array_equal(whole, fractions)
    assert model.get_layer("rescale").scale == pytest.approx(1 / 255)


def test_cosine_and_sine_have_branches_of_their_own():
    model = reports.REPORT_B_CLOCKS["both angles"].build(16)
    branches = {layer.name for layer in model.layers if layer.name.endswith("_hidden_1")}
    assert branches == {f"{hand}_{part}_hidden_1" for hand in HANDS for part in ("cosine", "sine")}
    assert model.get_layer("hour_sine_hidden_1").units == 128
    assert model.get_layer("hour_sine_hidden_2").units == 64


def test_dropout_stands_between_hidden_layers_and_not_in_front_of_the_output():
    names = [layer.name for layer in ROWS[3].build(16).layers]
    assert names[-6:] == [
        *("hidden_1", "hidden_dropout_2", "hidden_2", "hidden_dropout_3", "hidden_3", "time")
    ]
    assert not [name for name in names if name.startswith("dropout")]  # a classifier
    assert "dropout_1" in [layer.name for layer in ROWS[9].build(16).layers]


def test_strides_fall_on_both_convolutions_of_a_pattern():
    model = reports.REPORT_B_CLOCKS["number, strides 2x1 and 1x2"].build(16)
    strides = [model.get_layer(f"conv_{n}_{place}").strides for n in (1, 2) for place in (1, 2)]
    assert strides == 2 * [(2, 1), (1, 2)]


def test_compiling_as_reported_is_plain_gradient_descent_with_the_losses_of_the_code():
    row = reports.REPORT_B_CLOCKS["hour class, minute number"]
    model = reports.compile_as_reported(row, row.build(8))
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert model.optimizer.momentum == 0
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert [type(model.loss[head]).__name__ for head in HANDS] == [
        *("SparseCategoricalCrossentropy", "MeanSquaredError")
    ]


def test_pictures_of_which_pooling_leaves_nothing_are_refused():
    with pytest.raises(ValueError, match="larger pictures"):
        reports.report_b_clock(7, codes.classes(24), filters=(32, 64, 128))
    with pytest.raises(ValueError, match="36 x 36 pixels"):
        reports.REPORT_B_CLOCKS["number, strides 2x2"].build(36)


def test_batch_normalization_stands_between_each_convolution_and_its_relu():
    row = reports.REPORT_B_CLOCKS["number, strides 2x2"]
    names = [layer.name for layer in row.build(40, batch_norm=True).layers]
    start = names.index("conv_2_1")
    assert names[start : start + 3] == ["conv_2_1", "normalize_2_1", "relu_2_1"]
    assert sum(name.startswith("normalize") for name in names) == 4


def test_pictures_are_halved_by_what_is_asked_for():
    row = reports.REPORT_B_CLOCKS["hour angle, pictures halved"]
    x = np.random.default_rng(0).integers(0, 256, (1, 16, 16)).astype("uint8")
    blocks = x.reshape(8, 2, 8, 2).astype("float32") / 255
    for how, taken in (("average", blocks.mean((1, 3))), ("maximum", blocks.max((1, 3)))):
        model = row.build(16, halved=how)
        halved = keras.Model(model.input, model.get_layer("halve").output)(x)
        np.testing.assert_allclose(np.asarray(halved)[0, :, :, 0], taken, rtol=1e-5)
    with pytest.raises(ValueError, match="halved must be one of"):
        row.build(16, halved=True)
