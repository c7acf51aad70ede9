"""Where code lives: in something installed, which a version stands for, or with the user."""

import functools
import hashlib
import importlib.metadata
import os
import sys
import sysconfig
from pathlib import Path

import labkit

_INSTALLED = {"site-packages", "dist-packages"}


def is_fixed(name):
    """Tell whether a module stays as it is while its version does.

    Parameters
    ----------
    name : str or None
        Name of a module.

    Returns
    -------
    bool
        True for what is installed (below ``site-packages``), for the standard library and for
        labkit; False for ``__main__``, notebooks, and modules beside them.
    """
    if not isinstance(name, str) or name in ("", "__main__", "__mp_main__"):
        return False
    top = name.partition(".")[0]
    return top in sys.modules and _is_fixed(top)


def version(name):
    """Return what stands for all the code of an installed package: its version, as a text.

    Parameters
    ----------
    name : str
        A fixed module.

    Returns
    -------
    str
        For labkit, which may be installed as a link to its sources, with their digest; for the
        standard library that of Python; for a package without a version the digest of its file.
    """
    return _version(name.partition(".")[0])


@functools.cache
def _is_fixed(top):
    if top == "labkit" or top in sys.builtin_module_names:
        return True
    file = _file(top)
    if file is None:
        return getattr(getattr(sys.modules.get(top), "__spec__", None), "origin", None) == "frozen"
    return bool(_INSTALLED & set(file.parts)) or _is_standard(file)


@functools.cache
def _version(top):
    if top == "labkit":
        return f"{labkit.__version__} {_digest(sorted(Path(labkit.__file__).parent.rglob('*.py')))}"
    file = _file(top)
    if file is None or (_is_standard(file) and not _INSTALLED & set(file.parts)):
        return sys.version
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        told = getattr(sys.modules.get(top), "__version__", None)
        return str(told) if told else _digest([file])


def _file(top):
    """Return the file of a loaded module, as it was found; None if it has none."""
    module = sys.modules.get(top)
    spec = getattr(module, "__spec__", None)
    places = [getattr(module, "__file__", None), getattr(spec, "origin", None)]
    places += list(getattr(module, "__path__", ()))  # a package without an __init__.py
    found = [place for place in places if isinstance(place, str) and os.path.exists(place)]
    return Path(found[0]) if found else None


def _is_standard(file):
    folders = {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib")}
    return any(file.is_relative_to(folder) for folder in folders)


def _digest(files):
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
