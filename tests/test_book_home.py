"""What the home page and the gallery are made of: first cells, a graph, small figures."""

import base64
import io
import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from PIL import Image

from labkit import plots
from labkit.book import graph, lab_map, labs, thumbnails
from labkit.plots.frames import frames_html
from labkit.plots.svg import figure_html

ROOT = Path(__file__).parent.parent
HOME = (ROOT / "book/intro.md").read_text(encoding="utf-8")
NEEDS = {"00": [], "01": ["00"], "02": ["01"], "03": ["01", "02"], "04": ["03", "01"], "05": ["01"]}


def lab(number, needs=(), **said):
    return labs.Lab(number, f"labs/{number}_x", f"Lab {number}", needs=tuple(needs), **said)


def written(folder, source):
    path = folder / "05_optimizers.ipynb"
    cell = nbformat.v4.new_markdown_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def test_the_figures_of_the_home_page_are_cells_of_labs():
    chosen = re.findall(r"^(\w+)#([\w-]+): ", HOME, flags=re.MULTILINE)
    assert chosen
    for stem, cell in chosen:
        notebook = nbformat.read(ROOT / f"labs/{stem}.ipynb", as_version=4)
        assert cell in [c.id for c in notebook.cells], f"{stem} has no cell {cell}"


def test_the_home_page_asks_a_question_of_every_lab():
    asked = re.findall(r"^(\d\d): .*\?$", HOME, flags=re.MULTILINE)
    assert asked == sorted(path.name[:2] for path in ROOT.glob("labs/*.ipynb"))


def test_a_lab_says_in_its_first_cell_what_it_needs(tmp_path):
    end = "*90 minutes · needs [](01_first.ipynb) and [](03_third.ipynb) · data: MNIST*"
    found = labs.read_lab(written(tmp_path, f"# Optimizers\n\nWhich?\n\n{end}\n"))
    assert found == labs.Lab(
        "05", "labs/05_optimizers", "Optimizers", 90, ("01", "03"), "", "MNIST"
    )


def test_a_first_lab_needs_what_is_no_lab(tmp_path):
    found = labs.read_lab(written(tmp_path, "# One\n\n*45 minutes · needs Python · data: MNIST*"))
    assert (found.minutes, found.needs, found.first) == (45, (), "Python")


def test_a_lab_that_does_not_say_it_is_listed_all_the_same(tmp_path):
    assert labs.read_lab(written(tmp_path, "# Draft\n\nText.")) == labs.Lab(
        "05", "labs/05_optimizers", "Draft"
    )


def test_an_edge_that_follows_from_others_is_not_drawn():
    assert graph.reduced(NEEDS)["04"] == ["03"]
    assert graph.reduced(NEEDS)["03"] == ["02"]


def test_a_lab_must_not_need_a_later_one():
    with pytest.raises(ValueError, match="only what comes before it"):
        graph.reduced({"00": ["01"], "01": []})


def test_every_edge_goes_one_layer_to_the_right_at_a_time():
    layers, edges = graph.layout({"0": [], "1": ["0"], "2": ["1"], "3": ["2", "0"]})
    at = {place: number for number, row in enumerate(layers) for place in row}
    assert len(at) == sum(map(len, layers)) == 4 + 2  # one edge passes two layers
    steps = [pair for path in edges for pair in itertools.pairwise(path)]
    assert {at[right] - at[left] for left, right in steps} == {1}


def test_two_chains_do_not_cross():
    needs = {"a": [], "b": [], "c": ["b"], "d": ["a"], "e": ["c"], "f": ["d"]}
    layers, _ = graph.layout(needs)
    upper = [row[0] for row in layers]
    assert set(upper) in ({"a", "d", "f"}, {"b", "c", "e"})


def test_the_graph_links_to_every_lab_and_leaves_out_what_is_not_there():
    found = [lab(number, needs) for number, needs in NEEDS.items() if number != "02"]
    svg = lab_map.graph(found, {n.number: f"../{n.page}.html" for n in found})
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "group"
    assert root.get("aria-label")
    links = [link.get("href") for link in root.iter("a")]
    assert links == [f"../{n.page}.html" for n in found]
    boxes = [float(box.get("x")) for box in root.iter("rect")]
    assert max(boxes) + lab_map.WIDE < float(root.get("viewBox").split()[2])


def test_the_list_says_minutes_seconds_prerequisites_and_data():
    found = [lab("01", minutes=90, first="Python", data="MNIST"), lab("02", ["01"])]
    uris, asked = {"01": "a", "02": "b"}, {"01": "Why < how?", "02": "When?"}
    text = lab_map.listed(found, uris, asked, {"labs/01_x": "First"}, {"01_x": 41.2})
    first, second = re.findall(r"<small>(.*?)</small>", text.replace("\N{NO-BREAK SPACE}", " "))
    assert first == "90 minutes · ran in 41 s · MNIST · needs Python"
    assert second == "needs 01"
    assert "Why &lt; how?" in text
    assert text.count("<ol>") == text.count("</ol>") == text.count("<h3>First</h3>") == 1


def test_the_parts_of_the_book_stand_above_their_first_lab():
    part = SimpleNamespace(caption="Deep", items=["book/deep", "labs/03_x", "labs/04_y"])
    other = SimpleNamespace(caption="Reference", items=["book/glossary"])
    site = SimpleNamespace(root=SimpleNamespace(subtrees=[part, other]))
    assert lab_map.parts(SimpleNamespace(external_site_map=site)) == {"labs/03_x": "Deep"}
    assert lab_map.parts(SimpleNamespace()) == {}


def small(figure, alt="A line that rises."):
    return thumbnails.thumbnail(figure_html(figure, alt))


def tags(text, name):
    return list(ElementTree.fromstring(text).iter(f"{{{thumbnails.SVG}}}{name}"))


def test_a_small_figure_keeps_its_lines_and_drops_its_words(figures):
    ax = plots.plot_lines([1, 2, 3], {"rate": [1.0, 4.0, 2.0], "size": [2.0, 3.0, 3.0]})
    whole = figure_html(ax, "Two lines that rise.")
    made = thumbnails.thumbnail(whole)
    assert len(made.svg) < len(whole) / 2
    assert "scale(0.1" not in made.svg
    assert 'class="legend"' in whole
    assert 'class="legend"' not in made.svg
    assert any("#0072b2" in path.get("style", "") for path in tags(made.svg, "path"))
    assert made.alt == "Two lines that rise."
    assert 0.5 < made.aspect < 3


def test_a_small_figure_shows_on_light_and_dark(figures):
    made = small(plots.plot_lines([1, 2], {"a": [1.0, 2.0]}))
    assert ElementTree.fromstring(made.svg).get("color") == thumbnails.GREY


def test_a_picture_gets_no_more_pixels_than_its_place(figures):
    _, ax = plt.subplots(figsize=(6, 3))
    ax.imshow(np.random.default_rng(0).random((900, 900)))
    image = tags(small(ax).svg, "image")[0]
    data = base64.b64decode(image.get(thumbnails.HREF).partition("base64,")[2])
    assert max(Image.open(io.BytesIO(data)).size) <= thumbnails.WIDTH


def test_a_cloud_keeps_some_of_its_dots(figures):
    _, ax = plt.subplots()
    ax.plot(*np.random.default_rng(0).random((2, 1000)), "o")
    assert 50 < len(tags(small(ax).svg, "use")) < 200


def test_a_moving_figure_shows_its_last_frame(figures):
    _, ax = plt.subplots()
    frames = [ax.plot([0, 1], [0, n], color=c) for n, c in enumerate(("#ff0000", "#00ff00"))]
    html = frames_html(ax, frames, "A line that rises.", labels=["flat", "steep"])
    made = thumbnails.thumbnail(html)
    assert "#00ff00" in made.svg
    assert "#ff0000" not in made.svg
