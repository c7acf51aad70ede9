"""Keep TensorFlow's start-up lines off terminals and pages.

TensorFlow writes about CPU instructions and missing GPUs to standard error while it is imported,
before it looks at ``TF_CPP_MIN_LOG_LEVEL``. ``import labkit`` arranges that the import is silent;
it loads nothing by itself, so it has to come before ``import keras``.
"""

import contextlib
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile


def silence_tensorflow():
    """Make the first ``import tensorflow`` of this process silent, unless it fails.

    ``TF_CPP_MIN_LOG_LEVEL`` is set to 3 if it is not set: at 2 a machine without a GPU still
    prints a line about it. Errors reach Python as exceptions either way.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not known:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _silently(run, module)
        return spec


def _silently(run, module):
    with standard_error_kept():
        run(module)


@contextlib.contextmanager
def standard_error_kept():
    """Keep back what C++ code writes to standard error; write it only if the body raises."""
    with tempfile.TemporaryFile() as kept:
        try:
            with _standard_error_into(kept):
                yield
        except BaseException:
            kept.seek(0)
            sys.stderr.write(kept.read().decode(errors="replace"))
            raise


@contextlib.contextmanager
def _standard_error_into(file):
    """Redirect file descriptor 2, which C++ code writes to."""
    try:
        before = os.dup(2)
    except OSError:  # no standard error, as in some Windows programs
        yield
        return
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
