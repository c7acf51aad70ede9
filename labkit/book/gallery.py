"""Which figures have the labs made: small ones on other pages, each with a link to its place.

`labkit-figures` shows those that it names, a line each: ``02_vanishing_gradients#vg-019: words``,
the stem of a lab, the id of a cell, and what stands below. `labkit-gallery` shows one of every
cell of every lab, under the question of its section. What a lab has not drawn is left out.
"""

import html
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from labkit.book.labs import labs
from labkit.book.thumbnails import FIGURE, thumbnail

LINE = re.compile(r"(\w+)#([\w-]+): (.+)")
CELL = "cell-"  # and its id: the address of a cell with a figure
FOLDER = "_images/small"
WIDTH = 240


class Shown(NamedTuple):
    """A figure of a lab: its page, the address on it, the heading above, and its HTML."""

    page: str
    anchor: str
    heading: str
    html: str


def connect(app):
    """Give figures addresses, and fill the places for small ones once every lab is read."""
    app.add_directive("labkit-figures", _Figures)
    app.add_directive("labkit-gallery", _Gallery)
    app.connect("doctree-read", _address_figures)
    app.connect("doctree-resolved", _fill)


class _Figures(SphinxDirective):
    has_content = True

    def run(self):
        chosen = [LINE.fullmatch(line) for line in self.content]
        if not all(chosen):
            raise self.error("expected lines such as `02_vanishing_gradients#vg-019: words`")
        return _place(self.env, [match.groups() for match in chosen])


class _Gallery(SphinxDirective):
    def run(self):
        return _place(self.env, None)


def _place(env, chosen):
    """Leave a place for figures; the page is read again when a lab has changed."""
    for lab in labs(env):
        env.note_dependency(env.doc2path(lab.page))
    return [nodes.container(labkit_chosen=chosen)]


def _address_figures(app, doctree):
    """Give each cell that shows a figure its id as an address."""
    import nbformat

    page = app.env.docname
    if page.startswith("labs/") and app.env.doc2path(page).endswith(".ipynb"):
        cells = nbformat.read(app.env.doc2path(page), as_version=4).cells
        for cell in doctree.findall(_shows_a_figure):
            cell["ids"].append(CELL + cells[cell["cell_index"]].id)


def _shows_a_figure(node):
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and any(FIGURE in raw.astext() for raw in node.findall(nodes.raw))
    )


def shown_on(doctree, page):
    """List the figures of a lab, one a cell.

    Parameters
    ----------
    doctree : docutils.nodes.document
        As it was read.
    page : str
        Its name, ``labs/05_optimizers`` say.

    Returns
    -------
    list of Shown
    """
    found = []
    for cell in doctree.findall(_shows_a_figure):
        section = cell.parent
        while not isinstance(section, nodes.section):
            section = section.parent
        text = next(raw.astext() for raw in cell.findall(nodes.raw) if FIGURE in raw.astext())
        found.append(Shown(page, cell["ids"][-1], section[0].astext(), text))
    return found


def _fill(app, doctree, docname):
    for place in list(doctree.findall(nodes.container)):
        if "labkit_chosen" in place:
            chosen, page = place["labkit_chosen"], _Page(app, docname)
            text = page.gallery() if chosen is None else page.strip(chosen)
            inside = [nodes.raw("", text, format="html")] if app.builder.format == "html" else []
            place.replace_self(inside)


class _Page:
    """A page that shows small figures."""

    def __init__(self, app, docname):
        self.app, self.docname = app, docname

    def strip(self, chosen):
        """Write the figures that were chosen by lab and cell, with their words."""
        figures = []
        for stem, cell, words in chosen:
            for shown in self._figures(f"labs/{stem}"):
                if shown.anchor == CELL + cell:
                    figures.append(self._figure(shown, words))
        return f'<div class="labkit-small labkit-strip">{"".join(figures)}</div>'

    def gallery(self):
        """Write the figures of all labs, under the names of the labs."""
        parts = []
        for lab in labs(self.app.env):
            figures = [self._figure(shown, shown.heading) for shown in self._figures(lab.page)]
            if figures:
                name = f"{lab.number} {html.escape(lab.title)}"
                parts.append(f'<h2 id="lab-{lab.number}">{name}</h2>')
                parts.append(f'<div class="labkit-small">{"".join(figures)}</div>')
        return "\n".join(parts)

    def _figures(self, page):
        env = self.app.env
        return shown_on(env.get_doctree(page), page) if page in env.found_docs else []

    def _figure(self, shown, words):
        """Write the file of a small figure, and what shows it."""
        small = thumbnail(shown.html)
        name = f"{Path(shown.page).stem}-{shown.anchor}.svg"
        folder = Path(self.app.outdir, FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(small.svg, encoding="utf-8")
        file = f"{'../' * self.docname.count('/')}{FOLDER}/{name}"
        link = f"{self.app.builder.get_relative_uri(self.docname, shown.page)}#{shown.anchor}"
        return (
            f'<figure><img src="{file}" alt="{html.escape(small.alt)}" width="{WIDTH}" '
            f'height="{WIDTH / small.aspect:.0f}" loading="lazy" class="dark-light">'
            f'<figcaption><a href="{link}">{html.escape(words)}</a></figcaption></figure>'
        )
