"""Draw a dense network: its layers, some of their units, and where its parameters are."""

import itertools

import numpy as np

from labkit.numbers import as_whole
from labkit.plots.alt import describe
from labkit.plots.style import PALETTE, axes_or_new

MOST_UNITS = 9  # drawn in one layer; more are an ellipsis
GAP = 1.0  # from layer to layer; a layer is as high


def plot_network(network, *, ax=None):
    """Draw a dense network with the number of units and parameters of every layer.

    Parameters
    ----------
    network : keras.Model, or sequence of int
        A built model of dense layers, or the units of each layer from the input to the output.
        A sequence is counted with one bias a unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Without axis lines; numbers stand in its ``texts``. Parameters of a batch
        normalization count with the dense layer before it.

    Raises
    ------
    ValueError
        If there are fewer than two layers, a layer without units, or a layer with weights that
        is neither dense nor normalization.
    """
    names, units, parameters = _layers_of(network)
    ax = axes_or_new(ax, (_width(len(units)), 3.4))
    heights = [_heights(count, max(units)) for count in units]
    _draw_links(ax, heights)
    for column, (count, ys) in enumerate(zip(units, heights, strict=True)):
        shown = np.delete(ys, len(ys) // 2) if count > MOST_UNITS else ys
        at = np.full(len(shown), column * GAP)
        ax.scatter(at, shown, s=70, color=PALETTE[0 if column else 5], zorder=3, linewidths=0)
        if count > MOST_UNITS:
            ax.text(column * GAP, ys[len(ys) // 2], "\u22ee", ha="center", va="center", fontsize=13)
        ax.text(column * GAP, 0.6, f"{names[column]}\n{count:,}", ha="center", va="bottom")
    for column, count in enumerate(parameters):
        ax.text((column + 0.5) * GAP, -0.6, f"{count:,}", ha="center", va="top")
    total = f"together {sum(parameters):,} parameters"
    ax.text((len(units) - 1) * GAP / 2, -0.75, total, ha="center", va="top")
    ax.set(xlim=(-0.45, (len(units) - 1) * GAP + 0.45), ylim=(-0.92, 0.9))
    ax.set_axis_off()
    layers = ", ".join(f"{name} {count:,}" for name, count in zip(names, units, strict=True))
    most = int(np.argmax(parameters))
    describe(
        ax,
        f"Dense network, units of each layer: {layers}. {sum(parameters):,} parameters, most of "
        f"them, {parameters[most]:,}, between {names[most]} and {names[most + 1]}.",
    )
    return ax


def _width(n_layers):
    """Return the width of a new figure, inches: wider than a page's only for many layers."""
    return max(3.4, 0.72 * n_layers, min(5.4, 1.25 * n_layers + 0.4))


def _layers_of(network):
    """Return names and units of the layers, input included, and parameters between them."""
    if hasattr(network, "layers"):
        return _layers_of_model(network)
    given = list(network)
    units = [as_whole(count) for count in given]
    if len(units) < 2 or None in units or min(units) < 1:
        raise ValueError(f"expected two layers or more with a unit or more each, got {given}")
    parameters = [(above + 1) * count for above, count in itertools.pairwise(units)]
    hidden = [f"hidden {index}" for index in range(1, len(units) - 1)]
    return ["input", *hidden, "output"], units, parameters


def _layers_of_model(model):
    if not getattr(model, "built", False):
        raise ValueError(f"expected a built model, {model.name!r} is not; give it an Input")
    names, units, parameters = ["input"], [], []
    for layer in model.layers:
        if hasattr(layer, "units"):
            if not units:
                units.append(int(layer.input.shape[-1]))
            names.append(layer.name.replace("_", " "))
            units.append(int(layer.units))
            parameters.append(layer.count_params())
        elif layer.count_params() and "Normalization" in type(layer).__name__ and parameters:
            parameters[-1] += layer.count_params()
        elif layer.count_params():
            raise ValueError(
                f"expected dense layers, got {type(layer).__name__} {layer.name!r}; "
                "model.summary() lists any network"
            )
    if not parameters:
        raise ValueError(f"expected a dense layer in {model.name!r}, got none")
    return names, units, parameters


def _heights(count, most):
    """Place the units of one layer from top to bottom; an ellipsis takes the place of one."""
    shown = min(count, MOST_UNITS)
    return (np.arange(shown) - (shown - 1) / 2)[::-1] / min(most, MOST_UNITS)


def _draw_links(ax, heights):
    """Draw all links as one line with gaps, which is one path in the file."""
    xs, ys = [], []
    for column, (left, right) in enumerate(itertools.pairwise(heights)):
        for above, below in itertools.product(left, right):
            xs += [column * GAP, (column + 1) * GAP, np.nan]
            ys += [above, below, np.nan]
    ax.plot(xs, ys, color="#808080", linewidth=0.6, alpha=0.4, zorder=1)
