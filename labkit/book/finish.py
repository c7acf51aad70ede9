"""What is said at the end of a build: what ran, on which data, and where it stopped."""

import time
from pathlib import Path

from sphinx.util import logging

from labkit import paths
from labkit.book.cache import follow_downloads
from labkit.data import notice

LOGGER = logging.getLogger(__name__)


def connect(app):
    """Note the time at which the build began."""
    started = time.time()
    app.connect("build-finished", lambda app, error: finish(app, error, started))


def finish(app, error, started):
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
    follow_downloads(app)
    _tell_of_stand_ins(app, runs)
    if app._warncount and (app.keep_going or app.warningiserror):
        # Sphinx keeps the pages it read with a warning: a second build would pass in silence
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


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
