"""The choice between float32 and bfloat16 follows what was measured."""

import pytest

from labkit.training import precision


@pytest.fixture(autouse=True)
def nothing_measured():
    precision.quicker_policy.cache_clear()
    yield
    precision.quicker_policy.cache_clear()


@pytest.mark.parametrize(
    ("bfloat16", "policy"), [(0.5, "mixed_bfloat16"), (0.9, "float32"), (2.0, "float32")]
)
def test_bfloat16_is_chosen_where_its_best_step_is_clearly_faster(monkeypatch, bfloat16, policy):
    seconds = {"float32": [3.0, 1.0], "bfloat16": [9.0, bfloat16]}
    monkeypatch.setattr(precision, "_step_seconds", seconds.get)
    assert precision.quicker_policy() == policy


def test_a_policy_is_measured_once_and_keras_knows_it(monkeypatch):
    calls = []
    real = precision._step_seconds
    monkeypatch.setattr(
        precision, "_step_seconds", lambda dtype: calls.append(dtype) or real(dtype)
    )
    assert precision.quicker_policy() == precision.quicker_policy()
    assert calls == ["float32", "bfloat16"]
    import keras

    assert keras.dtype_policies.get(precision.quicker_policy()).variable_dtype == "float32"
