"""Learning curves: of one training, and of variants over several seeds."""

import numpy as np
import pandas as pd
import seaborn as sns
from scipy.special import stdtrit

from labkit.plots.alt import axis, capital, courses, describe, told
from labkit.plots.style import (
    axes_or_new,
    check_columns,
    colour_of,
    legend_below,
    line_style_of,
    plural,
    words,
)


def plot_history(history, metric="loss", *, ax=None, **line_kw):
    """Draw the training and validation curve of one metric, epoch by epoch.

    Parameters
    ----------
    history : dict of str to sequence of float, or keras.callbacks.History
        One value an epoch for every metric; ``val_`` in front of validation metrics.
    metric : str
        Which one, without ``val_``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    **line_kw
        For ``ax.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the history has no such metric, or no epoch.
    """
    epochs = getattr(history, "epoch", None)  # a History counts from 0
    history = getattr(history, "history", history)
    if metric not in history or metric.startswith("val_"):
        known = sorted(key for key in history if not key.startswith("val_"))
        raise ValueError(f"metric must be one of {known}, got {metric!r}")
    n_epochs = len(history[metric])
    if n_epochs == 0:
        raise ValueError(f"expected at least one epoch of {metric!r}, got none; train first")
    first = epochs[0] + 1 if epochs else 1
    ax = axes_or_new(ax)
    lines = {}
    for index, (key, label) in enumerate(((metric, "training"), (f"val_{metric}", "validation"))):
        if key in history:
            style = {**line_style_of(index), "marker": "o" if n_epochs == 1 else "", **line_kw}
            lines[label] = range(first, first + n_epochs), history[key]
            ax.plot(*lines[label], label=label, **style)
    ax.set(xlabel="epoch", ylabel=words(metric))
    _whole_ticks(ax)
    ax.legend()
    ends = (first, first + n_epochs - 1)
    describe(ax, courses(lines), lambda ax: by_range(ax, *ends, y=metric))
    return ax


def plot_curves(
    frame, metric="val_accuracy", *, x="epoch", hue="variant", seed="seed", ax=None, **line_kw
):
    """Draw the mean of a metric over seeds with its 95 % interval, one line a variant.

    The interval is Student's t interval of the mean: with three seeds it is 2.5 standard
    deviations to either side, which is what three seeds can tell. The legend's title says how
    many seeds there were, and how many runs failed and are not drawn.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per variant, seed and epoch, as `labkit.experiments.compare` returns it.
    metric : str
        Column to draw.
    x, hue, seed : str
        Columns of the horizontal axis, of the lines (None: one line) and of the seeds.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    **line_kw
        For ``seaborn.lineplot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing, or `metric` has no number at all.
    """
    lines, span, note = draw_curves(frame, metric, x, hue, seed, ax, line_kw)
    ax = lines[0].axes
    note += _failures_note(frame, [*([] if hue is None else [hue]), seed])
    _whole_ticks(ax)
    legend_below(ax, note, lines)
    runs, said = {line.get_label(): line.get_data() for line in lines}, note.replace("\n", ", ")
    describe(ax, courses(runs), lambda ax: f"{by_range(ax, *span, x, metric)}, {said}")
    return ax


def draw_curves(frame, metric, x, hue, seed, ax, line_kw):
    """Draw the means with their intervals, without a legend.

    Parameters
    ----------
    frame, metric, x, hue, seed, ax, line_kw
        As for `plot_curves`.

    Returns
    -------
    lines : list of matplotlib.lines.Line2D
        One for each level of `hue`, labelled.
    span : (float, float)
        Smallest and largest x.
    note : str
        How many seeds there were.
    """
    names = [] if hue is None else [hue]
    check_columns(frame, [metric, x, seed, *names])
    frame = frame.reset_index(drop=True)
    drawn = frame[frame[metric].notna()]
    if drawn.empty:
        raise ValueError(f"expected numbers in column {metric!r}, got none; did every run fail?")
    levels = [] if hue is None else list(pd.unique(drawn[hue]))
    ax = axes_or_new(ax, (5.2, 4.0 + 0.11 * len(levels)))
    n_before = len(ax.lines)
    sns.lineplot(
        drawn,
        x=x,
        y=metric,
        hue=hue,
        hue_order=levels or None,
        palette=[colour_of(index) for index in range(len(levels))] or None,
        color=None if levels else colour_of(0),
        errorbar=_t_interval,
        legend=False,
        ax=ax,
        **{"err_kws": {"linewidth": 0}, **line_kw},
    )
    for index, line in enumerate(ax.lines[n_before:]):
        line.set(linestyle=line_style_of(index)["linestyle"])
        line.set_label(str(levels[index]) if levels else "mean")
        if len(line.get_xdata()) == 1:
            line.set_marker("o")
    ax.set(xlabel=words(x), ylabel=words(metric))
    span = drawn[x].min(), drawn[x].max()
    return ax.lines[n_before:], span, _seeds_note(drawn, [*names, x], seed)


def by_range(ax, low, high, x="x", y="value"):
    """Write what is drawn over what: ``"Loss (mean per example) by epoch, 1 to 20"``.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its labels name the two; inner panels often have none.
    low, high : float
        Ends of the horizontal axis.
    x, y : str
        Names where there is no label.

    Returns
    -------
    str
    """
    name, value = axis(ax, "x", words(x)), capital(axis(ax, "y", words(y)))
    if low == high:
        return f"{value} at {name} {told(low)}"
    return f"{value} by {name}, {told(low)} to {told(high)}"


def t_half_width(values):
    """Measure half the width of Student's 95 % interval of the mean.

    Parameters
    ----------
    values : array of shape (n,)
        Independent measurements.

    Returns
    -------
    float
        In the unit of the values; NaN for fewer than two.
    """
    values = np.asarray(values, dtype="float64")
    if len(values) < 2:
        return np.nan
    return stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))


def _t_interval(values):
    half = t_half_width(values)
    return np.mean(values) - half, np.mean(values) + half


def _seeds_note(frame, by, seed):
    counts = frame.groupby(by, observed=True)[seed].nunique()
    low, high = counts.min(), counts.max()
    if high == 1:
        return "1 seed, no interval"
    seeds = plural(low, "seed") if low == high else f"{low} to {high} seeds"
    return f"mean of {seeds}, 95 % interval"


def _failures_note(frame, by):
    if "error" not in frame.columns:
        return ""
    failed = frame[frame["error"].fillna("").astype(str) != ""]
    n_failed = len(failed[by].drop_duplicates())
    return f"\n{plural(n_failed, 'run')} failed, not drawn" if n_failed else ""


def _whole_ticks(ax):
    """Put ticks of a linear axis on whole numbers: there is no epoch 2.5."""
    if ax.get_xscale() == "linear":
        ax.xaxis.get_major_locator().set_params(integer=True)
