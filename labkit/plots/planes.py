"""Two numbers span a plane: a surface over it with walks down, and points with their classes."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from labkit.plots.alt import axis, capital, describe, told
from labkit.plots.images import as_labels, names_of
from labkit.plots.style import MARKERS, axes_or_new, colour_of, legend_below, line_style_of, plural

FINE = 240  # places along each side at which a classifier is asked


def plot_surface(x, y, z, paths=None, *, label="loss", n_levels=11, ax=None):
    """Draw the contours of a surface, and walks on it.

    The contours lie close together near the lowest point, where a walk ends: their heights above
    it grow by a constant factor.

    Parameters
    ----------
    x, y : array of float, shapes (n_columns,) and (n_rows,)
        Rising places along the two axes.
    z : array of float, shape (n_rows, n_columns)
        Height at each place, ``z[row, column]`` over ``x[column]`` and ``y[row]``.
    paths : dict of str to array of shape (n_steps + 1, 2), optional
        Walks under their names; a circle is drawn where each begins, a dot where it ends.
    label : str
        What the height is, with its unit.
    n_levels : int
        Number of contours.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its axes are to be labelled by the caller.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the surface is flat or has no numbers.
    """
    x, y, z = (np.asarray(part, dtype="float64") for part in (x, y, z))
    if x.ndim != 1 or y.ndim != 1 or z.shape != (len(y), len(x)):
        raise ValueError(
            f"expected z of shape (len(y), len(x)), got x {x.shape}, y {y.shape}, z {z.shape}"
        )
    paths = {name: _as_path(name, path) for name, path in (paths or {}).items()}
    low, high = np.nanmin(z), np.nanmax(z)
    if not low < high:
        raise ValueError(f"expected a surface with hills, got heights from {low:g} to {high:g}")
    ax = axes_or_new(ax, (5.2, 4.6))
    levels = low + np.geomspace(0.001, 0.9, n_levels) * (high - low)
    lines = ax.contour(x, y, z, levels, colors="#808080", linewidths=0.9)
    ax.clabel(lines, levels[1::2], fmt=told, fontsize=8, colors="black")
    handles = [Line2D([], [], color="#808080", linewidth=0.9, label=label)]
    for index, (name, path) in enumerate(paths.items()):
        style = line_style_of(index)
        handles += ax.plot(*path.T, linewidth=1.6, label=str(name), zorder=3, **style)
        ends = {"color": style["color"], "linestyle": "", "zorder": 4}
        ax.plot(*path[0], "o", mfc="none", mew=1.6, ms=8, **ends)
        ax.plot(*path[-1], "o", ms=7, **ends)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    ax.grid(visible=False)
    legend_below(ax, "", handles)
    places = {"lowest": np.nanargmin(z), "highest": np.nanargmax(z)}
    ends = [
        f"{word} {told(z.flat[at])} at {_place((x[at % len(x)], y[at // len(x)]))}"
        for word, at in places.items()
    ]
    walks = "".join(f" {_walk(name, path, x, y, z)}" for name, path in paths.items())
    plane = f"Contours of the {label} over"
    describe(ax, f"{', '.join(ends)}.{walks}", lambda ax: f"{plane} {_axes(ax)}")
    return ax


def plot_points(x, y, class_names=None, *, boundary=None, ax=None):
    """Draw points in the colours of their classes, and the regions that a classifier makes.

    Parameters
    ----------
    x : array of float, shape (n_points, 2)
        The two features of each point.
    y : array of int, shape (n_points,)
        Class index of each point.
    class_names : sequence of str, optional
        Name of each class; the index is written otherwise.
    boundary : callable, optional
        A classifier, such as a Keras model: called once with points (n, 2) it returns class
        indices (n,), or a score for each class (n, n_classes), of which the largest wins.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its axes are to be labelled by the caller. Its image, if any, holds the regions.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `boundary` returns neither classes nor scores.
    """
    x, y = np.asarray(x, dtype="float64"), as_labels(y, "y")
    if x.shape != (len(y), 2):
        raise ValueError(f"expected x of shape ({len(y)}, 2), a row a label, got {x.shape}")
    names = names_of(class_names, y)
    ax = axes_or_new(ax, (5.2, 4.6))
    sides, regions = [_side(column) for column in x.T], ""
    if boundary is not None:
        _draw_regions(ax, boundary, sides)
        right = 100 * np.mean(_scores(boundary, x).argmax(axis=1) == y)
        regions = f" {told(right)} % of the points lie in the region of their class."
    handles, parts = [], []
    for index in np.unique(y):
        points = x[y == index]
        style = {"color": colour_of(index), "marker": MARKERS[index % len(MARKERS)]}
        looks = {"linestyle": "", "ms": 5, "mew": 0, "alpha": 0.85, "label": names[index]}
        handles += ax.plot(*points.T, **looks, **style)
        middle = _place(points.mean(axis=0), np.ptp(x, axis=0))
        parts.append(f"{len(points):,} of {names[index]} round {middle}")
    ax.set(xlim=(sides[0][0], sides[0][-1]), ylim=(sides[1][0], sides[1][-1]))
    ax.grid(visible=False)
    legend_below(ax, "", handles)
    text = f"{'; '.join(parts)}.{regions}"
    describe(ax, text, lambda ax: f"{plural(len(y), 'point')} over {_axes(ax)}")
    return ax


def _as_path(name, path):
    path = np.asarray(path, dtype="float64")
    if path.ndim != 2 or path.shape[1] != 2 or len(path) == 0:
        raise ValueError(f"expected path {name!r} of shape (n_steps + 1, 2), got {path.shape}")
    return path


def _walk(name, path, x, y, z):
    """Say where a walk begins and ends, and how high."""
    from scipy.interpolate import RegularGridInterpolator

    ends, spans = path[[0, -1]], (np.ptp(x), np.ptp(y))
    heights = RegularGridInterpolator((y, x), z, bounds_error=False)(ends[:, ::-1])
    texts = [told(height) if height == height else "outside" for height in heights]
    first, last = (f"{_place(end, spans)}, {text}" for end, text in zip(ends, texts, strict=True))
    return f"{capital(str(name))} takes {plural(len(path) - 1, 'step')} from {first}, to {last}."


def _place(point, spans=(0, 0)):
    """Write a point; what is below a thousandth of the axis is zero."""
    near = [
        0.0 if abs(value) < span / 1000 else value for value, span in zip(point, spans, strict=True)
    ]
    return f"({', '.join(map(told, near))})"


def _axes(ax):
    return f"{axis(ax, 'x', 'x')} and {axis(ax, 'y', 'y')}"


def _side(column):
    room = 0.06 * (np.ptp(column) or 1)
    return np.linspace(column.min() - room, column.max() + room, FINE)


def _scores(boundary, points):
    """Return a score for each class (n, n_classes); of class indices, 1 for that class."""
    answers = np.asarray(boundary(points))
    if answers.ndim == 2 and answers.shape[0] == len(points) and answers.shape[1] > 1:
        return answers
    if answers.shape == (len(points),) and not np.issubdtype(answers.dtype, np.floating):
        return np.eye(int(answers.max()) + 1)[answers.astype("int64")]
    raise ValueError(
        f"expected class indices of shape ({len(points)},) or a score for each class, got "
        f"{answers.dtype} of shape {answers.shape}; of one probability, take p > 0.5"
    )


def _draw_regions(ax, boundary, sides):
    """Draw the regions in a fifth of their colours, and lines where two scores are equal."""
    grid = np.stack(np.meshgrid(*sides), axis=-1)
    scores = _scores(boundary, grid.reshape(-1, 2)).reshape(FINE, FINE, -1)
    classes = scores.argmax(axis=-1)
    image = np.zeros((FINE, FINE, 4), "uint8")
    present = np.unique(classes)
    for index in present:
        image[classes == index] = [*(round(255 * part) for part in to_rgb(colour_of(index))), 51]
        if len(present) > 1:
            lead = scores[..., index] - np.delete(scores, index, axis=-1).max(axis=-1)
            ax.contour(*sides, lead, [0], colors="black", linewidths=0.8, zorder=1)
    ends = (sides[0][0], sides[0][-1], sides[1][0], sides[1][-1])
    ax.imshow(image, extent=ends, origin="lower", aspect="auto", interpolation="none", zorder=0)
