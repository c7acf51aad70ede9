"""What does a lab say of itself: title, minutes, prerequisites and data, from its first cell."""

import re
from pathlib import Path
from typing import NamedTuple

END = re.compile(r"\*(\d+) minutes · needs (.+) · data: (.+)\*")
LINK = re.compile(r"\[\]\((\d\d)_\w+\.ipynb\)")


class Lab(NamedTuple):
    """A lab; what its first cell does not say is 0 or empty."""

    number: str
    page: str
    title: str
    minutes: int = 0
    needs: tuple[str, ...] = ()
    first: str = ""  # what is needed where that is no lab
    data: str = ""


def read_lab(path):
    """Read what a lab says of itself.

    Parameters
    ----------
    path : path-like
        ``labs/05_optimizers.ipynb``, say.

    Returns
    -------
    Lab
    """
    import nbformat

    path = Path(path)
    lines = nbformat.read(path, as_version=4).cells[0].source.strip().splitlines()
    lab = Lab(path.stem.split("_")[0], f"labs/{path.stem}", lines[0].lstrip("# "))
    said = END.fullmatch(lines[-1])
    if not said:
        return lab
    needs = tuple(LINK.findall(said[2]))
    return lab._replace(
        minutes=int(said[1]), needs=needs, first="" if needs else said[2], data=said[3]
    )


def labs(env):
    """Read the labs of a book, in teaching order, which is that of their numbers."""
    pages = sorted(page for page in env.found_docs if page.startswith("labs/"))
    return [read_lab(env.doc2path(page)) for page in pages]
