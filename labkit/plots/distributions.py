"""Histograms of the values of every layer, one above the other on a common axis."""

from collections.abc import Mapping

import numpy as np

from labkit.plots.alt import MOST_NAMED, axis, describe, told
from labkit.plots.style import axes_or_new, bin_count, colour_of, plural

OVERLAP = 0.9  # height of the highest bar, in rows


def plot_distributions(values, *, log=False, limits=None, bins=60, label="value", ax=None):
    """Draw a histogram for every layer: rows from input (top) to output, one horizontal axis.

    Each row is scaled to its own highest bar; what is compared is where the values lie. A row
    whose values all fall into one bin is a spike.

    Parameters
    ----------
    values : dict of str to array
        Under the name of each layer its values, any shape, such as one quantity of
        `labkit.diagnostics.values`.
    log : bool
        Draw the sizes of the values, without sign, on a logarithmic axis.
    limits : (float, float), optional
        Ends of the axis, in units of the values; by default smallest and largest value. Panels
        that are to be compared need the same.
    bins : int
        Number of bars between the limits.
    label : str
        What the values are, with their unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        The axis label says how many values are not drawn: not numbers, outside the limits, and
        on a logarithmic axis exact zeros.

    Raises
    ------
    ValueError
        If there is no layer, a layer has no values, `limits` are no rising pair (above 0 with
        `log`), `bins` is no number above 1, or no value can be drawn.
    """
    rows = _checked(values)
    bins = bin_count(bins)
    sizes = {name: np.abs(row) if log else row for name, row in rows.items()}
    usable = {name: row[np.isfinite(row) & ((row > 0) | (not log))] for name, row in sizes.items()}
    low, high = _limits(usable, limits, log)
    edges = np.geomspace(low, high, bins + 1) if log else np.linspace(low, high, bins + 1)
    ax = axes_or_new(ax, (5.2, min(6.5, 1.2 + 0.42 * len(rows))))
    if log:
        ax.set_xscale("log")
    for place, row in enumerate(usable.values()):
        inside = row[(row >= low) & (row <= high)]
        heights = np.histogram(np.clip(inside, edges[0], edges[-1]), edges)[0]
        base = len(rows) - 1 - place
        tops = base + OVERLAP * heights / max(heights.max(), 1)
        ax.stairs(tops, edges, baseline=base, fill=True, color=colour_of(0), alpha=0.75)
        ax.axhline(base, color="#808080", linewidth=0.6)
    ax.set_xlim(low, high)
    _name_rows(ax, list(rows))
    ax.set_xlabel(label + _left_out(sizes, usable, low, high, log))
    ax.grid(visible=False, axis="y")
    opening = f"Histograms of {plural(len(rows), 'layer')}"
    describe(ax, _middles(usable), lambda ax: f"{opening}, {axis(ax, 'x', label)}")
    return ax


def _middles(rows):
    """Say where the middle 90 % of the values lie: of each row, or of the first and the last."""
    names = list(rows) if len(rows) <= MOST_NAMED else [next(iter(rows)), list(rows)[-1]]
    parts = []
    for name in names:
        if rows[name].size:
            low, high = np.percentile(rows[name], (5, 95))
            parts.append(f"in {name} from {told(low)} to {told(high)}")
    return f"nine tenths of the values lie, {', '.join(parts)}."


def _checked(values):
    if not isinstance(values, Mapping) or not values:
        raise ValueError(
            f"expected a dict from layer to values, got {type(values).__name__} of "
            f"{len(values) if hasattr(values, '__len__') else 'no'} layers"
        )
    rows = {name: np.asarray(row, dtype="float64").ravel() for name, row in values.items()}
    for name, row in rows.items():
        if row.size == 0:
            raise ValueError(f"expected values for every layer, {name!r} has none")
    return rows


def _limits(usable, limits, log):
    if limits is not None:
        low, high = limits
        if not (np.isfinite([low, high]).all() and low < high and (low > 0 or not log)):
            need = "0 < low < high" if log else "low < high"
            raise ValueError(f"limits must be (low, high) with {need}, got {limits!r}")
        return low, high
    every = np.concatenate(list(usable.values()))
    if every.size == 0:
        raise ValueError(
            "expected a value that can be drawn, got none: all are zero, or not numbers"
        )
    low, high = every.min(), every.max()
    if low == high:  # one value: give its spike some room
        return (low / 10, high * 10) if log else (low - 0.5, high + 0.5)
    return low, high


def _name_rows(ax, names, most=26):
    step = -(-len(names) // most)
    places = range(0, len(names), step)
    ax.set_yticks([len(names) - 1 - place for place in places], [names[p] for p in places])
    ax.set_ylim(-0.1, len(names))
    ax.tick_params(axis="y", length=0)


def _left_out(sizes, usable, low, high, log):
    zeros = sum(int((row == 0).sum()) for row in sizes.values()) if log else 0
    wrong = sum(int((~np.isfinite(row)).sum()) for row in sizes.values())
    outside = sum(int(((row < low) | (row > high)).sum()) for row in usable.values())
    counts = {"zero": zeros, "not a number": wrong, "outside": outside}
    notes = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"\nnot drawn: {', '.join(notes)}" if notes else ""
