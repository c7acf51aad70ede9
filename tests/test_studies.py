"""Studies: a step of each in smoke mode, runs that survive a kill, rows that say what made them."""

import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from labkit.audit import kept
from studies import study as studies_study

ROOT = Path(__file__).parents[1]
STUDIES = [
    path.stem for path in sorted((ROOT / "studies").glob("*.py")) if "STUDY = " in path.read_text()
]
TINY = """
import sys, keras, numpy as np
from labkit.models import mlp
from studies.study import Study, System, main

def prepare(data, part):
    x = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")

def build():
    model = mlp(4, 2, hidden=(3,))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=["accuracy"])
    return model

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        import time
        time.sleep(0.02)

def slow():
    return [Slow()]

def measure(model, x, y):
    return {"share": float((y == 1).mean())}

SYSTEMS = [
    System("quick", build, "one", "noise", 8, 2, seeds=4, curves=True, measure=measure),
    System("slow", build, "two", "noise", 8, 20, seeds=4, callbacks=slow, settings={"rate": 0.1}),
]
STUDY = Study("tiny_study", SYSTEMS, prepare, again="quick")

if __name__ == "__main__":
    import tiny_study
    from pathlib import Path
    sys.exit(main(tiny_study.STUDY, sys.argv[2:], Path(sys.argv[1])))
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Write a study of two systems, and return its module."""
    (tmp_path / "tiny_study.py").write_text(TINY)
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("tiny_study")
    del sys.modules["tiny_study"]


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_takes_a_step_in_smoke_mode_and_keeps_nothing(name, monkeypatch, capfd):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    before = kept.rows(name)
    study = import_module(f"studies.{name}").STUDY
    assert studies_study.main(study, ["--only", study.again, "--jobs", "1"]) == 0
    assert f"{study.again}, seed 0" in capfd.readouterr().err
    assert len(kept.rows(name)) == len(before)


@pytest.mark.parametrize("name", STUDIES)
def test_every_kept_row_belongs_to_a_system_and_has_its_record(name):
    rows = kept.rows(name)
    systems = {system.name for system in import_module(f"studies.{name}").STUDY.systems}
    assert set(rows["system"]) <= systems
    assert set(rows["record"]) <= set(kept.records()["record"])
    assert not rows.duplicated(["system", "seed"]).any()
    assert set(kept.curves(name)["system"]) <= set(rows["system"])


def test_kept_results_stay_small():
    assert sum(path.stat().st_size for path in kept.FOLDER.glob("*.csv")) < 1_000_000


@pytest.mark.slow
def test_rows_curves_and_record_are_kept_and_nothing_is_trained_twice(tiny, tmp_path, capfd):
    folder = tmp_path / "kept"
    assert studies_study.main(tiny.STUDY, ["--only", "quick", "--jobs", "1"], folder) == 0
    rows, curves = kept.rows("tiny_study", folder), kept.curves("tiny_study", folder)
    assert rows["seed"].tolist() == [0, 1, 2, 3]
    assert rows["updates"].tolist() == [24] * 4
    assert rows["share"].between(0, 1).all()
    assert rows["test_accuracy"].notna().all()
    assert len(curves) == 8
    assert kept.records(folder)["jobs"].tolist() == [1]
    capfd.readouterr()
    assert studies_study.main(tiny.STUDY, ["--only", "quick"], folder) == 0
    assert "0 runs to do, 4 kept" in capfd.readouterr().err


@pytest.mark.slow
def test_a_killed_study_loses_at_most_the_runs_that_were_under_way(tiny, tmp_path):
    folder = tmp_path / "kept"
    command = [sys.executable, str(tmp_path / "tiny_study.py"), str(folder), "--jobs", "1"]
    paths = os.pathsep.join([str(ROOT), str(tmp_path)])
    process = subprocess.Popen(
        [*command, "--only", "slow"],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and len(kept.rows("tiny_study", folder)) < 2:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    survived = kept.rows("tiny_study", folder)
    assert 2 <= len(survived) <= 3
    assert studies_study.main(tiny.STUDY, ["--only", "slow", "--jobs", "1"], folder) == 0
    after = kept.rows("tiny_study", folder)
    assert after["seed"].tolist() == [0, 1, 2, 3]
    assert after["rate"].tolist() == [0.1] * 4
    assert after.iloc[: len(survived)]["seconds"].tolist() == survived["seconds"].tolist()
    assert not list(folder.glob("*.part"))


@pytest.mark.slow
def test_a_run_that_fails_is_not_kept_and_is_told(tiny, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tiny, "measure", None)
    broken = tiny.SYSTEMS[0].__class__(**{**vars(tiny.SYSTEMS[0]), "measure": fails})
    study = studies_study.Study("tiny_study", [broken], tiny.prepare, "quick")
    with pytest.warns(RuntimeWarning, match="4 of 4 runs failed"):
        assert studies_study.main(study, ["--jobs", "1"], tmp_path / "kept") == 1
    assert "quick, seed 0: failed: OSError: no disk" in capfd.readouterr().err
    assert len(kept.rows("tiny_study", tmp_path / "kept")) == 0


def fails(model, x, y):
    raise OSError("no disk")


@pytest.mark.slow
def test_again_compares_with_what_is_kept(tiny, tmp_path, capfd):
    folder = tmp_path / "kept"
    assert studies_study.main(tiny.STUDY, ["--again"], folder) == 0
    assert "not tried: none kept" in capfd.readouterr().out
    studies_study.main(tiny.STUDY, ["--only", "quick", "--jobs", "1"], folder)
    assert studies_study.main(tiny.STUDY, ["--again"], folder) == 0
    assert "4 kept runs say" in capfd.readouterr().out
    path = folder / "tiny_study.csv"
    rows = kept.rows("tiny_study", folder)
    text = path.read_text()
    for value in rows["test_accuracy"].unique():
        text = text.replace(f",{value},", ",7.5,")
    path.write_text(text)
    assert studies_study.main(tiny.STUDY, ["--again"], folder) == 1
    assert "OUTSIDE" in capfd.readouterr().out


def test_names_that_are_not_there_are_refused(tiny):
    with pytest.raises(SystemExit, match="no system is named 'nothing'"):
        studies_study.main(tiny.STUDY, ["--only", "nothing"])
    with pytest.raises(ValueError, match="twice: quick"):
        studies_study.Study("x", [*tiny.SYSTEMS, tiny.SYSTEMS[0]], tiny.prepare, "quick")
    with pytest.raises(ValueError, match="again must name a system"):
        studies_study.Study("x", tiny.SYSTEMS, tiny.prepare, "nothing")
