"""Which notebooks have to run, and how many at a time; MyST-NB finds their runs in the cache.

MyST-NB would execute them one after the other, and much of a lab uses one core only.
"""

import os
import tempfile
import time
from concurrent import futures
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging

from labkit.book.cache import alone_in, keep, known_seconds
from labkit.book.tell import Progress

LOGGER = logging.getLogger(__name__)
NOTEBOOKS = ("labs", "book/evidence")  # folders of what is executed
CORES, MEMORY = 2, 2.5e9  # what a lab may use: its worker processes, and bytes


def connect(app):
    """Execute what is missing in the cache before the first page is read."""
    app.connect("builder-inited", execute_notebooks)


def execute_notebooks(app):
    """Execute the notebooks that are not in the cache, the slowest first, and keep their runs."""
    if app.config.nb_execution_mode != "cache":
        return
    folder = app.config.nb_execution_cache_path
    todo = _missing(app.srcdir, folder)
    if not todo:
        return
    seconds = {name: known_seconds(folder).get(Path(name).stem) for name in todo}
    progress = Progress(seconds, min(len(todo), at_once()))
    timeout, failed = app.config.nb_execution_timeout, {}
    with futures.ThreadPoolExecutor(progress.at_once) as pool:
        runs = {
            pool.submit(_run, name, todo[name], timeout, progress): name for name in progress.order
        }
        for run in futures.as_completed(runs):
            name, (notebook, took, trouble) = runs[run], run.result()
            if trouble:
                failed[name] = trouble
            else:
                keep(folder, notebook, name, took)
    for name, trouble in failed.items():
        LOGGER.error("labkit: %s failed\n%s", name, trouble)
    if failed:
        raise ExtensionError(f"labkit: failed: {', '.join(sorted(failed))}")


def at_once():
    """Return how many notebooks may run at a time on the cores and the memory that are free.

    Returns
    -------
    int
        One for each two cores and one more, since a lab draws on one core alone; one for each
        2.5 GB; at least one.
    """
    import joblib
    import psutil

    free = psutil.virtual_memory().available
    return max(1, min(joblib.cpu_count() // CORES + 1, int(free // MEMORY)))


def _missing(root, folder):
    """Read the notebooks whose runs the cache does not have, by name."""
    import nbformat

    missing = {}
    with alone_in(folder) as cache:
        for name in notebooks(root):
            notebook = nbformat.read(Path(root, f"{name}.ipynb"), as_version=4)
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                missing[name] = notebook
    return missing


def notebooks(root):
    """Name the notebooks of the book, such as ``"labs/05_optimizers"``."""
    return [
        f"{folder}/{path.stem}"
        for folder in NOTEBOOKS
        for path in sorted(Path(root, folder).glob("*.ipynb"))
    ]


def _run(name, notebook, timeout, progress):
    progress.start(name)
    notebook, took, trouble = executed(notebook, timeout)
    progress.end(name, took, failed=bool(trouble))
    return notebook, took, trouble


def executed(notebook, timeout):
    """Execute a notebook in an empty folder; return it, the seconds, and what went wrong or ""."""
    from jupyter_cache.executors.utils import single_nb_execution
    from jupyter_core.utils import ensure_event_loop

    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as sockets:
            config = _kernel_config(sockets)
            result = single_nb_execution(
                notebook, folder, timeout, allow_errors=False, config=config
            )
        trouble = "" if result.err is None else result.exc_string
    except Exception as error:  # a dead kernel, say: the other notebooks go on
        trouble = f"{type(error).__name__}: {error}"
    finally:
        ensure_event_loop().close()  # the one that this thread ran the kernel with
    return notebook, time.perf_counter() - started, trouble


def _kernel_config(folder):
    """Let the kernel talk through files: over TCP, ipykernel warns that nothing is encrypted.

    The path of such a file may have some hundred characters, so it gets a short one.
    """
    from traitlets.config import Config

    if os.name != "posix":  # ZeroMQ has no such files on Windows
        return Config()
    file = str(Path(folder, "kernel.json"))
    return Config(KernelManager={"transport": "ipc", "connection_file": file})
