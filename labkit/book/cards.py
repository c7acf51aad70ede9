"""Where do prediction cards get their script: a page of the book loads one file, once.

In a notebook each card and each answer brings a copy, because an output has nothing but itself.
"""

import re

from docutils import nodes

FIELDSET = re.compile(r'<fieldset\b[^>]*\bclass="labkit-prediction"[^>]*>')
NAME = re.compile(r'\bdata-name="([^"]+)"')
COPY = re.compile(r'<script class="labkit-predictions">.*?</script>', re.DOTALL)
FILE = "predictions.js"


def connect(app):
    """Take the copies out, and serve the file where there were some."""
    app.connect("doctree-read", drop_copies)
    app.connect("builder-inited", _write_file)
    app.connect("html-page-context", _add_file)


def named_in(html):
    """Return the names of the cards in a piece of HTML."""
    return [name[1] for card in FIELDSET.findall(html) if (name := NAME.search(card))]


def drop_copies(app, doctree):
    """Drop the copies of the script from what cards and answers have shown."""
    for node in list(doctree.findall(nodes.raw)):
        text, dropped = COPY.subn("", node.astext())
        if dropped:
            node.replace_self(nodes.raw("", text, format="html"))
            app.env.metadata[app.env.docname]["labkit_cards"] = True


def _write_file(app):
    from labkit.predictions import card

    if app.builder.format == "html":
        folder = app.outdir / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(card.SOURCE.read_text(encoding="utf-8"), encoding="utf-8")


def _add_file(app, pagename, templatename, context, doctree):
    if (context.get("meta") or {}).get("labkit_cards"):
        app.add_js_file(FILE, loading_method="defer")
