"""What the Sphinx extension makes of a page: readings, cards, folded code, figures."""

import pytest

from labkit.book import figures

nodes = pytest.importorskip("docutils.nodes")


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
