"""Numbers of any library become Python's own, or are refused."""

import fractions

import numpy as np
import pytest

from labkit import numbers

WHOLE = [8, np.int8(8), np.int64(8), np.uint8(8), np.uint64(8), np.array(8), np.array(8, "uint16")]
REAL = [0.5, np.float16(0.5), np.float32(0.5), np.float64(0.5), np.array(0.5), np.longdouble(0.5)]
NEITHER = [
    None,
    True,
    np.True_,
    np.array(True),
    "8",
    b"8",
    np.str_("8"),
    8j,
    np.complex64(8),
    np.array([8]),
    [8],
    [[8], [8, 8]],
    (),
    {},
    np.timedelta64(8, "s"),
    np.array(None),
    lambda: 8,
]


@pytest.mark.parametrize("value", WHOLE, ids=lambda value: type(value).__name__)
def test_a_whole_number_of_any_kind_becomes_an_int(value):
    assert type(numbers.as_whole(value)) is int
    assert numbers.as_whole(value) == 8
    assert numbers.whole("n", value, 1) == 8
    assert type(numbers.as_real(value)) is float


@pytest.mark.parametrize("value", [*REAL, fractions.Fraction(1, 2)], ids=lambda v: type(v).__name__)
def test_a_real_number_of_any_kind_becomes_a_float(value):
    assert type(numbers.as_real(value)) is float
    assert numbers.as_real(value) == 0.5
    assert numbers.as_whole(value) is None


@pytest.mark.parametrize("value", NEITHER, ids=range(len(NEITHER)))
def test_truth_values_texts_and_arrays_are_no_numbers(value):
    assert numbers.as_whole(value) is None
    assert numbers.as_real(value) is None
    with pytest.raises(ValueError, match=r"n must be a whole number, 1 or more; got"):
        numbers.whole("n", value, 1)


def test_numbers_of_tensorflow_are_taken_too():
    import tensorflow as tf

    assert numbers.as_whole(tf.constant(8)) == 8
    assert numbers.as_real(tf.constant(0.5)) == 0.5
    assert numbers.as_whole(tf.constant(8.0)) is None
    assert numbers.as_real(tf.constant(True)) is None
    assert numbers.as_real(tf.constant([0.5])) is None


@pytest.mark.parametrize("value", [0, 10, 8.0, np.float32(8), float("nan")])
def test_a_whole_number_outside_its_range_is_refused(value):
    with pytest.raises(ValueError, match="size must be a whole number from 1 to 9; got"):
        numbers.whole("size", value, 1, 9)


@pytest.mark.parametrize("value", [1, -0.1, np.float32(np.nan), np.inf, "0.5", None, True])
def test_a_real_number_outside_its_range_is_refused(value):
    with pytest.raises(ValueError, match="rate must be at least 0 and below 1, got"):
        numbers.real("rate", value, lambda rate: 0 <= rate < 1, "at least 0 and below 1")
    assert numbers.real("rate", np.float32(0.25), lambda rate: 0 <= rate < 1, "below 1") == 0.25


def test_parts_of_data_are_cut_with_numpy_numbers(split):
    from labkit import data

    for fraction in (np.float32(0.2), np.float64(0.2), np.array(0.2)):
        kept, held = data.hold_out(split, fraction, seed=np.int64(3))
        assert len(held.y) == 4
        assert np.array_equal(kept.x, data.hold_out(split, 0.2, seed=3)[0].x)
    assert len(data.subset(split, np.uint8(7)).y) == 7
    assert len(data.subset(split, np.float16(0.25)).y) == 5
    folds = list(data.k_fold(split, np.int16(5), seed=np.int64(1)))
    wanted = list(data.k_fold(split, 5, seed=1))
    assert [held.x.tolist() for _, held in folds] == [held.x.tolist() for _, held in wanted]
    for wrong in (True, np.True_, "0.2", np.array([0.2]), None):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            data.hold_out(split, wrong)
        with pytest.raises(ValueError, match="size must be a count"):
            data.subset(split, wrong)


def test_pictures_are_rendered_with_numpy_numbers():
    from labkit import clocks, data

    made = data.stand_in("mnist", np.int8(12), np.uint64(10), seed=np.int64(1))
    assert np.array_equal(made.train.x, data.stand_in("mnist", 12, 10, seed=1).train.x)
    made = clocks.render(np.int8(120), size=np.uint8(24), seed=np.int64(1), n_jobs=np.int64(1))
    wanted = clocks.render(120, size=24, seed=1, n_jobs=1)
    assert all(np.array_equal(*pair) for pair in zip(made, wanted, strict=True))


def test_clocks_are_written_and_expected_with_numpy_numbers():
    from labkit.clocks import codes, theory

    assert type(codes.classes(np.int64(24)).heads[0].units) is int
    assert codes.classes(np.int64(24)).name == "24 classes"
    assert codes.soft_classes(np.int64(24), np.float32(10)).encode([7])["time"].shape == (1, 24)
    assert theory.expected_error(np.float32(1), np.int64(1), n=np.int64(50)) == (
        theory.expected_error(1, 1, n=50)
    )
    assert theory.lookalikes(np.float32(3))[0] == 3
    for wrong in (None, "1", -1, np.nan):
        with pytest.raises(ValueError, match="hour_sd must be a finite number"):
            theory.expected_error(wrong, 1)


@pytest.mark.usefixtures("figures")
def test_figures_are_drawn_with_numpy_numbers():
    from labkit import plots

    values, times = np.arange(60.0), np.arange(0, 720, 12)
    ax = plots.plot_distributions({"a": values}, bins=np.int64(8), limits=np.array([0, 50]))
    assert len(ax.patches) == 1
    assert len(plots.plot_error_dial(times, times + 1, bins=np.int64(12)).patches) == 12
    pictures = np.zeros((6, 4, 4), np.uint8)
    assert len(plots.plot_images(pictures, n=np.int64(4), columns=np.uint8(2)).images) == 1
    assert plots.plot_network(np.array([4, 3, 2])).texts
    for wrong in (2.5, "8", True):
        with pytest.raises(ValueError, match="bins must be a whole number above 1"):
            plots.plot_distributions({"a": values}, bins=wrong)
        with pytest.raises(ValueError, match="columns must be a whole number"):
            plots.plot_images(pictures, columns=wrong)
        with pytest.raises(ValueError, match="two layers or more"):
            plots.plot_network([4, wrong])


def test_measurements_take_numpy_numbers():
    import keras

    from labkit import diagnostics

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="sigmoid")])
    for tolerance in (np.float32(0.5), np.int64(1)):
        assert len(diagnostics.activations(model, np.ones((4, 3)), tolerance=tolerance)) == 1
    assert type(diagnostics.Probe([0], [0], every=np.int64(3)).every) is int
    factor = diagnostics.mean_field_factor(np.float32(0.5), np.int64(50), np.float64(0.25))
    assert factor == diagnostics.mean_field_factor(0.5, 50, 0.25)
    with pytest.raises(ValueError, match="every must be a whole number of epochs"):
        diagnostics.Probe([0], [0], every=True)
