"""Say in words what a figure shows: every plotting function leaves a sentence on its axes."""

import math
import re

import numpy as np

MOST_NAMED = 4  # lines, rows or bars with their own numbers; of more, the extremes


def describe(ax, text, opening=""):
    """Leave a sentence on axes that says what was drawn there; `show` reads it out.

    The ``plot_*`` functions do so themselves; a lab does it for what it draws by hand. What was
    left before stays in front.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        What was drawn on.
    text : str
        The sentence, its numbers taken from the data.
    opening : str, or function of Axes to str, optional
        What is drawn over what, before a colon; what several panels have in common is read out
        once. A function is called when the figure is shown, so that it can name the axes as they
        are labelled then.
    """
    ax.labkit_text = [*getattr(ax, "labkit_text", []), (opening, text)]


def description(fig):
    """Return what was left by `describe` on a figure, with the titles of its panels.

    Parameters
    ----------
    fig : matplotlib.figure.Figure or matplotlib.axes.Axes
        A figure, or any axes of it.

    Returns
    -------
    str
        Empty if nothing was described.

    Raises
    ------
    ValueError
        If some of its panels are described, and others hold data that is not.
    """
    figure = fig.get_figure(root=True)
    panels = [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]
    panels = [ax for ax in panels if ax.has_data() or hasattr(ax, "labkit_text")]
    said = [ax for ax in panels if hasattr(ax, "labkit_text")]
    if said and len(said) < len(panels):
        missing = [number for number, ax in enumerate(panels, 1) if ax not in said]
        raise ValueError(
            f"expected a description of every panel, number {missing[0]} of {len(panels)} has "
            "none; leave one with plots.describe(ax, ...), or give alt="
        )
    if not said:
        return ""
    parts = _panels(said) if len(said) > 1 else [*_ended(_title(said[0])), _text(said[0])]
    return " ".join([*_ended(figure.get_suptitle()), *parts])


def _panels(axes):
    """List what each panel shows; an opening that all share comes once, in front."""
    titles = [_title(ax) or f"Panel {number}" for number, ax in enumerate(axes, 1)]
    openings = {_opening(ax, ax.labkit_text[0]) for ax in axes}
    shared = openings.pop() if len(openings) == 1 else ""
    texts = [_text(ax).removeprefix(f"{shared}: ") for ax in axes]
    panels = [f"{title}: {text}" for title, text in zip(titles, texts, strict=True)]
    return [*_ended(shared), *panels]


def _text(ax):
    parts = [(_opening(ax, part), part[1]) for part in ax.labkit_text]
    return " ".join(f"{opening}: {text}" if opening else text for opening, text in parts)


def _opening(ax, part):
    return part[0](ax) if callable(part[0]) else part[0]


def _title(ax):
    titles = [_plain(ax.get_title(loc=loc)) for loc in ("left", "center", "right")]
    return ", ".join(title for title in titles if title)


def _ended(title):
    """Return the title as a list of one sentence, or of none."""
    title = _plain(title)
    return [title if title[-1] in ".?!" else f"{title}."] if title else []


def _plain(text):
    return re.sub(r"\s+", " ", text).strip()


def axis(ax, which, otherwise=""):
    """Return the label of an axis as it is now, its first line, or `otherwise`."""
    label = getattr(ax, f"get_{which}label")().split("\n")[0].strip()
    return label or otherwise


def capital(text):
    """Return the text with a capital letter in front, the rest as it is."""
    return text[:1].upper() + text[1:]


def told(value, digits=3):
    """Write a number to be read aloud: some digits that count, thousands with commas.

    Parameters
    ----------
    value : float or int
        Any number; whole numbers of type int are written in full, words stay as they are.
    digits : int
        How many digits count.

    Returns
    -------
    str
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    value = float(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else f"{value}"
    if 1000 <= abs(value) < 1e7:
        return f"{float(f'{value:.{digits}g}'):,.0f}"
    return f"{value:.{digits}g}"


def told_apart(values):
    """Write several numbers as `told` does, with a fourth digit where three show no difference.

    Parameters
    ----------
    values : sequence of float
        Any numbers.

    Returns
    -------
    list of str
    """
    texts = [told(value) for value in values]
    if len(set(texts)) < len({float(value) for value in values}):
        return [told(value, digits=4) for value in values]
    return texts


def course(x, y):
    """Say how a line runs: where it starts and ends, and an extreme in between.

    Parameters
    ----------
    x, y : sequence of float
        The line, from left to right; values that are not numbers are left out.

    Returns
    -------
    str
        ``"falls from 2.3 to 0.31, lowest 0.25 at 12"``.
    """
    x, y = np.asarray(x), np.asarray(y, dtype="float64")
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    if len(y) == 0:
        return "has no numbers"
    first, last = told(y[0]), told(y[-1])
    if len(y) == 1:
        return f"is {first}"
    text = f"stays at {first}"
    if first != last:
        text = f"{'rises' if y[-1] > y[0] else 'falls'} from {first} to {last}"
    return text + _between(x, y)


def _between(x, y):
    """Name the highest or lowest value if it lies well beyond both ends."""
    low, high = min(y[0], y[-1]), max(y[0], y[-1])
    beyond = {"highest": y.max() - high, "lowest": low - y.min()}
    word = max(beyond, key=beyond.get)
    if beyond[word] <= 0.05 * np.ptp(y) or told(y.max()) == told(y.min()):
        return ""
    at = y.argmax() if word == "highest" else y.argmin()
    return f", {word} {told(y[at])} at {told(x[at])}"


def courses(lines, what="line"):
    """Say how several lines run; of many, which one ends highest and which lowest.

    Parameters
    ----------
    lines : dict of str to (sequence of float, sequence of float)
        Under the name of each line its x and y.
    what : str
        Noun for one of them.

    Returns
    -------
    str
        Ends with a full stop.
    """
    if len(lines) == 1:
        return f"{next(iter(lines))} {course(*next(iter(lines.values())))}.".strip()
    if len(lines) <= MOST_NAMED:
        return "; ".join(f"{name} {course(*line)}" for name, line in lines.items()) + "."
    ends = {name: np.asarray(y, dtype="float64") for name, (_, y) in lines.items()}
    ends = {name: y[np.isfinite(y)][-1] for name, y in ends.items() if np.isfinite(y).any()}
    return f"{len(lines)} {what}s; at the right end {extremes(ends)}."


def extremes(values):
    """Name the highest and the lowest of some values: ``"the highest is Adam, 0.98, ..."``.

    Parameters
    ----------
    values : dict of str to float
        At least one; not a number does not count.

    Returns
    -------
    str
    """
    values = {name: value for name, value in values.items() if value == value}
    if not values:
        return "there are no numbers"
    top, bottom = max(values, key=values.get), min(values, key=values.get)
    if told(values[top]) == told(values[bottom]):
        return f"all have {told(values[top])}"
    return f"the highest is {top}, {told(values[top])}, the lowest {bottom}, {told(values[bottom])}"
