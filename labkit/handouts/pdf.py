"""Print the built book, or one lab of it, through Chromium."""

import contextlib
import os
import shutil
import urllib.parse
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCRIPT = Path(__file__).with_name("print.js")
HOST = "http://book.invalid/"  # answered from the folder: nothing asks the network
MINUTES = 10  # until a page that does not load is given up
FOOTER = """
<div style="font: 8px sans-serif; color: #555; width: 100%; text-align: center">
<span class="pageNumber"></span></div>"""
ROOM = {"top": "16mm", "bottom": "18mm", "left": "17mm", "right": "17mm"}


def write(html, folder, lab="", solutions=False):
    """Print the book, or a lab of it, into one PDF with bookmarks.

    Parameters
    ----------
    html : path-like
        A built book.
    folder : path-like
        Made where it is missing.
    lab : str
        A number, such as ``"05"``; the whole book if empty.
    solutions : bool
        With the solutions of the exercises?

    Returns
    -------
    pathlib.Path
        ``book.pdf``, or the name of the lab's page.

    Raises
    ------
    FileNotFoundError
        If there is no book, no such lab or no Chromium.
    """
    html, folder, lab = Path(html), Path(folder), lab.zfill(2) if lab else ""
    if not (html / "index.html").is_file():
        raise FileNotFoundError(f"no built book in {html}; type: make book")
    labs = sorted(html.glob(f"labs/{lab}_*.html")) if lab else []
    if lab and len(labs) != 1:
        numbers = ", ".join(sorted(page.name[:2] for page in html.glob("labs/*.html")))
        raise FileNotFoundError(f"no lab {lab} in {html}; there are {numbers}")
    path = folder / f"{labs[0].stem if labs else 'book'}.pdf"
    with chromium() as browser:
        page = opened(browser, html, [f"labs/{lab.name}" for lab in labs], solutions)
        folder.mkdir(parents=True, exist_ok=True)
        page.pdf(
            path=path,
            format="A4",
            margin=ROOM,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            tagged=True,
            outline=True,
        )
    return path


def opened(browser, html, pages=(), solutions=False):
    """Open pages of a built book, or all in reading order, as one that is ready to print.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        As of `chromium`.
    html : path-like
        A built book.
    pages : sequence of str
        Names of files below `html`.
    solutions : bool
        With the solutions of the exercises?

    Returns
    -------
    playwright.sync_api.Page
        Formulas are set, pictures are loaded, what unfolds is open.
    """
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(MINUTES * 60_000)
    page.route("**/*", lambda route: _answer(route, Path(html).resolve()))
    page.goto(HOST)
    settings = {"pages": list(pages), "solutions": solutions}
    page.evaluate(SCRIPT.read_text(encoding="utf-8"), settings)
    return page


@contextlib.contextmanager
def chromium():
    """Open a Chromium without a window; a FileNotFoundError says how to get one."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        if program is None and not Path(playwright.chromium.executable_path).exists():
            raise FileNotFoundError(
                "no Chromium here: install it, or type: .venv/bin/playwright install chromium"
            )
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        options = {"args": ["--no-sandbox"] if root else []}
        with playwright.chromium.launch(executable_path=program, **options) as browser:
            yield browser


def _answer(route, html):
    """Answer from the folder of the book; the address of the folder is an empty page."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(route.request.url).path).lstrip("/")
    if not name:
        empty = "<!doctype html><html lang=en data-theme=light data-mode=light><body></body></html>"
        route.fulfill(body=empty, content_type="text/html; charset=utf-8")
    elif route.request.url.startswith(HOST) and (html / name).is_file():
        route.fulfill(path=html / name)
    else:
        route.abort()
