"""What a page of the book loads: no icon that it does not show, no script before its text."""

import configparser
import io
from pathlib import Path

import pydata_sphinx_theme
import pytest
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Text

from labkit.book import weight

HEAD = """<script src="../_static/documentation_options.js?v=1"></script>
<script src="../_static/doctools.js?v=2"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'labs/00';</script>
<script defer src="../_static/scripts/fontawesome.js?digest=3"></script>
<script src="../_static/searchtools.js"></script>
<script src="../searchindex.js"></script>"""
SHEET = """/*! MIT, CC BY */.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}
.fa-moon:before{content:"\\f186"}.note{--icon:"\uf05a"}
a[href$='.pdf']:not(.tab){color:red}@media print{p,.note p{margin:0}.tab{margin:0}}"""


def test_scripts_wait_for_the_text_but_for_the_one_that_the_head_uses():
    page = weight.lightened(HEAD)
    assert '<script src="../_static/documentation_options.js?v=1">' in page
    assert '<script defer src="../_static/doctools.js?v=2">' in page
    assert "pagename = 'labs/00'" in page


def test_the_index_of_the_search_is_loaded_where_one_searches():
    assert "search" not in weight.lightened(HEAD)
    assert "fontawesome" not in weight.lightened(HEAD)
    assert '<script defer src="../searchindex.js">' in weight.lightened(HEAD, searches=True)


def test_code_keeps_the_marks_that_give_a_colour():
    code = '<span class="n">x</span> <span class="o">=</span> <span class="mi">1</span>\n'
    assert weight.lightened(code) == 'x <span class="o">=</span> <span class="mi">1</span>\n'


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_that_code_loses_give_it_no_other_look(scheme):
    theme = configparser.ConfigParser(interpolation=None)
    theme.read(next(Path(pydata_sphinx_theme.__file__).parent.glob("theme/*/theme.conf")))
    looks = get_style_by_name(theme["options"][f"pygments_{scheme}_style"])
    for kind, name in STANDARD_TYPES.items():
        if weight.PLAIN.match(f'<span class="{name}">x</span>'):
            assert looks.style_for_token(kind) == looks.style_for_token(Text), kind


def test_a_style_sheet_keeps_the_rules_for_what_there_is():
    sheet = weight.cut_sheet(SHEET, {"fa-navicon", "note"})
    assert sheet == (
        '/*! MIT, CC BY */.fa-navicon:before{content:"\\f0c9"}.note{--icon:"\uf05a"}\n'
        "a[href$='.pdf']:not(.tab){color:red}@media print{p,.note p{margin:0}}"
    )
    assert weight.icons_in(sheet) == {0xF0C9, 0xF05A}


def test_a_class_is_known_from_a_page_or_from_a_script(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "a.html").write_text('<i class="fa-solid fa-bars">not-this</i>')
    (tmp_path / "_static/b.js").write_text('e.classList.add("open-now")')
    assert weight.words(tmp_path) >= {"fa-solid", "fa-bars", "open-now"}
    assert "not-this" not in weight.words(tmp_path)


def test_the_theme_still_has_what_is_cut():
    theme = pytest.importorskip("pydata_sphinx_theme")
    static = Path(theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    whole = (static / weight.SHEET).read_text(encoding="utf-8")
    sheet = weight.cut_sheet(whole, {"fa-bars", "bd-main"})
    assert len(sheet) < len(whole) / 2
    assert weight.SOLID.search(sheet)
    from fontTools.ttLib import TTFont

    font = weight.cut_font(static / f"{weight.FONT}.ttf", weight.icons_in(sheet))
    assert len(font) < 10_000
    assert 0xF0C9 in TTFont(io.BytesIO(font)).getBestCmap()
