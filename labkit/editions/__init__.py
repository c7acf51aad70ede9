"""Make from the labs what people open: notebooks for students, with solutions, and for nbgrader.

A lab is written once, in MyST Markdown, with its solutions. The editions are in plain Markdown, so
that JupyterLab, VS Code and Colab show them alike: exercises are numbered headings, citations are
links, words of the glossary are explained at the end, readings and hints unfold. Only what a book
without solutions is built from stays in MyST. No edition has outputs.
"""

import re
from pathlib import Path

from labkit.editions import exercise, markdown, opening, release
from labkit.editions.folder import write

__all__ = ["for_book", "for_nbgrader", "solutions", "student", "write"]

HIDDEN = ("hide-input", "remove-input")
KEPT = ("jupyter", "nbgrader", "tags")  # metadata of a cell; what a run left goes


def student(path):
    """Make the edition to work in: no solutions, and each check sealed into one line.

    Parameters
    ----------
    path : path-like
        A lab, such as ``labs/05_optimizers.ipynb``.

    Returns
    -------
    nbformat.NotebookNode
        Code that a student is to write is a stub that raises `NotImplementedError`, as nbgrader
        makes it. Stubs and checks carry the tag ``raises-exception``, so that *Run all* goes on.

    Raises
    ------
    ValueError
        If the lab has a mark without a plain form, or refers to what does not exist.

    Examples
    --------
    >>> notebook = student("labs/05_optimizers.ipynb")
    """
    lab = _without_solutions(path)
    lab.put_plainly()
    return lab.finished()


def for_book(path):
    """Make the edition that a book without solutions is built from: as `student`, but in MyST.

    Parameters
    ----------
    path : path-like
        A lab.

    Returns
    -------
    nbformat.NotebookNode
        With stubs and sealed checks. `student` makes of it what it makes of the lab, but for what
        nbgrader needs.
    """
    notebook = _without_solutions(path).finished()
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        if _in_words(cell):
            cell.metadata["tags"].remove("solution")
    return notebook


def solutions(path):
    """Make the edition with solutions, open checks, and a guide to the marking of each check.

    Parameters
    ----------
    path : path-like
        A lab.

    Returns
    -------
    nbformat.NotebookNode
        Not executed: JupyterLab hides figures of executed notebooks that it does not trust.

    Raises
    ------
    ValueError
        As in `student`.
    """
    import nbformat

    lab, cells = _Lab(path), []
    for cell in lab.cells:
        cells.append(cell)
        if exercise.is_check(cell):
            guide = exercise.marking_guide(cell)
            cells.append(nbformat.v4.new_markdown_cell(guide, id=f"{cell.id[:58]}-guide"))
        exercise.open_up(cell)
        cell.metadata.pop("nbgrader", None)
    lab.notebook.cells = cells
    lab.put_plainly()
    return lab.finished()


def for_nbgrader(path):
    """Make the edition that a school's nbgrader takes as the source of an assignment.

    Parameters
    ----------
    path : path-like
        A lab.

    Returns
    -------
    nbformat.NotebookNode
        With solutions between nbgrader's marks and sealed checks. A check gives its points by
        itself. A solution in words is an answer to mark by hand, unless its exercise has a check.

    Raises
    ------
    ValueError
        As in `student`.
    """
    lab = _Lab(path, link="../{lab}/{lab}.ipynb")
    checked = {lab.owner[cell.id] for cell in lab.cells if exercise.is_check(cell)}
    for cell in lab.cells:
        exercise.seal(cell)
    lab.keep(lambda cell: not _in_words(cell) or lab.owner[cell.id] not in checked)
    lab.put_plainly()
    return lab.finished()


def _without_solutions(path):
    lab = _Lab(path)
    for cell in lab.cells:
        exercise.seal(cell)
    answered_in_code = {lab.owner[cell.id] for cell in lab.cells if cell.cell_type == "code"}
    lab.keep(lambda cell: not _in_words(cell) or lab.owner[cell.id] not in answered_in_code)
    exercise.clear(lab.notebook)
    return lab


def _in_words(cell):
    return cell.cell_type == "markdown" and "solution" in cell.metadata.get("tags", [])


class _Lab:
    """A lab on its way to an edition."""

    def __init__(self, path, **settings):
        import nbformat

        self.notebook = nbformat.read(path, as_version=4)
        metadata = self.notebook.metadata
        for name in metadata.keys() - {"kernelspec", "language_info"}:
            del metadata[name]
        self.owner = dict(zip([c.id for c in self.cells], exercise.owners(self.cells), strict=True))
        numbers = exercise.number(self.cells)
        self.plain = markdown.Plain(path, numbers, **settings)
        self.repository = release.address(Path(path).resolve().parent.parent)
        for cell in self.cells:
            cell.metadata = {name: cell.metadata[name] for name in KEPT if name in cell.metadata}
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        self.keep(
            lambda cell: not re.fullmatch(r"```+\{solution-end\}\s*```+", cell.source.strip())
        )

    @property
    def cells(self):
        return self.notebook.cells

    def keep(self, wanted):
        self.notebook.cells = [cell for cell in self.cells if wanted(cell)]

    def put_plainly(self):
        """Turn MyST into plain Markdown, say first what is missing, explain words at the end."""
        import nbformat

        for cell in self.cells:
            if cell.cell_type == "markdown":
                cell.source = self._in_plain_words(cell.source)
        opening.open_with_a_look(self.notebook, self.repository)
        words = self.plain.words()
        if words:
            self.cells.append(nbformat.v4.new_markdown_cell(words, id="words"))

    def finished(self):
        """Return the notebook, with the tags that front ends act on."""
        import nbformat

        for cell in self.cells:
            if cell.cell_type == "code":
                _tag(cell)
        nbformat.validate(self.notebook)
        return self.notebook

    def _in_plain_words(self, source):
        reading = re.match(r"\*\*Reading\.\*\*\s*", source)
        if reading:
            return markdown.fold("Reading", self.plain.text(source[reading.end() :]))
        return self.plain.text(source)


def _tag(cell):
    tags = cell.metadata.get("tags", [])
    if any(tag in HIDDEN for tag in tags):
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
    if "nbgrader" in cell.metadata and "raises-exception" not in tags:
        cell.metadata["tags"] = [*tags, "raises-exception"]
