"""What students need of a course: a notebook for each lab, and the wheel."""

import os
import subprocess
from pathlib import Path

EARLIEST = 315_532_800  # 1 January 1980, in seconds of Unix: a zip knows nothing earlier


def notebooks(course):
    """Return the students' editions of a course's labs.

    Parameters
    ----------
    course : path-like
        Folder of the course.

    Returns
    -------
    dict of str to str
        Names of files, and their texts.
    """
    import nbformat

    from labkit import editions

    labs = sorted(Path(course).glob("labs/*.ipynb"))
    return {lab.name: nbformat.writes(editions.student(lab)) + "\n" for lab in labs}


def wheel(course, folder):
    """Build the wheel of labkit; the same tree gives the same bytes.

    Files are dated by ``SOURCE_DATE_EPOCH``, which is set to the time of the last commit where it
    is missing.

    Parameters
    ----------
    course, folder : path-like
        Of the course, and where the wheel goes.

    Returns
    -------
    pathlib.Path
        The wheel.
    """
    from flit_core.wheel import make_wheel_in

    os.environ.setdefault("SOURCE_DATE_EPOCH", str(_date(course)))  # flit reads it
    made = make_wheel_in(Path(course).resolve() / "pyproject.toml", Path(folder)).file
    made.chmod(0o644)  # flit leaves it to its maker alone
    return made


def _date(course):
    command = ["git", "-C", str(course), "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):  # no git, or no repository
        return EARLIEST
