"""Draw what was measured: one `Axes` a function, one style, figures that fit light and dark pages.

Every ``plot_*`` function takes arrays or tables first, draws on `ax` (or on the axes of a new
figure) and returns the `Axes`; it never shows, saves or closes. It leaves on the `Axes` a sentence
that says what it drew, from the data. `show` puts the finished figure into the notebook together
with that sentence as its alternative text; `show_frames` does so with a slider. What a lab draws
by hand it describes itself, with `describe`.
"""

from labkit.plots.alt import describe, description
from labkit.plots.curves import plot_curves, plot_history
from labkit.plots.dials import plot_clocks, plot_error_dial, plot_error_histogram
from labkit.plots.distributions import plot_distributions
from labkit.plots.dots import plot_bars, plot_dots
from labkit.plots.frames import show_frames
from labkit.plots.hands import plot_hands
from labkit.plots.heat import plot_confusion, plot_heat_map
from labkit.plots.images import plot_class_counts, plot_images
from labkit.plots.layers import plot_layers
from labkit.plots.lines import mark, plot_histogram, plot_lines
from labkit.plots.means import means_table
from labkit.plots.network import plot_network
from labkit.plots.planes import plot_points, plot_surface
from labkit.plots.style import PALETTE, set_style
from labkit.plots.svg import show
from labkit.plots.sweep import plot_sweep

__all__ = [
    "PALETTE",
    "describe",
    "description",
    "mark",
    "means_table",
    "plot_bars",
    "plot_class_counts",
    "plot_clocks",
    "plot_confusion",
    "plot_curves",
    "plot_distributions",
    "plot_dots",
    "plot_error_dial",
    "plot_error_histogram",
    "plot_hands",
    "plot_heat_map",
    "plot_histogram",
    "plot_history",
    "plot_images",
    "plot_layers",
    "plot_lines",
    "plot_network",
    "plot_points",
    "plot_surface",
    "plot_sweep",
    "set_style",
    "show",
    "show_frames",
]
