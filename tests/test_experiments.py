"""Variants times seeds: the table, failures, the folder of kept runs, worker processes."""

import os
import random
import time

import joblib
import keras
import numpy as np
import pandas as pd
import pytest

from labkit.experiments import Variant, compare, comparison, final, summary
from labkit.experiments.fingerprint import fingerprint
from labkit.experiments.workers import choose_n_jobs
from labkit.models import mlp

RATE = 0.1


@pytest.fixture(scope="module")
def data():
    """64 rows of 4 numbers; the class is the sign of the first."""
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


def compiled(hidden=(3,), **arguments):
    model = mlp(4, 2, hidden=hidden)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss, metrics=["accuracy"], **arguments)
    return model


def build():
    return compiled(run_eagerly=True)  # nothing to compile: quickest for a step or two


def wide():
    return compiled((5,), run_eagerly=True)


def fail():
    raise OSError("no such\nlayer")


def die():
    time.sleep(0.5)  # the other worker starts its run meanwhile
    os._exit(1)


def here(variants, data, **arguments):
    return compare(variants, data, **{"seeds": 1, "n_jobs": 1, **arguments})


def never(*arguments):
    raise AssertionError("a kept run was trained again")


# the table


def test_rows_come_by_variant_seed_and_epoch(data):
    frame = here({"z": build, "a": wide}, data, seeds=(7, 3), epochs=2)
    keys = list(frame[["variant", "seed", "epoch"]].itertuples(index=False, name=None))
    assert keys == [(v, s, e) for v in "za" for s in (7, 3) for e in (1, 2)]


def test_columns_say_what_was_measured_and_what_it_took(data):
    frame = here({"a": build}, data, validation=data)
    metrics = ["loss", "accuracy", "val_loss", "val_accuracy"]
    facts = ["seconds", "parameters", "steps", "error"]
    assert list(frame) == ["variant", "seed", "epoch", *metrics, *facts]
    assert frame["parameters"].item() == (4 * 3 + 3) + (3 * 2 + 2)
    assert frame["steps"].item() == 64 / 32
    assert frame["seconds"].item() > 0
    assert frame["error"].item() == ""


def test_a_variant_brings_its_own_settings(data):
    variants = {"a": build, "b": Variant(build, epochs=2, batch_size=24)}
    last = final(here(variants, data)).set_index("variant")
    assert last["epoch"].to_dict() == {"a": 1, "b": 2}
    assert last["steps"].to_dict() == {"a": 2, "b": 2 * 3}  # 24 + 24 + 16 rows


def test_validation_now_and_then_stands_at_its_epochs(data):
    frame = here({"a": build}, data, validation=data, epochs=3, validation_freq=2)
    assert frame["val_loss"].isna().tolist() == [True, False, True]


def test_each_run_gets_fresh_callbacks(data):
    class StopAtOnce(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    for callbacks in ([StopAtOnce()], lambda: [StopAtOnce()]):
        frame = here({"a": build}, data, seeds=2, epochs=3, callbacks=callbacks)
        assert frame["epoch"].tolist() == [1, 1]
    assert Variant(build, callbacks=callbacks).settings["callbacks"] is callbacks


def test_measure_adds_columns(data):
    def measure(model):
        return {"norm": np.linalg.norm(model.get_weights()[0]), "layers": len(model.layers)}

    frame = here({"a": build}, data, measure=measure)
    assert frame["norm"].item() > 0
    assert frame["layers"].item() == 2


def test_the_seed_decides_the_numbers_and_python_keeps_its_own(data):
    random.seed(5)
    expected = random.Random(5).random()
    first = here({"a": build, "b": build}, data, seeds=2)
    assert random.random() == expected
    losses = first["loss"].to_numpy().reshape(2, 2)
    np.testing.assert_array_equal(losses[0], losses[1])
    assert losses[0, 0] != losses[0, 1]


# what goes wrong


def test_a_run_that_raises_is_one_row_and_the_others_stay(data):
    with pytest.warns(RuntimeWarning, match="1 of 2 runs failed"):
        frame = here({"bad": fail, "good": build}, data)
    bad, good = frame.iloc[0], frame.iloc[1]
    assert bad["epoch"] == 0
    assert bad["error"] == "OSError: no such layer"
    assert np.isnan(bad[["loss", "accuracy", "seconds"]].to_numpy(dtype=float)).all()
    assert good["epoch"] == 1


@pytest.mark.parametrize(
    ("variants", "arguments", "message"),
    [
        ({}, {}, "map a name to a build function"),
        ([build], {}, "map a name to a build function"),
        ({1: build}, {}, "name of a variant must be a text"),
        ({"a": 3}, {}, "takes nothing and returns a compiled model"),
        ({"a": build}, {"seeds": 0}, "seeds must be a whole number, 1 or more"),
        ({"a": build}, {"seeds": []}, "at least one"),
        ({"a": build}, {"seeds": [1, 1]}, "seeds must differ"),
        ({"a": build}, {"seeds": "012"}, "a number of seeds"),
        ({"a": build}, {"epochs": 0}, "epochs must be a whole number"),
        ({"a": build}, {"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"a": build}, {"measure": "loss"}, "function of a model"),
        ({"a": build}, {"n_jobs": 0}, "other than 0"),
        ({"a": build}, {"validation_data": (1, 2)}, "all variants share the data"),
        ({"a": build}, {"validation": 3}, r"validation must be a pair \(x, y\)"),
        ({"a": build}, {"epoch": 3}, "unexpected keyword argument 'epoch'|'epoch'"),
        ({"a": lambda: mlp(4, 2)}, {}, "must return a compiled model"),
        ({"a": lambda: None}, {}, "must return a Keras model; got None"),
        ({"a": build}, {"measure": lambda model: 3}, "must return a dict"),
        ({"a": build}, {"measure": lambda model: {"seed": 1}}, "not 'seed'"),
        ({"a": build}, {"measure": lambda model: {"b": [1, 2]}}, "'b' has several"),
    ],
)
def test_compare_rejects_bad_arguments(data, variants, arguments, message):
    with pytest.raises(ValueError, match=message):
        here(variants, data, **arguments)


def two_outputs():
    inputs = keras.Input((4,))
    heads = {name: keras.layers.Dense(1, name=name)(inputs) for name in ("first", "second")}
    model = keras.Model(inputs, heads)
    model.compile("sgd", dict.fromkeys(heads, "mse"))
    return model


def test_a_model_of_several_outputs_takes_a_dict_of_targets():
    x = np.ones((12, 4), "float32")
    y = {name: np.full(12, value, "float32") for name, value in (("first", 1), ("second", 2))}
    frame = compare({"two": two_outputs}, (x, y), validation=(x, y), seeds=1, n_jobs=1)
    assert {"first_loss", "val_second_loss"} <= set(frame)
    for wrong in ({**y, "second": y["second"][:5]}, {}):
        with pytest.raises(ValueError, match="as many rows in x as in y"):
            compare({"two": two_outputs}, (x, wrong))


def test_compare_rejects_data_of_unequal_length(data):
    with pytest.raises(ValueError, match="got 64 and 63"):
        here({"a": build}, (data[0], data[1][1:]))


# the folder of kept runs


def test_kept_runs_are_not_trained_again(data, tmp_path, monkeypatch):
    first = here({"a": build}, data, seeds=2, store=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("labkit.experiments.run._train", never)
        again = here({"a": build}, data, seeds=2, store=tmp_path)
    pd.testing.assert_frame_equal(first, again)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}


def test_another_setting_seed_or_data_is_another_run(data, tmp_path):
    for seeds, epochs, rows in (([0], 1, 64), ([1], 1, 64), ([0], 2, 64), ([0], 1, 32)):
        part = data[0][:rows], data[1][:rows]
        here({"a": build}, part, seeds=seeds, epochs=epochs, store=tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_damaged_file_is_trained_again_and_a_failure_is_not_kept(data, tmp_path):
    with pytest.warns(RuntimeWarning):
        here({"a": build, "bad": fail}, data, store=tmp_path)
    [kept] = tmp_path.iterdir()
    kept.write_text("{", encoding="utf-8")
    assert here({"a": build}, data, store=tmp_path)["error"].item() == ""
    assert kept.stat().st_size > 1


def test_interruption_leaves_finished_runs_in_the_store(data, tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here({"a": build, "b": interrupt}, data, store=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_store_must_be_a_folder(data, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ValueError, match="store must be a folder"):
        here({"a": build}, data, store=file)


def from_source(text, path="a.py", **names):
    """Compile a function as a notebook cell would: in __main__, from a file of its own."""
    scope = {"__name__": "__main__", **names}
    exec(compile(text, path, "exec"), scope)
    return scope["f"]


def test_a_fingerprint_sees_code_and_values_but_not_the_place():
    text = "def f(a=1):\n    return [a + rate for _ in range(3)]"
    before = fingerprint(from_source(text, rate=0.1))
    assert fingerprint(from_source("\n\n" + text, "b.py", rate=0.1, other=2)) == before
    assert fingerprint(from_source(text, rate=0.2)) != before
    assert fingerprint(from_source(text.replace("a=1", "a=2"), rate=0.1)) != before
    assert fingerprint(from_source(text.replace("3", "4"), rate=0.1)) != before


def test_a_fingerprint_follows_functions_closures_and_keras_objects():
    def closing_over(value):
        return lambda: value

    same, other = (fingerprint(closing_over(keras.optimizers.SGD(r))) for r in (0.1, 0.2))
    assert same == fingerprint(closing_over(keras.optimizers.SGD(0.1))) != other
    helper = "def g():\n    return {}\ndef f():\n    return g()"
    one, two = (fingerprint(from_source(helper.format(n))) for n in (1, 2))
    assert one != two


# tables


def ended_with(values, error=""):
    table = {"variant": "a", "seed": range(len(values)), "epoch": 1, "loss": values}
    return pd.DataFrame({**table, "error": error})


def test_summary_is_the_t_interval_done_by_hand():
    row = summary(ended_with([1.0, 2.0, 3.0]), "loss").iloc[0]
    half = 4.302653 * 1.0 / np.sqrt(3)  # t of 2 degrees of freedom, 97.5 %
    assert (row["mean"], row["sd"], row["n"]) == (2.0, 1.0, 3)
    assert [row["low"], row["high"]] == pytest.approx([2 - half, 2 + half])


def test_summary_leaves_failed_runs_out_but_not_diverged_ones():
    failed = ended_with([1.0, np.nan, 3.0], ["", "OSError", ""])
    assert summary(failed, "loss")[["mean", "n"]].iloc[0].tolist() == [2.0, 2]
    assert np.isnan(summary(ended_with([1.0, np.nan]), "loss")["mean"].item())


def test_summary_of_one_run_has_no_interval():
    assert summary(ended_with([1.0]), "loss")[["sd", "low", "high"]].isna().all(axis=None)


def test_tables_reject_what_they_cannot_read():
    with pytest.raises(ValueError, match="metric must be one of loss; got 'acc'"):
        summary(ended_with([1.0]), "acc")
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        summary(ended_with([1.0]), "loss", level=95)
    with pytest.raises(ValueError, match="no column 'variant'"):
        final(pd.DataFrame({"loss": [1.0]}))


# processes


def where(model):
    import tensorflow as tf

    return {"pid": os.getpid(), "threads": tf.config.threading.get_intra_op_parallelism_threads()}


@pytest.mark.slow
def test_workers_give_the_numbers_of_this_process_on_one_thread_each(data):
    variants = {"lambda": lambda: compiled(), "wide": wide}
    arguments = {"validation": data, "epochs": 2, "batch_size": 24, "seeds": 2, "measure": where}
    apart = compare(variants, data, n_jobs=2, **arguments)
    together = compare(variants, data, n_jobs=1, **arguments)
    own = ["seconds", "pid", "threads"]
    pd.testing.assert_frame_equal(apart.drop(columns=own), together.drop(columns=own), rtol=1e-5)
    assert set(apart["threads"]) == {1}
    assert os.getpid() not in set(apart["pid"])
    assert set(together["pid"]) == {os.getpid()}


def test_smoke_mode_starts_no_worker_of_its_own(data, monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    frame = compare({"a": build}, data, seeds=2, measure=where)
    assert set(frame["pid"]) == {os.getpid()}
    assert choose_n_jobs(2, 8) == 2
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert choose_n_jobs(None, 8) == 2


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_run_alone(data, tmp_path):
    with pytest.warns(RuntimeWarning, match="1 of 3 runs failed, for example 'die'"):
        frame = compare({"a": build, "die": die, "b": build}, data, seeds=1, n_jobs=2)
    assert frame["variant"].tolist() == ["a", "die", "b"]
    assert frame["error"].str.startswith("WorkerDied").tolist() == [False, True, False]
    assert frame["loss"].notna().tolist() == [True, False, True]


def test_a_backend_chosen_through_joblib_is_used(data):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        frame = compare({"a": build}, data, seeds=2, measure=where)
    assert set(frame["pid"]) == {os.getpid()}


def test_without_a_reader_there_is_no_bar(data, monkeypatch, capfd):
    monkeypatch.setenv("LABKIT_QUIET", "1")
    here({"a": build}, data)
    assert "runs" not in "".join(capfd.readouterr())
    with pytest.raises(ValueError, match='"auto", True or False'):
        comparison.compare({"a": build}, data, progress="loud")
