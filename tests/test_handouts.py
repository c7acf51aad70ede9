"""Hand-outs: what the offline zip holds, that it works without a network, and what is printed."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement

import labkit
from labkit.handouts import __main__, offline, pdf

ROOT = Path(__file__).parent.parent
KEPT = ["pyproject.toml", "README.md", "LICENSE", "requirements.lock", "_config.yml"]
NAME = f"labkit-{labkit.__version__}-offline"
PAGE = """<!doctype html><title>{title}</title><link rel="stylesheet" href="{up}_static/a.css">
<nav class="bd-links"><p class="caption">Labs</p>
<ul><li><a class="reference internal" href="{up}labs/01_one.html">One</a></li>
<li><a class="reference internal" href="{up}labs/02_two.html">Two</a></li></ul></nav>
<article class="bd-article"><h1 id="t">{title}</h1>{text}</article>
<footer>Labs executed in class mode.</footer>"""
ONE = """<p><a href="02_two.html#t">two</a> <a href="../genindex.html">index</a></p>
<details class="labkit-reading"><summary>Reading</summary><p id="read">So it is.</p></details>
<div class="solution admonition"><p id="solved">42</p></div><button>Skip</button>
<script>document.title = "run"</script>"""
NO_NETWORK = """import socket
connect, look_up = socket.socket.connect, socket.getaddrinfo
def guarded(self, address):
    if isinstance(address, tuple) and address[0] != "127.0.0.1":
        raise OSError("no network")
    return connect(self, address)
def refused(host, *others, **more):
    if host not in ("127.0.0.1", "localhost"):
        raise socket.gaierror(-2, "no network")
    return look_up(host, *others, **more)
socket.socket.connect, socket.getaddrinfo = guarded, refused
"""


@pytest.fixture
def book(tmp_path):
    """A book of a home page and two labs."""
    book = tmp_path / "course/_build/html"
    for folder in ("labs", "book", "_static"):
        (book / folder).mkdir(parents=True)
    (book / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=book/intro.html">')
    (book / "book/intro.html").write_text(PAGE.format(title="Home", up="../", text=""))
    (book / "labs/01_one.html").write_text(PAGE.format(title="One", up="../", text=ONE))
    (book / "labs/02_two.html").write_text(PAGE.format(title="Two", up="../", text=""))
    (book / "_static/a.css").write_text("p { margin: 0 }")
    (book / "_static/a.css.map").touch()
    (book / ".buildinfo").touch()
    return book


@pytest.fixture
def course(book, monkeypatch):
    """A course with that book, a lab, and a labkit of one file."""
    course = book.parent.parent
    for name in KEPT:
        shutil.copy(ROOT / name, course)
    for folder in ("labs", "labkit"):
        (course / folder).mkdir()
    (course / "labkit/__init__.py").write_text('"""A package."""\n')
    lab = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One", id="one")])
    nbformat.write(lab, course / "labs/01_one.ipynb")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    return course


def unpacked(course):
    *_, packed = offline.write(course, course / "dist")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(course / "stick")
    return course / "stick" / NAME


def test_the_zip_holds_book_notebooks_wheel_and_a_page_to_begin_with(course):
    packed = offline.write(course, course / "dist")
    assert [path.name for path in packed] == [
        f"labkit-{labkit.__version__}-py3-none-any.whl",
        f"labkit-{labkit.__version__}.tar.gz",
        f"{NAME}.zip",
    ]
    assert zipfile.ZipFile(packed[-1]).namelist() == [
        f"{NAME}/{name}"
        for name in (
            "LICENSE",
            "book/_static/a.css",
            "book/book/intro.html",
            "book/index.html",
            "book/labs/01_one.html",
            "book/labs/02_two.html",
            "install/constraints.txt",
            f"install/{packed[0].name}",
            "notebooks/01_one.ipynb",
            "start_here.html",
            "SHA256SUMS",
        )
    ]


def test_the_same_tree_gives_the_same_bytes(course):
    first = [path.read_bytes() for path in offline.write(course, course / "a")]
    for path in course.rglob("*.*"):
        os.utime(path, (1, 1))
    assert [path.read_bytes() for path in offline.write(course, course / "b")] == first


def test_checksums_hold_and_a_changed_byte_is_found(course):
    stick = unpacked(course)
    lines = (stick / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    files = [path for path in stick.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]
    assert listed == {
        path.relative_to(stick).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    check = ["sha256sum", "--quiet", "-c", "SHA256SUMS"]
    assert subprocess.run(check, cwd=stick).returncode == 0
    page = stick / "book/labs/01_one.html"
    page.write_text(page.read_text().replace("So", "No"))
    told = subprocess.run(check, cwd=stick, capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stdout == "book/labs/01_one.html: FAILED\n"


def test_links_and_commands_of_the_start_page_name_what_is_there(course):
    stick = unpacked(course)
    page = (stick / "start_here.html").read_text(encoding="utf-8")
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    named = re.findall(r"(?:install|notebooks)/[\w.-]+\w", page)
    assert "book/index.html" in links
    assert {Path(name).suffix for name in named} == {".whl", ".txt", ".ipynb"}
    assert [name for name in {*links, *named} if not (stick / name).exists()] == []
    assert "Labs executed in class mode." in page
    assert "$" not in page


def test_the_start_page_asks_the_network_only_where_the_wheels_are_missing(course, monkeypatch):
    alone = (unpacked(course) / "start_here.html").read_text(encoding="utf-8")
    other = {"install/numpy-9-py3-none-any.whl": "numpy"}
    monkeypatch.setattr(offline, "_download", lambda *others: other)
    *_, packed = offline.write(course, course / "dist", wheels=True)
    with zipfile.ZipFile(packed) as archive:
        whole = archive.read(f"{NAME}/start_here.html").decode()
    assert "<div >\n<p>labkit lies" in alone
    assert "pip install -c" in alone
    assert "<div >\n<p>All that" in whole
    assert "pip install --no-index --find-links install -c" in whole


def test_the_constraints_are_the_versions_of_the_lock(course):
    pins = (unpacked(course) / "install/constraints.txt").read_text().splitlines()
    lock = (ROOT / "requirements.lock").read_text()
    assert len(pins) == len(re.findall(r"^\S.*==", lock, flags=re.MULTILINE))
    assert all(Requirement(pin).specifier for pin in pins)


def test_without_a_built_book_the_next_command_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in ("offline", "pdf"):
        assert __main__.main([command]) == 1
        assert "no built book in _build/html; type: make book\n" in capsys.readouterr().err


def test_a_lab_that_is_not_there_is_told_with_those_that_are(book, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no lab 05 .* there are 01, 02"):
        pdf.write(book, tmp_path, "05")


def test_without_chromium_the_way_to_one_is_named(book, tmp_path, monkeypatch):
    api = pytest.importorskip("playwright.sync_api")
    none = SimpleNamespace(chromium=SimpleNamespace(executable_path=tmp_path / "gone"))
    monkeypatch.setattr(api, "sync_playwright", lambda: contextlib.nullcontext(none))
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"type: .*playwright install chromium"):
        pdf.write(book, tmp_path)


def test_the_whole_book_is_printed_in_reading_order_without_solutions(book, browser):
    with contextlib.closing(pdf.opened(browser, book)) as page:
        assert page.locator("article > h1").all_inner_texts() == ["Home", "One", "Two"]
        assert page.locator(".labkit-contents p").all_inner_texts() == ["Labs", "One", "Two"]
        for link in page.locator("a[href]").all():
            assert page.locator(f'[id="{link.get_attribute("href")[1:]}"]').count() == 1
        assert page.locator("a:not([href])").all_inner_texts() == ["index"]
        assert page.get_by_text("So it is.").is_visible()
        assert page.locator("button, script, .solution").count() == 0
        assert page.title() == "Home"


def test_solutions_are_printed_where_they_are_asked_for(book, browser):
    with contextlib.closing(pdf.opened(browser, book, ["labs/01_one.html"], True)) as page:
        assert page.locator("article > h1").all_inner_texts() == ["One"]
        assert page.get_by_text("42").is_visible()


def test_a_lab_becomes_a_pdf_with_bookmarks(book, tmp_path, browser, monkeypatch):
    monkeypatch.setattr(pdf, "chromium", lambda: contextlib.nullcontext(browser))
    path = pdf.write(book, tmp_path / "dist", "1")
    assert path.name == "01_one.pdf"
    written = path.read_bytes()
    assert written.startswith(b"%PDF")
    assert b"/Outlines" in written


def test_a_dark_page_is_printed_in_light_colours(browser):
    with contextlib.closing(browser.new_page()) as page:
        page.set_content("<html data-theme=dark>")
        page.add_script_tag(path=ROOT / "book/_static/paper.js")
        theme = "document.documentElement.dataset.theme"
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(theme) == "light"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(theme) == "dark"


@pytest.mark.slow
def test_the_first_lab_runs_from_the_unpacked_zip_without_a_network(book, tmp_path, browser):
    course = book.parent.parent
    for name in (*KEPT, "labs", "labkit", "book"):
        (course / name).symlink_to(ROOT / name)
    stick = unpacked(course)
    venv.create(stick / ".venv", with_pip=True)
    python = next(stick.glob(".venv/[bS]*/python*"))
    install = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, next(stick.glob("install/labkit*.whl"))], check=True)
    site = next(stick.glob(".venv/**/site-packages"))
    (site / "locked.pth").write_text(sysconfig.get_paths()["purelib"])  # all but labkit
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    own = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in own if name in os.environ}
    environment |= {"HOME": str(tmp_path), "LABKIT_MODE": "smoke"}
    lab = next(stick.glob("notebooks/00_*.ipynb"))
    command = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", lab]
    subprocess.run(command, cwd=stick, env=environment, check=True, capture_output=True)
    cells = nbformat.read(lab, as_version=4).cells
    stubs = [c for c in cells if "raises-exception" in c.metadata.get("tags", ())]
    assert stubs
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    first = next(cell for cell in cells if cell.id == "labkit-first-look")
    assert [output for output in first.outputs if "labkit" in str(output)] == []
    outside = "socket.create_connection(('192.0.2.1', 80))"
    ask = f"import labkit, socket; print(labkit.__file__); {outside}"
    command = [python, "-c", ask]
    said = subprocess.run(command, cwd=stick, env=environment, capture_output=True, text=True)
    assert said.stdout.startswith(str(site))
    assert said.stderr.endswith("no network\n")

    asked = []
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((stick / "start_here.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("link", name="Open the book").click()
        page.wait_for_url("**/book/intro.html")
    assert [url for url in asked if not url.startswith(stick.as_uri())] == []
