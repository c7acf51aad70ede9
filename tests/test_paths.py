"""Folders named by the environment: the same in a script, the build, nbmake and JupyterLab."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from labkit import book, data, paths
from labkit.book import execute

SHOW = "import os, labkit; print(os.environ['LABKIT_DATA'], os.environ['LABKIT_CACHE'])"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder in which the reader types, a folder of notebooks below, and relative names."""
    root = tmp_path.resolve()
    for name in ("course/labs", "course/kept", "course/labs/kept"):
        (root / name).mkdir(parents=True)
    monkeypatch.chdir(root / "course")
    monkeypatch.setenv("LABKIT_DATA", "kept")
    monkeypatch.setenv("LABKIT_CACHE", "../cache")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(root / "runtime"))
    return root / "course"


def expected(course):
    return f"{course / 'kept'} {course.parent / 'cache'}\n"


def executed(code, folder):
    """Execute code in a kernel that runs in a folder, as nbmake and the build do."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute(cwd=str(folder))
    return "".join(output.text for output in notebook.cells[0].outputs)


def test_a_script_sees_relative_folders_from_where_it_was_started(course):
    code = f"{SHOW}; os.chdir('labs'); import labkit.paths as p; print(p.named('LABKIT_DATA'))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == expected(course) + f"{course / 'kept'}\n"


def test_a_kernel_sees_relative_folders_from_where_its_starter_was_started(course):
    assert executed(SHOW, course / "labs") == expected(course)


def test_the_build_and_its_kernels_agree_on_a_relative_folder(course, monkeypatch):
    (course / "kept" / "mnist.npz").write_bytes(b"some")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("from labkit import book; print(book.data_files())")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    notebook, _, trouble = execute.executed(notebook, 60)
    assert trouble == ""
    assert notebook.cells[0].outputs[0].text == f"{book.data_files()}\n"
    assert [name for name, _ in book.data_files()] == ["mnist.npz"]


@pytest.mark.slow
def test_jupyter_lab_sees_relative_folders_from_where_it_was_started(course):
    """`jupyter server` is JupyterLab without its pages."""
    from jupyter_client import BlockingKernelClient

    nbformat.write(nbformat.v4.new_notebook(), course / "labs" / "one.ipynb")
    options = ["--ServerApp.token=t", "--no-browser", "--allow-root", "--ServerApp.root_dir=labs"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        runtime = course.parent / "runtime"
        url = json.loads(wait_for(runtime, "jpserver-*.json").read_text())["url"]
        wanted = {"path": "one.ipynb", "type": "notebook", "name": "", "kernel": {"name": ""}}
        request = urllib.request.Request(
            f"{url}api/sessions",
            json.dumps(wanted).encode(),
            {"Authorization": "token t", "Content-Type": "application/json"},
        )
        for _ in range(100):  # it names its address before it listens
            try:
                with urllib.request.urlopen(request, timeout=30):
                    break
            except OSError:
                time.sleep(0.1)
        client = BlockingKernelClient(connection_file=str(wait_for(runtime, "kernel-*.json")))
        client.load_connection_file()
        client.start_channels()
        for attempt in range(3):  # on a busy machine a late heartbeat reads as a dead kernel
            with contextlib.suppress(RuntimeError if attempt < 2 else ()):
                client.wait_for_ready(timeout=60)
                break
        said = []
        client.execute_interactive(SHOW, output_hook=said.append, timeout=60)
        client.stop_channels()
    finally:
        server.terminate()
        server.wait(timeout=30)
    text = [message["content"]["text"] for message in said if "text" in message["content"]]
    assert "".join(text) == expected(course)


def wait_for(folder, pattern):
    for _ in range(300):
        found = [file for file in folder.glob(pattern) if file.stat().st_size]
        if found:
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(pattern)


def test_what_a_notebook_sets_itself_is_seen_from_the_notebook(course):
    first = f"import os; os.environ['LABKIT_DATA'] = 'own'; {SHOW}"
    seen = executed(first, course / "labs")
    assert seen == expected(course).replace("course/kept", "course/labs/own")
    later = "import labkit.paths, os; os.environ['LABKIT_DATA'] = 'own'; "
    later += "os.chdir('..'); print(labkit.paths.named('LABKIT_DATA'))"
    assert executed(later, course / "labs") == f"{course / 'own'}\n"


def test_a_script_that_a_notebook_starts_is_no_kernel(course):
    code = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {SHOW!r}], "
    code += "env={**os.environ, 'LABKIT_DATA': 'kept'}, text=True, capture_output=True).stdout)"
    seen = executed(f"import os, labkit; {code}", course / "labs")
    assert seen.split()[0] == str(course / "labs" / "kept")


@pytest.mark.parametrize("parent", ["known", "unknown"])
def test_an_editor_that_starts_kernels_from_anywhere_finds_the_folder(course, monkeypatch, parent):
    monkeypatch.setattr(paths, "_in_kernel", lambda: True)
    monkeypatch.setattr(paths, "_inherited", lambda name: True)
    if parent == "unknown":
        monkeypatch.setattr(paths, "_starter", lambda: None)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    monkeypatch.setenv("PWD", str(course / "labs" / "kept"))
    paths.settle()
    assert os.environ["LABKIT_DATA"] == str(course / "kept")


@pytest.mark.skipif(sys.platform == "win32", reason="HOME and links are other things there")
@pytest.mark.parametrize(
    ("value", "folder"),
    [
        (" data ", "{here}/data"),
        ("./data/", "{here}/data"),
        ("~/data", "{home}/data"),
        ("$HOME/data", "{home}/data"),
        ("~nobody-here/data", "{here}/~nobody-here/data"),
        ("link/../data", "{here}/far/data"),
        ("  ", None),
    ],
)
def test_a_folder_is_absolute_however_it_is_written(tmp_path, monkeypatch, value, folder):
    here = tmp_path.resolve()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here / "home"))
    (here / "far" / "away").mkdir(parents=True)
    (here / "link").symlink_to(here / "far" / "away")
    monkeypatch.setenv("LABKIT_DATA", value)
    wanted = folder and Path(folder.format(here=here, home=here / "home"))
    assert paths.named("LABKIT_DATA") == wanted
    paths.settle()
    paths.settle()
    assert os.environ["LABKIT_DATA"] == (str(wanted) if wanted else value)


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("nowhere", "LABKIT_DATA names {here}/nowhere, which does not exist"),
        ("file", "LABKIT_DATA names {here}/file, which is not a folder"),
        ("empty", "the folder LABKIT_DATA, {here}/empty, holds no mnist.npz"),
    ],
)
def test_a_folder_that_gives_no_data_is_named_in_full(course, monkeypatch, capsys, named, why):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    monkeypatch.setenv("LABKIT_DATA", named)
    (course / "file").write_text("")
    (course / "empty").mkdir()
    data.load("mnist")
    framed = " ".join(capsys.readouterr().err.replace("*", " ").split())
    assert why.format(here=course) in framed
    assert "smoke mode downloads nothing" in framed
    with pytest.raises(FileNotFoundError, match=named):
        data.load("mnist", require_real=True)


def test_data_from_elsewhere_say_why_the_named_folder_was_passed_over(course, monkeypatch, capsys):
    split = data.stand_in("mnist", 20, 10)
    found = split.train, split.test, "cache", True
    monkeypatch.setattr("labkit.data.fetch.cached_or_downloaded", lambda *a, **kw: found)
    monkeypatch.setenv("LABKIT_DATA", "nowhere")
    data.load("mnist")
    line = capsys.readouterr().out.strip()
    assert f"from labkit's cache (LABKIT_DATA names {course / 'nowhere'}, which does not" in line
    monkeypatch.delenv("LABKIT_DATA")
    data.load("mnist")
    assert "LABKIT_DATA" not in capsys.readouterr().out
