"""Sizes, rates and factors may be NumPy's: the same networks come out, and can be saved."""

import json

import keras
import numpy as np
import pytest

from labkit import models
from labkit.clocks import codes, networks
from labkit.clocks import reports as clock_reports
from labkit.clocks.layers import PolarPicture, RoundPadding
from labkit.models import reports

GREY = np.random.default_rng(0).integers(0, 256, (20, 12, 12)).astype("uint8")
# Each with Python's numbers, and with whatever an array or a table may hand over.
NETWORKS = {
    "mlp": (
        lambda number: models.mlp(
            (number(8), number(8)),
            number(3),
            hidden=(number(4), number(5)),
            dropout=number(0.25),
            rescale=number(0.5),
        )
    ),
    "mlp, flat": lambda number: models.mlp(number(7), number(3), hidden=(number(4),)),
    "softmax regression": lambda number: models.softmax_regression(number(7), rescale=number(2)),
    "cnn": (
        lambda number: models.cnn(
            (number(8), number(8), number(1)),
            number(3),
            filters=((number(2),), (number(3), number(4))),
            kernel_size=number(3),
            dropout=(number(0.25), number(0.5)),
            hidden=(number(4),),
        )
    ),
    "airbench": (
        lambda number: models.airbench(
            GREY, number(3), filters=(number(2), number(3)), shift=number(1)
        )
    ),
    "report a": lambda number: reports.report_a_regularized(
        (4, 4), l2=number(0.5), dropout=number(0.25)
    ),
    "report d": (
        lambda number: reports.report_d(
            (4, 4),
            regularized=True,
            l1=number(0.25),
            l2=number(0.5),
            max_norm=number(2),
            dropout=number(0.5),
        )
    ),
    "report e": lambda number: reports.report_e_cnn((8, 8), n_layers=number(2), first=number(2)),
    "locator": lambda number: networks.locator(
        number(24), filters=(number(2), number(2)), hidden=number(3)
    ),
    "dial reader": (
        lambda number: networks.dial_reader(
            number(24), number(8), filters=(number(2),) * 4, context=(number(2),), reach=number(3)
        )
    ),
    "unrolled": (
        lambda number: networks.unrolled(
            networks.dial_reader(24, 8, filters=(2,) * 4, context=(2,)),
            number(24),
            jitter=number(0.5),
        )
    ),
    "report b's clock": (
        lambda number: clock_reports.report_b_clock(
            number(16),
            codes.soft_classes(number(24), number(0.5)),
            filters=(number(2),),
            strides=((number(1), number(1)),) * 2,
            kernel_size=number(3),
            pattern_dropout=number(0.25),
            hidden=(number(3),),
            branch=(number(2),),
        )
    ),
}
KINDS = {
    "scalars": lambda n: np.int64(n) if isinstance(n, int) else np.float32(n),
    "arrays": np.array,
}


def plain_config(model):
    """Return the configuration as Python's own JSON, which refuses NumPy's numbers."""
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)["config"]))


@pytest.mark.parametrize("number", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_a_network_is_the_same_with_numpy_numbers(build, number):
    keras.utils.clear_session(free_memory=False)  # the same automatic names
    wanted = plain_config(build(lambda n: n))
    keras.utils.clear_session(free_memory=False)
    assert plain_config(build(number)) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "cnn", "report d", "airbench", "unrolled"])
def test_a_network_of_numpy_numbers_is_saved_and_loaded(name, tmp_path):
    model = NETWORKS[name](KINDS["scalars"])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.count_params() == model.count_params()


def test_an_array_of_widths_and_one_of_rates_are_sequences():
    model = models.mlp((4, 4), hidden=np.array([8, 6]), dropout=np.array([0.0, 0.5]))
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [8, 6, 10]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.5]
    assert models.cnn(np.array([8, 8]), filters=np.array([[2], [3]])).output_shape == (None, 10)
    with pytest.raises(ValueError, match="one for each of 2 hidden layers"):
        models.mlp((4, 4), hidden=(8, 6), dropout=np.array([0.5]))


@pytest.mark.parametrize(
    "layer",
    [
        models.RandomShift(np.int64(2), fill_value=np.float32(0.5), seed=np.int64(3)),
        PolarPicture(np.int64(24), np.uint8(8), inner=np.float32(0.25), seed=np.int32(1)),
        RoundPadding(np.int64(1), np.int64(2)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_arguments_of_a_layer_can_be_written_as_json(layer):
    config = {key: value for key, value in layer.get_config().items() if key != "dtype"}
    assert json.loads(json.dumps(config)) == config


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.mlp((4, 4), hidden=np.int64(8)), r"such as \(8,\)"),
        (lambda: models.mlp((4, 4), hidden=None), "hidden must list whole numbers"),
        (lambda: models.mlp((4, 4), hidden=(np.float64(8),)), "hidden must hold positive"),
        (lambda: models.mlp((4, 4), hidden=(np.True_,)), "hidden must hold positive"),
        (lambda: models.mlp((4, 4), n_classes=np.array([10])), "n_classes must hold positive"),
        (lambda: models.mlp((4, 4), dropout=np.float32(1)), "at least 0 and below 1"),
        (lambda: models.mlp((4, 4), dropout=np.float32(np.nan)), "at least 0 and below 1"),
        (lambda: models.mlp((4, 4), dropout="0.2"), "at least 0 and below 1"),
        (lambda: models.mlp((4, 4), rescale=np.float32(np.inf)), "finite and not 0"),
        (lambda: models.mlp(2.5), "input_shape must list whole numbers"),
        (lambda: models.cnn((8, 8), filters=np.array([4, 8])), "convolutions of each block"),
        (lambda: models.cnn((8, 8), filters=np.int64(4)), "convolutions of each block"),
        (lambda: reports.report_d(l1=np.float32(np.nan)), "l1 must be 0 or more"),
        (lambda: reports.report_e_cnn(n_layers=2.0), "n_layers must be a whole number"),
        (lambda: networks.locator(24.0), "size must hold positive"),
        (lambda: codes.classes(24.5), "divides 720"),
        (lambda: codes.soft_classes(24, "wide"), "above 0"),
        (lambda: PolarPicture(24, 8, jitter=-0.1), "jitter must be a share of 0 or more"),
        (lambda: RoundPadding(-1, 1), "before must be a whole number, 0 or more"),
    ],
)
def test_what_is_no_number_in_range_is_refused_by_its_name(build, message):
    with pytest.raises(ValueError, match=message):
        build()
