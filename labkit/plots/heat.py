"""Tables in colour: layers over training, and the confusion of classes."""

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap, LogNorm

from labkit.plots.alt import axis, capital, describe, told
from labkit.plots.images import as_labels, names_of
from labkit.plots.style import (
    COLOUR_MAP,
    ZERO_COLOUR,
    axes_or_new,
    check_columns,
    plural,
    words,
)


def plot_heat_map(table, value="gradient_rms", *, x="epoch", y="layer", ax=None):
    """Draw one value per layer over training, in logarithmic colour.

    Cells that are exactly 0 have no logarithm: they are grey, and a line below the map says how
    many. Cells that were not measured, or are not a number, stay empty.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell, such as the table of `labkit.diagnostics.Probe`.
    value : str
        Column to draw, numbers of 0 or more.
    x, y : str
        Columns of the two axes. Values of `x` are sorted; those of `y` keep their order, the
        first at the top.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its first image holds the values (rows of `y`, columns of `x`), zeros masked.

    Raises
    ------
    ValueError
        If a column is missing, a cell has several rows, a value is negative, or none is above 0.
    """
    check_columns(table, [value, x, y])
    if table.duplicated([x, y]).any():
        raise ValueError(
            f"expected one row for each {x} and {y}, the table has several; select one run first"
        )
    order = table[y].drop_duplicates()
    cells = table.pivot(index=y, columns=x, values=value).loc[order].sort_index(axis=1)
    numbers = cells.to_numpy(dtype="float64")
    if (numbers < 0).any() or not (numbers > 0).any():
        raise ValueError(
            f"expected {value!r} of 0 or more, some above 0, got {np.nanmin(numbers):g} to "
            f"{np.nanmax(numbers):g}; negative values have no logarithm"
        )
    positive = np.ma.masked_where(~(np.isfinite(numbers) & (numbers > 0)), numbers)
    ax = axes_or_new(ax, (5.2, min(6.0, 1.3 + 0.34 * len(cells))))
    looks = {"aspect": "auto", "interpolation": "none"}
    image = ax.imshow(positive, norm=_log_norm(positive), cmap=COLOUR_MAP, **looks)
    zeros = numbers == 0
    if zeros.any():
        ax.imshow(np.ma.masked_where(~zeros, zeros), cmap=ListedColormap([ZERO_COLOUR]), **looks)
    ax.figure.colorbar(image, ax=ax, label=words(value).replace(" (", "\n("), pad=0.02)
    _name_ticks(ax, cells)
    note = f"\ngrey: exactly 0 ({plural(int(zeros.sum()), 'cell')})" if zeros.any() else ""
    ax.set(xlabel=words(x) + note, ylabel=words(y))
    text = _ends(cells.where(cells > 0)) + note.replace("\n", "; ")
    describe(
        ax, f"{text}.", lambda ax: f"{capital(words(value))} in colour, {_rows_by_columns(ax)}"
    )
    return ax


def _rows_by_columns(ax):
    return f"{axis(ax, 'y', 'rows')} by {axis(ax, 'x', 'columns')}"


def _ends(cells):
    """Name the smallest and the largest cell with their places."""
    numbers = cells.to_numpy(dtype="float64")
    parts = []
    for word, at in (("lowest", np.nanargmin), ("highest", np.nanargmax)):
        row, column = np.unravel_index(at(numbers), numbers.shape)
        place = f"{cells.index[row]}, {cells.columns.name} {cells.columns[column]}"
        parts.append(f"{word} {told(numbers[row, column])} ({place})")
    return ", ".join(parts)


def plot_confusion(y_true, y_pred, class_names=None, *, ax=None):
    """Draw how often each class was taken for each other one.

    Parameters
    ----------
    y_true, y_pred : array of int, shape (n_examples,)
        True and predicted class indices.
    class_names : sequence of str, optional
        Name of each class.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Cells show counts; their colour is the share of the row, the true class, on a
        square-root scale that shows rare errors. Its image holds the shares.

    Raises
    ------
    ValueError
        If the two differ in length, or are not class indices.
    """
    y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"expected as many predictions as labels, got {len(y_pred)} and {len(y_true)}"
        )
    names = names_of(class_names, y_true, y_pred)
    n_classes = len(names)
    counts = np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2)
    counts = counts.reshape(n_classes, n_classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax = axes_or_new(ax, (5.4, 4.9) if n_classes > 4 else (4.2, 3.4))
    norm = mpl.colors.PowerNorm(0.5, vmin=0, vmax=1)
    image = ax.imshow(shares, norm=norm, cmap=COLOUR_MAP, interpolation="none")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "#111111" if norm(shares[row, column]) > 0.6 else "#ffffff"
            size = 10.5 if n_classes < 8 else 8.5
            ax.text(column, row, count, ha="center", va="center", color=colour, fontsize=size)
    bar = ax.figure.colorbar(image, ax=ax, label="share of the true class", pad=0.02, shrink=0.85)
    bar.set_ticks([0, 0.02, 0.1, 0.25, 0.5, 1], labels=["0", "0.02", "0.1", "0.25", "0.5", "1"])
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(n_classes), names, **(slanted if sum(map(len, names)) > 30 else {}))
    ax.set_yticks(range(n_classes), names)
    ax.grid(visible=False)
    ax.set(xlabel="predicted class", ylabel="true class")
    describe(ax, _confusions(counts, names))
    return ax


def _confusions(counts, names):
    """Say how many are right, and which class is taken for which other most often."""
    right = f"{counts.trace() / counts.sum():.1%}".replace("%", " %")
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    text = f"Confusion matrix of {len(names)} classes, {counts.sum():,} examples, {right} right"
    if not wrong.any():
        return f"{text}."
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    times = plural(int(wrong.max()), "time")
    return f"{text}; most frequent error: {names[row]} taken for {names[column]}, {times}."


def _log_norm(positive):
    low, high = positive.min(), positive.max()
    return LogNorm(low, high if high > low else low * 10)


def _name_ticks(ax, cells, most=8):
    """Write the name of every row and of some columns."""
    step = -(-len(cells.columns) // most)
    for nice in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000):
        if nice >= step:
            step = nice
            break
    columns = range(0, len(cells.columns), step)
    ax.set_xticks(columns, [str(cells.columns[index]) for index in columns])
    every = -(-len(cells) // 24)
    rows = range(0, len(cells), every)
    ax.set_yticks(rows, [str(cells.index[index]) for index in rows])
    ax.grid(visible=False)
