"""Cards in JupyterLab, with a kernel: keys belong to the card, and its answer stays."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
# The question of `diagnosis.ask`, whose import of TensorFlow would take longer than the test.
QUIZ = """\
from labkit.claims import page
from labkit.predictions import card
choices = [card.radio("fault", name, **{"data-said": "Tm8u"}) for name in ("a", "b", "c")]
page.display("", html=card.fieldset("labkit-quiz", {}, "Which?", "".join(choices), ""))"""
CELLS = [
    "from labkit import predictions",
    'predictions.ask("99-where", "Where is it small?", options=["here", "there", "nowhere"])',
    'predictions.ask("99-share", "What share is right?", unit="%")',
    QUIZ,
    'predictions.compare("99-where", "there")\npredictions.compare("99-share", 11.35, near=2)',
]
READING = "<details><summary>Reading</summary>\n\nIt vanishes over depth.\n\n</details>"
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
FOLDERS = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR")
CELL_IN_USE = """() => [...document.querySelectorAll(".jp-Notebook .jp-Cell")]
    .map(cell => cell.classList.contains("jp-mod-active"))"""


@pytest.fixture
def address(tmp_path):
    """Serve a notebook that has not run; no setting of the user's own counts."""
    own = {name: tmp_path / name.lower() for name in FOLDERS}
    settings = own["LAB_SETTINGS_DIR"] / "@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(NO_NEWS)
    notebooks = tmp_path / "student"
    notebooks.mkdir()
    nbformat.write(_notebook(), notebooks / "cards.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={notebooks}"]
    command += [f"--IdentityProvider.token={token}"]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    names = {f"JUPYTER{name}" if name[:3] == "LAB" else f"JUPYTER_{name}": name for name in FOLDERS}
    path = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    environment = {name: str(own[folder]) for name, folder in names.items()}
    environment = {**os.environ, **environment, "PYTHONPATH": path.rstrip(os.pathsep)}
    environment.pop("LABKIT_WARM", None)  # its kernel needs no TensorFlow
    with (
        (tmp_path / "log.txt").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", server)
            yield f"http://127.0.0.1:{port}/lab/tree/cards.ipynb?token={token}"
        finally:
            server.kill()  # asked to end, it would wait for a kernel that is gone


def _notebook():
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    cells.append(nbformat.v4.new_markdown_cell(READING))
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def _wait_for(address, server):
    for _ in range(600):
        assert server.poll() is None, "JupyterLab stopped; see log.txt"
        try:
            return urllib.request.urlopen(address, timeout=60).close()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("JupyterLab did not answer within a minute")


@pytest.fixture
def page(browser, address):
    with browser.new_context(viewport={"width": 1280, "height": 1200}) as context:
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: message.type == "error" and page.complaints.append(message.text),
        )
        page.goto(address)
        yield page


def press(page, *keys):
    """Press keys, which must neither move the selection nor add a cell."""
    before = page.evaluate(CELL_IN_USE)
    for key in keys:
        page.keyboard.press(key)
        assert page.evaluate(CELL_IN_USE) == before, key


def check_answers(page):
    said = ["You predicted “there”. Measured: “there”. As predicted."]
    said += ["You predicted 10 %. Measured: 11.35 %. Close."]
    assert page.locator(".labkit-comparison").all_inner_texts() == said
    kept = page.locator(".labkit-prediction").get_by_role("status").all_inner_texts()
    assert kept == ["Kept: “there”", "Kept: 10 %"]
    assert page.get_by_role("radio", name="there", exact=True).is_checked()


@pytest.mark.slow
def test_a_card_is_answered_by_keyboard_and_its_answer_survives_a_reload(page):
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".labkit-comparison").last.wait_for()

    page.get_by_role("radio", name="here", exact=True).focus()
    press(page, "Space", "ArrowDown", "Enter")
    page.get_by_role("spinbutton").focus()
    press(page, "1", "0", "Enter", "Tab", "Tab")
    check_answers(page)

    quiz = page.locator(".labkit-quiz")
    quiz.get_by_role("radio").first.focus()
    press(page, "ArrowDown", "ArrowDown", "ArrowUp")
    assert quiz.get_by_role("status").inner_text() == "No."

    page.locator("summary").focus()
    press(page, "Enter")
    assert page.get_by_role("paragraph").get_by_text("over depth").is_visible()

    page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").wait_for(state="detached")
    page.reload()
    page.locator(".labkit-comparison").last.wait_for()
    check_answers(page)
    assert page.complaints == []
