"""The page of all claims: what the verdicts write, and what the book does with it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from labkit import audit
from labkit.audit import page, show
from labkit.audit.claim import WORDS, Verdict

ROOT = Path(__file__).parent.parent
MARKS = "% audit: counts\n\n% audit: filters\n"


def verdict(claim, word="wrong", **change):
    facts = {
        "said": "SGD ends at .9731.",
        "reported": ".9731",
        "sentence": "It ends at 0.3761.",
        "ours": "0.3761 (0.3621 to 0.3901, 5 seeds)",
        "study": "report_a",
        "lab": "05",
        "cite": ("guo2017", "goyal2017"),
        "seeds": 5,
        "updates": 37_500,
        "device": "Some(R) XEON(R) 8581C CPU @ 2.10GHz, 2 cores",
        "seconds": 1234.0,
    }
    return Verdict(claim=claim, word=word, **{**facts, **change})


def arithmetic(claim, word, **change):
    nothing = dict.fromkeys(("seeds", "updates", "device", "seconds"))
    return verdict(claim, word, study="", ours="", cite=(), **{**nothing, **change})


VERDICTS = [verdict("A4"), verdict("A10", "right"), arithmetic("C1", "right", reported="")]


def filled(verdicts=VERDICTS, links=page.NO_LINKS):
    marks = "\n".join(f"% audit: {name}\n" for name in sorted({v.claim[0] for v in verdicts}))
    return page.fill(f"# Title\n\n{MARKS}\n{marks}", verdicts, links)


def test_a_card_says_everything_about_its_claim():
    text = filled()
    card = text[text.index('<div class="labkit-card" id="A4"') :].split("</div>")[0]
    assert 'data-report="A" data-verdict="wrong"' in card
    assert '<a href="#A4">A4</a>' in card
    assert ">wrong</span>" in card
    assert "**SGD ends at \\.9731\\.**" in card
    assert "<dt>Reported</dt><dd>.9731</dd>" in card
    assert "<dt>Ours</dt><dd>0.3761 (0.3621 to 0.3901, 5 seeds)</dd>" in card
    assert "at least 5 seeds for each network, up to 37,500 updates a run" in card
    assert "21 min of training on Some XEON 8581C @ 2.10GHz, 2 cores</dd>" in card
    assert "`studies/report_a.py` · Lab 05 · {cite:p}`guo2017,goyal2017`" in card


def test_a_card_links_to_what_exists():
    links = page.Links(
        labs={"05": "../labs/05_optimizers.ipynb"},
        evidence={"A": "evidence/report_a.ipynb"},
        studies={"report_a": "../studies/report_a.py"},
    )
    text = filled(links=links)
    assert "[Evidence for report A](evidence/report_a.ipynb)" in text
    assert "{download}`studies/report_a.py <../studies/report_a.py>`" in text
    assert "Lab 05: [](../labs/05_optimizers.ipynb)" in text
    assert "Evidence for report C" not in text


def test_a_claim_without_runs_says_what_decided_it_and_an_open_one_that_nothing_did():
    assert "<dt>Runs</dt><dd>none, arithmetic decides</dd>" in filled()
    assert "arithmetic" not in filled([arithmetic("A1", "open")])
    kept_none = verdict("A1", "open", ours="", seeds=None, updates=None, device=None, seconds=None)
    assert "<dt>Runs</dt>" not in filled([kept_none])


def test_the_counts_add_up():
    text = filled()
    assert "Of 3 claims, 3 are decided and 0 are open." in text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', text)
    counts = {
        re.sub(r"<.*?>", "", name): [int(n) for n in re.findall(r"<td>(\d+)</td>", cells)]
        for name, cells in rows
    }
    assert list(counts) == [*WORDS, "all"]
    assert counts["right"] == [1, 1, 2]
    assert counts["wrong"] == [1, 0, 1]
    assert counts["all"] == [2, 1, 3]


def test_the_filters_are_native_controls_that_stay_away_without_the_script():
    text = filled()
    assert '<form class="labkit-filter" hidden>' in text
    assert len(re.findall(r"<label><input type=\"checkbox\"", text)) == 2 + len(WORDS)
    assert re.findall(r"<legend>(.*?)</legend>", text) == [
        "Show only these reports",
        "Show only these verdicts",
    ]
    assert 'role="status"' in text


def test_a_text_is_shown_as_it_stands_whatever_signs_it_holds():
    markdown_it = pytest.importorskip("markdown_it")
    text = 'a*b*c < {d} `e` $f$ [g](h) | 1. "i" \\ 2_j_ & # --'
    shown = markdown_it.MarkdownIt().parseInline(page.plain(text))[0].children
    assert [token.type for token in shown if token.type != "text_special"] in (["text"], [])
    assert "".join(token.content for token in shown) == text
    assert "<dd>&lt;b&gt;</dd>" in filled([verdict("A1", reported="<b>")])


@pytest.mark.parametrize("missing", ["counts", "filters", "A", "C"])
def test_a_page_without_a_place_for_a_part_is_refused(missing):
    text = MARKS + "\n% audit: A\n\n% audit: C\n"
    with pytest.raises(ValueError, match=f"needs a line '% audit: {missing}'"):
        page.fill(text.replace(f"% audit: {missing}\n", ""), VERDICTS)


@pytest.mark.parametrize(
    ("seconds", "text"), [(41.2, "41 s"), (99.4, "99 s"), (120, "2 min"), (12_240, "3.4 h")]
)
def test_a_time_has_a_unit_that_fits(seconds, text):
    assert page.duration(seconds) == text


def test_the_page_of_the_book_has_a_place_for_every_claim():
    text = (ROOT / "book/audit.md").read_text(encoding="utf-8")
    written = page.fill(text, [audit.verdict(claim) for claim in audit.CLAIMS])
    assert re.findall(r'class="labkit-card" id="(\w+)"', written) == list(audit.CLAIMS)


def test_a_box_gives_the_reported_number_once(capsys):
    said = "A batch of 64 is used."
    show.box([verdict("A4"), verdict("A5", said=said, reported=".97")])
    shown = capsys.readouterr().out
    assert "- A4: SGD ends at .9731.\n  wrong: It ends at 0.3761.\n" in shown
    assert "- A5: A batch of 64 is used (.97).\n" in shown


def test_a_box_names_every_verdict_in_words_and_shows_signs_as_they_are():
    box = show._box_html([verdict("A1", word, said="a < b & c") for word in WORDS])
    assert re.findall(r'class="labkit-verdict"[^>]*>([^<]*)<', box) == list(WORDS)
    assert "a &lt; b &amp; c (.9731)." in box
    assert box.count("<tr>") == 1 + len(WORDS)


def luminance(colour):
    """Relative luminance of ``#rrggbb``, as WCAG 2 defines it."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("word", WORDS)
def test_white_on_every_label_reaches_a_contrast_of_four_and_a_half(word):
    assert 1.05 / (luminance(show.COLOURS[word]) + 0.05) >= 4.5


CONF = f"""
from pathlib import Path
from labkit import audit
first = audit.verdict("A4")
audit.CLAIMS.clear()
audit.CLAIMS["A4"] = None
audit.verdict = lambda claim: first._replace(sentence=Path("said").read_text(), cite=["guo2017"])
extensions = ["myst_nb", "sphinxcontrib.bibtex", "labkit.book"]
bibtex_bibfiles = [r"{ROOT / "book/references.bib"}"]
nb_execution_mode = "off"
html_static_path = [r"{ROOT / "book/_static"}"]
html_theme = "basic"
"""
INDEX = """# Course

[the fourth](book/audit.md#A4)

```{toctree}
book/audit
labs/05_optimizers
```

```{bibliography}
```
"""


@pytest.fixture
def course(tmp_path):
    """A course of an index, the page of claims and one lab with a box."""
    box = show._box_html([verdict("A4")])
    shown = nbformat.v4.new_output("display_data", {"text/html": box})
    cells = [nbformat.v4.new_markdown_cell("# Optimizers", id="title")]
    cells += [nbformat.v4.new_code_cell('audit.box("05")', id="box", outputs=[shown])]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    tmp_path /= "course"
    for folder in ("book", "labs", "studies"):
        (tmp_path / folder).mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, tmp_path / "labs/05_optimizers.ipynb")
    (tmp_path / "book/audit.md").write_text(f"# Claims\n\n{MARKS}\n% audit: A\n")
    (tmp_path / "index.md").write_text(INDEX)
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "studies/report_a.py").write_text('"""Report A."""\n')
    (tmp_path / "said").write_text("It ends lower.")
    return tmp_path


def built(course):
    """Build the course; return what Sphinx said, and its pages."""
    pytest.importorskip("myst_nb")
    command = [sys.executable, "-m", "sphinx", "-n", "-b", "html", ".", "../html"]
    run = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    warnings = [line for line in run.stderr.splitlines() if "extra_footer" not in line]
    assert warnings == []  # but that the theme of this test has no footer
    pages = {path.stem: path.read_text() for path in course.parent.glob("html/**/*.html")}
    return run.stdout, pages


@pytest.mark.slow
def test_the_book_writes_the_claims_links_to_them_and_notices_when_they_change(course):
    _, pages = built(course)
    claims = pages["audit"]
    assert 'class="labkit-card" id="A4"' in claims
    assert "<p>It ends lower.</p>" in claims
    assert 'href="../labs/05_optimizers.html"' in claims
    assert "_downloads" in claims
    assert "audit.js" in claims
    assert "audit.js" not in pages["index"]
    assert 'href="book/audit.html#A4"' in pages["index"]
    assert '<a href="../book/audit.html#A4">A4</a>' in pages["05_optimizers"]
    said, _ = built(course)
    assert "0 changed" in said
    (course / "said").write_text("It ends higher.")
    said, pages = built(course)
    assert "0 added, 1 changed" in said
    assert "<p>It ends higher.</p>" in pages["audit"]


@pytest.mark.parametrize("letter", "abcde")
def test_no_cell_of_an_evidence_page_is_long(letter):
    path = ROOT / "book" / "evidence" / f"report_{letter}.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 30, cell.id
