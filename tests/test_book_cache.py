"""The Sphinx extension: what names the cache of executed labs, and what a figure owes."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from labkit import book
from labkit.data.notice import MARK

nodes = pytest.importorskip("docutils.nodes")
ExtensionError = pytest.importorskip("sphinx.errors").ExtensionError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course with a lock, and an empty folder of data."""
    (tmp_path / "requirements.lock").write_text("keras==3\n")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    return tmp_path


def test_the_cache_of_an_unchanged_course_is_found_again(root):
    assert book.cache_folder(root) == book.cache_folder(root)
    assert book.cache_folder(root).parent == root / "_build/.jupyter_cache"


def test_mode_and_lock_name_another_cache(root, monkeypatch):
    names = {book.cache_folder(root)}
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    names.add(book.cache_folder(root))
    (root / "requirements.lock").write_text("keras==4\n")
    names.add(book.cache_folder(root))
    assert len(names) == 3


@pytest.mark.parametrize("name", ["mnist.npz", "mnist/train-images-idx3-ubyte.gz"])
def test_data_that_was_placed_names_another_cache(root, name):
    before = book.cache_folder(root)
    file = root / "data" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"some")
    placed = book.cache_folder(root)
    file.write_bytes(b"other")
    assert len({before, placed, book.cache_folder(root)}) == 3


def test_the_source_of_labkit_names_another_cache(root, monkeypatch):
    package = root / "labkit"
    shutil.copytree(book.Path(book.__file__).parent, package)
    monkeypatch.setattr(book, "__file__", str(package / "book.py"))
    before = book.cache_folder(root)
    (package / "book.py").write_text("# runs no notebook\n")
    assert book.cache_folder(root) == before
    (package / "mode.py").write_text("# another one\n")
    assert book.cache_folder(root) != before


def test_kept_results_name_another_cache(root, monkeypatch):
    monkeypatch.setattr(book, "__file__", str(root / "labkit/book.py"))
    (root / "studies/results").mkdir(parents=True)
    names = {book.cache_folder(root)}
    for rows in ("system,seed\n", "system,seed\nbase,0\n"):
        (root / "studies/results/report_a.csv").write_text(rows)
        names.add(book.cache_folder(root))
    (root / "studies/results/records.lock").touch()
    names.add(book.cache_folder(root))
    assert len(names) == 3


def executed(source="1 + 1", **change):
    """A notebook as nbmake leaves it, and the same without outputs."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    times = {
        "iopub.status.busy": "2026-01-01T10:00:00.000000Z",
        "iopub.status.idle": "2026-01-01T10:00:07.500000Z",
    }
    output = nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=1)
    run = {"execution_count": 1, "outputs": [output], "metadata": {"execution": times}, **change}
    cell = nbformat.v4.new_code_cell(source, id="sum", **run)
    bare = nbformat.v4.new_code_cell(source, id="sum")
    words = nbformat.v4.new_markdown_cell("# Sums", id="title")
    return [nbformat.v4.new_notebook(cells=[words, c], metadata=kernel) for c in (cell, bare)]


def test_a_lab_that_nbmake_ran_is_not_run_again(root, tmp_path):
    from jupyter_cache import get_cache

    run, source = executed()
    nbformat.write(run, tmp_path / "01_sums.ipynb")
    book.keep_runs(root, [tmp_path / "01_sums.ipynb"])
    cache = get_cache(str(book.cache_folder(root)))
    assert cache.match_cache_notebook(source).data == {"execution_seconds": 7.5}
    _, merged = cache.merge_match_into_notebook(source)
    assert merged.cells[1].outputs[0].data == {"text/plain": "2"}
    with pytest.raises(KeyError):
        cache.match_cache_notebook(executed("1 + 2")[1])


@pytest.mark.parametrize(
    "change",
    [
        {"execution_count": None},
        {"outputs": [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]},
    ],
)
def test_a_lab_that_did_not_run_well_is_not_kept(root, tmp_path, change):
    nbformat.write(executed(**change)[0], tmp_path / "01_sums.ipynb")
    with pytest.raises(ValueError, match=r"without errors, got .*01_sums\.ipynb"):
        book.keep_runs(root, [tmp_path / "01_sums.ipynb"])


KEEPERS = """import multiprocessing, sys, jupyter_cache.cache.main, nbformat
from labkit import book
def keep(files):
    start.wait()
    book.keep_runs(sys.argv[1], files)
context = multiprocessing.get_context("fork")
start = context.Barrier(6)
keepers = [context.Process(target=keep, args=(sys.argv[2:][i::6],)) for i in range(6)]
for keeper in keepers: keeper.start()
for keeper in keepers: keeper.join()
sys.exit(sum(keeper.exitcode != 0 for keeper in keepers))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_processes_that_keep_runs_at_once_lose_none(root, tmp_path):
    from jupyter_cache import get_cache

    files = [tmp_path / f"{number:02}.ipynb" for number in range(24)]
    for number, file in enumerate(files):
        nbformat.write(executed(f"{number} + 1")[0], file)
    done = subprocess.run([sys.executable, "-c", KEEPERS, root, *files], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    assert len(get_cache(str(book.cache_folder(root))).list_cache_records()) == 24


def building(root, **labs):
    """What `_execute_notebooks` needs of a Sphinx application, with these labs in the course."""
    (root / "labs").mkdir(exist_ok=True)
    for name, source in labs.items():
        nbformat.write(executed(source)[1], root / "labs" / f"{name}.ipynb")
    config = SimpleNamespace(
        nb_execution_mode="cache",
        nb_execution_cache_path=str(root / "cache"),
        nb_execution_timeout=60,
    )
    return SimpleNamespace(srcdir=str(root), config=config)


def test_labs_run_once_and_a_failed_one_stops_the_build_by_name_and_loses_no_other(root, capsys):
    with pytest.raises(ExtensionError, match=r"failed: labs/bad$"):
        book._execute_notebooks(building(root, good="print(6 * 7)", bad="1 / 0"))
    said = capsys.readouterr().out
    assert "2 notebook(s) to run" in said
    assert "labs/good took" in said
    assert "labs/bad failed after" in said
    book._execute_notebooks(building(root, bad="1 / 1"))
    said = capsys.readouterr().out
    assert "1 notebook(s) to run" in said
    assert "labs/good" not in said
    book._execute_notebooks(building(root))
    assert capsys.readouterr().out == ""


def test_the_pages_of_evidence_run_as_the_labs_do(root, capsys):
    app = building(root, good="print(6 * 7)")
    (root / "book/evidence").mkdir(parents=True)
    nbformat.write(executed("print(7 * 8)")[1], root / "book/evidence/report_a.ipynb")
    book._execute_notebooks(app)
    said = capsys.readouterr().out
    assert "labs/good took" in said
    assert "book/evidence/report_a took" in said
    book._execute_notebooks(app)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("changed", ["data/mnist.npz", "studies/results/report_a.csv"])
def test_runs_are_kept_for_the_data_that_they_downloaded_and_for_no_new_results(
    root, monkeypatch, changed
):
    monkeypatch.setattr(book, "__file__", str(root / "labkit/book.py"))
    before = book.cache_folder(root)
    before.mkdir(parents=True)
    config = SimpleNamespace(nb_execution_cache_path=str(before))
    (root / changed).parent.mkdir(parents=True, exist_ok=True)
    (root / changed).write_text("new")
    book._follow_downloads(SimpleNamespace(srcdir=str(root), config=config))
    assert book.cache_folder(root).exists() == changed.startswith("data")


def finished(root, outdir, **runs):
    """What `_finish` needs of a Sphinx application after a build."""
    facts = {"mtime": 0, "runtime": 2}
    env = SimpleNamespace(nb_metadata={page: {"exec_data": facts} for page in runs})
    for page, html in runs.items():
        (outdir / page).parent.mkdir(exist_ok=True, parents=True)
        (outdir / f"{page}.html").write_text(html)
    config = SimpleNamespace(nb_execution_cache_path=str(book.cache_folder(root)))
    return SimpleNamespace(
        srcdir=str(root), outdir=str(outdir), env=env, config=config, _warncount=0
    )


def test_the_labs_that_ran_on_stand_ins_are_named(root, tmp_path, capsys):
    pages = {"labs/01": f"<div class='{MARK}'>", "labs/02": "", "labs/13": ""}
    book._finish(finished(root, tmp_path / "html", **pages), None, 1)
    said = capsys.readouterr().out
    assert "3 from the cache" in said
    assert (
        f"no real data for labs/01: the box on the page says why (LABKIT_DATA names {root}" in said
    )


def test_a_book_that_ran_no_lab_says_nothing_of_stand_ins(root, tmp_path, capsys):
    book._finish(finished(root, tmp_path / "html"), None, 1)
    assert capsys.readouterr().out == "labkit: executed no notebook; 0 from the cache\n"


@pytest.mark.parametrize(
    ("execution", "footer"),
    [("cache", "Labs executed in class mode."), ("off", "Labs not executed.")],
)
def test_the_footer_says_whether_labs_ran(root, execution, footer):
    config = SimpleNamespace(nb_execution_mode=execution, html_theme_options={})
    book._name_cache(SimpleNamespace(srcdir=str(root)), config)
    assert config.html_theme_options["extra_footer"] == footer


@pytest.mark.parametrize(
    ("figure", "warnings"),
    [
        ('<svg role="img" aria-label="A line that falls."></svg>', 0),
        ('<img src="a.png" alt="A line that falls.">', 0),
        ('<svg role="img"></svg>', 1),
        ('<img src="a.png" alt="  ">', 1),
    ],
)
def test_a_figure_without_alternative_text_is_a_warning(figure, warnings, monkeypatch):
    said = []
    monkeypatch.setattr(book.LOGGER, "warning", lambda text, **kw: said.append(text))
    page = nodes.container("", nodes.raw("", figure, format="html"))
    book._demand_alternative_text(None, page)
    assert len(said) == warnings
