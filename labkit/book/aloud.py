"""Can a page be read aloud: what others wrote for it, and a screen reader stumbles over."""

import re

from docutils import nodes

# above the index of a data frame, plain or with a style: an empty heading
CORNER = re.compile(r'<th(?: class="blank[^"]*")? *>(?:&nbsp;)?</th>')
SIDEBAR = re.compile(r'(<div id="pst-primary-sidebar")')
FOLDED = re.compile(
    r'<a class="reference internal" href="[^"]*">([^<]*)</a><details[^>]*><summary>'
)
ENTRY = 'role="doc-biblioentry"'  # no longer a role; docutils gives it to each cited work


def connect(app):
    """Mend the tables that notebooks show, and the list of references."""
    app.connect("doctree-read", name_no_corner)
    app.connect("html-page-context", _call_works_items)


def named(page):
    """Name what the theme leaves without a name: the sidebar, and what unfolds in it.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
    """
    return SIDEBAR.sub(
        r'\1 role="region" aria-label="Course"', FOLDED.sub(_with_name, page), count=1
    )


def _with_name(found):
    return f'{found[0][: -len("<summary>")]}<summary aria-label="Pages of {found[1]}">'


def name_no_corner(app, doctree):
    """Make empty headings of data frames plain cells: a screen reader announces headings."""
    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if "<table" in text and CORNER.search(text):
            node.replace_self(nodes.raw("", CORNER.sub("<td></td>", text), format="html"))


def _call_works_items(app, pagename, templatename, context, doctree):
    if ENTRY in context.get("body", ""):
        context["body"] = context["body"].replace(ENTRY, 'role="listitem"')
