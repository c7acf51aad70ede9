import html
import json
import re

import matplotlib.pyplot as plt
import pytest

from labkit import plots
from labkit.plots.frames import frames_html

ALT = "A line grows in three steps"
LABELS = ["step 0", "step 1", "step 2"]


pytestmark = pytest.mark.usefixtures("figures")


def figure():
    """A figure, and three frames: line 0, line 1, and line 1 again with a text and a dot."""
    fig, ax = plt.subplots()
    ax.plot([0, 3], [0, 3], color="#009E73")
    first, second = (ax.plot([0, x], [0, 1], color="#D55E00")[0] for x in (1, 2))
    return fig, [[first], [second], [second, ax.text(1, 1, "end"), ax.scatter([1], [1])]]


def parts(page):
    """The frames that each part names, and whether it is hidden at first."""
    found = re.findall(r'data-frames="([\d ]+)"( style="display:none")?', page)
    return sorted((numbers, bool(hidden)) for numbers, hidden in found)


def test_parts_name_their_frames_and_the_last_frame_is_seen_without_scripts():
    page = frames_html(*figure(), ALT, labels=LABELS)
    assert parts(page) == [("0", True), ("1 2", False), ("2", False), ("2", False)]


def test_the_figure_is_one_image_with_its_text_and_asks_nothing_of_the_network():
    page = frames_html(*figure(), ALT, labels=LABELS)
    assert page.count("<svg") == 1
    assert f'aria-label="{ALT}"' in page
    assert not re.search(r'(?:src|href)="(?!#)|import|fetch', page)


def test_shortcuts_of_jupyterlab_stay_away_from_the_button_and_the_slider():
    page = frames_html(*figure(), ALT, labels=LABELS)
    controls = re.findall(r"<(?:button|input)[^>]*>", page)
    assert [control.count('data-lm-suppress-shortcuts="true"') for control in controls] == [1, 1]


def test_two_players_have_different_names():
    first, second = (frames_html(*figure(), ALT, labels=LABELS) for _ in range(2))
    names = [re.search(r'id="(f\w+-frames)"', page)[1] for page in (first, second)]
    assert names[0] != names[1]
    assert f'getElementById("{names[0]}")' in first


def test_labels_reach_the_script_and_can_not_end_it():
    labels = ["</script>", 'a "b"', "last & least"]
    page = frames_html(*figure(), ALT, labels=labels)
    written = re.search(r"labels = (\[.*\]);", page)[1]
    assert json.loads(written) == labels
    assert page.count("</script>") == 1
    assert html.escape(labels[-1]) in page


def test_artists_are_as_before():
    fig, frames = figure()
    frames[0][0].set_gid("mine")
    frames_html(fig, frames, ALT, labels=LABELS)
    assert frames[0][0].get_gid() == "mine"
    assert frames[1][0].get_gid() is None


def test_bars_and_whole_axes_can_be_parts_of_a_frame():
    fig, (left, right) = plt.subplots(1, 2)
    bars = left.bar([0, 1], [1, 2])
    page = frames_html(fig, [[bars], [right]], ALT, labels="ab")
    assert parts(page) == [("0", True), ("0", True), ("1", False)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["one"]}, "3 frames and 1 labels"),
        ({"interval": 0}, "above 0 seconds"),
        ({"frames": [[1], [2], [3]]}, "matplotlib artists in a frame, got 1"),
        ({"alt": "short"}, "alternative text"),
    ],
)
def test_bad_frames_are_refused(change, message):
    fig, frames = figure()
    arguments = {"frames": frames, "alt": ALT, "labels": LABELS, **change}
    with pytest.raises(ValueError, match=message):
        plots.show_frames(fig, **arguments)


def test_an_artist_that_is_not_in_the_figure_is_refused():
    fig, frames = figure()
    stranger = plt.figure().text(0, 0, "stranger")
    with pytest.raises(ValueError, match="cannot be shown and hidden"):
        frames_html(fig, [*frames, [stranger]], ALT, labels=[*LABELS, "step 3"])


def test_show_frames_prints_the_text_in_a_script_and_closes_the_figure(capsys):
    fig, frames = figure()
    plots.show_frames(fig, frames, ALT, labels=LABELS)
    assert capsys.readouterr().out == f"[figure] {ALT}\n"
    assert not plt.fignum_exists(fig.number)
