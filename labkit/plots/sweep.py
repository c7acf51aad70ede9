"""A setting is swept: one point for each of its values, with the interval over seeds."""

import numpy as np

from labkit.plots.alt import axis, capital, describe, told
from labkit.plots.curves import draw_curves
from labkit.plots.means import last_epochs, left_out
from labkit.plots.style import MARKERS, check_columns, legend_below, words

DECADE = 10  # a sweep over at least this factor gets a logarithmic axis
MOST_LINES = 4  # told one by one


def plot_sweep(
    table,
    x="learning_rate",
    y="val_accuracy",
    *,
    hue=None,
    seed="seed",
    log=None,
    ax=None,
    **line_kw,
):
    """Draw the mean over seeds with its 95 % interval against a swept setting.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run, or a row a run and epoch as `labkit.experiments.compare` returns it: then
        the last epoch of every run counts.
    x, y : str
        Columns of the setting and of what came of it.
    hue : str, optional
        Column of the names of the lines.
    seed : str
        Column of the seeds.
    log : bool, optional
        Whether the axis of the setting is logarithmic. By default it is where all values are
        above zero and the largest is ten times the smallest or more.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    **line_kw
        For ``seaborn.lineplot``.

    Returns
    -------
    matplotlib.axes.Axes
        The legend says how many runs ended without a number and are not drawn.

    Raises
    ------
    ValueError
        If a column is missing, or there is no number.
    """
    check_columns(table, [x, y, seed, *([] if hue is None else [hue])])
    table = last_epochs(table, [x, *([] if hue is None else [hue])])
    lines, (low, high), note = draw_curves(table, y, x, hue, seed, ax, line_kw)
    ax = lines[0].axes
    for index, line in enumerate(lines):
        line.set(marker=MARKERS[index % len(MARKERS)], markeredgewidth=0)
    log = low > 0 and high >= DECADE * low if log is None else log
    if log:
        ax.set_xscale("log")
    _name_values(ax, np.unique(table.loc[table[y].notna(), x]), log)
    missing = left_out(int(table[y].isna().sum()))
    legend_below(ax, note + (f"\n{missing}" if missing else ""), lines)
    note = ", ".join(filter(None, (note, missing)))
    runs = {line.get_label(): line.get_data() for line in lines}

    def opening(ax):
        drawn = f"{capital(axis(ax, 'y', words(y)))} against {axis(ax, 'x', words(x))}"
        return f"{drawn}, {told(low)} to {told(high)}, {note}"

    describe(ax, _peaks(runs), opening)
    return ax


def _name_values(ax, values, log):
    """Write the swept values themselves below the axis, where there is room for them."""
    names = [f"{value:g}" for value in values]
    if len(names) < 9 and len("".join(names)) < 36:
        ax.set_xticks(values, names)
        if log:
            ax.set_xticks([], minor=True)


def _peaks(runs):
    """Say where each line is highest and lowest; of many lines, the two ends of all."""
    places = [
        (mean, place, name)
        for name, (x, y) in runs.items()
        for place, mean in zip(x, y, strict=True)
        if np.isfinite(mean)
    ]
    if len(runs) > MOST_LINES:
        (low, at_low, worst), (high, at_high, best) = min(places), max(places)
        return (
            f"{len(runs)} lines, the highest point {told(high)} of {best} at {told(at_high)}, the "
            f"lowest {told(low)} of {worst} at {told(at_low)}."
        )
    parts = []
    for name in runs:
        own = [(mean, place) for mean, place, other in places if other == name]
        (low, at_low), (high, at_high) = min(own), max(own)
        ends = f"highest {told(high)} at {told(at_high)}, lowest {told(low)} at {told(at_low)}"
        parts.append(f"{name} {ends}")
    return "; ".join(parts) + "."
