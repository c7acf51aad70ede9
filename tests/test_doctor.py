"""The doctor: what it says of a computer on which a first session would fail."""

import ast
import functools
import json
import os
import re
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import labkit
from labkit import cli, doctor
from labkit.data.facts import FACTS
from labkit.doctor import advice, checks, machine, trial

ROOT = Path(__file__).parent.parent
GONE = "/gone/python"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Stand in a clone of the course, on a machine with memory to spare."""
    monkeypatch.setattr(machine, "memory", lambda: (8e9, 16e9))
    monkeypatch.setattr(advice, "COURSE", tmp_path.resolve())
    (tmp_path / "requirements.lock").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


def result(**facts):
    return functools.lru_cache(lambda: facts)


def test_a_sound_computer_gets_a_line_for_each_check_and_trains(course, monkeypatch, capsys):
    monkeypatch.setattr(trial, "run", functools.lru_cache(trial.train))
    assert cli.main(["doctor"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == "Ready for the labs."
    found = [line for line in lines if not line.startswith(" ")]
    assert [line[6:19].strip() for line in found] == list(checks.CHECKS)
    assert {line[:6] for line in found} == {"ok    ", "note  "}
    notes = [line for line in lines if line.startswith("note")]
    assert len(notes) == 3  # the tests have no data
    assert all("draws a stand-in and judges no claim" in line for line in notes)
    assert f"{'':<19}  next: {advice.command('data fetch mnist')}" in lines
    (training,) = [line for line in found if "training" in line]
    first, second = map(float, re.findall(r"\d\.\d\d", training))
    assert second < first


def test_a_python_without_any_package_gets_an_answer_and_commands(tmp_path):
    """``-S`` keeps out everything that was installed."""
    code = f"import sys; sys.path[0] = {str(ROOT)!r}; from labkit import cli; "
    command = [sys.executable, "-S", "-c", f"{code} sys.exit(cli.main(sys.argv[1:]))"]
    run = subprocess.run([*command, "doctor"], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "")
    lines = run.stdout.splitlines()
    failed = {line.split()[1] for line in lines if line.startswith("FAIL")}
    assert {"labkit", "packages", "training", "MNIST"} <= failed
    todo = [line.partition("next: ")[2] for line in lines if "next: " in line]
    assert todo == [f"cd {ROOT}; rm -f .venv/.installed; make install"]
    assert lines[-1] == "Not ready yet: see FAIL above, then ask again."
    run = subprocess.run([*command, "data", "verify"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1
    assert re.fullmatch(r"labkit: No module named 'numpy'; see .+ doctor\n", run.stderr)


def test_a_python_that_is_too_old_can_read_the_doctor():
    for name in ("__init__", "cli", "mode", "paths", "startup", "doctor/*"):
        for file in (ROOT / "labkit").glob(f"{name}.py"):
            ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_doctor_asks_for_what_the_project_asks_for():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (oldest, beyond) = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project).groups()
    assert (3, int(oldest)) == checks.OLDEST
    assert (3, int(beyond) - 1) == checks.NEWEST
    assert {name: facts.title for name, facts in FACTS.items()} == checks.DATA
    asked = checks._asked()
    assert {"tensorflow", "numpy", "ipykernel", "nbgrader"} <= asked.keys()
    assert not {"jupyter-book", "pytest", "torch", "labkit"} & asked.keys()
    assert asked["opencv-python-headless"] == "4.10.0.84"


def test_a_wrong_python_is_named(course, monkeypatch):
    monkeypatch.setattr(checks, "NEWEST", (3, 9))
    ok, text, todo = checks.python()
    assert not ok
    assert text.endswith("the labs need 3.10 to 3.13")
    assert "3.12" in todo


def test_packages_that_are_missing_or_too_old_are_named(course, monkeypatch):
    asked = ["numpy>=1.26", "keras>=99.1", "no-such-package[x]>=1.0,<2 ; extra == 'labs'"]
    monkeypatch.setattr(metadata, "requires", lambda name: [*asked, "x>=1 ; extra == 'test'"])
    ok, text, todo = checks.packages()
    version = metadata.version("keras")
    assert (ok, text) == (
        False,
        f"keras {version} is older than 99.1; no-such-package is missing",
    )
    assert todo == "rm -f .venv/.installed; make install"
    (course / "requirements.lock").unlink()
    assert checks.packages()[2] == (
        f'{sys.executable} -m pip install "keras>=99.1" "no-such-package>=1.0"'
    )


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LABKIT_MODE", "fast", "LABKIT_MODE must be one of smoke, class, full, got 'fast'"),
        ("LABKIT_DATA", "gone", "LABKIT_DATA names {course}/gone, which is no folder"),
    ],
)
def test_a_variable_that_is_wrong_is_named(course, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    ok, text, todo = checks.settings()
    assert (ok, text) == (False, says.format(course=course))
    assert todo.split()[1].strip("=") == name


def test_a_full_disk_is_named(course, monkeypatch):
    assert checks.disk()[0]
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=4e8))
    ok, text, todo = checks.disk()
    assert (ok, text) == (False, "0.4 GB free (environment, this folder, cache)")
    assert "LABKIT_CACHE=FOLDER  (a folder on a larger disk)" in todo


def test_a_cache_that_cannot_be_written_is_named(course, monkeypatch):
    assert checks.folders()[0]
    (course / "file").touch()
    monkeypatch.setenv("LABKIT_CACHE", str(course / "file/cache"))
    ok, text, todo = checks.folders()
    assert not ok
    assert text.startswith(f"the cache, {course / 'file' / 'cache'}, cannot be written: ")
    assert "LABKIT_CACHE=FOLDER  (a folder of your own)" in todo


def test_a_folder_that_cannot_be_written_is_named(course, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path_factory.mktemp("cache")))

    def refuse(dir):
        if dir == course:
            raise PermissionError(13, "Permission denied")
        return open(os.devnull)

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    ok, text, todo = checks.folders()
    assert (ok, text) == (False, f"this folder, {course}, cannot be written: Permission denied")
    assert todo.endswith("notebooks --student --out ~/labs")


def test_little_memory_is_named(course, monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: (1.2e9, 4e9))
    ok, text, todo = checks.memory()
    assert (ok, text) == (False, "1.2 of 4.0 GB free; a lab may take 2.5 GB")
    assert "shut down other notebooks" in todo


@pytest.mark.parametrize(("written", "least"), [("2000000000\n", 2e9), ("max\n", None)])
def test_the_limit_of_a_container_counts(tmp_path, monkeypatch, written, least):
    (tmp_path / "memory.max").write_text(written)
    monkeypatch.setattr(machine, "LIMITS", ("/gone", str(tmp_path / "memory.max")))
    there = SimpleNamespace(available=5e9, total=8e9)
    monkeypatch.setattr("psutil.virtual_memory", lambda: there)
    assert machine.memory() == ((least, least) if least else (5e9, 8e9))


@pytest.mark.parametrize(
    ("program", "says"),
    [(GONE, f"starts a Python that is gone, {GONE}"), (os.devnull, "starts another Python, ")],
)
def test_a_kernel_of_another_python_is_named(course, monkeypatch, program, says):
    folder = course / "kernels/python3"
    folder.mkdir(parents=True)
    spec = {"argv": [program, "-m", "ipykernel"], "display_name": "", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    assert checks.kernel()[0]
    monkeypatch.setenv("JUPYTER_PATH", str(course))
    ok, text, todo = checks.kernel()
    assert not ok
    assert says in text
    assert todo == f"{sys.executable} -m jupyter kernelspec remove python3"


def test_a_file_of_data_that_is_damaged_is_named(course, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(course))
    (course / "mnist.npz").write_bytes(b"not an archive")
    ok, text, todo = checks.data_set("mnist")
    assert not ok
    assert text.startswith(f"{course / 'mnist.npz'} cannot be used: expected a whole .npz archive")
    assert todo.startswith(f"mv {course / 'mnist.npz'} {course / 'mnist.npz'}.bad; ")
    assert todo.endswith("labkit data fetch mnist") or "labkit.cli" in todo


def test_data_that_is_here_is_verified(course, real_data):
    assert checks.data_set("mnist") == (True, f"verified, {real_data}/mnist.npz", "")


@pytest.mark.parametrize(
    ("code", "stderr", "says"),
    [
        (-signal.SIGILL, "", "TensorFlow needs instructions (AVX) that this processor lacks"),
        (-9, "", "the system ended it, as a rule for want of memory"),
        (-signal.SIGSEGV, "", "it crashed (SIGSEGV)"),
        (1, "Traceback\nImportError: libcudart.so\n", "ImportError: libcudart.so"),
        (3, "", "it ended with 3"),
    ],
)
def test_a_training_that_crashes_says_why(course, monkeypatch, code, stderr, says):
    ended = SimpleNamespace(returncode=code, stderr=stderr, stdout="")
    monkeypatch.setattr("subprocess.run", lambda *args, **settings: ended)
    trial.run.cache_clear()
    ok, text, todo = checks.training()
    assert (ok, text) == (False, says)
    assert todo


def test_a_training_without_end_is_given_up(course, monkeypatch):
    monkeypatch.setattr(trial, "PATIENCE", 0.01)
    trial.run.cache_clear()
    assert checks.training()[:2] == (False, "no end after 0.01 s")
    trial.run.cache_clear()


def test_a_training_in_a_process_of_its_own_says_what_it_did(course, monkeypatch):
    said = 'a line of TensorFlow\n{"losses": [2.0, 1.0], "steps": 30, "gpus": ["gpu:0"]}\n'
    ended = SimpleNamespace(returncode=0, stderr="", stdout=said)
    monkeypatch.setattr("subprocess.run", lambda *args, **settings: ended)
    trial.run.cache_clear()
    assert checks.training() == (True, "30 steps, the loss went from 2.00 to 1.00", "")
    assert checks.gpu() == (True, "1 in use", "")
    trial.run.cache_clear()


@pytest.mark.parametrize("last", [2.5, float("nan")])
def test_a_loss_that_does_not_fall_is_a_failure(course, monkeypatch, last):
    monkeypatch.setattr(trial, "run", result(losses=[2.3, last], steps=30, gpus=[]))
    assert not checks.training()[0]


def test_no_gpu_is_no_failure(course, monkeypatch):
    monkeypatch.setattr(trial, "run", result(losses=[2.3, 1.0], steps=30, gpus=[]))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert checks.gpu() == (True, "none; no lab needs one", "")
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
    assert checks.gpu() == (True, "one that Keras does not use; no lab needs one", "")


def test_one_check_that_breaks_does_not_silence_the_others(course, monkeypatch):
    def breaks():
        raise RuntimeError("out of order")

    monkeypatch.setattr(checks, "CHECKS", {"first": breaks, "cores": checks.cores})
    first, cores = doctor.examine()
    assert first == ("first", False, "not looked at: RuntimeError: out of order", "")
    assert cores.ok


# The first cell of a notebook.


def look(capsys, version=labkit.__version__, data=()):
    doctor.first_look(labkit=version, data=data)
    return capsys.readouterr().out


def test_a_notebook_with_all_it_needs_says_nothing(course, monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_DATA", str(course))
    (course / "mnist.npz").touch()
    (course / "cifar10").mkdir()
    (course / "cifar10/cifar-10-python.tar.gz").touch()
    monkeypatch.setattr(labkit, "__version__", "1.4.2")
    assert look(capsys, "1.4.0", ["mnist", "cifar10"]) == ""


@pytest.mark.parametrize(("version", "todo"), [("1.10.0", "update the course"), ("1.3.9", "anew")])
def test_a_notebook_of_another_labkit_says_so(course, monkeypatch, capsys, version, todo):
    monkeypatch.setattr(labkit, "__version__", "1.4.2")
    said = look(capsys, version)
    assert said.startswith(f"This notebook is for labkit {version}, and here is 1.4.2: ")
    assert todo in said


def test_a_notebook_without_its_data_says_what_will_happen(course, capsys):
    assert look(capsys, data=["mnist", "cifar10"]) == (
        "Not on this computer: MNIST, CIFAR-10. This notebook downloads it once; without a "
        "network it draws a stand-in, and judges no claim.\n"
    )


def test_a_notebook_with_little_memory_says_so(course, monkeypatch, capsys):
    monkeypatch.setattr(machine, "memory", lambda: (1.2e9, 4e9))
    assert look(capsys).startswith("Only 1.2 GB of memory are free, and a lab may take 2.5: shut")


def test_a_notebook_without_numpy_names_the_doctor(course, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "labkit.data.load", None)
    assert re.search(r"^The package labkit.data.load is missing\. .* doctor$", look(capsys).strip())
