"""Does every figure say in words what it shows?"""

import re

from docutils import nodes
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
NO_ALT = "figure without alternative text; show it with labkit.plots.show(ax)"


def connect(app):
    """Warn of a figure without alternative text; the strict build fails by it."""
    app.connect("doctree-read", demand_alternative_text)


def demand_alternative_text(app, doctree):
    """Look at every picture and SVG of a page."""
    for node in doctree.findall(nodes.image):
        if not node.get("alt", "").strip():
            LOGGER.warning(NO_ALT, location=node, type="labkit", subtype="alt")
    for node in doctree.findall(nodes.raw):
        for tag in re.findall(r"<(?:svg|img)\b[^>]*>", node.astext()):
            if not re.search(r"""\b(alt|aria-label)=(["'])\s*(?!\2)\S""", tag):
                LOGGER.warning(NO_ALT, location=node, type="labkit", subtype="alt")
