"""How is code folded: the labels of MyST-NB's toggles in plain words, and the script of a page."""

from docutils import nodes

from labkit.book.readings import READING

LABELS = {"source": "code", "outputs": "output", "content": "cell"}  # MyST-NB's words, and ours


def connect(app):
    """Replace the HTML of MyST-NB's toggles, and add the script where something is folded."""
    app.connect("builder-inited", _replace_toggles)
    app.connect("html-page-context", _add_script)


def _replace_toggles(app):
    from myst_nb.sphinx_ import HideCodeCellNode

    app.add_node(HideCodeCellNode, override=True, html=(_open, _close))


def _open(self, node):
    """Write a toggle whose text is its name; MyST-NB calls all of them by one, open or not."""
    kind = node["prompt_show"].rpartition(" ")[2]
    self.body.append(
        '<details class="labkit-folded"><summary>'
        f'<span class="labkit-show">Show {LABELS.get(kind, kind)}</span>'
        f'<span class="labkit-hide">Hide {LABELS.get(kind, kind)}</span></summary>\n'
    )


def _close(self, node):
    self.body.append("</details>\n")


def _add_script(app, pagename, templatename, context, doctree):
    if doctree and (_folds_code(doctree) or _folds_a_reading(doctree)):
        app.add_js_file("folded.js", loading_method="defer")


def _folds_code(doctree):
    return any(node.get("hide_mode") for node in doctree.findall(nodes.container))


def _folds_a_reading(doctree):
    return any(READING in node.astext() for node in doctree.findall(nodes.raw))
