"""What the Sphinx extension makes of a page: readings, cards, folded code, figures."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from labkit.book import aloud, cards, facts, figures, readings
from labkit.predictions.question import Question, card_html

nodes = pytest.importorskip("docutils.nodes")
ROOT = Path(__file__).parent.parent
CONF = f"""
extensions = ["myst_nb", "sphinx_togglebutton", "sphinx_exercise", "labkit.book"]
html_theme = "sphinx_book_theme"
html_static_path = [r"{ROOT / "book/_static"}"]
html_css_files = ["labkit.css"]
nb_execution_mode = "off"
"""
CARD = card_html(Question("02-where", "Where is it small?", ("near the input", "at the end")))
LAB = [
    ("markdown", "# Gradients\n\nWhere do they vanish?", []),
    ("code", "import numpy as np\nwidth = 50", []),
    ("markdown", "## Over depth", []),
    ("code", "#@title Your prediction", ["remove-input"]),
    ("code", "measure(width)", ["hide-input"]),
    ("markdown", "**Reading.** A factor of *four* a layer.\n\n$$g_l = 4^{-l}$$", []),
    ("markdown", "**Reading.** And another one.", []),
    ("markdown", "## Over time", []),
    ("markdown", "**Reading.** Nothing was asked here.", []),
    ("markdown", "```{exercise} Wider\n:label: wider\n\nDefine `wide`.\n```", []),
    ("markdown", "```{solution-start} wider\n:class: dropdown\n```", ["solution"]),
    ("code", "### BEGIN SOLUTION\nwide = 100\n### END SOLUTION", []),
    ("markdown", "```{solution-end}\n```", ["solution"]),
]
SOLUTION = 11
FIGURE = (
    '<div class="labkit-figure"><svg role="img" aria-label="It falls fast." viewBox="0 0 60 40" '
    'xmlns="http://www.w3.org/2000/svg"><path d="M0 0L60 40"/></svg></div>'
)
INDEX = """# Course

```{labkit-figures}
02_gradients#cell-4: Find where it is small
03_unwritten#cell-1: Do what no lab teaches yet
```

```{labkit-map}
02: Where do gradients vanish?
```

```{labkit-gallery}
```

```{toctree}
labs/02_gradients
```
"""


def lab():
    """A small lab with a card, folded code, and three readings; the card's output is there."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(metadata=kernel)
    for number, (kind, source, tags) in enumerate(LAB):
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
        notebook.cells.append(make(source, id=f"cell-{number}", metadata={"tags": tags}))
    notebook.cells[SOLUTION].metadata.nbgrader = {
        "grade": False,
        "grade_id": "wider-code",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    shown = {3: {"text/html": CARD}, 4: {"text/html": FIGURE}}
    for number, data in shown.items():
        notebook.cells[number].outputs = [nbformat.v4.new_output("display_data", data)]
    return notebook


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build a book of one lab with the theme of the course; return the folder of its pages."""
    pytest.importorskip("sphinx_book_theme")
    source = tmp_path_factory.mktemp("course")
    (source / "labs").mkdir()
    nbformat.write(lab(), source / "labs/02_gradients.ipynb")
    (source / "conf.py").write_text(CONF)
    (source / "index.md").write_text(INDEX)
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", "html", ".", "_build/html"]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return source / "_build/html"


@pytest.fixture(scope="module")
def page(book):
    return (book / "labs/02_gradients.html").read_text(encoding="utf-8")


def test_a_reading_behind_a_card_is_an_open_fold_that_names_the_card(page):
    assert page.count('<details class="labkit-reading" data-card="02-where" open>') == 2
    fold = page.split('<details class="labkit-reading"')[1].split("</details>")[0]
    assert "<p> A factor of <em>four</em> a layer.</p>" in fold
    assert "<strong>Reading.</strong>" not in fold
    assert "g_l" in fold


def test_a_reading_without_a_card_in_its_section_stays_as_it_is(page):
    assert "<p><strong>Reading.</strong> Nothing was asked here.</p>" in page


def test_the_page_has_the_script_of_cards_once_and_no_copy(book, page):
    assert "labkitPredictions" not in page
    assert page.count("predictions.js") == 1
    assert "labkitPredictions" in (book / "_static/predictions.js").read_text(encoding="utf-8")
    assert "predictions.js" not in (book / "index.html").read_text(encoding="utf-8")


def test_folded_code_says_what_a_click_does(page):
    assert page.count('<details class="labkit-folded">') == 1
    assert '<span class="labkit-show">Show code</span>' in page
    assert "Toggle hidden content" not in page
    assert page.count("folded.js") == 1


@pytest.fixture
def opened(browser, book):
    """Open the lab as a reader who has never been there."""
    with browser.new_context(reduced_motion="reduce") as context:
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto((book / "labs/02_gradients.html").as_uri())
        yield page


KEPT = "localStorage.getItem('labkit:prediction:02-where')"


def open_readings(page):
    readings = page.locator("details.labkit-reading").all()
    return [reading.locator("p").first.is_visible() for reading in readings]


def test_readings_open_when_the_card_is_answered_and_stay_open(opened):
    assert open_readings(opened) == [False, False]
    opened.get_by_role("radio", name="near the input").press("Space")
    opened.get_by_role("button", name="Keep").press("Enter")
    assert open_readings(opened) == [True, True]
    opened.reload()
    assert open_readings(opened) == [True, True]
    assert opened.evaluate(KEPT) == '"near the input"'


def test_opening_a_reading_skips_its_card(opened):
    opened.locator("details.labkit-reading summary").first.press("Enter")
    opened.get_by_role("status").get_by_text("Skipped").wait_for()
    assert opened.evaluate(KEPT) == "null"
    assert open_readings(opened) == [True, True]


def test_paper_shows_everything_and_answers_no_card(opened):
    folds = "[...document.querySelectorAll('article details')].map(fold => fold.open)"
    assert opened.evaluate(folds) == [False, False, False]
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.evaluate(folds) == [True, True, True]
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.evaluate(folds) == [False, False, False]
    assert opened.evaluate(KEPT) is None


def test_without_scripts_readings_are_open_and_there_is_no_button(browser, book):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((book / "labs/02_gradients.html").as_uri())
        assert open_readings(page) == [True, True]
        assert page.get_by_role("button", name="Show all code").count() == 0
        assert page.get_by_text("Show code").is_visible()


def test_one_button_shows_all_code_and_the_next_visit_remembers_it(opened):
    button = opened.get_by_role("button", name="Show all code")
    code = opened.get_by_text("measure(width)")
    assert button.get_attribute("aria-pressed") == "false"
    assert not code.is_visible()
    button.press("Enter")
    assert code.is_visible()
    opened.reload()
    assert button.get_attribute("aria-pressed") == "true"
    assert code.is_visible()
    button.press("Enter")
    assert not code.is_visible()


def test_the_download_button_hands_out_the_lab_without_its_solutions(book, page):
    assert 'href="../_sources/labs/02_gradients.ipynb"' in page
    assert "without solutions" in page
    handed_out = nbformat.read(book / "_sources/labs/02_gradients.ipynb", as_version=4)
    assert "measure(width)" in [cell.source for cell in handed_out.cells]
    assert "wide = 100" not in json.dumps(handed_out)
    assert "wide" in page
    assert [path.name for path in book.rglob("*.ipynb")] == ["02_gradients.ipynb"]


def test_small_figures_lead_to_the_place_where_they_are_made(book, page):
    home = (book / "index.html").read_text(encoding="utf-8")
    file = "_images/small/02_gradients-cell-cell-4.svg"
    place = "labs/02_gradients.html#cell-cell-4"
    assert home.count(f'<img src="{file}" alt="It falls fast." width="240" height="160"') == 2
    assert f'<a href="{place}">Find where it is small</a>' in home
    assert f'<a href="{place}">Over depth</a>' in home
    assert 'id="cell-cell-4"' in page
    assert (book / file).exists()
    assert "unwritten" not in home


def test_the_map_lists_the_labs(book):
    home = (book / "index.html").read_text(encoding="utf-8")
    assert home.count('href="labs/02_gradients.html"') >= 2  # in the graph, and in the list
    assert "<span>Where do gradients vanish?</span>" in home


def test_a_notebook_without_readings_is_read_as_it_is():
    text = json.dumps({"cells": [{"cell_type": "markdown", "source": ["# One"]}]})
    assert readings.mark_readings(text) is text


def test_a_card_is_found_by_its_name():
    assert cards.named_in(f"<p></p>{CARD}") == ["02-where"]
    assert cards.named_in('<fieldset class="labkit-quiz" data-name="a">') == []


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
    monkeypatch.setattr(figures.LOGGER, "warning", lambda text, **kw: said.append(text))
    page = nodes.container("", nodes.raw("", figure, format="html"))
    figures.demand_alternative_text(None, page)
    assert len(said) == warnings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shown", "corner"),
    [
        (lambda frame: frame.to_html(), "<th></th>"),
        (lambda frame: frame.style.to_html(), '<th class="blank level0" >&nbsp;</th>'),
    ],
)
def test_the_corner_of_a_data_frame_is_no_heading(shown, corner):
    html = shown(pd.DataFrame({"seconds": [1]}, index=["SGD"]))
    page = nodes.container("", nodes.raw("", html, format="html"))
    aloud.name_no_corner(None, page)
    assert page.astext() == html.replace(corner, "<td></td>") != html


def test_what_a_lab_says_of_itself_stands_below_its_title():
    page = nodes.section("", nodes.title("", "Optimizers"), nodes.paragraph("", "Which is best?"))
    page += nodes.paragraph("", "", nodes.emphasis("", "90 minutes · needs lab 01 · data: MNIST"))
    app = SimpleNamespace(config=SimpleNamespace(nb_execution_mode="cache"))
    facts.raise_facts(app, page)
    assert (
        page[1].astext().startswith("90 minutes · needs lab 01 · data: MNIST · these pages: class")
    )
    assert page[1]["classes"] == ["labkit-facts"]
    assert page[2].astext() == "Which is best?"


def test_what_unfolds_in_the_sidebar_has_a_name():
    page = (
        '<div id="pst-primary-sidebar" class="bd-sidebar"><a class="reference internal" '
        'href="api/index.html">labkit</a><details><summary><span></span></summary></details></div>'
    )
    named = aloud.named(page)
    assert '<summary aria-label="Pages of labkit"><span>' in named
    assert '<div id="pst-primary-sidebar" role="region" aria-label="Course" class=' in named
