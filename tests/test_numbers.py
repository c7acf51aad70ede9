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


@pytest.mark.parametrize("value", NEITHER, ids=str)
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
