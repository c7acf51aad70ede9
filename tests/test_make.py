"""The Makefile: what writes into the folder takes turns, and `make clean` breaks no build."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from labkit.book.turn import take

ROOT = Path(__file__).parent.parent
BUILD = """#!/bin/sh
echo start >> log; mkdir -p _build
until [ -e go ]; do sleep 0.05; done
test -d _build && echo end >> log
"""
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with our Makefile, whose jupyter-book and uv only wait for a file `go`."""
    course = tmp_path.resolve() / "course"
    (course / ".venv/bin").mkdir(parents=True)
    (course / ".ci").mkdir()
    shutil.copy(ROOT / "Makefile", course)
    for helper in ("turn.py", "warm.py"):
        shutil.copy(ROOT / ".ci" / helper, course / ".ci")
    for name in ("requirements.lock", "pyproject.toml", ".venv/.installed"):
        (course / name).touch()
    for name in (".venv/bin/jupyter-book", "uv"):
        (course / name).write_text(BUILD)
        (course / name).chmod(0o755)
    (course / ".venv/bin/python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{course}{os.pathsep}{os.environ['PATH']}")
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "LABKIT_TURN"):
        monkeypatch.delenv(name, raising=False)
    return course


def make(course, *targets):
    return subprocess.Popen(
        ["make", f"PYTHON={sys.executable}", *targets],
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def until_started(course):
    for _ in range(600):
        if (course / "log").exists():
            return
        time.sleep(0.05)
    raise TimeoutError


def said(process):
    text, _ = process.communicate(timeout=60)
    return process.returncode, text


def test_two_builds_at_once_take_turns(course):
    first = make(course, "book")
    until_started(course)
    second = make(course, "book")
    waits = "make book: another build works in this folder; waiting for it\n"
    assert second.stdout.readline() == waits
    (course / "go").touch()
    assert said(first) == said(second) == (0, "")
    assert (course / "log").read_text().split() == ["start", "end"] * 2


def test_two_installations_at_once_are_one(course):
    (course / "go").touch()
    os.utime(course / ".venv/.installed", (0, 0))
    both = [make(course, "install"), make(course, "install")]
    assert sorted(code for code, _ in map(said, both)) == [0, 0]
    assert (course / "log").read_text().split() == ["start", "end"] * 2  # the lock, then labkit


def test_clean_refuses_while_a_build_runs_and_cleans_when_it_has_ended(course):
    build = make(course, "book")
    until_started(course)
    code, text = said(make(course, "clean"))
    assert code != 0
    assert "make clean: a build is running here and needs its files" in text
    (course / "go").touch()
    assert said(build) == (0, "")
    assert (course / "log").read_text().split() == ["start", "end"]
    assert said(make(course, "clean")) == (0, "")
    assert not (course / "_build").exists()
    assert (course / ".venv/.installed").exists()


def test_a_build_that_was_killed_blocks_nobody(course):
    build = make(course, "book")
    until_started(course)
    os.killpg(build.pid, signal.SIGKILL)
    said(build)
    (course / "go").touch()
    assert said(make(course, "clean", "book")) == (0, "")


def test_a_build_by_hand_and_make_take_turns_too(course, capsys):
    turn = take(course)
    code, text = said(make(course, "clean"))
    assert code != 0
    assert "a build is running" in text
    turn.release()
    build = make(course, "book")
    until_started(course)
    timer = threading.Timer(0.3, (course / "go").touch)
    timer.start()
    take(course).release()
    timer.join()
    assert "this one waits" in capsys.readouterr().out
    assert (course / "log").read_text().split() == ["start", "end"]
    assert said(build) == (0, "")


def test_a_build_that_failed_does_not_block_the_next_in_its_process(course):
    turns = [take(course), take(course)]
    for turn in turns:
        turn.release()


def test_a_build_that_make_started_does_not_wait_for_make(course, monkeypatch):
    monkeypatch.setenv("LABKIT_TURN", str(course))
    assert not take(course).is_locked
    monkeypatch.setenv("LABKIT_TURN", str(course.parent))
    turn = take(course)
    assert turn.is_locked
    turn.release()


def test_clean_works_without_an_environment(course):
    shutil.rmtree(course / ".venv")
    (course / "_build").mkdir()
    assert said(make(course, "clean")) == (0, "")
    assert not (course / "_build").exists()


def test_lab_writes_the_notebooks_for_students_and_opens_jupyterlab_on_them(course):
    for name in ("labkit", "jupyter"):
        (course / ".venv/bin" / name).write_text(f'#!/bin/sh\necho "{name} $*" >> log\n')
        (course / ".venv/bin" / name).chmod(0o755)
    assert said(make(course, "lab")) == (0, "")
    written = (course / "log").read_text().splitlines()
    assert written == ["labkit notebooks --student --out student", "jupyter lab student"]


def test_doctor_asks_labkit_and_installs_nothing(course):
    (course / "labkit").mkdir()
    (course / "labkit/__init__.py").touch()
    (course / "labkit/cli.py").write_text("import sys; print('labkit', *sys.argv[1:])\n")
    os.utime(course / ".venv/.installed", (0, 0))
    assert said(make(course, "doctor")) == (0, "labkit doctor\n")


def test_what_is_handed_out_can_be_chosen(course):
    (course / "labkit/handouts").mkdir(parents=True)
    for folder in ("labkit", "labkit/handouts"):
        (course / folder / "__init__.py").touch()
    print_words = "import sys; print(*sys.argv[1:])\n"
    (course / "labkit/handouts/__main__.py").write_text(print_words)
    asked = {
        "pdf": "pdf --lab \n",
        "pdf LAB=05 SOLUTIONS=1": "pdf --lab 05 --solutions\n",
        "dist": "offline\n",
    }
    assert {words: said(make(course, *words.split()))[1] for words in asked} == asked


def test_doctor_says_what_to_type_where_there_is_no_environment(course):
    (course / ".venv/bin/python").unlink()
    (course / ".venv/bin/python").symlink_to("/gone/python3")
    code, text = said(make(course, "doctor"))
    assert code != 0
    assert "No Python works in .venv. Type: rm -f .venv/.installed; make install\n" in text


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("/gone/python3", "/gone/python3 is missing: install Python 3.10 to 3.13, or name yours"),
        ("./old", "Python 3.10 to 3.13 is needed and ./old is Python 3.9.2; name another"),
    ],
)
def test_an_installation_without_the_right_python_says_which_to_name(course, python, says):
    (course / "old").write_text('#!/bin/sh\n[ "$1" != -V ] || exec echo Python 3.9.2; exit 1\n')
    (course / "old").chmod(0o755)
    (course / ".venv/.installed").unlink()
    code, text = said(make(course, "install", f"PYTHON={python}"))
    assert code != 0
    assert f"{says}" in text
    assert "make PYTHON=python3.12 install" in text
