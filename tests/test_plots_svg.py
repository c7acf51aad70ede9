import base64
import io
import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from labkit import plots
from labkit.plots import svg
from labkit.plots.svg import figure_html

ALT = "Training loss falls from 2 to 0.5"


pytestmark = pytest.mark.usefixtures("figures")


def figure():
    ax = plots.plot_history({"loss": [2.0, 0.5]})
    ax.imshow(np.eye(3), extent=(1, 2, 1, 2), aspect="auto")
    return ax.figure


def ids_in(page):
    return set(re.findall(r'\bid="([^"]*)"', page))


def test_svg_is_an_image_with_a_label():
    page = figure_html(figure(), ALT)
    assert page.startswith('<div class="labkit-figure"')
    assert f'<svg role="img" aria-label="{ALT}"' in page
    assert page.endswith("</svg>\n</div>") or page.endswith("</svg></div>")


def test_svg_label_escapes_quotes_and_angle_brackets():
    page = figure_html(figure(), 'The "loss" of <a> & b\'s runs')
    label = re.search(r'aria-label="([^"]*)"', page)[1]
    assert label == "The &quot;loss&quot; of &lt;a&gt; &amp; b&#x27;s runs"


def test_svg_has_no_black_left_and_an_open_ground():
    page = figure_html(figure(), ALT)
    root = page[: page.index(">", page.index("<svg"))]
    assert 'fill="currentColor"' in root
    assert "stroke:currentColor" in page
    assert not re.search(r"#000000|#262626|black|#ffffff|<style", page)


def test_svg_ids_of_two_figures_are_disjoint_and_found():
    first, second = figure_html(figure(), ALT), figure_html(figure(), ALT)
    assert ids_in(first)
    assert not ids_in(first) & ids_in(second)
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', first)
    assert set(used) == ids_in(first)


def test_svg_of_the_same_figure_is_the_same_but_for_its_number_and_has_no_date():
    pages = {re.sub(r"\bf\d+(?=[0-9a-f]{6}-)", "", figure_html(figure(), ALT)) for _ in range(2)}
    assert len(pages) == 1
    assert not re.search(r"<dc:date|<metadata|<!--|<\?xml", pages.pop())


def test_svg_shrinks_with_the_page():
    page = figure_html(figure(), ALT)
    assert "max-width:100%;height:auto" in page
    assert "viewBox=" in page


def test_svg_cuts_nothing_off_that_a_lab_adds():
    ax = plots.plot_history({"loss": [2.0, 0.5]})
    narrow = float(re.search(r' width="([\d.]+)pt"', figure_html(ax, ALT))[1])
    ax.text(1.5, 0.5, "far out", transform=ax.transAxes).set_in_layout(True)
    ax.figure.set_layout_engine("none")
    wide = float(re.search(r' width="([\d.]+)pt"', figure_html(ax, ALT))[1])
    assert wide > narrow


@pytest.mark.parametrize("alt", ["", "   ", "Two words", 3, "... --- ..."])
def test_show_demands_an_alternative_text(alt):
    fig = figure()
    with pytest.raises(ValueError, match="alternative text of 3 words or more"):
        plots.show(fig, alt)


def test_show_demands_a_figure():
    with pytest.raises(ValueError, match="Figure or Axes, got list"):
        plots.show([1, 2], ALT)


def test_show_prints_the_text_in_a_script_and_closes_the_figure(capsys):
    fig = figure()
    plots.show(fig, ALT)
    assert ALT in capsys.readouterr().out
    assert not plt.fignum_exists(fig.number)


def test_show_takes_axes_and_hands_html_to_the_notebook(monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    fig = figure()
    plots.show(fig.axes[0], ALT)
    assert "<svg role" in displayed[0]._repr_html_()
    assert not plt.fignum_exists(fig.number)


def test_show_needs_no_ipython(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    plots.show(figure(), ALT)
    assert capsys.readouterr().out == f"[figure] {ALT}\n"


MARKS = """<svg>
<g>
<path d="M 0 1
L 2 1
z
" style="fill: none"/>
</g>
<g clip-path="url(#c)">
<use xlink:href="#m" x="1.23456" y="2" style="fill: #0072b2; stroke: #0072b2"/>
<use xlink:href="#m" x="3.00000" y="4" style="fill: #0072b2; stroke: #0072b2"/>
</g>
<path d="M 0.5 1.25
L 2 3
L 4 -5
Q 1 2 3 4" transform="scale(0.015625)"/>
</svg>"""


def test_a_drawing_is_written_with_few_letters():
    assert svg.compact(MARKS) == (
        '<svg>\n<g clip-path="url(#c)" style="fill:#0072b2;stroke:#0072b2">\n'
        '<use href="#m" x="1.23" y="2"/>\n<use href="#m" x="3" y="4"/>\n</g>\n'
        '<path d="M0.5 1.25 2 3 4 -5Q1 2 3 4" transform="scale(0.015625)"/>\n</svg>'
    )


def test_a_picture_keeps_its_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype="uint8")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    written = svg.compact(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}")
    shown = Image.open(io.BytesIO(base64.b64decode(written.partition("base64,")[2])))
    assert shown.format == "WEBP"
    assert np.array_equal(np.asarray(shown), pixels)
