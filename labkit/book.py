"""Sphinx extension of the book: name the execution cache, write the claims, check figures.

`_config.yml` lists it, so that ``jupyter-book build .`` by hand does what ``make book`` does.
``python -m labkit.book NOTEBOOK...`` keeps notebooks that were executed elsewhere, by nbmake say,
as the runs that the next build from this folder finds.
"""

import contextlib
import hashlib
import os
import re
import sys
import tempfile
import time
from concurrent import futures
from datetime import datetime
from importlib import metadata
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

from labkit import mode, paths, startup
from labkit.data import notice
from labkit.data.fetch import cache_folder as cache_folder_of_data
from labkit.data.sources import SOURCES

LOGGER = logging.getLogger(__name__)
NOTEBOOKS = ("labs", "book/evidence")  # folders of what is executed
MOST_AT_ONCE = 2  # notebooks: a lab may use two worker processes and 3 GB of its own
AUDIT = "book/audit"  # the page that labkit.audit.page writes
NO_ALT = "figure without alternative text; show it with labkit.plots.show(fig, alt)"


def setup(app):
    """Register the extension with Sphinx; kernels inherit the environment set here."""
    startup.prepare_kernels()
    turn, started = _take_turn(app.srcdir), time.time()
    app.connect("config-inited", _name_cache)
    app.connect("builder-inited", _execute_notebooks)
    app.connect("env-get-outdated", _notice_new_verdicts)
    app.connect("source-read", _write_claims)
    app.connect("doctree-read", _give_claims_addresses)
    app.connect("doctree-read", _demand_alternative_text)
    app.connect("html-page-context", _add_filters)
    app.connect("build-finished", lambda app, error: _finish(app, error, started))
    app.connect("build-finished", lambda app, error: turn.release(), priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _take_turn(root):
    """Wait until no other build or make works in the folder, and return the lock that is held."""
    from filelock import FileLock, Timeout

    # one lock a process: a build that failed in it may not have given its own back
    lock = FileLock(Path(root, ".build.lock").resolve(), thread_local=False, is_singleton=True)
    if os.environ.get("LABKIT_TURN") == os.path.realpath(root):
        return lock  # not taken: the make that called has the turn, see .ci/turn.py
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("labkit: another build works in this folder; this one waits for it", flush=True)
        lock.acquire()
    return lock


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
    package = Path(__file__).parent
    files = [path for path in package.rglob("*.py") if path != Path(__file__)]  # runs no notebook
    files += package.parent.glob("studies/results/*.csv")
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(package.parent).as_posix().encode() + path.read_bytes())
    lock = Path(root, "requirements.lock")
    digest.update(lock.read_bytes() if lock.exists() else b"no lock")
    digest.update(repr(_installed_versions()).encode())
    data = hashlib.sha256(repr(data_files()).encode()).hexdigest()
    name = f"{mode.current()}-{digest.hexdigest()[:16]}-{data[:8]}"
    return Path(root, "_build", ".jupyter_cache", name).resolve()


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
        _keep(folder, notebook, Path(path).stem, _take_seconds(cells))


def _keep(folder, notebook, name, seconds):
    from jupyter_cache.base import CacheBundleIn

    bundle = CacheBundleIn(notebook, f"{name}.ipynb", data={"execution_seconds": seconds})
    with _alone_in(folder) as cache:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


@contextlib.contextmanager
def _alone_in(folder):
    """Open an execution cache under a lock: jupyter-cache loses what processes write at once."""
    from filelock import FileLock
    from jupyter_cache import get_cache

    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        yield get_cache(str(folder))


def _take_seconds(cells):
    """Take out the times that nbclient noted in the cells, and return the wall time; or 0.

    The cache looks a notebook up by the metadata of its cells, too.
    """
    noted = [time for cell in cells for time in cell.metadata.pop("execution", {}).values()]
    times = sorted(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in noted)
    return (times[-1] - times[0]).total_seconds() if times else 0.0


def _installed_versions():
    required = metadata.requires("labkit") or []
    names = {re.match(r"[\w.-]+", line)[0] for line in required if "extra ==" not in line}
    return [(name, metadata.version(name)) for name in sorted(names)]


def _name_cache(app, config):
    config.nb_execution_cache_path = str(cache_folder(app.srcdir))
    executes = config.nb_execution_mode != "off"
    footer = f"Labs executed in {mode.current()} mode." if executes else "Labs not executed."
    config.html_theme_options = {**config.html_theme_options, "extra_footer": footer}


def _execute_notebooks(app):
    """Execute the notebooks that are not in the cache, several at a time, and keep their runs.

    MyST-NB would execute them one after the other, and much of a lab uses one core only.
    """
    import nbformat

    if app.config.nb_execution_mode != "cache":
        return
    folder, todo = app.config.nb_execution_cache_path, {}
    with _alone_in(folder) as cache:
        for name in _notebooks(app.srcdir):
            notebook = nbformat.read(Path(app.srcdir, f"{name}.ipynb"), as_version=4)
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                todo[name] = notebook
    at_once = max(1, min(len(todo), MOST_AT_ONCE, os.cpu_count() or 1))
    if todo:
        print(
            f"labkit: {len(todo)} notebook(s) to run in {mode.current()} mode, {at_once} at a time"
        )
    failed = {}
    with futures.ThreadPoolExecutor(at_once) as pool:
        timeout = app.config.nb_execution_timeout
        runs = {pool.submit(_executed, book, timeout): name for name, book in todo.items()}
        for run in futures.as_completed(runs):
            name, (notebook, seconds, trouble) = runs[run], run.result()
            print(
                f"labkit: {name} {'failed after' if trouble else 'took'} {seconds:.0f} s",
                flush=True,
            )
            if trouble:
                failed[name] = trouble
                continue
            _keep(folder, notebook, name, seconds)
    for name, trouble in failed.items():
        LOGGER.error("labkit: %s failed\n%s", name, trouble)
    if failed:
        raise ExtensionError(f"labkit: failed: {', '.join(sorted(failed))}")


def _notebooks(root):
    """Name the notebooks of the book, such as ``"labs/05_optimizers"``."""
    return [
        f"{folder}/{path.stem}"
        for folder in NOTEBOOKS
        for path in sorted(Path(root, folder).glob("*.ipynb"))
    ]


def _executed(notebook, timeout):
    """Execute a notebook in an empty folder; return it, the seconds, and what went wrong or ""."""
    from jupyter_cache.executors.utils import single_nb_execution
    from jupyter_core.utils import ensure_event_loop

    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            result = single_nb_execution(notebook, folder, timeout, allow_errors=False)
        trouble = "" if result.err is None else result.exc_string
    except Exception as error:  # a dead kernel, say: the other notebooks go on
        trouble = f"{type(error).__name__}: {error}"
    finally:
        ensure_event_loop().close()  # the one that this thread ran the kernel with
    return notebook, time.perf_counter() - started, trouble


def _notice_new_verdicts(app, env, added, changed, removed):
    """Read the page of claims again if what it is written from has changed."""
    if AUDIT not in env.found_docs:
        return []
    written = Path(env.doc2path(AUDIT)).read_text(encoding="utf-8")
    digest = hashlib.sha256(_with_claims(env, written).encode()).hexdigest()
    before, env.labkit_claims = getattr(env, "labkit_claims", digest), digest
    return [] if before == digest else [AUDIT]


def _write_claims(app, docname, source):
    if docname == AUDIT:
        source[0] = _with_claims(app.env, source[0])


def _with_claims(env, text):
    from labkit import audit
    from labkit.audit import page

    verdicts = [audit.verdict(claim) for claim in audit.CLAIMS]
    links = page.Links(
        labs={
            _number(name): f"../{name}.ipynb"
            for name in sorted(env.found_docs)
            if name.startswith("labs/")
        },
        evidence={
            report: f"evidence/report_{report.lower()}.ipynb"
            for report in {claim[0] for claim in audit.CLAIMS}
            if f"book/evidence/report_{report.lower()}" in env.found_docs
        },
        studies={
            path.stem: f"../studies/{path.name}"
            for path in sorted(Path(env.srcdir, "studies").glob("*.py"))
        },
    )
    return page.fill(text, verdicts, links)


def _number(docname):
    """Return the number of a lab: ``"05"`` of ``labs/05_optimizers``."""
    return docname.removeprefix("labs/").split("_")[0]


def _give_claims_addresses(app, doctree):
    """Let `[A4](audit.md#A4)` lead to a claim, and the numbers in the box of a lab."""
    docname = app.env.docname
    if AUDIT not in app.env.found_docs:
        return
    from labkit.audit import CLAIMS, show

    if docname == AUDIT:
        slugs = app.env.metadata[docname].setdefault("myst_slugs", {})
        slugs.update({claim: (None, claim, claim) for claim in CLAIMS})
    elif app.builder.format == "html":
        to = app.builder.get_relative_uri(docname, AUDIT)
        for node in list(doctree.findall(nodes.raw)):
            if show.BOX in node.astext():
                linked = show.link_numbers(node.astext(), to)
                node.replace_self(nodes.raw("", linked, format="html"))


def _add_filters(app, pagename, templatename, context, doctree):
    if pagename == AUDIT:
        app.add_js_file("audit.js", loading_method="defer")


def _demand_alternative_text(app, doctree):
    for node in doctree.findall(nodes.image):
        if not node.get("alt", "").strip():
            LOGGER.warning(NO_ALT, location=node, type="labkit", subtype="alt")
    for node in doctree.findall(nodes.raw):
        for tag in re.findall(r"<(?:svg|img)\b[^>]*>", node.astext()):
            if not re.search(r"""\b(alt|aria-label)=(["'])\s*(?!\2)\S""", tag):
                LOGGER.warning(NO_ALT, location=node, type="labkit", subtype="alt")


def _finish(app, error, started):
    """Say which notebooks ran; never let a failed build look finished the next time."""
    if error is not None:
        page = app.env and app.env.temp_data.get("docname")
        LOGGER.error("labkit: the build stopped at %s: %s", page or "no page", type(error).__name__)
        return
    runs = {
        page: facts["exec_data"]
        for page, facts in getattr(app.env, "nb_metadata", {}).items()
        if facts.get("exec_data")
    }
    executed = {page: run["runtime"] for page, run in runs.items() if run["mtime"] >= started}
    listed = ", ".join(f"{page} {seconds:.0f} s" for page, seconds in sorted(executed.items()))
    cached = len(runs) - len(executed)
    print(f"labkit: executed {listed or 'no notebook'}; {cached} from the cache")
    _follow_downloads(app)
    _tell_of_stand_ins(app, runs)
    if app._warncount and (app.keep_going or app.warningiserror):
        # Sphinx keeps the pages it read with a warning: a second build would pass in silence
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def _follow_downloads(app):
    """Keep the runs that downloaded their data: the key that a next build makes is theirs.

    Where source or kept results changed meanwhile, the runs are of the past.
    """
    before, after = Path(app.config.nb_execution_cache_path), cache_folder(app.srcdir)
    only_data = before.name.rpartition("-")[0] == after.name.rpartition("-")[0]
    if before != after and only_data and before.exists():
        with _alone_in(before), _alone_in(after):
            if not after.exists():
                before.rename(after)


def _tell_of_stand_ins(app, pages):
    """Name the labs that ran without their data, going by the boxes on their pages."""
    files = {page: Path(app.outdir, f"{page}.html") for page in sorted(pages)}
    boxed = [
        page
        for page, file in files.items()
        if file.exists() and notice.MARK in file.read_text(encoding="utf-8")
    ]
    if boxed:
        folder = paths.named("LABKIT_DATA")
        print(
            f"labkit: no real data for {', '.join(boxed)}: the box on the page says why "
            f"(LABKIT_DATA {f'names {folder}' if folder else 'is not set'}); "
            "once the data can be had, `make clean book` runs these labs on them"
        )


if __name__ == "__main__":
    keep_runs(".", sys.argv[1:])
