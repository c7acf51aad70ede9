"""The face of a clock with its two hands, as it is drawn to explain a reading."""

import matplotlib.pyplot as plt
import numpy as np

from labkit.plots.alt import describe, told
from labkit.plots.style import PALETTE, axes_or_new

LENGTHS = (0.55, 0.85)  # of the hour and the minute hand; the numerals stand at 1


def plot_hands(hour, minute, *, twelve=0.0, ax=None):
    """Draw the face of a clock: a rim, the numerals, and two hands.

    Parameters
    ----------
    hour, minute : float
        Where the hands point on the page: degrees, clockwise from the top.
    twelve : float
        Where twelve is; the other numerals follow clockwise.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Its last two ``lines`` are the hour and the minute hand, its ``texts`` the numerals.
    """
    ax = axes_or_new(ax, (3.6, 3.6))
    ax.add_patch(plt.Circle((0, 0), 1.2, fill=False, linewidth=2, color="#808080"))
    for number in range(1, 13):
        place = _toward(twelve + 30 * number, 1.0)
        ax.text(*place, str(number), ha="center", va="center", fontsize=13)
    widths, colours = (6, 3), (PALETTE[1], PALETTE[0])
    for angle, length, width, colour in zip((hour, minute), LENGTHS, widths, colours, strict=True):
        x, y = _toward(angle, length)
        ax.plot([0, x], [0, y], linewidth=width, color=colour, solid_capstyle="round")
    ax.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    ax.set_axis_off()
    seen = ", ".join(told(float(angle % 360)) for angle in (hour, minute, twelve))
    describe(ax, f"hour hand, minute hand and twelve at {seen} degrees from the top.", "A clock")
    return ax


def _toward(degrees, length):
    """Return the point in a direction, clockwise from the top."""
    return length * np.sin(np.deg2rad(degrees)), length * np.cos(np.deg2rad(degrees))
