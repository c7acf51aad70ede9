"""Formulas as MathML: what browsers understand of it, and a font that has its letters."""

import html
import re
from pathlib import Path

import nbformat
import pytest
from docutils import nodes

from labkit.book import maths

pytest.importorskip("latex2mathml")
ROOT = Path(__file__).parent.parent
FONT = ROOT / "book/_static/labkit-math.woff"


def formulas(text):
    """List the formulas of Markdown, those in directives too, each with how it stands."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt().use(dollarmath_plugin)
    for token in parser.parse(text):
        for part in (token, *(token.children or ())):
            if part.type in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
                yield part.content, part.type.startswith("math_block")
            elif part.type == "fence" and part.info.startswith("{"):
                yield from formulas(part.content)


def written():
    for path in (*ROOT.glob("book/*.md"), *ROOT.glob("*/*.ipynb"), *ROOT.glob("book/*/*.ipynb")):
        if path.suffix == ".md":
            texts = [path.read_text(encoding="utf-8")]
        else:
            cells = nbformat.read(path, as_version=4).cells
            texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
        for text in texts:
            yield from formulas(text)


def test_every_formula_of_the_course_is_written_in_letters_that_the_font_has():
    from fontTools.ttLib import TTFont

    with TTFont(FONT) as font:
        letters = {chr(code) for code in font.getBestCmap()} | set("\n\N{NO-BREAK SPACE}")
    found = set(written())
    assert len(found) > 300
    for tex, display in found:
        text = html.unescape(re.sub("<[^>]+>", "", maths.mathml(tex, display=display)))
        assert set(text) <= letters, tex


def inside(tex):
    return (
        html.unescape(maths.mathml(tex)).removeprefix("<math><mrow>").removesuffix("</mrow></math>")
    )


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("a/b", '<mi>a</mi><mo lspace="0" rspace="0">/</mo><mi>b</mi>'),
        ("f'", '<mi>f</mi><mo lspace="0" rspace="0">\u2032</mo>'),
        (r"2 \ln n", '<mn>2</mn><mo lspace="0.167em" rspace="0.167em">ln</mo><mi>n</mi>'),
        (r"\mathrm{E}", '<mi mathvariant="normal">E</mi>'),
        (r"x\!", '<mi>x</mi><mspace width="-0.167em" />'),
        (r"=-z", '<mo>=</mo><mo form="prefix">\u2212</mo><mi>z</mi>'),
    ],
)
def test_what_browsers_do_not_understand_is_mended(tex, expected):
    assert inside(tex) == expected


def test_lines_of_an_equation_are_aligned_at_their_signs():
    text = maths.mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert text.count("<mtr>") == 2
    assert text.count('<mtd class="labkit-right">') == text.count('<mtd class="labkit-left">') == 2


@pytest.mark.parametrize("tex", [r"\unknown{a}", "a_1_2"])
def test_a_formula_that_cannot_be_written_is_named(tex):
    with pytest.raises(ValueError, match="formula"):
        maths.mathml(tex)


def test_a_comma_after_a_formula_stays_on_its_line():
    formula, after = nodes.math("", "u"), nodes.Text(", and so on")
    line = nodes.paragraph("", "", nodes.Text("by "), formula, after, nodes.math("", "v"))
    maths.keep_points(None, line, "page")
    assert formula["labkit-point"] == ","
    assert line.astext() == "by u and so onv"
