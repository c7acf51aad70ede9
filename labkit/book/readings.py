"""What does a reader see before the prediction: readings are folded until their card is answered.

A Markdown cell that begins ``**Reading.**`` and has a card before it in its section is written as
an open ``<details>``. A script closes it while the card is unanswered; without the script, and in
print, the text is there. A reading without a card stays as it is.
"""

import json

from docutils import nodes
from docutils.parsers.rst import Directive

from labkit.book.cards import named_in

START = "**Reading.**"
FENCE = "`" * 12  # longer than any fence of a cell
READING = "labkit-reading"  # the class, and the directive
OPEN = (
    f'<details class="{READING}" data-card="{{}}" open><summary>Reading '
    '<span class="labkit-reading-hint">answer the card above, or open this to skip it</span>'
    "</summary>"
)


def connect(app):
    """Mark readings where a notebook is read, and fold them once the cards are known."""
    app.add_directive(READING, _Reading)
    app.connect("source-read", _mark_readings)
    app.connect("doctree-read", fold_readings)


class _Reading(Directive):
    """Keep the end of a Markdown cell, which MyST-NB does not."""

    has_content = True

    def run(self):
        reading = nodes.container(labkit_reading=True)
        self.state.nested_parse(self.content, self.content_offset, reading)
        return [reading]


def _mark_readings(app, docname, source):
    if app.env.doc2path(docname).endswith(".ipynb"):
        source[0] = mark_readings(source[0])


def mark_readings(text):
    """Put a directive round the cells of a notebook that are readings."""
    if START not in text:
        return text
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        words = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and words.lstrip().startswith(START):
            cell["source"] = f"{FENCE}{{{READING}}}\n{words.strip()}\n{FENCE}"
    return json.dumps(notebook)


def fold_readings(app, doctree):
    """Fold each reading that follows a card in its section; unwrap the others."""
    for reading in list(doctree.findall(_is_reading)):
        name = _card_before(reading)
        inside = reading.children
        if name is not None:
            opening = nodes.raw("", OPEN.format(name), format="html")
            inside = [opening, *_without_title(inside), nodes.raw("", "</details>", format="html")]
        reading.replace_self(inside)


def _is_reading(node):
    return isinstance(node, nodes.container) and "labkit_reading" in node


def _card_before(reading):
    """Name the last card before a reading in its section; or None."""
    siblings = reading.parent.children
    for sibling in reversed(siblings[: siblings.index(reading)]):
        names = [name for node in sibling.findall(nodes.raw) for name in named_in(node.astext())]
        if names:
            return names[-1]
    return None


def _without_title(inside):
    """Drop the word at the start: the summary says it."""
    title = next(iter(inside[0].findall(nodes.strong)))
    title.parent.remove(title)
    return inside
