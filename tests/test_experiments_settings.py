"""What of the process decides numbers: carried to workers, put back, part of a stored run's key."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from labkit.experiments import compare, settings
from labkit.experiments.fingerprint import fingerprint

X = np.arange(8, dtype="float32").reshape(4, 2)
CHANGES = {
    "floatx": "float64",
    "epsilon": 1e-3,
    "image_data_format": "channels_first",
    "dtype_policy": keras.dtype_policies.DTypePolicy("mixed_bfloat16"),
    "flash_attention": False,
    # Keras 3.9 has no limits yet
    **(
        {"max_epochs": 3, "max_steps_per_epoch": 2}
        if hasattr(keras.config, "set_max_epochs")
        else {}
    ),
    "safe_mode_saving": False,
    "custom_objects": {"doubled": lambda value: 2 * value},
    "custom_objects_scope_dict": {"tripled": lambda value: 3 * value},
    "numpy_errors": {"divide": "raise", "over": "warn", "under": "ignore", "invalid": "warn"},
    "mode": "smoke",
    "run_functions_eagerly": True,
    "tf32": False,
    "soft_placement": False,
    "jit": "autoclustering",
    "optimizer": {"constant_folding": False},
    "determinism": True,
}
SHOWN_ONLY = {"traceback_filtering": False, "interactive_logging": False}


@pytest.fixture(autouse=True)
def as_it_was():
    with settings.applied(settings.capture()):
        yield


def test_every_function_of_keras_that_sets_something_is_known():
    verbs = ("set_", "enable_", "disable_")
    found = {name for name in dir(keras.config) if name.startswith(verbs)}
    assert found - set(settings.KERAS_SETTERS) == set()
    here = {settings.KERAS_SETTERS[name] for name in found}
    assert here <= set(settings.capture())


def test_every_setting_is_tried_below():
    elsewhere = {"backend", "environment", "folder"}
    assert set(settings.capture()) == {*CHANGES, *SHOWN_ONLY, *elsewhere}


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_is_carried_put_back_and_part_of_the_key(name):
    before = settings.capture()
    given = {**before, name: CHANGES[name]}
    with settings.applied(given):
        during = settings.capture()
        assert fingerprint(settings.fingerprinted(during)) != fingerprint(
            settings.fingerprinted(before)
        )
    if name == "custom_objects":  # what a module has registered once stays
        assert during[name]["doubled"] is keras.saving.get_custom_objects().pop("doubled")
    elif name == "optimizer":
        assert during[name]["constant_folding"] is False
        tf.config.optimizer.set_experimental_options({"constant_folding": True})
    else:
        assert during[name] == CHANGES[name]
        assert settings.capture() == before


@pytest.mark.parametrize("name", SHOWN_ONLY)
def test_what_changes_the_display_alone_is_carried_but_not_in_the_key(name):
    before = settings.capture()
    with settings.applied({**before, name: False}):
        during = settings.capture()
    assert during[name] is False
    assert settings.fingerprinted(during) == settings.fingerprinted(before)


def test_the_default_policy_is_the_same_before_and_after_a_layer_asked_for_it():
    first = settings.capture()
    keras.layers.Dense(1)
    assert settings.capture() == first


def test_names_are_counted_from_the_beginning_for_a_while():
    first = keras.layers.Dense(1).name
    with settings.applied({}):
        assert [keras.layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
    assert keras.layers.Dense(1).name not in (first, "dense")


def test_environment_and_folder_are_followed_and_put_back(tmp_path):
    before = settings.capture()
    os.environ["LABKIT_TEST"] = "here"
    with settings.applied({**before, "folder": str(tmp_path)}):
        assert "LABKIT_TEST" not in os.environ
        assert os.path.samefile(os.getcwd(), tmp_path)
    assert os.environ.pop("LABKIT_TEST") == "here"
    assert os.getcwd() == before["folder"]
    assert not {"environment", "folder"} & set(settings.elsewhere(before))


def test_another_backend_is_refused():
    with (
        pytest.raises(RuntimeError, match="KERAS_BACKEND=jax"),
        settings.applied({"backend": "jax"}),
    ):
        pass


def seen(model):
    return {
        "policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "eager": tf.config.functions_run_eagerly(),
        "deterministic": settings.capture()["determinism"],
        "mode": os.environ.get("LABKIT_MODE", ""),
        "own": os.environ.get("OWN", ""),
        "dtype": model.layers[0].compute_dtype,
    }


def build():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.slow
def test_workers_see_the_settings_of_this_process_and_the_next_call_its_own(monkeypatch):
    columns, tables = ["policy", "floatx", "epsilon", "eager", "deterministic", "mode", "own"], {}
    for changed in (True, False):
        with monkeypatch.context() as here:
            if changed:
                here.setenv("LABKIT_MODE", "smoke")
                here.setenv("OWN", "3")
                keras.config.set_dtype_policy("mixed_bfloat16")
                keras.config.set_epsilon(1e-3)
                tf.config.experimental.enable_op_determinism()
            for n_jobs in (1, 2):
                frame = compare({"a": build}, (X, X[:, :1]), seeds=2, n_jobs=n_jobs, measure=seen)
                tables[changed, n_jobs] = frame.drop(columns="seconds").to_dict("list")
        keras.config.set_dtype_policy("float32")
        keras.config.set_epsilon(1e-7)
        settings._change({"determinism": False})
    for changed in (True, False):
        for column in (*columns, "dtype", "error"):
            assert tables[changed, 1][column] == tables[changed, 2][column]
        np.testing.assert_allclose(
            tables[changed, 1]["loss"], tables[changed, 2]["loss"], rtol=1e-5
        )
    assert tables[True, 2]["dtype"] == ["bfloat16"] * 2
    assert tables[False, 2]["dtype"] == ["float32"] * 2


def test_a_build_that_changes_settings_leaves_none_behind():
    def careless():
        keras.config.set_dtype_policy("mixed_bfloat16")
        return build()

    frame = compare({"a": careless, "b": build}, (X, X[:, :1]), seeds=2, n_jobs=1, measure=seen)
    assert frame["dtype"].tolist() == ["bfloat16"] * 2 + ["float32"] * 2
    assert keras.config.dtype_policy().name == "float32"
