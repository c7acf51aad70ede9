"""What names the cache of executed labs, and what it keeps."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from labkit import book
from labkit.book import cache


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
    shutil.copytree(cache.PACKAGE, package)
    monkeypatch.setattr(cache, "PACKAGE", package)
    before = book.cache_folder(root)
    for name in ("book/cache.py", "editions/__init__.py", "cli.py"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text("# runs no notebook\n")
    assert book.cache_folder(root) == before
    (package / "mode.py").write_text("# another one\n")
    assert book.cache_folder(root) != before


def test_kept_results_name_another_cache(root, monkeypatch):
    monkeypatch.setattr(cache, "PACKAGE", root / "labkit")
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
    kept = get_cache(str(book.cache_folder(root)))
    assert kept.match_cache_notebook(source).data == {"execution_seconds": 7.5}
    _, merged = kept.merge_match_into_notebook(source)
    assert merged.cells[1].outputs[0].data == {"text/plain": "2"}
    with pytest.raises(KeyError):
        kept.match_cache_notebook(executed("1 + 2")[1])


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


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_processes_that_keep_runs_at_once_lose_none(root, tmp_path):
    from jupyter_cache import get_cache

    files = [tmp_path / f"{number:02}.ipynb" for number in range(24)]
    for number, file in enumerate(files):
        nbformat.write(executed(f"{number} + 1")[0], file)
    done = subprocess.run([sys.executable, "-c", KEEPERS, root, *files], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    assert len(get_cache(str(book.cache_folder(root))).list_cache_records()) == 24


@pytest.mark.parametrize("changed", ["data/mnist.npz", "studies/results/report_a.csv"])
def test_runs_are_kept_for_the_data_that_they_downloaded_and_for_no_new_results(
    root, monkeypatch, changed
):
    monkeypatch.setattr(cache, "PACKAGE", root / "labkit")
    before = book.cache_folder(root)
    before.mkdir(parents=True)
    config = SimpleNamespace(nb_execution_cache_path=str(before))
    (root / changed).parent.mkdir(parents=True, exist_ok=True)
    (root / changed).write_text("new")
    cache.follow_downloads(SimpleNamespace(srcdir=str(root), config=config))
    assert book.cache_folder(root).exists() == changed.startswith("data")


@pytest.mark.parametrize(
    ("execution", "footer"),
    [("cache", "Labs executed in class mode."), ("off", "Labs not executed.")],
)
def test_the_footer_says_whether_labs_ran(root, execution, footer):
    config = SimpleNamespace(nb_execution_mode=execution, html_theme_options={})
    cache.name_cache(SimpleNamespace(srcdir=str(root)), config)
    assert config.html_theme_options["extra_footer"] == footer
