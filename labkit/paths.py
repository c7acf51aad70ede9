"""Say which folders the environment names, and from where: one rule for every kind of process.

``LABKIT_DATA`` and ``LABKIT_CACHE`` may be relative. They are then meant from the folder in which
the reader typed the command. A Jupyter kernel runs elsewhere (beside its notebook, or in a
temporary folder of the build), so ``import labkit`` makes them absolute once, as seen by the
process that started the kernel; workers and programs that a process starts inherit absolute names.
"""

import contextlib
import os
import sys
from pathlib import Path

NAMES = ("LABKIT_DATA", "LABKIT_CACHE")


def settle():
    """Make the folders in this process's environment absolute; nothing changes the second time."""
    for name in NAMES:
        value = _written(name)
        if value:
            os.environ[name] = str(_from_start(value) if _inherited(name) else _from_here(value))


def named(name):
    """Return the folder that a variable of the environment names.

    Parameters
    ----------
    name : str
        ``"LABKIT_DATA"``, say. Blanks round the value are dropped, ``~`` and variables are
        filled in.

    Returns
    -------
    pathlib.Path or None
        Absolute; None where the variable is unset or blank. A relative value that was set after
        labkit was imported is seen from the current folder.
    """
    value = _written(name)
    return _from_here(value) if value else None


def _written(name):
    return _expanded(os.environ.get(name, ""))


def _expanded(value):
    return os.path.expanduser(os.path.expandvars(value.strip()))


def _from_start(path):
    """Return a path as seen from the folder in which this process, or a kernel's starter, began."""
    if os.path.isabs(path):
        return Path(path)
    seen = [_join(folder, path) for folder in _starts()]
    return next((place for place in seen if place.exists()), seen[0])


def _from_here(path):
    return Path(path) if os.path.isabs(path) else _join(os.getcwd(), path)


def _join(folder, path):
    """Join without following links, unless ``..`` has to be taken from where a link leads."""
    joined = Path(folder, path)
    return joined.resolve() if ".." in joined.parts else joined


def _starts():
    """List the folders that a relative path may be meant from, the likeliest first."""
    here = os.getcwd()
    if not _in_kernel():
        return [here]
    try:
        starter = _starter().cwd()
    except Exception:  # no psutil, a process that ended, or one that may not be looked at
        starter = None
    if starter and "JPY_PARENT_PID" in os.environ:
        return [starter]
    # an editor started the kernel, from a folder that may mean nothing to the reader
    return [folder for folder in (starter, os.environ.get("PWD"), here) if folder]


def _in_kernel():
    """Tell whether this process is a Jupyter kernel, and not only a child of one."""
    app = sys.modules.get("ipykernel.kernelapp")
    return app is not None and app.IPKernelApp.initialized()


def _starter():
    """Return the process that started this kernel: a Jupyter server, pytest, the build."""
    import psutil  # ipykernel needs it, so a kernel has it

    if os.name == "posix" and "JPY_PARENT_PID" in os.environ:
        return psutil.Process(int(os.environ["JPY_PARENT_PID"]))
    # On Windows the variable is no process, and python.exe may start another python.exe.
    own = psutil.Process()
    return next(one for one in own.parents() if one.cmdline()[1:] != own.cmdline()[1:])


def _inherited(name):
    """Tell whether a variable came with the process; a notebook may have set it before labkit."""
    if _in_kernel():
        with contextlib.suppress(Exception):  # as in `_starts`
            import psutil

            return _expanded(psutil.Process().environ().get(name, "")) == _written(name)
    return True
