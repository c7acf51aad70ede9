"""What a reader can type, on this system and from this folder."""

import os
import sys
from pathlib import Path

import labkit

COURSE = Path(labkit.__file__).resolve().parent.parent  # if labkit was not installed as a wheel


def command(words):
    """Write a command of labkit, ``"data fetch mnist"`` say, so that it works from here."""
    script = Path(sys.executable).with_name("labkit.exe" if os.name == "nt" else "labkit")
    if script.is_file():
        return f"{_short(script)} {words}"
    return f"{_short(Path(sys.executable))} -m labkit.cli {words}"


def install(*requirements):
    """Write the command that installs these packages, or all that the labs need."""
    if not (COURSE / "requirements.lock").is_file():
        wheel = f"labkit-{labkit.__version__}-py3-none-any.whl"
        return _pip(*[f'"{each}"' for each in requirements or [f"{wheel}[labs]"]])
    here = "" if Path.cwd() == COURSE else f"cd {_quoted(COURSE)}; "
    if os.name == "nt":
        return here + _pip("--require-hashes", "-r", "requirements.lock")
    return f"{here}rm -f .venv/.installed; make install"


def _pip(*words):
    return " ".join([_quoted(sys.executable), "-m pip install", *words])


def _short(path):
    """Write a path as seen from here, where it lies below."""
    below = Path.cwd() in path.parents
    return _quoted(path.relative_to(Path.cwd()) if below else path)


def _quoted(path):
    return f'"{path}"' if " " in str(path) else str(path)
