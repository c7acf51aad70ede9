"""Tests of labkit.startup."""

import os
import subprocess
import sys

import pytest

from labkit.startup import standard_error_kept


def run(code):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    return done.stdout, done.stderr


def test_tensorflow_starts_without_a_line_after_labkit():
    assert run("import labkit, keras; print(keras.ops.ones(1).shape)") == ("(1,)\n", "")


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
