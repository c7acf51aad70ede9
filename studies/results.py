"""Write the kept results: rows, curves and records, each file whole or not at all."""

import csv
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from labkit import record as run_record
from labkit.audit import kept

from filelock import FileLock

DIGITS = ".4g"


def record(study, jobs, folder):
    """Write down what trains now, once, and return its name.

    Parameters
    ----------
    study : str
    jobs : int
        Runs at a time.
    folder : path

    Returns
    -------
    str
        Eight hexadecimal digits: the same day, versions, source and machine have the same.
    """
    import tensorflow as tf

    tf.config.get_visible_devices()
    facts = run_record.facts()
    row = {
        "study": study,
        "date": time.strftime("%Y-%m-%d"),
        "labkit": facts["versions"]["labkit"],
        "commit": _commit(),
        **{name: facts[name] for name in ("mode", "backend", "device", "processor", "cpus")},
        "jobs": jobs,
        **{name: facts["versions"][name] for name in ("python", "tensorflow", "keras", "numpy")},
    }
    name = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:8]
    path = Path(folder) / "records.csv"
    with _alone(path):
        if name not in set(kept.records(folder)["record"]):
            _extend(path, kept.RECORDS, [{"record": name, **row}])
    return name


def append(study, row, folder):
    """Add the row of a run to a study's file, unless it is there."""
    path = Path(folder) / f"{study}.csv"
    with _alone(path):
        have = kept.rows(study, folder)
        if not ((have["system"] == row["system"]) & (have["seed"] == row["seed"])).any():
            _extend(path, kept.ROWS, [row])


def append_curves(study, system, run, folder):
    """Add the epochs of a run to a study's curves, to four digits."""
    path = Path(folder) / f"{study}_curves.csv"
    names = [name for name in kept.CURVES[3:] if name in run]
    rows = [
        {
            "system": system,
            "seed": epoch["seed"],
            "epoch": epoch["epoch"],
            **{name: format(epoch[name], DIGITS) for name in names},
        }
        for epoch in run.to_dict("records")
    ]
    with _alone(path):
        have = kept.curves(study, folder)
        if not ((have["system"] == system) & (have["seed"] == rows[0]["seed"])).any():
            _extend(path, kept.CURVES, rows)


def _extend(path, columns, rows):
    """Replace a file by one that has more rows: a kill leaves the old one or the new one."""
    old = path.read_text(encoding="utf-8") if path.exists() else ",".join(columns) + "\n"
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            file.write(old)
            csv.DictWriter(file, columns, restval="", lineterminator="\n").writerows(rows)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _alone(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_suffix(".lock"))


def _commit():
    """Name the commit of the source, with "+" if files were changed since."""
    root = Path(__file__).parents[1]
    try:
        head, status = (
            subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=True)
            for command in (
                ("rev-parse", "--short=10", "HEAD"),
                ("status", "--porcelain", "--untracked-files=no", "labkit", "studies/*.py"),
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if status.stdout.strip() else "")
