"""Who watches progress: a terminal or an open notebook, and nobody else."""

import sys

import pytest

from labkit import progress


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch):
    monkeypatch.delenv("LABKIT_QUIET", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)


def test_a_script_that_imports_ipykernel_is_no_notebook():
    import ipykernel.zmqshell  # noqa: F401

    assert not progress.watched()


def test_a_kernel_is_watched_unless_the_build_runs_it(monkeypatch):
    import IPython

    class Shell:
        kernel = object()

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    assert progress.watched()
    monkeypatch.setenv("LABKIT_QUIET", "1")
    assert not progress.watched()


def test_a_bar_in_a_notebook_is_not_painted_as_an_error(monkeypatch, capsys):
    import IPython

    class Shell:
        kernel = object()

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    with progress.bar(2, description="training", unit="run") as bar:
        bar.update()
    written = capsys.readouterr()
    assert "training" in written.out
    assert written.err == ""
