"""One cycle: the corners of the schedule, and what it refuses."""

import json

import keras
import numpy as np
import pytest

from labkit.training import OneCycle


def test_one_cycle_rises_to_its_peak_and_falls_to_zero():
    cycle = OneCycle(0.4, steps=10, warm_up=0.5, start=0.25)
    rates = [float(cycle(step)) for step in range(12)]
    expected = [0.1, 0.16, 0.22, 0.28, 0.34, 0.4, 0.32, 0.24, 0.16, 0.08, 0, 0]
    np.testing.assert_allclose(rates, expected, atol=1e-7)


def test_an_optimizer_with_one_cycle_comes_back_from_its_configuration():
    optimizer = keras.optimizers.SGD(OneCycle(0.4, steps=10))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert float(again.learning_rate) == pytest.approx(0.04)


def test_one_cycle_of_numpy_numbers_can_be_saved():
    cycle = OneCycle(np.float32(0.5), steps=np.int64(10), warm_up=np.float64(0.5))
    assert json.loads(json.dumps(cycle.get_config())) == cycle.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"peak": 0}, "peak must be above 0, got 0"),
        ({"steps": 1}, "steps must be a whole number, 2 or more; got 1"),
        ({"steps": 2.5}, "got 2.5"),
        ({"warm_up": 1}, "warm_up must be above 0 and below 1, got 1"),
        ({"start": -1}, "start must be from 0 to 1, got -1"),
    ],
)
def test_one_cycle_rejects_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        OneCycle(**{"peak": 0.1, "steps": 10, **arguments})
