"""The look that all figures share: colours, sizes, and the words on their axes."""

import matplotlib.pyplot as plt
import seaborn as sns

from labkit.numbers import as_whole

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#9C5B3B", "#808080")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 3)), (0, (9, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P")
COLOUR_MAP = "viridis"
ZERO_COLOUR = "#808080"  # no colour of viridis

UNITS = {
    "accuracy": "share correct",
    "loss": "mean per example",
    "seconds": "s",
    "gradient_rms": "loss per unit of weight",
    "gradient_norm": "loss per unit of weight",
    "output_gradient_rms": "loss per unit of output",
    "update_ratio": "update norm / weight norm",
    "saturated": "share of outputs",
    "dead": "share of units",
    "depth": "1 is next to the input",
}
TEXT_COLOURS = (
    "text.color",
    "axes.labelcolor",
    "axes.edgecolor",
    "xtick.color",
    "ytick.color",
    "legend.labelcolor",
)
SETTINGS = {
    "figure.figsize": (5.2, 3.5),  # 500 px: a phone shrinks it by a quarter, so 11 pt stays legible
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # for plain plt.show(); labkit.plots.show drops it
    "figure.dpi": 96,
    "savefig.facecolor": "auto",
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 1.0,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.labelsize": 11,
    "grid.color": "#808080",
    "grid.alpha": 0.3,
    "grid.linewidth": 0.7,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same on every machine
    "font.size": 11,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
    "legend.title_fontsize": 10.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    "image.cmap": COLOUR_MAP,
    **dict.fromkeys(TEXT_COLOURS, "black"),  # plots.show: black is the colour of the page's text
}


def set_style():
    """Set the style of the course for all figures drawn after this call.

    The six colours of `PALETTE` keep a contrast of at least 3:1 on white and on the near-black
    ground of the book's dark theme, and are told apart by readers with red-green blindness,
    with the help of dashes and markers where lines meet.

    References
    ----------
    Okabe and Ito, "Color Universal Design", 2008, for the first four colours. WCAG 2.1,
    success criterion 1.4.11, for the contrast.
    """
    sns.set_theme(style="ticks", palette=list(PALETTE), rc=SETTINGS)


def words(name):
    """Write a column's name as an axis label, with its unit where it is known.

    Parameters
    ----------
    name : str
        ``"val_accuracy"``, say.

    Returns
    -------
    str
        ``"validation accuracy (share correct)"``.
    """
    name = str(name)
    bare = name.removeprefix("val_")
    text = bare.replace("_", " ")
    if bare != name:
        text = f"validation {text}"
    return f"{text} ({UNITS[bare]})" if bare in UNITS else text


def axes_or_new(ax, figsize=None):
    """Return `ax`, or the axes of a new figure when it is None.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where to draw.
    figsize : tuple of float, optional
        Width and height of the new figure, inches.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax


def colour_of(index):
    """Return the colour of line number `index`, from 0 on; they repeat after six."""
    return PALETTE[index % len(PALETTE)]


def line_style_of(index):
    """Return colour and dashes of line number `index`: 36 lines before a pair repeats."""
    dash = DASHES[(index + index // len(PALETTE)) % len(DASHES)]
    return {"color": colour_of(index), "linestyle": dash}


def legend_below(ax, title, handles):
    """Write the legend below the axis label, where it covers no data.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Whose legend it is.
    title : str
        Seeds, interval and what is not drawn.
    handles : list of matplotlib.artist.Artist
        Lines to name.
    """
    below = 4.3  # in font sizes: tick labels and the axis label are that high
    ax.legend(
        handles=handles,
        title=title or None,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=below,
        alignment="left",
        ncols=2 if width_of(ax) > 3.5 and len(handles) > 2 else 1,
    )


def width_of(ax):
    """Return the width of the axes' place in the figure, inches."""
    return ax.get_position().width * ax.figure.get_figure(root=True).get_figwidth()


def plural(count, noun):
    """Write a count with its noun: ``"1 seed"``, ``"3 seeds"``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def bin_count(bins):
    """Return a number of bars as an int; ValueError if it is no whole number above 1."""
    count = as_whole(bins)
    if count is None or count < 2:
        raise ValueError(f"bins must be a whole number above 1, got {bins!r}")
    return count


def check_columns(table, wanted):
    """Raise ValueError unless the table is not empty and has the wanted columns.

    Parameters
    ----------
    table : pandas.DataFrame
        What came.
    wanted : iterable of str
        Columns that must be there.
    """
    columns = getattr(table, "columns", None)
    if columns is None:
        raise ValueError(f"expected a pandas DataFrame, got {type(table).__name__}")
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise ValueError(
            f"expected columns {missing}, the table has {sorted(map(str, columns))}; "
            "name one of those"
        )
    if len(table) == 0:
        raise ValueError("expected a table with rows, got an empty one; nothing to draw")
