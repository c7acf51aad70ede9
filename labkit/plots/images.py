"""Look at data: pictures in a grid, and how many there are of each class."""

import numpy as np

from labkit.numbers import whole
from labkit.plots.alt import describe, extremes
from labkit.plots.style import PALETTE, axes_or_new, plural, width_of, words

GAP = 0.12  # between pictures, as a share of their size
MOST_CAPTIONS = 12  # in the description
LETTER = 0.56  # width of a letter as a share of the font size


def plot_images(
    images, labels=None, class_names=None, *, n=None, predicted=None, columns=5, ax=None
):
    """Draw pictures in a grid, with their labels above them.

    Where `predicted` differs from the label, both are written, the prediction first, in colour
    and with a cross in front.

    Parameters
    ----------
    images : array of shape (n_images, height, width) or (n_images, height, width, 1 or 3)
        Integers from 0 to 255, or floats: grey pictures are scaled from their smallest to their
        largest value over all pictures, colours must lie between 0 and 1.
    labels : array of int, shape (n_images,), optional
        Class index of each picture.
    class_names : sequence of str, optional
        Name of each class; the index is written otherwise.
    n : int, optional
        Draw the first so many; 15 by default.
    predicted : array of int, shape (n_images,), optional
        Class index that a model gave.
    columns : int
        Pictures in a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        One `Axes` with one image made of all pictures; the labels are its ``texts``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is nothing to draw.
    """
    images = _as_rgba(np.asarray(images))
    n = min(15 if n is None else whole("n", n), len(images))
    columns = whole("columns", columns)
    if n < 1 or columns < 1:
        raise ValueError(f"expected at least one picture and column, got {n} and {columns}")
    captions = _captions(len(images), labels, predicted, class_names)[:n]
    columns = min(columns, n)
    rows = -(-n // columns)
    height, width = images.shape[1:3]
    fresh = ax is None
    ax = axes_or_new(ax)
    size, room = _font_size(captions, (5.2 if fresh else width_of(ax)) * 72 / columns)
    gap, top = max(1, round(GAP * width)), round((GAP + room) * height)
    sheet = np.zeros((rows * (height + top), columns * (width + gap) - gap, 4), images.dtype)
    if fresh:
        ax.figure.set_size_inches(5.2, 5.2 * sheet.shape[0] / sheet.shape[1] + 0.1)
    for index in range(n):
        row, column = divmod(index, columns)
        y, x = row * (height + top) + top, column * (width + gap)
        sheet[y : y + height, x : x + width] = images[index]
        if captions:
            text, wrong = captions[index]
            looks = {"color": PALETTE[1] if wrong else "black", "fontsize": size}
            ax.text(x + width / 2, y - 1.5, text, ha="center", va="bottom", linespacing=1, **looks)
    ax.imshow(sheet, interpolation="none")
    ax.set_axis_off()
    describe(ax, _pictures(captions, n, rows))
    return ax


def plot_class_counts(y, class_names=None, *, ax=None):
    """Draw how many examples each class has, as bars with their counts.

    Parameters
    ----------
    y : array of int, shape (n_examples,)
        Class indices, from 0 on.
    class_names : sequence of str, optional
        Name of each class, also of those that do not occur.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If `y` is empty, not a row of class indices, or has more classes than names.
    """
    y = as_labels(y, "y")
    names = names_of(class_names, y)
    counts = np.bincount(y, minlength=len(names))
    ax = axes_or_new(ax, (5.2, 0.6 + 0.3 * len(names)))
    bars = ax.barh(range(len(names)), counts, color=PALETTE[0], height=0.7, linewidth=0)
    ax.bar_label(bars, [f"{count:,}" for count in counts], padding=4)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.margins(x=0.15, y=0.01)
    ax.locator_params(axis="x", nbins=5)
    ax.grid(visible=False, axis="y")
    ax.set(xlabel=f"examples (of {len(y):,})", ylabel=words("class"))
    counted = extremes(dict(zip(names, map(int, counts), strict=True)))
    describe(ax, f"Examples of each of {len(names)} classes, {len(y):,} together: {counted}.")
    return ax


def as_labels(values, name):
    """Check class indices and return them as an array of int.

    Parameters
    ----------
    values : array of int, shape (n,)
        Class indices.
    name : str
        For the message.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    values = np.asarray(values)
    if values.ndim != 1 or len(values) == 0 or not np.issubdtype(values.dtype, np.integer):
        raise ValueError(
            f"expected {name} as whole class indices of shape (n,), got {values.dtype} of shape "
            f"{values.shape}; take argmax(axis=-1) of one-hot labels or logits"
        )
    if values.min() < 0:
        raise ValueError(f"expected class indices from 0 on in {name}, got {values.min()}")
    return values


def names_of(class_names, *labels):
    """Return a name for every class: those given, or the indices that occur.

    Parameters
    ----------
    class_names : sequence of str or None
        One for each class.
    *labels : ndarray of int
        Class indices that must all have a name.

    Returns
    -------
    list of str
    """
    n_classes = max(int(values.max()) for values in labels) + 1
    if class_names is None:
        return [str(index) for index in range(n_classes)]
    if len(class_names) < n_classes:
        raise ValueError(f"expected {n_classes} class names or more, got {len(class_names)}")
    return [str(name) for name in class_names]


def _as_rgba(images):
    shape = images.shape
    if images.ndim == 4 and shape[-1] == 1:
        images = images[..., 0]
    if not (images.ndim == 3 or (images.ndim == 4 and shape[-1] == 3)) or images.size == 0:
        raise ValueError(
            "expected pictures of shape (n, height, width) or (n, height, width, 1 or 3), got "
            f"shape {shape}; one picture is images[:1]"
        )
    if images.dtype == np.uint8:
        values = images
    elif images.ndim == 3:
        low, high = float(images.min()), float(images.max())
        values = np.uint8(np.round(255 * (images - low) / (high - low or 1)))
    elif images.min() >= 0 and images.max() <= 1:
        values = np.uint8(np.round(255 * images))
    else:
        raise ValueError(
            f"expected colours as uint8 or between 0 and 1, got {images.min()} to {images.max()}"
        )
    if values.ndim == 3:
        values = np.repeat(values[..., None], 3, axis=-1)
    return np.concatenate([values, np.full_like(values[..., :1], 255)], axis=-1)


def _captions(n_images, labels, predicted, class_names):
    """List (text, whether it is an error) for every picture; empty without labels."""
    given = {"labels": labels, "predicted": predicted}
    given = {name: as_labels(v, name) for name, v in given.items() if v is not None}
    for name, values in given.items():
        if len(values) != n_images:
            raise ValueError(f"expected {n_images} {name}, one a picture, got {len(values)}")
    if not given:
        return []
    names = names_of(class_names, *given.values())
    if len(given) == 1:
        return [(names[index], False) for index in next(iter(given.values()))]
    return [
        (names[true], False)
        if true == guess
        else (f"\u00d7 {names[guess]}\nis {names[true]}", True)
        for true, guess in zip(given["labels"], given["predicted"], strict=True)
    ]


def _pictures(captions, n, rows):
    """Say what the pictures show; of those that were read, which were read wrongly."""
    text = f"{plural(n, 'picture')} in {plural(rows, 'row')}"
    texts = [caption.replace("\n", " ") for caption, _ in captions]
    wrong = [caption for caption, (_, is_wrong) in zip(texts, captions, strict=True) if is_wrong]
    if wrong:
        text, texts = f"{text}, {len(wrong)} read wrongly", wrong
    texts = [caption.removeprefix("\u00d7 ") for caption in texts]
    more = f", and {len(texts) - MOST_CAPTIONS} more" if len(texts) > MOST_CAPTIONS else ""
    return f"{text}: {', '.join(texts[:MOST_CAPTIONS])}{more}." if texts else f"{text}."


def _font_size(captions, points):
    """Choose the captions' size, points, and their room as a share of a picture's height."""
    if not captions:
        return 0, 0
    lines = [text.split("\n") for text, _ in captions]
    longest = max(len(line) for text in lines for line in text)
    size = min(10.5, max(8, points / (LETTER * longest)))
    return size, max(map(len, lines)) * size * 1.3 / (points / (1 + GAP))
