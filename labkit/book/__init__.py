"""Sphinx extension of the book: what a build does beyond the lines of `_config.yml`.

`_config.yml` lists it, so that ``jupyter-book build .`` by hand does what ``make book`` does.
``python -m labkit.book NOTEBOOK...`` keeps notebooks that were executed elsewhere, by nbmake say,
as the runs that the next build from this folder finds.
"""

from labkit import startup
from labkit.book import (
    aloud,
    cache,
    cards,
    claims_page,
    execute,
    facts,
    figures,
    finish,
    folded,
    gallery,
    handout,
    lab_map,
    launch,
    maths,
    numbering,
    reader_page,
    readings,
    try_clock,
    try_it,
    turn,
    weight,
)
from labkit.book.cache import cache_folder, data_files, keep_runs

PARTS = (cache, execute, claims_page, reader_page, readings, cards, figures, facts, aloud, folded)
PARTS += (gallery, lab_map, handout, launch, maths, numbering, try_it, try_clock, weight, finish)
__all__ = ["cache_folder", "data_files", "keep_runs"]


def setup(app):
    """Register the extension with Sphinx; kernels inherit the environment set here."""
    startup.prepare_kernels()
    held = turn.take(app.srcdir)  # first: what follows is this build's alone
    for part in PARTS:
        part.connect(app)
    app.connect("build-finished", lambda app, error: held.release(), priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
