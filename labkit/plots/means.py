"""Runs of named variants become means with their 95 % intervals: for dots, bars and tables."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from labkit.plots.alt import extremes, told_apart
from labkit.plots.curves import t_half_width
from labkit.plots.style import check_columns, plural, words

MOST_TOLD = 8  # means in a description; of more, the extremes


class Mean(NamedTuple):
    """One row of a figure: its runs, and the mean with the ends of its interval."""

    name: object
    group: object
    runs: np.ndarray
    mean: float
    low: float
    high: float


class Means(NamedTuple):
    """All rows of a figure, names and groups in the order in which they first come."""

    rows: list
    names: list
    groups: list
    note: str


def means_of(table, x, y, hue=None, interval=None, note=None):
    """Group runs by name (and hue), and give each group its mean and 95 % t interval.

    Parameters
    ----------
    table : pandas.DataFrame, or mapping of str to float or sequence of float
        A row a run; of a table with seeds and epochs the last epoch of every run counts. A
        mapping holds the runs under their names.
    x, y : str
        Columns of the numbers and of the names; labels, if `table` is a mapping.
    hue : str, optional
        Column of a second name.
    interval : (str, str), optional
        Columns of the ends of an interval that is known, one row for each name.
    note : str, optional
        What the interval is; by default the number of seeds and ``95 % interval``.

    Returns
    -------
    Means

    Raises
    ------
    ValueError
        If a column is missing, there is no number, or a name has several rows and intervals.
    """
    if isinstance(table, Mapping | pd.Series):
        pairs = [(name, run) for name, runs in table.items() for run in np.atleast_1d(runs)]
        table = pd.DataFrame(pairs, columns=[y, x])
    by = [y] if hue is None else [y, hue]
    check_columns(table, [x, *by, *(interval or ())])
    table = last_epochs(table, by)
    drawn = table[table[x].notna()]
    if drawn.empty:
        raise ValueError(f"expected numbers in column {x!r}, got none; did every run fail?")
    rows = [_mean(key, part, x, interval) for key, part in drawn.groupby(by, sort=False)]
    groups = [] if hue is None else list(pd.unique(drawn[hue]))
    known = "95 % interval" if interval else _note(rows, "seed" in table.columns)
    notes = [note or known, left_out(len(table) - len(drawn))]
    return Means(rows, list(pd.unique(drawn[y])), groups, ", ".join(filter(None, notes)))


def last_epochs(table, by):
    """Keep the last epoch of every run, if the table has runs and epochs.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run, or a row a run and epoch, as `labkit.experiments.compare` returns it.
    by : sequence of str
        Columns that tell runs apart, beside ``variant`` and ``seed``.

    Returns
    -------
    pandas.DataFrame
    """
    if not {"seed", "epoch"} <= set(table.columns):
        return table
    key = list(dict.fromkeys([*by, *(c for c in ("variant", "seed") if c in table.columns)]))
    last = table.groupby(key, sort=False, dropna=False)["epoch"].transform("max")
    return table[table["epoch"] == last]


def tell_means(found):
    """Say the means one by one; of many, the highest and the lowest.

    Parameters
    ----------
    found : Means
        From `means_of`.

    Returns
    -------
    str
    """
    named = {_name(row): row.mean for row in found.rows}
    if len(named) > MOST_TOLD:
        return f"of {len(named)} means {extremes(named)}"
    texts = told_apart(named.values())
    return "; ".join(f"{name}: {text}" for name, text in zip(named, texts, strict=True))


def means_table(table, x="val_accuracy", y="variant", *, fmt=".3g"):
    """Write means with their 95 % intervals and the number of seeds into a table to be read.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run, or a row a run and epoch as `labkit.experiments.compare` returns it: then
        the last epoch of every run counts.
    x : str or sequence of str
        Columns of numbers.
    y : str
        Column of the names, one row of the result each, in the order in which they first come.
    fmt : str
        How numbers are written.

    Returns
    -------
    pandas.DataFrame
        Of texts, under headings with units. `labkit.experiments.summary` has the numbers.

    Raises
    ------
    ValueError
        If a column is missing, or has no number.
    """
    columns = [x] if isinstance(x, str) else list(x)
    parts, counts = [], None
    for column in columns:
        found = means_of(table, column, y).rows
        names = pd.Index([row.name for row in found], name=words(y))
        counts = pd.Series([len(row.runs) for row in found], names) if counts is None else counts
        ends = [_ends(row, fmt) for row in found]
        parts.append(pd.Series([f"{row.mean:{fmt}}" for row in found], names, name=words(column)))
        parts.append(pd.Series(ends, names, name="95 % interval"))
    return pd.concat([*parts, counts.rename("seeds")], axis=1).fillna("")


def _ends(row, fmt):
    return f"{row.low:{fmt}} to {row.high:{fmt}}" if row.low == row.low else "none"


def _mean(key, part, x, interval):
    name, group = key if len(key) == 2 else (key[0], None)
    runs = part[x].to_numpy(dtype="float64")
    if interval is None:
        mean, half = runs.mean(), t_half_width(runs)
        return Mean(name, group, runs, mean, mean - half, mean + half)
    if len(runs) > 1:
        raise ValueError(f"expected one row with an interval for {name!r}, got {len(runs)}")
    low, high = (float(part[column].iloc[0]) for column in interval)
    return Mean(name, group, runs, runs[0], low, high)


def _note(rows, of_seeds):
    counts = [len(row.runs) for row in rows]
    low, high = min(counts), max(counts)
    noun = "seed" if of_seeds else "run"
    if high == 1:
        return "1 seed, no interval" if of_seeds else ""
    many = plural(low, noun) if low == high else f"{low} to {high} {noun}s"
    return f"mean of {many}, 95 % interval"


def left_out(count):
    return f"{plural(count, 'run')} without a number, not drawn" if count else ""


def _name(row):
    return str(row.name) if row.group is None else f"{row.name}, {row.group}"
