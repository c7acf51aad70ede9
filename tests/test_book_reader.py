"""The tables of the reader that comes with labkit, on the page of the clocks."""

from pathlib import Path

import pytest

from labkit.book import reader_page

PAGE = Path(__file__).parents[1] / "book/clocks.md"
ROW = {"mean": 1.234, "within_1": 0.9512, "sure": 0.8, "sure_within_1": 0.996}
RECORD = {
    "levels": {"upright": ROW},
    "wild kinds": {"roman: 2": ROW, "face_shape: oval": ROW | {"within_1": 0.7}},
}


def test_the_page_has_a_place_for_both_tables_and_the_weakest_kind_comes_first():
    text = reader_page.filled(PAGE.read_text(encoding="utf-8"), RECORD)
    assert "| upright | 1.23 | 95.1 | 80.0 | 99.6 |" in text
    assert text.index("| dial: oval |") < text.index("| numerals: Roman, IIII |")
    assert "% reader" not in text


@pytest.mark.parametrize("mark", [reader_page.LEVELS, reader_page.KINDS])
def test_a_page_without_a_place_for_a_table_is_refused(mark):
    text = PAGE.read_text(encoding="utf-8").replace(mark, "")
    with pytest.raises(ValueError, match=f"needs a line '{mark}', once"):
        reader_page.filled(text, RECORD)
