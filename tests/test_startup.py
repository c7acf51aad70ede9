"""Tests of labkit.startup."""

import os
import subprocess
import sys
import threading
import time

import pytest

from labkit.startup import standard_error_kept


def run(code):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    return done.stdout, done.stderr


@pytest.mark.slow
def test_tensorflow_starts_without_a_line_after_labkit():
    assert run("import labkit, keras; print(keras.ops.ones(1).shape)") == ("(1,)\n", "")


@pytest.mark.parametrize(
    "before",
    [
        "import importlib.util as u; [u.find_spec('tensorflow') for _ in range(3)]",
        "import pkgutil; pkgutil.get_loader('tensorflow')",
        "import importlib; importlib.reload(labkit); importlib.reload(labkit.startup)",
        "import threading; threads = [threading.Thread(target=__import__, args=('tensorflow',)) "
        "for _ in range(3)]; [t.start() for t in threads]; [t.join() for t in threads]",
    ],
)
def test_tensorflow_starts_silently_whatever_looked_it_up_before(tmp_path, before):
    """The real one takes seconds; a module of its name writes as it does."""
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow/__init__.py").write_text("import os; os.write(2, b'chatter')")
    (tmp_path / "tensorflow/keras.py").write_text("")
    code = f"import sys, labkit; sys.path.insert(0, {str(tmp_path)!r}); {before}; "
    code += "import tensorflow.keras; print([f for f in sys.meta_path if '_Finder' in str(f)])"
    assert run(code) == ("[]\n", "")


def test_tensorflow_starts_silently_after_an_import_that_failed(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os, sys; os.write(2, b'chatter'); sys.ready or 1 / 0"
    )
    code = f"import contextlib, sys, labkit; sys.path.insert(0, {str(tmp_path)!r}); sys.ready = 0\n"
    code += "with contextlib.suppress(ZeroDivisionError): import tensorflow\n"
    code += "sys.ready = 1; import tensorflow"
    assert run(code) == ("", "chatter")  # of the import that failed


def test_threads_that_keep_lines_back_take_turns(capfd):
    def work():
        with standard_error_kept():
            os.write(2, b"chatter")
            time.sleep(0.01)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for step in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            step(thread)
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_a_failing_import_of_tensorflow_shows_what_it_wrote(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os; os.write(2, b'why'); raise OSError('bad')")
    _, err = run(f"import sys, labkit; sys.path.insert(0, {str(tmp_path)!r}); import tensorflow")
    assert "why" in err
    assert "OSError: bad" in err


def test_lines_of_c_code_are_kept_back(capfd):
    with standard_error_kept():
        os.write(2, b"chatter")
    assert capfd.readouterr().err == ""


def test_lines_of_c_code_are_shown_when_something_fails(capfd):
    @standard_error_kept()
    def fail():
        os.write(2, b"the cause")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "the cause"
