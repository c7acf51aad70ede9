"""What is no training: functions and other lines, histograms, and marks to compare with."""

from collections.abc import Mapping

import numpy as np

from labkit.plots.alt import axis, capital, courses, describe, told
from labkit.plots.curves import by_range
from labkit.plots.style import (
    axes_or_new,
    bin_count,
    colour_of,
    legend_below,
    line_style_of,
    plural,
)


def plot_lines(x, lines, *, ax=None, **line_kw):
    """Draw lines or functions over a common axis.

    Parameters
    ----------
    x : array of float, shape (n,)
        Places along the axis.
    lines : dict of str to array of shape (n,) or callable
        Under its name what to draw: values, or a function that makes them of `x`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    **line_kw
        For ``ax.plot``: ``marker="o"``, say.

    Returns
    -------
    matplotlib.axes.Axes
        Its axes are to be labelled by the caller.

    Raises
    ------
    ValueError
        If there is no line, or one has another length than `x`.
    """
    x = np.asarray(x)
    if not isinstance(lines, Mapping) or not lines:
        raise ValueError(f"expected a dict from name to line, got {lines!r}")
    values = {
        name: np.asarray(line(x) if callable(line) else line, dtype="float64")
        for name, line in lines.items()
    }
    for name, line in values.items():
        if line.shape != x.shape or x.ndim != 1:
            raise ValueError(f"expected {name!r} of shape {x.shape}, as x, got {line.shape}")
    ax = axes_or_new(ax)
    handles = []
    for index, (name, line) in enumerate(values.items()):
        handles += ax.plot(x, line, label=str(name), **{**line_style_of(index), **line_kw})
    if len(handles) > 1:
        legend_below(ax, "", handles)
    pairs = {name: (x, line) for name, line in values.items()}
    describe(ax, courses(pairs), lambda ax: by_range(ax, x.min(), x.max()))
    return ax


def plot_histogram(values, *, bins=30, label="value", ax=None):
    """Draw how often values occur, of one kind or of several on common bars.

    Parameters
    ----------
    values : array of float, or dict of str to array of float
        Any shape.
    bins : int
        Number of bars between the smallest and the largest value.
    label : str
        What the values are, with their unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its ``patches`` hold the counts and the bars' edges.

    Raises
    ------
    ValueError
        If there is no value, or one is not a number.
    """
    rows = values if isinstance(values, Mapping) else {"": values}
    rows = {name: np.asarray(row, dtype="float64").ravel() for name, row in rows.items()}
    if not rows or not all(row.size and np.isfinite(row).all() for row in rows.values()):
        raise ValueError("expected finite numbers, one or more of each kind")
    edges = np.histogram_bin_edges(np.concatenate(list(rows.values())), bin_count(bins))
    ax = axes_or_new(ax)
    handles = []
    for index, (name, row) in enumerate(rows.items()):
        style = {"color": colour_of(index), "fill": True, "alpha": 0.6, "label": str(name)}
        handles.append(ax.stairs(np.histogram(row, edges)[0], edges, **style))
    ax.set(xlabel=label, ylabel="count")
    if len(rows) > 1:
        legend_below(ax, "", handles)
    parts = [
        f"{plural(row.size, 'value')}, mean {told(row.mean())}, nine tenths from "
        f"{told(np.percentile(row, 5))} to {told(np.percentile(row, 95))}"
        for row in rows.values()
    ]
    text = "; ".join(
        f"{name}: {part}" if name else part for name, part in zip(rows, parts, strict=True)
    )
    describe(ax, f"{text}.", lambda ax: f"{capital(axis(ax, 'x', label))}, histogram")
    return ax


def mark(ax, label, *, x=None, y=None):
    """Draw a dashed line to compare with, name it in the legend and in the description.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        What to draw on, after the ``plot_*`` function.
    label : str
        What the line is: ``"chance"``.
    x, y : float
        Where it stands or lies; one of the two.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If both or neither of `x` and `y` are given.
    """
    if (x is None) == (y is None):
        raise ValueError(f"expected x or y, got x={x!r} and y={y!r}")
    number = sum(line.get_gid() == "mark" for line in ax.lines)
    dash = ((0, (4, 2)), (0, (1, 1.5)))[number % 2]
    style = {"color": "#808080", "linestyle": dash, "linewidth": 1.6, "label": label, "gid": "mark"}
    line = ax.axhline(y, **style) if x is None else ax.axvline(x, **style)
    legend = ax.get_legend()
    title = legend.get_title().get_text() if legend else ""
    handles = list(legend.legend_handles) if legend else []
    for handle, text in zip(handles, legend.get_texts() if legend else [], strict=True):
        handle.set_label(text.get_text())
    legend_below(ax, title, [*handles, line])
    describe(ax, f"{capital(label)}: {told(y if x is None else x)}.")
    return ax
