"""Put a figure into the page as inline SVG that takes its colour from the page."""

import base64
import hashlib
import html
import io
import itertools
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

from labkit.plots.alt import description

FEWEST_WORDS = 3
SHRINKS_TO = 0.65  # a wide figure scrolls on a phone rather than get smaller than this

ALIKE = re.compile(  # marks of a group, all in one style
    r'<g((?: clip-path="[^"]*")?)>'
    r'((?:\s*<use [^>]*?( style="[^"]*")/>)(?:\s*<use [^>]*\3/>)+)'
)
LINES = re.compile(r"(?<=[ML])[^A-Za-z]+(?:L[^A-Za-z]+)+")
PICTURE = re.compile(r"data:image/png;base64,([^\"]+)")
_numbers = itertools.count(1)


def show(fig, alt=None):
    """Show a figure in the notebook, with its alternative text, and close it.

    The figure goes into the page as SVG on a transparent ground; black parts take the colour of
    the page's text, so that one figure serves light and dark pages, in the book as in Jupyter.
    Text is drawn as outlines: it looks the same for every reader, whatever fonts are installed,
    and `alt` speaks for it to those who listen. In a plain script only `alt` is printed.

    Parameters
    ----------
    fig : matplotlib.figure.Figure or matplotlib.axes.Axes
        The figure, or any axes of it.
    alt : str, optional
        A sentence that says what the figure shows, its numbers taken from the run. By default
        what the plotting functions left on the axes (`labkit.plots.describe`), panel by panel.

    Raises
    ------
    ValueError
        If `fig` is neither a figure nor axes, `alt` has fewer than three words, or there is none
        and a panel was drawn by hand.
    """
    alt = alt_of(fig) if alt is None else alt
    display(figure_html(fig, alt), fig, alt)


def alt_of(fig):
    """Return what was left on the figure; a ValueError says how to leave it."""
    text = description(figure_of(fig))
    if not text:
        raise ValueError(
            "expected an alternative text of 3 words or more, got none, and no function of "
            "labkit.plots has drawn on the figure; say in a sentence what it shows, with the "
            "numbers of the run, as alt= or by plots.describe(ax, ...)"
        )
    return text


def figure_html(fig, alt):
    """Turn a figure into the HTML that `show` displays; the figure stays open.

    Parameters
    ----------
    fig : matplotlib.figure.Figure or matplotlib.axes.Axes
        The figure, or any axes of it.
    alt : str
        A sentence that says what the figure shows.

    Returns
    -------
    str
        ``<div class="labkit-figure"><svg role="img" aria-label="...">...</svg></div>``. The ids
        inside are unique in this process, so that many figures may stand on one page.

    Raises
    ------
    ValueError
        As `show`.
    """
    check_alt(alt)
    return inline(drawn(figure_of(fig)), alt)


def inline(svg, alt):
    """Turn matplotlib's SVG into the HTML of `figure_html`.

    Parameters
    ----------
    svg : str
        As `drawn` returns it.
    alt : str
        Its alternative text, checked.

    Returns
    -------
    str
    """
    svg = _unique_ids(_page_colours(_bare(svg)))
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    style = f"max-width:100%;height:auto;min-width:{SHRINKS_TO * width:.0f}pt"
    style += f";aspect-ratio:{width:g}/{height:g}"  # known before its lines are
    root = (
        f'<svg role="img" aria-label="{html.escape(alt.strip())}" style="{style}" '
        'fill="currentColor" stroke-linejoin="round" stroke-linecap="butt"'
    )
    svg = svg.replace("<svg", root, 1)
    return f'<div class="labkit-figure" style="overflow-x:auto">{svg}</div>'


def display(page, fig, alt):
    """Display HTML in a notebook, or its alternative text elsewhere, and close the figure.

    Parameters
    ----------
    page : str
        HTML that shows the figure.
    fig : matplotlib.figure.Figure or matplotlib.axes.Axes
        What to close.
    alt : str
        Its alternative text.
    """
    plt.close(figure_of(fig))
    try:
        from IPython.display import display as hand_over
    except ImportError:  # notebooks are an extra
        hand_over = print
    hand_over(_Shown(page, alt.strip()))


class _Shown:
    """What IPython displays: HTML in a notebook, the alternative text elsewhere."""

    def __init__(self, text, alt):
        self._text, self._alt = text, alt

    def _repr_html_(self):
        return self._text

    def __repr__(self):
        return f"[figure] {self._alt}"


def figure_of(fig):
    """Return the figure itself, or that of the axes; anything else is a ValueError."""
    found = getattr(fig, "figure", None)
    while found is not None and found is not getattr(found, "figure", found):
        found = found.figure  # a figure inside a figure
    if not isinstance(found, mpl.figure.Figure):
        raise ValueError(f"expected a matplotlib Figure or Axes, got {type(fig).__name__}")
    return found


def check_alt(alt):
    """Raise a ValueError unless the alternative text has some words."""
    if not isinstance(alt, str) or len(re.findall(r"\w+", alt)) < FEWEST_WORDS:
        raise ValueError(
            f"expected an alternative text of {FEWEST_WORDS} words or more, got {alt!r}; say in "
            "a sentence what the figure shows, with the numbers of the run"
        )


def drawn(figure):
    """Draw a figure as SVG, without a ground and without a date."""
    settings = {"svg.hashsalt": "labkit", "svg.fonttype": "path"}
    buffer = io.StringIO()
    with mpl.rc_context(settings):
        figure.savefig(
            buffer,
            format="svg",
            transparent=True,
            bbox_inches="tight",  # nothing that a lab adds is cut off
            pad_inches=0.05,
            metadata={"Date": None},
        )
    return buffer.getvalue()


def _bare(svg):
    """Leave out what a page must not have twice, and what says nothing to it."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # this rule would hold for the whole page: the root's attributes say it for the figure
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="legend_\d+"', '<g class="legend"', svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", svg)
    return compact(svg)


def compact(svg):
    """Write the same drawing in half the letters.

    Parameters
    ----------
    svg : str
        As matplotlib writes it.

    Returns
    -------
    str
    """
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", svg)  # grounds, which nobody sees
    svg = re.sub(r"scale\([^)]*\)|\d+\.\d+", _rounded, svg)
    svg = re.sub(r' d="([^"]*)"', lambda path: f' d="{_short(path[1])}"', svg)
    svg = re.sub(r' style="([^"]*)"', lambda style: re.sub(r"([:;]) ", r"\1", style[0]), svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    svg = ALIKE.sub(_said_once, svg)
    svg = svg.replace("<use xlink:href", "<use href")
    svg = re.sub(r'(<use [^>]*)transform="translate\(([\d.-]+) 0\)"', r'\1x="\2"', svg)
    svg = PICTURE.sub(_repacked, svg)
    empty = 1
    while empty:
        svg, empty = re.subn(r"<g>\s*</g>\n?", "", svg)
    return svg.strip()


def _rounded(found):
    """Round a number to a hundredth of a point; a scale stays as it is."""
    if found[0].startswith("scale"):
        return found[0]
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _short(path):
    """Leave out the spaces beside letters, and the letter of a line that follows a line."""
    path = re.sub(r"\s*([A-Za-z])\s*", r"\1", path)
    return LINES.sub(lambda line: line[0].replace("L", " "), path)


def _repacked(picture):
    """Write the same pixels as WebP, which takes half of matplotlib's PNG."""
    image, file = Image.open(io.BytesIO(base64.b64decode(picture[1]))), io.BytesIO()
    image.save(file, "WEBP", lossless=True, exact=True, quality=80)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _said_once(group):
    """Give a group the style that all its marks have."""
    style = re.search(r' style="[^"]*"', group[2])[0]
    return f"<g{group[1]}{style}>{group[2].replace(style, '')}"


def _page_colours(svg):
    """Give black, and the dark grey of seaborn's own styles, the colour of the page's text.

    matplotlib writes no fill at all where it is black; those parts take it from the root.
    """
    return re.sub(r"#(?:000000|262626)\b", "currentColor", svg)


def _unique_ids(svg):
    prefix = f"f{next(_numbers)}{hashlib.sha256(svg.encode()).hexdigest()[:6]}-"
    short = {}
    return re.sub(
        r'( id="|href="#|url\(#)([^")]+)',
        lambda found: f"{found[1]}{prefix}{short.setdefault(found[2], len(short))}",
        svg,
    )
