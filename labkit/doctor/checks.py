"""The checks, in the order in which a first session meets them.

Each returns whether all is well, what was found and, where something is to be done, the next thing
to type. What is heavy is imported inside the check that needs it.
"""

import functools
import os
import platform
import re
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import labkit
from labkit import mode, paths
from labkit.doctor import advice, machine, trial

OLDEST, NEWEST = (3, 10), (3, 13)  # Python, as pyproject.toml has it
MEMORY = 2.5e9  # bytes that a lab may take
DISK = 1e9  # bytes for data and pictures in the cache
DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}


class Finding(NamedTuple):
    """What one check has found.

    Attributes
    ----------
    name : str
        What was looked at.
    ok : bool
        False where a lab would fail.
    text : str
        What was found, in a line.
    todo : str
        The next thing to type; where all is well, what may still be done.
    """

    name: str
    ok: bool
    text: str
    todo: str = ""


def examine():
    """Look at one thing after another.

    Yields
    ------
    Finding
        One for each check. The last ones train a small network in a process of its own.
    """
    trial.run.cache_clear()
    for name, check in CHECKS.items():
        try:
            found = check()
        except ImportError as error:
            found = False, f"not looked at: {error.name or error} is missing", advice.install()
        except Exception as error:  # the other checks still have their say
            found = False, f"not looked at: {type(error).__name__}: {error}", ""
        yield Finding(name, *found)


def report():
    """Print what `examine` finds.

    Returns
    -------
    int
        0 where the labs will run, else 1.
    """
    failed, said = False, set()
    for name, ok, text, todo in examine():
        mark = "FAIL" if not ok else "note" if todo else "ok"
        print(f"{mark:<4}  {name:<13}  {text}", flush=True)
        if todo and todo not in said:  # one command may mend all
            print(f"{'':<19}  next: {todo}", flush=True)
        said.add(todo)
        failed = failed or not ok
    print("Not ready yet: see FAIL above, then ask again." if failed else "Ready for the labs.")
    return int(failed)


def python():
    """Compare the version of Python."""
    text = f"{platform.python_version()}, {sys.executable}"
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return True, text, ""
    named = "py -3.12 -m venv .venv" if os.name == "nt" else "make PYTHON=python3.12 install"
    return False, f"{text}; the labs need 3.10 to 3.13", named


def itself():
    """Find out whether labkit is installed, and from where it comes."""
    text = f"{labkit.__version__}, {Path(labkit.__file__).parent}"
    try:
        metadata.version("labkit")
    except metadata.PackageNotFoundError:
        return False, f"{text}; not installed in this Python", advice.install()
    return True, text, ""


def packages():
    """Compare what is installed with the lower ends that pyproject.toml sets."""
    wrong = {}
    asked = _asked()
    for name, least in asked.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong[f"{name}>={least}"] = f"{name} is missing"
            continue
        if _numbers(version) < _numbers(least):
            wrong[f"{name}>={least}"] = f"{name} {version} is older than {least}"
    if wrong:
        return False, "; ".join(wrong.values()), advice.install(*wrong)
    known = ", ".join(f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras"))
    return True, f"{len(asked)} that the labs need, {known}", ""


def _asked():
    """Return the packages that the labs need, each with its lowest version."""
    lines = metadata.requires("labkit") or []
    wanted = [line for line in lines if re.search(r"""^[^;]*$|extra == .labs.""", line)]
    return dict(re.match(r"([\w.-]+)[^>]*>=\s*([\d.]+)", line).groups() for line in wanted)


def _numbers(version):
    return tuple(int(number) for number in re.match(r"[\d.]*\d", version)[0].split("."))


def settings():
    """Read the variables of the environment that steer labkit."""
    try:
        text = f"{mode.current()} mode"
    except ValueError as error:
        return False, str(error).partition(";")[0], _unset("LABKIT_MODE")
    folder = paths.named("LABKIT_DATA")
    if folder is None or folder.is_dir():
        return True, text + (f", data in {folder}" if folder else ""), ""
    return False, f"LABKIT_DATA names {folder}, which is no folder", _unset("LABKIT_DATA")


def _unset(name):
    return f"set {name}=" if os.name == "nt" else f"unset {name}"


def disk():
    """Measure what is free where the environment, this folder and the cache lie."""
    places = {"environment": Path(sys.prefix), "this folder": Path.cwd(), "cache": _cache()}
    free = {}
    for name, place in places.items():
        device = _existing(place).stat().st_dev
        free.setdefault(device, [shutil.disk_usage(_existing(place)).free]).append(name)
    text = "; ".join(f"{size / 1e9:.1f} GB free ({', '.join(on)})" for size, *on in free.values())
    ok = free[_existing(_cache()).stat().st_dev][0] >= DISK
    return ok, text, "" if ok else _elsewhere("on a larger disk")


def folders():
    """Try to write into the cache and into this folder."""
    for name, place, todo in (
        ("the cache", _cache(), _elsewhere("of your own")),
        ("this folder", Path.cwd(), advice.command("notebooks --student --out ~/labs")),
    ):
        try:
            tempfile.TemporaryFile(dir=_existing(place)).close()
        except OSError as error:
            return False, f"{name}, {place}, cannot be written: {error.strerror}", todo
    return True, f"this folder and the cache, {_cache()}, can be written", ""


def _cache():
    from labkit.data.fetch import cache_folder

    return cache_folder()


def _existing(place):
    return next(each for each in (place, *place.parents) if each.exists())


def _elsewhere(which):
    put = "set" if os.name == "nt" else "export"
    return f"{put} LABKIT_CACHE=FOLDER  (a folder {which})"


def memory():
    """Measure the memory that is free."""
    free, total = machine.memory()
    text = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    if free >= MEMORY:
        return True, text, ""
    todo = "shut down other notebooks and programs; the smallest runs: LABKIT_MODE=smoke make lab"
    return False, f"{text}; a lab may take {MEMORY / 1e9:g} GB", todo


def cores():
    """Count the cores that this process may use."""
    return True, str(machine.cores()), ""


def kernel():
    """Find out which Python a notebook starts."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    make = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return False, "Jupyter knows no kernel python3", make
    program = spec.argv[0]
    if re.fullmatch(r"python[\d.]*", program):  # Jupyter then takes its own
        program = sys.executable
    if Path(program).parent.resolve() == Path(sys.executable).parent.resolve():
        return True, f"python3 starts this Python, {program}", ""
    which = "another Python" if os.path.exists(program) else "a Python that is gone"
    own = Path(sys.prefix) in Path(spec.resource_dir).parents
    todo = make if own else f"{sys.executable} -m jupyter kernelspec remove python3"
    return False, f"{spec.resource_dir} starts {which}, {program}", todo


def data_set(name):
    """Read a data set, and compare its bytes with those published."""
    from labkit.data.load import look, place
    from labkit.data.verify import BadFile

    todo = advice.command(f"data fetch {name}")
    try:
        *_, verified = look(name)
    except FileNotFoundError:
        text = "not here: a lab downloads it, or else draws a stand-in and judges no claim"
        return True, text, todo
    except BadFile as error:
        path = place(name)
        return False, str(error), f"mv {path} {path}.bad; {todo}"
    state = "verified" if verified else "shapes, class counts and means are right"
    return True, f"{state}, {place(name)}", ""


def training():
    """Train a small network on pictures that labkit draws."""
    result = trial.run()
    if "trouble" in result:
        return False, result["trouble"], result.get("todo") or advice.install()
    first, last = result["losses"]
    text = f"{result['steps']} steps, the loss went from {first:.2f} to {last:.2f}"
    return last < first, text, "" if last < first else advice.install()


def gpu():
    """Say what Keras computes on; a GPU is never needed."""
    used = trial.run().get("gpus")
    if used:
        return True, f"{len(used)} in use", ""
    here = "one that Keras does not use" if shutil.which("nvidia-smi") else "none"
    return True, f"{here}; no lab needs one", ""


CHECKS = {
    "Python": python,
    "labkit": itself,
    "packages": packages,
    "settings": settings,
    "disk": disk,
    "folders": folders,
    "memory": memory,
    "cores": cores,
    "kernel": kernel,
    **{title: functools.partial(data_set, name) for name, title in DATA.items()},
    "training": training,
    "GPU": gpu,
}
