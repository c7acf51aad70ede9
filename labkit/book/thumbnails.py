"""What is left of a figure when it is small: its lines and pictures, but not its words.

The words are outlines, half of a figure's size, and nobody reads them at a third of its width.
"""

import base64
import io
import math
import re
from typing import NamedTuple
from xml.etree import ElementTree

FIGURE = 'class="labkit-figure"'
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
GREY = "#808080"  # seen on light and on dark: a picture in a file cannot follow the page
WIDTH = 480  # pixels of a picture as wide as a small figure: two for each of the page's
DOTS = 120  # that a cloud of dots keeps


class Thumbnail(NamedTuple):
    """An SVG file, the words for it, and how much wider than high it is."""

    svg: str
    alt: str
    aspect: float


def thumbnail(html):
    """Make the first figure of an output small.

    Parameters
    ----------
    html : str
        What `labkit.plots.show` displayed.

    Returns
    -------
    Thumbnail
    """
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    start = html.index("<svg", html.index(FIGURE))
    svg = html[start : html.index("</svg>", start) + len("</svg>")]
    # a picture in a frame has two styles, which HTML forgives and XML does not
    root = ElementTree.fromstring(svg.replace(' style="display:none"', ' hidden=""'))
    _, _, width, height = map(float, root.get("viewBox").split())
    alt = root.attrib.pop("aria-label")
    for name in ("style", "role"):
        root.attrib.pop(name, None)
    root.set("color", GREY)
    _drop_unseen(root)
    for image in root.iter(f"{{{SVG}}}image"):
        _shrink(image, WIDTH / width)
    for shape in root.iter():
        if "d" in shape.attrib:
            shape.set("d", _rounded(shape.get("d")))
    text = ElementTree.tostring(root, encoding="unicode")
    return Thumbnail(re.sub(r"\n+", "\n", text), alt, width / height)


def _drop_unseen(parent):
    """Drop words and legends, the frames that a moving figure does not show, and surplus dots."""
    dots = parent.findall(f"{{{SVG}}}use")
    kept = dots[:: math.ceil(len(dots) / DOTS) or 1]
    for child in list(parent):
        surplus = child.tag == f"{{{SVG}}}use" and child not in kept
        if surplus or "hidden" in child.attrib or child.get("class") == "legend" or _is_text(child):
            parent.remove(child)
        else:
            _drop_unseen(child)


def _is_text(group):
    """Tell whether a group holds letters: matplotlib scales the outlines of a font."""
    return "scale(" in group.get("transform", "") and group.find(f".//{{{SVG}}}use") is not None


def _rounded(path):
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), path)


def _shrink(image, scale):
    """Write an image with no more pixels than its place in the small figure has."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(image.get(HREF).partition("base64,")[2])))
    wide = min(picture.width, math.ceil(float(image.get("width")) * scale))
    size = (wide, math.ceil(picture.height * wide / picture.width))
    file = io.BytesIO()
    picture.convert("RGBA").resize(size, Image.Resampling.BOX).save(file, "WEBP", quality=80)
    image.set(HREF, f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}")
