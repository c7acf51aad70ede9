"""Write notebooks into a folder in which somebody may have worked."""

import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import NamedTuple

RECORD = ".labkit.json"  # file name to SHA-256 of the cells that were written there last
MADE = ("attachments", "outputs")  # by somebody, or by a run


class Written(NamedTuple):
    """What became of one notebook."""

    path: Path
    """The file that holds this version, or the reader's own file where it has nothing new."""
    state: str
    """``"written"``, ``"as before"``, ``"kept"`` (changed by its reader, and nothing is new) or
    ``"beside"`` (changed by its reader, so that the new version lies beside it)."""


def write(notebook, folder, name):
    """Write a notebook into a folder, but never over a file that somebody has changed.

    What was written before is known by the digest of its cells, kept in the hidden file
    ``.labkit.json`` of the folder. If they have changed since and the notebook is new, it goes
    beside: ``05_optimizers.new.ipynb``. Metadata does not count: JupyterLab changes it when a
    notebook is only looked at. Files appear whole or not at all.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        What to write.
    folder : path-like
        Made where it is missing.
    name : str
        File name, or a path below the folder. Versions beside it lie in the folder itself.

    Returns
    -------
    Written
        The file and what became of it.
    """
    import nbformat

    folder, content = Path(folder), (nbformat.writes(notebook) + "\n").encode()
    record, digest = _read(folder), _digest(content)
    if not _is_changed(folder, name, record) or _digest_of(folder / name) == digest:
        return _put(folder, name, content, record)
    stem = Path(name).stem
    offered = [known for file, known in record.items() if file.startswith(f"{stem}.new")]
    if digest in (record.get(name), *offered):
        return Written(folder / name, "kept")
    numbers = ("" if number == 1 else number for number in itertools.count(1))
    names = (f"{stem}.new{number}.ipynb" for number in numbers)
    free = next(file for file in names if not _is_changed(folder, file, record))
    return _put(folder, free, content, record)._replace(state="beside")


def _put(folder, name, content, record):
    path, digest = folder / name, _digest(content)
    same = path.exists() and path.read_bytes() == content
    if not same:
        _replace(path, content)
    if record.get(name) != digest:
        text = json.dumps({**record, name: digest}, indent=1, sort_keys=True) + "\n"
        _replace(folder / RECORD, text.encode())
    return Written(path, "as before" if same else "written")


def _replace(path, content):
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _is_changed(folder, name, record):
    return (folder / name).exists() and _digest_of(folder / name) != record.get(name)


def _digest_of(path):
    return _digest(path.read_bytes()) if path.exists() else None


def _digest(content):
    """Digest the cells of a notebook without their metadata, or anything else as it is."""
    try:
        notebook = json.loads(content)
        cells = [
            [cell["cell_type"], "".join(cell["source"]), *(cell.get(key) or None for key in MADE)]
            for cell in notebook["cells"]
        ]
        content = json.dumps(cells, sort_keys=True).encode()
    except (ValueError, KeyError, TypeError, AttributeError):  # no notebook
        pass
    return hashlib.sha256(content).hexdigest()


def _read(folder):
    """Return what was written before; a damaged record knows nothing, so that nothing is lost."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return record if isinstance(record, dict) else {}
    except (OSError, ValueError):
        return {}
