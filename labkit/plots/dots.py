"""A row for each variant: its seeds, their mean with its interval, and what a report printed."""

import pandas as pd

from labkit.plots.alt import axis, capital, describe
from labkit.plots.curves import t_half_width
from labkit.plots.style import axes_or_new, check_columns, colour_of, plural, words


def plot_dots(frame, column="test_accuracy", *, by="system", reported=None, ax=None):
    """Draw every run as a dot, with the mean and its 95 % interval, one row a variant.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row a run, as `labkit.audit.rows` or `labkit.experiments.final` returns it.
    column : str
        Numbers to draw.
    by : str
        Column of the names; rows are drawn in the order of their first runs.
    reported : mapping of str to float, optional
        A number for some of the names, drawn as a cross beside the runs: a report's, say.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing, or there is no number.
    """
    check_columns(frame, [column, by])
    frame = frame[frame[column].notna()]
    names = list(pd.unique(frame[by]))
    if not names:
        raise ValueError(f"expected numbers in column {column!r}, got none")
    ax = axes_or_new(ax, (6.0, 1.2 + 0.32 * len(names)))
    means, counts = [], []
    for place, name in enumerate(names):
        values = frame.loc[frame[by] == name, column].to_numpy(dtype=float)
        counts.append(len(values))
        ax.plot(values, [place] * len(values), "o", ms=3.5, alpha=0.5, color=colour_of(0))
        half = t_half_width(values) if len(values) > 1 else 0
        style = {"fmt": "|", "ms": 11, "color": colour_of(0), "capsize": 3}
        ax.errorbar([values.mean()], [place], xerr=[half], **style)
        means.append(f"{name} {values.mean():.4g}")
    marked = {name: value for name, value in (reported or {}).items() if name in names}
    if marked:
        places = [names.index(name) for name in marked]
        ax.plot(list(marked.values()), places, "X", ms=7, color=colour_of(1), label="reported")
        means = [
            f"{text} (reported {marked[name]:.4g})" if name in marked else text
            for name, text in zip(names, means, strict=True)
        ]
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    low, high = min(counts), max(counts)
    seeds = plural(low, "seed") if low == high else f"{low} to {high} seeds"
    note = "one run each" if high == 1 else f"mean of {seeds}, 95 % interval"
    key = "; crosses: reported" if marked else ""
    ax.set_xlabel(f"{words(column)}\n{note}{key}")  # the title is the caller's
    describe(ax, lambda ax: f"{capital(axis(ax, 'x', column))}, {note}: {'; '.join(means)}.")
    return ax
