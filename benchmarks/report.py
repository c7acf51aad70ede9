"""Time alternatives side by side, and print what was measured as a table or as JSON."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from importlib import metadata

import labkit

PACKAGES = ("labkit", "tensorflow", "jax", "keras", "torch", "numpy")
MISSING = "not installed"


def arguments(description, *, rounds):
    """Return a parser with the options that every benchmark has.

    Parameters
    ----------
    description : str
        First lines of ``--help``.
    rounds : int
        Default of ``--rounds``.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--rounds", type=int, default=rounds, help="repetitions (%(default)s)")
    return parser


def paired(alternatives, rounds):
    """Time alternatives in turn, `rounds` times, so that a slow minute hits all of them.

    Parameters
    ----------
    alternatives : dict of str to callable
        Each does its work once, and is called once before the clock starts (compilation).
    rounds : int

    Returns
    -------
    dict of str to list of float
        Wall seconds, one value a round, in the order of the rounds.
    """
    for work in alternatives.values():
        work()
    seconds = {name: [] for name in alternatives}
    for number in range(rounds):
        names = list(alternatives)
        for name in names if number % 2 == 0 else reversed(names):
            time.sleep(0.3)  # threads of the last one may still be spinning
            start = time.perf_counter()
            alternatives[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def times_faster(seconds, than):
    """Divide two lists of seconds round by round.

    Returns
    -------
    dict of str to float
        ``median``, ``lowest`` and ``highest`` of ``than[i] / seconds[i]``.
    """
    ratios = [other / own for own, other in zip(seconds, than, strict=True)]
    return {"median": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}


def show(title, rows, *, as_json):
    """Print the rows of a measurement, with the machine and the versions that made them.

    Parameters
    ----------
    title : str
    rows : list of dict
        With the same keys; numbers are rounded in the table only.
    as_json : bool
        One JSON object on a line instead of a table.
    """
    machine = {
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        **versions(),
    }
    if as_json:
        print(json.dumps({"benchmark": title, "machine": machine, "rows": rows}))
        return
    print(f"\n{title}\n" + ", ".join(f"{name} {value}" for name, value in machine.items()))
    table = [list(rows[0]), *[[_text(value) for value in row.values()] for row in rows]]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def versions():
    """Return the versions of the packages that matter, by name."""
    return {name: _version(name) for name in PACKAGES}


def tell(text):
    """Say on standard error what is being measured."""
    print(text, file=sys.stderr, flush=True)


def _text(value):
    if value is None:
        return "-"
    return (
        f"{value:.3g}"
        if isinstance(value, float) and abs(value) < 1000
        else (f"{value:,.0f}" if isinstance(value, (int, float)) else str(value))
    )


def _version(name):
    if name == "labkit":
        return labkit.__version__
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return MISSING
