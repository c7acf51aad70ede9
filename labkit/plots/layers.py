"""One value per layer: how it changes from the input of a network to its output."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from labkit.plots.alt import axis, capital, courses, describe
from labkit.plots.curves import t_half_width
from labkit.plots.style import (
    MARKERS,
    axes_or_new,
    check_columns,
    legend_below,
    line_style_of,
    plural,
    words,
)

LINEAR = ("saturated", "dead", "mean")  # shares, and a value that may be negative


def plot_layers(tables, column="gradient_rms", *, x="depth", theory=None, log=None, ax=None):
    """Draw one value per layer, from input to output, one line a model.

    Parameters
    ----------
    tables : pandas.DataFrame or dict of str to pandas.DataFrame
        Tables of `labkit.diagnostics`, one row per layer, under the name of their model. A table
        with a column ``variant`` holds several models; one with ``seed`` several runs of each,
        drawn as their mean (geometric on a log axis) and 95 % interval of the mean.
    column : str
        What to draw.
    x : str
        Column of the horizontal axis.
    theory : sequence of float, or dict of str to sequence of float, optional
        What theory says, one value for each value of `x`, in rising order; drawn dotted.
    log : bool, optional
        Whether the vertical axis is logarithmic. By default it is, but for shares and means.
        Zeros have no place on it: the legend says how many there were.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing, a table has several rows for one layer and seed (several epochs,
        say), nothing can be drawn, or `theory` has another length.
    """
    log = column not in LINEAR if log is None else log
    runs = _named_runs(tables, [column, x])
    places = sorted({place for table in runs.values() for place in table[x]})
    theories = theory if isinstance(theory, Mapping) or theory is None else {"theory": theory}
    for name, values in (theories or {}).items():
        if len(values) != len(places):
            raise ValueError(
                f"expected {len(places)} values of {name!r}, one for each {x}, got {len(values)}"
            )
    ax = axes_or_new(ax, (5.2, 4.0 + 0.11 * len(runs)))
    n_before = len(ax.lines)
    if log:
        ax.set_yscale("log")
    notes = [
        _draw_runs(ax, name, table, column, x, log, index)
        for index, (name, table) in enumerate(runs.items())
    ]
    if not any(drawn for drawn, _ in notes):
        raise ValueError(f"expected positive numbers in {column!r}, got none; try log=False")
    for name, values in (theories or {}).items():
        ax.plot(places, values, color="black", linestyle=":", linewidth=1.5, label=name)
    ax.set(xlabel=f"layer {words(x)}" if x == "depth" else words(x), ylabel=words(column))
    ax.set_xticks(_some(places))
    note = _add_legend(ax, runs, sum(left for _, left in notes), log)
    names = [*runs, *(theories or {})]  # matplotlib gives a line without a name one of its own
    drawn = (line.get_data() for line in ax.lines[n_before:])
    lines = dict(zip(names, drawn, strict=True))
    describe(ax, courses(lines).strip(), lambda ax: f"{_over_layers(ax, x, column)}{note}")
    return ax


def _over_layers(ax, x, column):
    return f"{capital(axis(ax, 'y', words(column)))} by {axis(ax, 'x', words(x))}"


def _named_runs(tables, wanted):
    """Sort the tables by model name; each is checked."""
    if not isinstance(tables, Mapping):
        check_columns(tables, wanted)
        by_variant = "variant" in tables.columns
        tables = dict(list(tables.groupby("variant", sort=False))) if by_variant else {"": tables}
    if not tables:
        raise ValueError("expected at least one table, got none")
    for name, table in tables.items():
        check_columns(table, wanted)
        key = [wanted[1], *(["seed"] if "seed" in table.columns else [])]
        if table.duplicated(key).any():
            raise ValueError(
                f"expected one row for each {' and '.join(key)}, table {name!r} has several; "
                "select an epoch first, as in table[table.epoch == 0]"
            )
    return dict(tables)


def _draw_runs(ax, name, table, column, x, log, index):
    """Draw one model; return how many points are drawn and how many values are left out."""
    values = pd.to_numeric(table[column]).astype("float64")
    usable = np.isfinite(values) & ((values > 0) | (not log))
    numbers = np.log(values[usable]) if log else values[usable]
    groups = numbers.groupby(table.loc[usable, x])
    middle, half = groups.mean(), groups.apply(t_half_width)
    back = np.exp if log else np.asarray
    style = {**line_style_of(index), "marker": MARKERS[index % len(MARKERS)]}
    ax.plot(middle.index, back(middle), label=str(name), **style)
    if half.notna().any():
        low, high = back(middle - half), back(middle + half)
        ax.fill_between(middle.index, low, high, color=style["color"], alpha=0.2, linewidth=0)
    return len(middle), int((~usable).sum())


def _add_legend(ax, runs, n_left, log):
    """Write the legend; return its title as a part of a sentence."""
    seeds = {table["seed"].nunique() for table in runs.values() if "seed" in table.columns}
    lines = []
    if seeds:
        counted = plural(max(seeds), "seed") if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
        lines.append(f"mean of {counted}, 95 % interval" if max(seeds) > 1 else "1 seed")
    if n_left:
        kind = "zero or missing" if log else "missing"
        lines.append(f"{plural(n_left, 'value')} not drawn ({kind})")
    labels = [line.get_label() for line in ax.lines]
    named = [line for line in ax.lines if line.get_label() and line.get_label()[0] != "_"]
    if any(labels) or lines:
        legend_below(ax, "\n".join(lines), named)
    return "".join(f", {line}" for line in lines)


def _some(places, most=12):
    """Choose at most `most` of the places for ticks, the first always among them."""
    return places[:: -(-len(places) // most)]
