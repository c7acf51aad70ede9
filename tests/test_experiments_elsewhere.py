"""A worker runs the code of this process, or the run is done here; edits are trained again."""

import importlib
import sys
import threading

import keras
import numpy as np
import pytest

from labkit.experiments import compare

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
HELPER = """
import keras

UNITS = {}

def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(UNITS), keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
"""


def parameters(units):
    return (4 * units + units) + (units * 2 + 2)


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """A module beside a notebook, whose folder workers find as they find the tests."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    file = tmp_path / "beside_the_notebook.py"

    def edited(units):
        file.write_text(HELPER.format(units), encoding="utf-8")
        importlib.invalidate_caches()
        sys.modules.pop(file.stem, None)
        return importlib.import_module(file.stem)

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    yield edited
    sys.modules.pop(file.stem, None)


def trained(build, n_jobs=2, **arguments):
    frame = compare({"a": build}, (X, Y), seeds=2, n_jobs=n_jobs, **arguments)
    assert set(frame["error"]) == {""}
    return frame["parameters"].tolist()


@pytest.mark.thorough  # it starts six workers
def test_workers_that_know_an_older_module_are_replaced(helper):
    get_executor().shutdown(kill_workers=True)  # those of other tests do not find the folder
    for units in (3, 5):
        module = helper(units)
        assert trained(module.build) == [parameters(units)] * 2
    module.UNITS = 7  # no file says so
    with pytest.warns(RuntimeWarning, match="beside_the_notebook: not what a new process would"):
        assert trained(module.build) == [parameters(7)] * 2


def test_what_cannot_be_pickled_is_trained_here():
    lock = threading.Lock()

    def build():
        with lock:
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    with pytest.warns(RuntimeWarning, match="2 runs are done in this process"):
        assert trained(build) == [5] * 2


def get_executor():
    from joblib.externals.loky import get_reusable_executor

    return get_reusable_executor()


CELL = """
import keras

class Config:
    units = {units}
    class Inner:
        rate = {inner}
    @staticmethod
    def bias():
        return {static}

class Slower(keras.callbacks.Callback):
    factor = {attribute}
    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.1 / self.factor

def rate(epoch):
    return {function}

def build():
    layer = keras.layers.Dense(Config.units, use_bias=Config.bias(), dtype=policy)
    model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(Config.Inner.rate), loss, run_eagerly=True)
    return model

policy = keras.dtype_policies.DTypePolicy("{policy}")
callbacks = [Slower(), keras.callbacks.LearningRateScheduler(rate)]
"""
AT_FIRST = {
    "units": 4,
    "inner": 0.1,
    "static": True,
    "attribute": 2,
    "function": 0.1,
    "policy": "float32",
}
EDITS = {
    "units": 7,
    "inner": 0.2,
    "static": False,
    "attribute": 3,
    "function": 0.2,
    "policy": "mixed_bfloat16",
}


def kept(folder, **edits):
    """Run the cell and compare; return the table, and how many runs the folder holds."""
    scope = {"__name__": "__main__"}
    exec(CELL.format(**{**AT_FIRST, **edits}), scope)
    frame = compare(
        {"a": scope["build"]},
        (X, Y),
        seeds=1,
        n_jobs=1,
        callbacks=scope["callbacks"],
        store=folder,
    )
    return frame, len(list(folder.iterdir()))


def test_every_edit_of_a_cell_is_trained_again_and_the_cell_itself_is_not(tmp_path):
    first, _ = kept(tmp_path)
    for number, edit in enumerate(EDITS, 2):
        assert kept(tmp_path, **{edit: EDITS[edit]})[1] == number
    again, count = kept(tmp_path)
    assert count == len(EDITS) + 1
    assert again.equals(first)


def test_another_setting_of_keras_is_trained_again(tmp_path):
    kept(tmp_path)
    keras.config.set_epsilon(1e-2)
    try:
        assert kept(tmp_path)[1] == 2
    finally:
        keras.config.set_epsilon(1e-7)


def test_what_is_not_certain_is_trained_every_time_and_not_kept(tmp_path):
    rng = np.random.default_rng(0)

    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(int(rng.integers(2, 9)))])
        model.compile("sgd", "mse", run_eagerly=True)
        return model

    for _ in range(2):
        compare({"a": build}, (X, X[:, :1]), seeds=1, n_jobs=1, store=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_that_cannot_be_written_stays_in_the_table(tmp_path, monkeypatch):
    def full(*arguments, **others):
        raise OSError("no space left on device")

    monkeypatch.setattr("labkit.experiments.store.json.dump", full)
    with pytest.warns(RuntimeWarning, match="could not be kept: no space left"):
        frame, count = kept(tmp_path)
    assert frame["loss"].notna().all()
    assert count == 0
