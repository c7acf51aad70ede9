"""What a lab says of itself stands below its title: minutes, prerequisites, data, and the mode."""

import re

from docutils import nodes

from labkit import mode

MINUTES = re.compile(r"\d+ minutes · ")


def connect(app):
    """Move the line as pages are read."""
    app.connect("doctree-read", raise_facts)


def raise_facts(app, doctree):
    """Put the last line of a first cell below the title, and say how its numbers were made."""
    title = next(doctree.findall(nodes.title), None)
    for line in doctree.findall(nodes.paragraph):
        if title is None or not MINUTES.match(line.astext()):
            continue
        runs = app.config.nb_execution_mode != "off"
        line += nodes.Text(f" · these pages: {mode.current()} mode" if runs else " · not executed")
        line["classes"].append("labkit-facts")
        line.parent.remove(line)
        title.parent.insert(title.parent.index(title) + 1, line)
        return
