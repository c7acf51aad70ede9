"""What does the download button hand out: a lab's edition for students, without its solutions."""

from pathlib import Path

from sphinx.errors import ExtensionError

TOOLTIP = "Download this lab as a notebook, without solutions"


def connect(app):
    """Let the file behind the button be the student's edition, and the button say so."""
    app.connect("html-page-context", _name_download, priority=900)  # once the theme has made it
    app.connect("build-finished", hand_out)


def hand_out(app, error):
    """Put the student's edition in the place of each lab's source, after a failed build too."""
    for source in sorted(Path(app.srcdir, "labs").glob("*.ipynb")):
        # another theme adds a suffix of its own
        for file in Path(app.outdir, "_sources", "labs").glob(f"{source.name}*"):
            file.unlink()
            try:
                file.write_text(student_edition(source), encoding="utf-8")
            except ValueError as why:
                raise ExtensionError(
                    f"labkit: labs/{source.name} cannot be handed out: {why}"
                ) from why


def student_edition(path):
    """Return the text of the notebook that a student opens.

    Parameters
    ----------
    path : path-like
        A lab, with its solutions.

    Returns
    -------
    str
        A notebook without solutions and outputs.
    """
    import nbformat

    from labkit import editions

    return nbformat.writes(editions.student(path)) + "\n"


def _name_download(app, pagename, templatename, context, doctree):
    if not pagename.startswith("labs/"):
        return
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("label") == "download-source-button":
                button["tooltip"] = TOOLTIP
