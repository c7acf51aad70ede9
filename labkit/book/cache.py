"""Which executed notebooks can be shown again: the execution cache, its name and what it keeps."""

import contextlib
import hashlib
import json
import re
from datetime import datetime
from importlib import metadata
from pathlib import Path

import labkit
from labkit import mode, paths
from labkit.data.fetch import cache_folder as cache_folder_of_data
from labkit.data.sources import SOURCES

PACKAGE = Path(labkit.__file__).parent
RUN_NO_NOTEBOOK = ("book", "cli", "editions", "handouts")  # no notebook imports these
SECONDS = "seconds-{}.json"  # what notebooks took in a mode, whatever the key of their cache


def connect(app):
    """Name the cache that MyST-NB reads, and what ran at the foot of every page."""
    app.connect("config-inited", name_cache)
    # Sphinx reads all pages again when a setting of this kind changes
    app.add_config_value("labkit_pages", _digest(PACKAGE.glob("book/*.py")).hexdigest(), "env")


def name_cache(app, config):
    """Set the folder of the cache, and the footer."""
    config.nb_execution_cache_path = str(cache_folder(app.srcdir))
    executes = config.nb_execution_mode != "off"
    footer = f"Labs executed in {mode.current()} mode." if executes else "Labs not executed."
    config.html_theme_options = {**config.html_theme_options, "extra_footer": footer}


def cache_folder(root):
    """Name the folder that keeps executed notebooks for exactly these conditions.

    jupyter-cache looks a notebook up by its code cells. The folder adds what else decides the
    outputs: mode, labkit's source, the kept results of the studies, the lock, the installed
    versions, and the data at hand.

    Parameters
    ----------
    root : path-like
        Folder of ``_config.yml``.

    Returns
    -------
    pathlib.Path
        ``<root>/_build/.jupyter_cache/<mode>-<16 hexadecimal digits>-<8 of the data>``; not
        created.
    """
    digest = _digest(_sources())
    lock = Path(root, "requirements.lock")
    digest.update(lock.read_bytes() if lock.exists() else b"no lock")
    digest.update(repr(_installed_versions()).encode())
    data = hashlib.sha256(repr(data_files()).encode()).hexdigest()
    name = f"{mode.current()}-{digest.hexdigest()[:16]}-{data[:8]}"
    return Path(root, "_build", ".jupyter_cache", name).resolve()


def _digest(files):
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(PACKAGE.parent).as_posix().encode() + path.read_bytes())
    return digest


def _sources():
    """List the files whose change may change an output: labkit, and the studies' kept results."""
    parts = [path for path in PACKAGE.glob("*") if path.stem not in RUN_NO_NOTEBOOK]
    files = [file for part in parts for file in (part, *part.rglob("*.py")) if file.suffix == ".py"]
    return [*files, *PACKAGE.parent.glob("studies/results/*.csv")]


def data_files():
    """List the data files that a lab would find without a download.

    Returns
    -------
    list of (str, str)
        File name and SHA-256 of each ``.npz`` in labkit's cache and in ``$LABKIT_DATA``, and
        of the published files in a data set's folder there.
    """
    import pooch

    files = sorted(cache_folder_of_data().glob("*.npz"))
    folder = paths.named("LABKIT_DATA")
    if folder is not None:
        names = [f"{name}{end}" for name in SOURCES for end in (".npz", "/*")]
        files += [file for name in names for file in sorted(folder.glob(name))]
    return [(file.name, pooch.file_hash(file)) for file in files if file.is_file()]


def _installed_versions():
    required = metadata.requires("labkit") or []
    names = {re.match(r"[\w.-]+", line)[0] for line in required if "extra ==" not in line}
    return [(name, metadata.version(name)) for name in sorted(names)]


def keep_runs(root, notebooks):
    """Keep executed notebooks in the cache, so that the next build does not execute them again.

    Parameters
    ----------
    root : path-like
        Folder of ``_config.yml``.
    notebooks : iterable of path-like
        Executed ``.ipynb`` files with the code of those of the book, run in this mode, with this
        labkit and these data.

    Raises
    ------
    ValueError
        If a notebook has a code cell that did not run, or that failed; it and those after it are
        not kept.
    """
    import nbformat

    folder = cache_folder(root)
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        errors = [o for cell in cells for o in cell.outputs if o.output_type == "error"]
        if errors or not all(cell.execution_count for cell in cells if cell.source.strip()):
            raise ValueError(f"expected an executed notebook without errors, got {path}; run it")
        keep(folder, notebook, Path(path).stem, _take_seconds(cells))


def keep(folder, notebook, name, seconds):
    """Keep one executed notebook, and what it took."""
    from jupyter_cache.base import CacheBundleIn

    bundle = CacheBundleIn(notebook, f"{name}.ipynb", data={"execution_seconds": seconds})
    with alone_in(folder) as cache:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    _note_seconds(folder, name, seconds)


@contextlib.contextmanager
def alone_in(folder):
    """Open an execution cache under a lock: jupyter-cache loses what processes write at once."""
    from filelock import FileLock
    from jupyter_cache import get_cache

    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        yield get_cache(str(folder))


def known_seconds(folder):
    """Return the seconds that notebooks took when they last ran in this mode, by their stem."""
    file = Path(folder).parent / SECONDS.format(mode.current())
    try:
        return {name: float(took) for name, took in json.loads(file.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):  # none yet, or a file that was cut off
        return {}


def _note_seconds(folder, name, seconds):
    from filelock import FileLock

    file = Path(folder).parent / SECONDS.format(mode.current())
    with FileLock(f"{file}.lock"):
        noted = {**known_seconds(folder), Path(name).stem: round(seconds, 1)}
        file.write_text(json.dumps(noted, indent=0, sort_keys=True), encoding="utf-8")


def _take_seconds(cells):
    """Take out the times that nbclient noted in the cells, and return the wall time; or 0.

    The cache looks a notebook up by the metadata of its cells, too.
    """
    noted = [time for cell in cells for time in cell.metadata.pop("execution", {}).values()]
    times = sorted(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in noted)
    return (times[-1] - times[0]).total_seconds() if times else 0.0


def follow_downloads(app):
    """Keep the runs that downloaded their data: the key that a next build makes is theirs.

    Where source or kept results changed meanwhile, the runs are of the past.
    """
    before, after = Path(app.config.nb_execution_cache_path), cache_folder(app.srcdir)
    only_data = before.name.rpartition("-")[0] == after.name.rpartition("-")[0]
    if before != after and only_data and before.exists():
        with alone_in(before), alone_in(after):
            if not after.exists():
                before.rename(after)
