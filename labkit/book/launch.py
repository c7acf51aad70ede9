"""How does a reader open a lab online: links to the student's edition in the tag of this release.

The theme's own buttons lead to the source of a page, with its solutions, and the tag would have to
be written into `_config.yml` beside the address.
"""

from docutils import nodes
from docutils.parsers.rst import roles

from labkit.editions import release

SCHEME = "labkit-launch:"
GROUP = {
    "type": "group",
    "icon": "fas fa-rocket",
    "label": "labkit-launch",
    "tooltip": "Open a notebook of this lab online, without solutions",
}


def connect(app):
    """Add the buttons of a lab, and a role for the page that links to the first one."""
    roles.register_local_role("labkit-launch", _launch)
    app.connect("doctree-resolved", resolve)  # when a page is written, not when it is read
    app.connect("html-page-context", add_buttons, priority=900)  # once the theme has made its own


def add_buttons(app, pagename, templatename, context, doctree):
    """Put Colab and Binder before the download button, on labs, if the repository is known."""
    folder, _, stem = pagename.rpartition("/")
    online = release.online(release.address(app.srcdir), f"{stem}.ipynb")
    if folder != "labs" or not online:
        return
    buttons = [
        {
            "type": "link",
            "text": f"Open in {name}",  # no tooltip: on a phone it would cover the other button
            "url": url,
            "icon": "fas fa-arrow-up-right-from-square",
        }
        for name, url in online.items()
    ]
    context["header_buttons"].insert(0, {**GROUP, "buttons": buttons})


def resolve(app, doctree, docname):
    """Give each link of the role its address, or take it away."""
    for link in list(doctree.findall(nodes.reference)):
        name = link.get("refuri", "")
        if name.startswith(SCHEME):
            name = f"{name.removeprefix(SCHEME)}.ipynb"
            online = release.online(release.address(app.srcdir), name)
            if online:
                link["refuri"] = online["Colab"]
            else:
                link.parent.remove(link)


def _launch(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Link to a lab in Colab: ``{labkit-launch}`00_from_a_line_to_a_network```."""
    words = "Open the first lab in Colab"
    link = nodes.reference(rawtext, words, refuri=SCHEME + text, classes=["labkit-start"])
    return [link], []
