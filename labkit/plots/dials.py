"""Clocks and how wrong they were read: errors round the dial, their distribution, the pictures."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from labkit.clocks.dial import AROUND, HOUR, as_row, as_text, as_times, wrap
from labkit.clocks.score import common_sense_error
from labkit.plots.alt import describe, told
from labkit.plots.images import plot_images
from labkit.plots.style import PALETTE, bin_count, legend_below, line_style_of

HANDS = {"hour": AROUND, "minute": HOUR}  # minutes in one turn
# The axis of errors: even up to 1 minute, logarithmic up to LONG, even again up to 6 hours.
SHORT, LONG, END = 1.0, 27.5, 362.5
SHARES = (0.27, 0.5)  # of the axis, up to SHORT and up to LONG
TICKS = (0, 0.5, 1, 5, 20, 60, 120, 180, 240, 300, 360)


def plot_error_dial(true, predicted, *, hand="hour", bins=24, ax=None):
    """Draw the common-sense error round the dial: at which times a reader fails.

    Each bar stands where the hand points at those times; its length is the mean error, and the
    line joins the medians. A mean far above the median comes from a few large errors.

    Parameters
    ----------
    true, predicted : array of float or int, shape (n,)
        Minutes after twelve.
    hand : str
        ``"hour"``: twelve hours round the dial. ``"minute"``: the minutes of all hours together,
        which shows errors near the full hour.
    bins : int
        Number of bars, 2 or more: 24 are half hours, or 2.5 minutes each.
    ax : matplotlib.projections.polar.PolarAxes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.projections.polar.PolarAxes
        Twelve at the top, clockwise; radius in minutes. Its ``patches`` are the bars, none
        where there was no such time.

    Raises
    ------
    ValueError
        If `ax` is not polar, `hand` is unknown, `bins` is below 2, or the times do not fit.
    """
    if hand not in HANDS:
        raise ValueError(f"hand must be one of {sorted(HANDS)}, got {hand!r}")
    bins = bin_count(bins)
    error = common_sense_error(true, predicted)
    place = wrap(as_row(true, "true")) % HANDS[hand] * bins // HANDS[hand]
    means, medians = (_by_place(error, place, bins, of) for of in (np.mean, np.median))
    ax = _polar(ax)
    width = 2 * np.pi / bins
    middle = width * (np.arange(bins) + 0.5)
    looks = {"color": PALETTE[0], "alpha": 0.75, "linewidth": 0}
    known = np.isfinite(means)  # a polar axes cannot draw a bar of height nan
    ax.bar(middle[known], means[known], 0.86 * width, label="mean", **looks)
    round_ = np.append(np.arange(bins), 0)
    style = {**line_style_of(1), "linestyle": "-", "marker": "o", "markersize": 3.5}
    ax.plot(middle[round_], medians[round_], linewidth=1.2, label="median", **style)
    _write_dial(ax, hand)
    ax.set_rlabel_position(np.rad2deg(middle[np.nanargmin(means)]))  # where it covers no bar
    ax.set_xlabel("common-sense error (minutes)\nbars: mean, line: median")
    describe(ax, _round_the_dial(means, medians, hand))
    return ax


def _round_the_dial(means, medians, hand):
    """Say where the mean error is smallest and largest, and how large the medians are."""
    turn, places = HANDS[hand], {}
    for word, at in (("smallest", np.nanargmin(means)), ("largest", np.nanargmax(means))):
        start, end = (turn * edge / len(means) for edge in (at, at + 1))
        place = " to ".join(as_text([start, end])) if hand == "hour" else None
        place = place or f"minute {told(start)} to {told(end)}"
        places[word] = f"{word} {told(means[at])} ({place})"
    low, high = told(np.nanmin(medians)), told(np.nanmax(medians))
    return (
        f"Common-sense error in minutes round the dial of the {hand} hand: mean "
        f"{places['smallest']}, {places['largest']}; medians from {low} to {high}."
    )


def plot_error_histogram(true, predicted, *, marks=None, ax=None):
    """Draw how often each common-sense error occurs, from fractions of a minute to six hours.

    The axis has three ranges: even up to one minute, logarithmic up to half an hour, even again
    up to six hours, in bars of five minutes of which every twelfth is centred on a whole hour.
    Counts are logarithmic.

    Parameters
    ----------
    true, predicted : array of float or int, shape (n,)
        Minutes after twelve.
    marks : array of float, or dict of str to array of float, optional
        Errors to mark by lines, minutes, with a name for the legend: ``{"look-alikes":
        labkit.clocks.theory.lookalikes()}``. They are taken the shorter way round the dial.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its first patch holds the counts and the bars' edges, its ``lines`` the marks.

    Raises
    ------
    ValueError
        If the times do not fit, or marks are no numbers.
    """
    error = common_sense_error(true, predicted)
    edges = _edges()
    counts = np.histogram(error, edges)[0]
    if ax is None:
        _, ax = plt.subplots(figsize=(7.0, 3.8), layout="constrained")
    ax.set_xscale("function", functions=(_to_axis, _from_axis))
    ax.set_yscale("log")
    ax.stairs(counts, edges, baseline=0.5, fill=True, color=PALETTE[0], alpha=0.75)
    handles = _draw_marks(ax, marks)
    ax.set_xlim(0, END)
    ax.set_ylim(0.5, 2 * counts.max())
    ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    ax.set_xticks([], minor=True)
    ax.grid(visible=False, axis="x")
    for joint in (SHORT, LONG):
        ax.axvline(joint, color="#808080", linewidth=0.7, zorder=0)
    ax.set(xlabel="common-sense error (minutes)", ylabel=f"clocks per bar (of {len(error):,})")
    if handles:
        legend_below(ax, "", handles)
    median, most = np.percentile(error, (50, 95))
    describe(
        ax,
        f"Histogram of the common-sense errors of {len(error):,} clocks, minutes: mean "
        f"{told(error.mean())}, median {told(median)}, one in twenty above {told(most)}, largest "
        f"{told(error.max())}.",
    )
    return ax


def plot_clocks(x, times=None, predicted=None, *, n=None, columns=6, ax=None):
    """Draw pictures of clocks in a grid, with their times above them.

    Where the predicted time, to the nearest minute, differs from the true one, both are written,
    the prediction first, in colour and with a cross in front.

    Parameters
    ----------
    x : array of shape (n_pictures, height, width)
        Grey pictures, as for `plot_images`.
    times : array of float or int, shape (n_pictures,), optional
        True times, minutes after twelve.
    predicted : array of float or int, shape (n_pictures,), optional
        Minutes after twelve that a reader gave.
    n : int, optional
        Draw the first so many; 24 by default.
    columns : int
        Pictures in a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        As `plot_images`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a time lies off the dial.
    """
    minutes = {"times": times, "predicted": predicted}
    minutes = {
        name: np.rint(as_times(row, name)).astype("int64") % AROUND
        for name, row in minutes.items()
        if row is not None
    }
    names = as_text(np.arange(AROUND)) if minutes else None
    rows = (minutes.get("times"), names)
    n = 24 if n is None else n
    return plot_images(x, *rows, n=n, predicted=minutes.get("predicted"), columns=columns, ax=ax)


def _by_place(error, place, bins, of):
    parts = (error[place == number] for number in range(bins))
    return np.array([of(part) if len(part) else np.nan for part in parts])


def _polar(ax):
    if ax is None:
        kinds = {"projection": "polar"}
        _, ax = plt.subplots(figsize=(5.2, 5.4), subplot_kw=kinds, layout="constrained")
    if ax.name != "polar":
        raise ValueError(
            f"expected polar axes, got {ax.name} ones; make them with "
            'plt.subplots(subplot_kw={"projection": "polar"})'
        )
    return ax


def _write_dial(ax, hand):
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    hours = [12, *range(1, 12)]
    names = hours if hand == "hour" else [5 * (hour % 12) for hour in hours]
    ax.set_xticks(2 * np.pi * np.arange(12) / 12, [str(name) for name in names])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(4))


def _edges():
    """Return the bars' edges, minutes: 12 up to SHORT, 20 up to LONG, then five minutes each."""
    even, wide = np.linspace(0, SHORT, 13), np.arange(LONG, END + 1, 5)
    return np.concatenate([even, np.geomspace(SHORT, LONG, 21)[1:-1], wide])


def _to_axis(minutes):
    """Map minutes to shares of the axis."""
    middle = np.log(np.clip(minutes, SHORT, LONG) / SHORT) / np.log(LONG / SHORT)
    even, wide = np.minimum(minutes, SHORT) / SHORT, np.maximum(minutes - LONG, 0) / (END - LONG)
    first, second = SHARES
    return first * even + (second - first) * middle + (1 - second) * wide


def _from_axis(share):
    first, second = SHARES
    middle = (np.clip(share, first, second) - first) / (second - first)
    wide = np.maximum(share - second, 0) / (1 - second) * (END - LONG)
    even = np.minimum(share, first) / first * SHORT
    return even + SHORT * ((LONG / SHORT) ** middle - 1) + wide


def _draw_marks(ax, marks):
    if marks is None:
        return []
    handles = []
    for index, (name, errors) in enumerate(_named(marks).items(), start=1):
        shorter = common_sense_error(np.atleast_1d(errors), 0)
        for error in np.unique(np.round(shorter[shorter > 0], 6)):
            line = ax.axvline(error, linewidth=1.4, zorder=0.5, label=name, **line_style_of(index))
        handles.append(line)
    return handles


def _named(marks):
    return marks if isinstance(marks, Mapping) else {"marked": marks}
