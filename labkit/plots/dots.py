"""A row for each variant: its runs as dots, or its mean as a bar, with the 95 % interval."""

from itertools import cycle

from matplotlib.lines import Line2D

from labkit.plots.alt import axis, capital, describe, told, told_apart
from labkit.plots.means import means_of, tell_means
from labkit.plots.style import MARKERS, axes_or_new, colour_of, legend_below, words

ROOM = 0.7  # of a row, for all its groups together


def plot_dots(
    table,
    x="val_accuracy",
    y="variant",
    *,
    hue=None,
    interval=None,
    note=None,
    reported=None,
    ax=None,
):
    """Draw every run as a dot, with the mean and its 95 % interval, one row a variant.

    Parameters
    ----------
    table : pandas.DataFrame, or mapping of str to float or sequence of float
        A row a run, or a row a run and epoch as `labkit.experiments.compare` returns it: then
        the last epoch of every run is drawn. A mapping holds the runs under their names.
    x : str
        Column of the numbers; the axis label, if `table` is a mapping.
    y : str
        Column of the names; rows are drawn in the order in which they first come.
    hue : str, optional
        Column of a second name, drawn in colours and markers side by side.
    interval : (str, str), optional
        Columns of the ends of an interval that is known, drawn instead of that of the mean of
        runs; one row for each name.
    note : str, optional
        What the interval is, for the legend: ``"95 % interval of one test set"``.
    reported : mapping of str to float, optional
        A number for some of the names, drawn as a cross beside the runs: a report's, say.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        The legend below says what dots and bars are.

    Raises
    ------
    ValueError
        If a column is missing, there is no number, or a name has several rows with intervals.
    """
    found = means_of(table, x, y, hue, interval, note)
    ax = axes_or_new(ax, _size(found))
    for row, place, index in _places(found):
        style = {"color": colour_of(index), "marker": MARKERS[index % len(MARKERS)]}
        single = len(row.runs) == 1
        looks = {"ms": 6} if single else {"ms": 4, "alpha": 0.7}
        beside = place - (0 if single else 0.2 * ROOM / max(1, len(found.groups)))  # of the bar
        ax.plot(row.runs, [beside] * len(row.runs), linestyle="", **style, **looks)
        _draw_interval(ax, row, place, color=style["color"], marker="" if single else "|")
    handles = _keys(found, cycle(MARKERS), "black" if found.groups else colour_of(0))
    marked = {name: value for name, value in (reported or {}).items() if name in found.names}
    if marked:
        places = [found.names.index(name) for name in marked]
        looks = {"color": colour_of(1 + len(found.groups)), "linestyle": "", "label": "reported"}
        handles += ax.plot(list(marked.values()), places, marker="X", ms=7, **looks)
    _finish(ax, found, x, handles)
    text = tell_means(found)
    if marked:
        texts = told_apart(marked.values())
        listed = ", ".join(f"{name}: {text}" for name, text in zip(marked, texts, strict=True))
        text += f"; reported {listed}"
    describe(ax, f"{text}.", lambda ax: _opening(ax, found, x))
    return ax


def plot_bars(table, x="val_accuracy", y="variant", *, hue=None, interval=None, note=None, ax=None):
    """Draw the mean of the runs as a bar from zero, with its 95 % interval, one row a variant.

    Bars suit amounts (seconds, parameters, shares of a whole). Where zero means nothing, or the
    differences are small, draw dots.

    Parameters
    ----------
    table, x, y, hue, interval, note
        As for `plot_dots`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its ``patches`` are the bars. Where there is one bar a row and no interval, the numbers
        stand beside the bars.

    Raises
    ------
    ValueError
        As `plot_dots`.
    """
    found = means_of(table, x, y, hue, interval, note)
    ax = axes_or_new(ax, _size(found))
    height = ROOM / max(1, len(found.groups))
    for row, place, index in _places(found):
        bar = ax.barh(place, row.mean, 0.9 * height, color=colour_of(index), linewidth=0)
        _draw_interval(ax, row, place, color="black", marker="")
        if not found.groups and not found.note:
            ax.bar_label(bar, [told(row.mean)], padding=4)
    ax.margins(x=0.12)
    ax.axvline(0, color="black", linewidth=1)
    _finish(ax, found, x, _keys(found, cycle("s"), "black"))
    describe(ax, f"{tell_means(found)}.", lambda ax: _opening(ax, found, x))
    return ax


def _size(found):
    n_rows = len(found.names) * max(1, 0.62 * len(found.groups))
    return 6.0, min(8.0, 1.55 + 0.32 * n_rows + 0.12 * len(found.groups))


def _places(found):
    """Yield each row with its height in the figure and the number of its group."""
    step = ROOM / max(1, len(found.groups))
    for row in found.rows:
        index = found.groups.index(row.group) if found.groups else 0
        shift = (index - (len(found.groups) - 1) / 2) * step if found.groups else 0
        yield row, found.names.index(row.name) + shift, index


def _draw_interval(ax, row, place, **looks):
    if row.low == row.low:  # one run has none
        reach = [[row.mean - row.low], [row.high - row.mean]]
        ax.errorbar([row.mean], [place], xerr=reach, fmt="none", capsize=3, ecolor=looks["color"])
    if looks["marker"]:
        ax.plot([row.mean], [place], ms=11, mew=2, **looks)


def _keys(found, markers, colour):
    """Return a handle for every group, and one for the interval."""
    keys = [
        Line2D([], [], color=colour_of(index), linestyle="", marker=marker, label=str(group))
        for index, (group, marker) in enumerate(zip(found.groups, markers, strict=False))
    ]
    if any(row.low == row.low for row in found.rows):
        single = all(len(row.runs) == 1 for row in found.rows)
        marker = next(iter(markers)) if single and not found.groups else "|"
        keys.append(Line2D([], [], color=colour, marker=marker, label=found.note))
    return keys


def _finish(ax, found, x, handles):
    ax.set_yticks(range(len(found.names)), map(str, found.names))
    ax.set_ylim(len(found.names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(words(x))  # the title is the caller's
    said = any(handle.get_label() == found.note for handle in handles)
    if handles or found.note:
        legend_below(ax, "" if said else found.note, handles)


def _opening(ax, found, x):
    """Begin the description: what is drawn, over how many runs."""
    return ", ".join(filter(None, (capital(axis(ax, "x", x)), found.note)))
