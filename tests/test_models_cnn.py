"""Convolutional networks: sizes by hand, order of layers, what is attached to them."""

import keras
import numpy as np
import pytest

from labkit.models import cnn, reports


def conv(inputs, filters):
    return 9 * inputs * filters + filters


# 32 x 32 pixels shrink to 8 x 8 in two blocks, to 4 x 4 in three
REPORT_B = {
    "initial": conv(3, 32) + conv(32, 64) + 64 * 64 * 10 + 10,
    "intermediate": conv(3, 32) + conv(32, 32) + conv(32, 64) + conv(64, 64) + 64 * 64 * 10 + 10,
    "advanced": conv(3, 32)
    + sum(conv(n, m) for n, m in [(32, 32), (32, 64), (64, 64), (64, 128), (128, 128)])
    + 16 * 128 * 10
    + 10,
}
# 28 x 28 pixels shrink to 14, 7 and, with the odd edge kept, 4; a norm has 4 numbers a filter
REPORT_E = conv(1, 128) + conv(128, 256) + conv(256, 512) + 4 * 896 + 16 * 512 * 10 + 10


def names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize("version", REPORT_B)
def test_parameters_of_report_b_are_the_sum_done_by_hand(version):
    assert reports.report_b_cnn(version).count_params() == REPORT_B[version]


def test_parameters_of_report_e_are_those_it_prints():
    assert reports.report_e_cnn().count_params() == REPORT_E == 1_562_122


def test_each_layer_of_report_e_has_twice_the_filters():
    model = reports.report_e_cnn(n_layers=4, first=8, batch_norm=False)
    filters = [layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filters == [8, 16, 32, 64]
    assert not any("norm" in name for name in names(model))


def test_layers_stand_in_the_order_of_report_e():
    block = ["conv_1_1", "batch_norm_1_1", "pool_1", "dropout_1"]
    assert names(reports.report_e_cnn(n_layers=1)) == ["channels", *block, "flatten", "logits"]


def test_batch_norm_before_the_activation_parts_the_two():
    model = cnn((8, 8, 3), filters=[(2, 3)], batch_norm="before", hidden=(5,), rescale=1 / 255)
    first = ["conv_1_1", "batch_norm_1_1", "activation_1_1"]
    second = ["conv_1_2", "batch_norm_1_2", "activation_1_2"]
    expected = ["rescale", *first, *second, "pool_1", "flatten", "hidden_1", "logits"]
    assert names(model) == expected
    assert keras.activations.serialize(model.get_layer("conv_1_1").activation) == "linear"


def test_output_is_one_logit_a_class():
    keras.utils.set_random_seed(0)
    pictures = np.random.default_rng(0).integers(0, 256, (5, 9, 9)).astype("uint8")
    model = cnn((9, 9), 7, filters=((2,), (3,)), pool_padding="same")
    assert model.get_layer("flatten").output.shape == (None, 3 * 3 * 3)
    assert model(pictures).shape == (5, 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": 784}, "must be .height, width. or .height, width, channels."),
        ({"input_shape": (28,)}, "must be .height, width."),
        ({"filters": (32, 64)}, "filters must list the convolutions of each block"),
        ({"filters": 32}, "filters must list the convolutions of each block"),
        ({"filters": ((0,),)}, "filters must hold positive whole numbers, got 0"),
        ({"kernel_size": 0}, "kernel_size must hold positive whole numbers"),
        ({"hidden": 5}, "hidden must list a width for each layer"),
        ({"dropout": (0.1, 0.2, 0.3)}, "dropout must be one value, or one for each of 2 blocks"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ({"batch_norm": "first"}, "batch_norm must be None, 'before' or 'after'"),
        ({"pool_padding": "reflect"}, "pool_padding must be 'valid' or 'same'"),
        ({"input_shape": (3, 3)}, "2 blocks halve a picture down to nothing"),
    ],
)
def test_cnn_rejects_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        cnn(**{"input_shape": (8, 8), **arguments})


def test_report_b_has_three_versions():
    with pytest.raises(ValueError, match="initial, intermediate, advanced; got 'final'"):
        reports.report_b_cnn("final")
