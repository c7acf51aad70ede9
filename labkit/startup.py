"""Keep TensorFlow's start-up lines off terminals and pages, and say what a kernel inherits.

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
import threading
import time

from labkit import paths

KERNEL_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "LABKIT_QUIET": "1",
    # nobody has these notebooks open: a claim that does not hold stops them (labkit.claims)
    "LABKIT_CLAIMS": "enforce",
    # NumPy's threads wait for each other in a busy loop: two labs at a time would stand still
    "OPENBLAS_NUM_THREADS": "1",
}
STARTED = time.monotonic()  # seconds, as labkit was imported
_turn = threading.RLock()


def silence_tensorflow():
    """Make the first ``import tensorflow`` of this process silent, unless it fails.

    ``TF_CPP_MIN_LOG_LEVEL`` is set to 3 if it is not set: at 2 a machine without a GPU still
    prints a line about it. Errors reach Python as exceptions either way.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not known:
        sys.meta_path.insert(0, _Finder())


def prepare_kernels():
    """Set what the kernels that this process starts shall inherit, where nothing else is set."""
    paths.settle()
    for name, value in KERNEL_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


class _Finder(importlib.abc.MetaPathFinder):
    """Find TensorFlow as Python does; leave when it has run, not when it is looked up."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._silently(run, module)
        return spec

    def _silently(self, run, module):
        with standard_error_kept():
            run(module)
        if self in sys.meta_path:
            sys.meta_path.remove(self)


@contextlib.contextmanager
def standard_error_kept():
    """Keep back what C++ code writes to standard error; write it only if the body raises.

    Standard error belongs to the process, so threads take turns.
    """
    with _turn, tempfile.TemporaryFile() as kept:
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
