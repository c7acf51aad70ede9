"""Look up what a lab refers to: the bibliography, the glossary, the titles of other pages."""

import functools
import json
import re
import string
from pathlib import Path


def cite(book, key, *, textual=False):
    """Return a citation, linked to the work where it has an address.

    Parameters
    ----------
    book : path-like
        Folder of ``references.bib``.
    key : str
        Key of the work.
    textual : bool
        ``"Glorot and Bengio (2010)"`` rather than ``"Glorot and Bengio, 2010"``.

    Returns
    -------
    str
        Plain Markdown.
    """
    works = _works(*_state(Path(book, "references.bib")))
    if key not in works:
        raise ValueError(f"{Path(book, 'references.bib')} has no work {key!r}")
    authors, year, address = works[key]
    shown = f"{authors} ({year})" if textual else f"{authors}, {year}"
    return f"[{shown}]({address})" if address else shown


def define(book, word):
    """Return a word as the glossary spells it, and its definition in MyST Markdown, on one line."""
    entries = _entries(*_state(Path(book, "glossary.md")))
    if word.lower() not in entries:
        raise ValueError(f"{Path(book, 'glossary.md')} does not explain {word!r}")
    return entries[word.lower()]


def title(file):
    """Return the first heading of a page or notebook."""
    return _title(*_state(Path(file)))


def _state(path):
    """Return a path and what changes with the file, as arguments of a cached reader."""
    if not path.is_file():
        raise ValueError(f"{path} is missing: a lab refers to it")
    return path, path.stat().st_mtime_ns


@functools.lru_cache
def _works(path, _changed):
    """Read authors, year and address of every work."""
    from pybtex.database import parse_file

    entries = parse_file(str(path), bib_format="bibtex").entries
    works, alike = {}, {}
    for key, entry in entries.items():
        authors, year = _authors(entry.persons.get("author", [])), entry.fields["year"]
        alike.setdefault((authors, year), []).append(key)
        works[key] = authors, year, _address(entry.fields)
    for (authors, year), keys in alike.items():
        for key, letter in zip(keys, string.ascii_lowercase, strict=False):
            if len(keys) > 1:  # as 1998a and 1998b
                works[key] = authors, year + letter, works[key][2]
    return works


def _authors(people):
    from pybtex.richtext import Text

    names = [
        str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))
        for person in people
    ]
    more = len(names) > 2 or names[-1] == "others"
    return f"{names[0]} et al." if more else " and ".join(names)


def _address(fields):
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}"
    if fields.get("archiveprefix", "").lower() == "arxiv":
        return f"https://arxiv.org/abs/{fields['eprint']}"
    return fields.get("url", "")


@functools.lru_cache
def _entries(path, _changed):
    """Read the glossary: a word in small letters to the word as it is written, and its text."""
    page = path.read_text(encoding="utf-8")
    block = re.search(r"^```\{glossary\}\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)[1]
    entries = re.findall(r"^(\S.*)\n((?:(?:[ \t].*)?\n)+)", block, flags=re.MULTILINE)
    return {word.strip().lower(): (word.strip(), " ".join(text.split())) for word, text in entries}


@functools.lru_cache
def _title(path, _changed):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    heading = re.search(r"^# +(.+)$", text, flags=re.MULTILINE)
    if heading is None:
        raise ValueError(f"{path} has no title")
    return heading[1].strip()
