"""Which notebooks a build runs, how many at a time, and what the terminal says meanwhile."""

from types import SimpleNamespace

import nbformat
import pytest

from labkit.book import cache, execute, finish, tell
from labkit.data.notice import MARK

ExtensionError = pytest.importorskip("sphinx.errors").ExtensionError


def building(root, **labs):
    """What `execute_notebooks` needs of a Sphinx application, with these labs in the course."""
    for name, source in labs.items():
        write(root / f"labs/{name}.ipynb", source)
    config = SimpleNamespace(
        nb_execution_mode="cache",
        nb_execution_cache_path=str(root / "caches/class-1"),
        nb_execution_timeout=60,
    )
    return SimpleNamespace(srcdir=str(root), config=config)


def write(path, source):
    """Write a notebook of one title and one code cell."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_markdown_cell("# Sums", id="title")]
    cells += [nbformat.v4.new_code_cell(source, id="sum")]
    path.parent.mkdir(exist_ok=True, parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def test_labs_run_once_and_a_failed_one_stops_the_build_by_name_and_loses_no_other(tmp_path, capfd):
    with pytest.raises(ExtensionError, match=r"failed: labs/bad$"):
        execute.execute_notebooks(building(tmp_path, good="print(6 * 7)", bad="1 / 0"))
    said, complaints = capfd.readouterr()
    assert "2 notebooks to run in class mode" in said
    assert "labs/good took" in said
    assert "labs/bad failed after" in said
    assert "2 of 2 done" in said
    assert "TCP" not in said + complaints  # ipykernel's warning, of no use to a reader
    execute.execute_notebooks(building(tmp_path, bad="1 / 1"))
    said = capfd.readouterr().out
    assert "1 notebook to run" in said
    assert "labs/good" not in said
    execute.execute_notebooks(building(tmp_path))
    assert capfd.readouterr().out == ""
    assert set(cache.known_seconds(tmp_path / "caches/class-1")) == {"good", "bad"}


def test_the_pages_of_evidence_run_as_the_labs_do(tmp_path, capsys):
    app = building(tmp_path, good="print(6 * 7)")
    write(tmp_path / "book/evidence/report_a.ipynb", "print(7 * 8)")
    execute.execute_notebooks(app)
    said = capsys.readouterr().out
    assert "labs/good took" in said
    assert "book/evidence/report_a took" in said
    execute.execute_notebooks(app)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("cores", "free", "notebooks"),
    [(1, 64, 1), (2, 64, 2), (8, 64, 5), (8, 6, 2), (8, 0.5, 1)],
)
def test_cores_and_memory_say_how_many_labs_run_at_a_time(monkeypatch, cores, free, notebooks):
    memory = SimpleNamespace(available=free * 1e9)
    monkeypatch.setattr("joblib.cpu_count", lambda: cores)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    assert execute.at_once() == notebooks


def test_the_slowest_lab_runs_first_but_for_one_that_nobody_knows():
    seconds = {"labs/01": 10, "labs/02": 90, "labs/03": None, "labs/04": 40}
    assert tell.Progress(seconds, 1).order == ["labs/03", "labs/02", "labs/04", "labs/01"]


def test_the_time_left_comes_from_earlier_runs_and_from_the_mean_where_there_are_none(capsys):
    progress = tell.Progress({"labs/01": 300, "labs/02": 100, "labs/03": None}, 1)
    assert progress.left() == 600
    progress.start("labs/01")
    progress.end("labs/01", 310)
    assert capsys.readouterr().out.splitlines() == [
        "labkit: 3 notebooks to run in class mode, 1 at a time, about 10 min left",
        "labkit: labs/01 runs",
        "labkit: labs/01 took 310 s; 1 of 3 done, about 5 min left",
    ]


def test_the_time_left_of_labs_that_nobody_knows_comes_from_the_first_that_is_done():
    progress = tell.Progress(dict.fromkeys("abcd"), 1)
    assert progress.left() is None
    progress.end("a", 20)
    assert progress.left() == 60


def test_labs_side_by_side_last_as_long_as_the_longest():
    assert tell.Progress({"a": 100, "b": 10, "c": 10}, 2).left() == 100
    assert tell.Progress({"a": 100, "b": 90, "c": 10}, 2).left() == 100


def test_a_list_of_seconds_that_was_cut_off_is_passed_over(tmp_path):
    (tmp_path / "seconds-class.json").write_text('{"01": 1')
    assert cache.known_seconds(tmp_path / "class-1") == {}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course without a lab, and an empty folder of data."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    return tmp_path


def finished(root, outdir, **runs):
    """What `finish` needs of a Sphinx application after a build."""
    facts = {"mtime": 0, "runtime": 2}
    env = SimpleNamespace(nb_metadata={page: {"exec_data": facts} for page in runs})
    for page, html in runs.items():
        (outdir / page).parent.mkdir(exist_ok=True, parents=True)
        (outdir / f"{page}.html").write_text(html)
    config = SimpleNamespace(nb_execution_cache_path=str(cache.cache_folder(root)))
    return SimpleNamespace(
        srcdir=str(root), outdir=str(outdir), env=env, config=config, _warncount=0
    )


def test_the_labs_that_ran_on_stand_ins_are_named(root, tmp_path, capsys):
    pages = {"labs/01": f"<div class='{MARK}'>", "labs/02": "", "labs/13": ""}
    finish.finish(finished(root, tmp_path / "html", **pages), None, 1)
    said = capsys.readouterr().out
    assert "3 from the cache" in said
    assert (
        f"no real data for labs/01: the box on the page says why (LABKIT_DATA names {root}" in said
    )


def test_a_book_that_ran_no_lab_says_nothing_of_stand_ins(root, tmp_path, capsys):
    finish.finish(finished(root, tmp_path / "html"), None, 1)
    assert capsys.readouterr().out == "labkit: executed no notebook; 0 from the cache\n"
