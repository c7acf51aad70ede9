"""`pytest --nbmake labs`, as nbmake's own page says: what the conftest.py at the root adds."""

import os
import shutil
from pathlib import Path
from unittest import mock

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
CODE = """import os, labkit.mode
print(labkit.mode.current(), os.environ["LABKIT_QUIET"], os.environ["LABKIT_DATA"])"""


class Limits:
    """A plugin that notes the limit of a cell and of each item."""

    def pytest_collection_finish(self, session):
        marks = [item.get_closest_marker("timeout") for item in session.items]
        self.cell = session.config.option.nbmake_timeout
        self.items = [mark and mark.args[0] for mark in marks]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two labs, and a test beside them."""
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "labs").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    for name in ("01_one", "02_two"):
        cells = [nbformat.v4.new_code_cell(CODE, id="only")]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, tmp_path / "labs" / f"{name}.ipynb")
    monkeypatch.setenv("LABKIT_DATA", "data")
    for name in ("LABKIT_QUIET", "PYTEST_ADDOPTS", "PYTEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments, mode=None, plugins=None):
    """Run pytest in this process, and give it its environment back."""
    with mock.patch.dict(os.environ):
        os.environ.pop("LABKIT_MODE", None)
        os.environ.update({} if mode is None else {"LABKIT_MODE": mode})
        return pytest.main(["--nbmake", "--import-mode=importlib", *map(str, arguments)], plugins)


def printed(course, name="01_one"):
    notebook = nbformat.read(course / "labs" / f"{name}.ipynb", as_version=4)
    return notebook.cells[0].outputs[0].text.split()


def test_labs_run_in_smoke_mode_with_the_folders_of_who_called(course, monkeypatch, capsys):
    monkeypatch.chdir(course)
    assert run("--overwrite", "labs") == 0
    assert "labs ran in smoke mode" in capsys.readouterr().out
    data = str(course.resolve() / "data")
    assert printed(course) == printed(course, "02_two") == ["smoke", "1", data]


def test_one_lab_runs_in_the_mode_that_is_asked_for_from_any_folder(course, monkeypatch, capsys):
    (course / "elsewhere").mkdir()
    monkeypatch.chdir(course / "elsewhere")
    assert run("--overwrite", course / "labs" / "01_one.ipynb", mode="class") == 0
    assert "smoke mode" not in capsys.readouterr().out
    assert printed(course) == ["class", "1", str(course.resolve() / "elsewhere" / "data")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "options", "cell", "lab"),
    [
        ("", [], 300, 300),
        ("class", [], 900, 1800),
        ("full", [], None, 0),
        ("smoke", ["--nbmake-timeout=600"], 600, 600),
        ("class", ["--nbmake-timeout", "300"], 300, 1800),
        ("class", ["--timeout=7"], 900, None),
    ],
)
def test_the_limits_fit_the_mode_and_leave_other_tests_alone(course, mode, options, cell, lab):
    (course / "labs" / "test_unit.py").write_text("def test_nothing(): pass")
    limits = Limits()
    assert run("--collect-only", *options, course / "labs", mode=mode, plugins=[limits]) == 0
    assert (limits.cell, limits.items) == (cell, [lab, lab, None])


def test_an_unknown_mode_stops_before_a_lab_runs(course, capsys):
    assert run(course / "labs", mode="fast") == pytest.ExitCode.USAGE_ERROR
    assert "smoke, class, full, got 'fast'" in capsys.readouterr().err
