"""Which labs are there, and which needs which: a graph with links, and a list that says the same.

`labkit-map` holds the question of each lab, a line each: ``05: What do the optimizers differ in?``
The rest is said by the first cells of the labs and by the times of their last runs.
"""

import html
import itertools
import re
import textwrap

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from labkit.book.cache import known_seconds
from labkit.book.graph import layout, reduced
from labkit.book.labs import labs

LINE = re.compile(r"(\d\d): (.+)")
LETTERS = 15  # of a title, in a line of the graph
WIDE, HIGH, APART, BETWEEN = 122, 64, 10, 22  # of a lab in the graph, and the gaps
THIN = 10  # the height of an edge that passes


def connect(app):
    """Add the directive."""
    app.add_directive("labkit-map", _Map)


class _Map(SphinxDirective):
    has_content = True

    def run(self):
        questions = dict(match.groups() for match in map(LINE.fullmatch, self.content) if match)
        if len(questions) < len(self.content):
            raise self.error("expected a line for each lab, such as `05: What is ...?`")
        found = labs(self.env)
        unasked = [lab.number for lab in found if lab.number not in questions]
        if unasked:
            raise self.error(f"expected a question for each lab, got none for {unasked}")
        uris = {}
        for lab in found:
            self.env.note_dependency(self.env.doc2path(lab.page))
            uris[lab.number] = self.env.app.builder.get_relative_uri(self.env.docname, lab.page)
        seconds = known_seconds(self.config.nb_execution_cache_path)
        hours = sum(lab.minutes for lab in found) / 60
        head = (
            f"<p>{len(found)} labs, {hours:.0f} hours. In the map a line leads from a lab to those "
            "that need it. The seconds are of a build that runs several labs at a time.</p>"
        )
        rows = listed(found, uris, questions, parts(self.config), seconds)
        return [nodes.raw("", head + graph(found, uris) + rows, format="html")]


def parts(config):
    """Return the captions of the table of contents, each with the first lab below it."""
    site = getattr(config, "external_site_map", None)
    firsts = {}
    for part in site.root.subtrees if site else ():
        pages = sorted(str(item) for item in part.items if str(item).startswith("labs/"))
        if pages:
            firsts[pages[0]] = part.caption
    return firsts


def listed(found, uris, questions, captions, seconds):
    """Write the labs as a list: question, minutes, data, prerequisites."""
    rows = []
    for lab in found:
        if lab.page in captions:
            rows.append(f"</ol><h3>{html.escape(captions[lab.page])}</h3><ol>")
        rows.append(
            f'<li><a href="{uris[lab.number]}">{lab.number} {html.escape(lab.title)}</a> '
            f"<span>{html.escape(questions[lab.number])}</span> "
            f"<small>{html.escape(_facts(lab, seconds))}</small></li>"
        )
    text = f"<ol>{''.join(rows)}</ol>".replace("<ol></ol>", "")
    return f'<div class="labkit-labs">{text}</div>'


def _facts(lab, seconds):
    took = seconds.get(lab.page.removeprefix("labs/"))
    facts = [f"{lab.minutes} minutes" if lab.minutes else ""]
    facts += [f"ran in {took:.0f} s" if took else ""]
    facts += [f"needs {', '.join(lab.needs)}" if lab.needs else ""]
    facts = [fact.replace(" ", "\N{NO-BREAK SPACE}") for fact in facts]
    return " · ".join(filter(None, [*facts, lab.data, lab.first and f"needs {lab.first}"]))


def graph(found, uris):
    """Draw which lab needs which, each a link to its page.

    Parameters
    ----------
    found : list of labkit.book.labs.Lab
        Of each lab that is needed, too.
    uris : dict of str to str
        The address of each, by number.

    Returns
    -------
    str
        An inline SVG. What it says, the list says in words.
    """
    numbers = {lab.number for lab in found}
    needs = reduced({lab.number: [n for n in lab.needs if n in numbers] for lab in found})
    layers, edges = layout(needs)
    heights = [sum(map(_height, row)) + APART * (len(row) - 1) for row in layers]
    places = {}
    for column, (row, height) in enumerate(zip(layers, heights, strict=True)):
        top = (max(heights) - height) / 2
        for place in row:
            places[place] = (column * (WIDE + BETWEEN), top + _height(place) / 2)
            top += _height(place) + APART
    lines = "".join(f'<path d="{_line([places[place] for place in path])}"/>' for path in edges)
    boxes = "".join(_box(lab, uris[lab.number], *places[lab.number]) for lab in found)
    size = f"{len(layers) * (WIDE + BETWEEN) - BETWEEN + 4} {max(heights, default=0) + 4}"
    return (
        f'<svg class="labkit-map" role="group" viewBox="-2 -2 {size}" aria-label="Which lab needs '
        f'which: from left to right, as the list below says">{lines}{boxes}</svg>'
    )


def _height(place):
    return THIN if isinstance(place, tuple) else HIGH


def _line(points):
    """Draw an edge: a curve over each gap, straight through each layer that it passes."""
    text = ""
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        start, half = x + WIDE, x + WIDE + BETWEEN / 2
        text += f"{'L' if text else 'M'}{start:g} {y:g}"
        text += f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
    return text


def _box(lab, uri, x, y):
    title = textwrap.wrap(lab.title.split(",")[0], LETTERS)
    words = "".join(
        f'<tspan x="{x + 9:g}" dy="{15 if number else 0}">{html.escape(line)}</tspan>'
        for number, line in enumerate(title)
    )
    return (
        f'<a href="{uri}" aria-label="{lab.number} {html.escape(lab.title)}">'
        f'<rect x="{x:g}" y="{y - HIGH / 2:g}" width="{WIDE}" height="{HIGH}" rx="5"/>'
        f'<text class="labkit-number" x="{x + 9:g}" y="{y - 12:g}">{lab.number}</text>'
        f'<text class="labkit-title" x="{x + 9:g}" y="{y + 5:g}">{words}</text></a>'
    )
