"""Tests of labkit.startup."""

import os
import subprocess
import sys


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
