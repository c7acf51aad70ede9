import matplotlib.pyplot as plt
import numpy as np
import pytest

from labkit.clocks.theory import lookalikes
from labkit.plots.dials import plot_clocks, plot_error_dial, plot_error_histogram

pytestmark = pytest.mark.usefixtures("figures")

MINUTES = np.arange(720)


def bars(ax):
    return np.array([patch.get_height() for patch in ax.patches])


def counts(ax):
    values, edges, _ = ax.patches[0].get_data()
    return values, edges


def test_a_bar_is_the_mean_error_of_its_half_hour_and_the_line_the_median():
    predicted = MINUTES.copy()
    predicted[60:66] += 60  # six of the thirty clocks from 1:00 on are an hour off
    ax = plot_error_dial(MINUTES, predicted)
    assert bars(ax) == pytest.approx(np.where(np.arange(24) == 2, 12, 0))
    assert ax.lines[0].get_ydata() == pytest.approx(np.zeros(25))
    assert ax.get_xlabel() == "common-sense error (minutes)\nbars: mean, line: median"


def test_the_dial_runs_clockwise_from_twelve_at_the_top():
    ax = plot_error_dial(MINUTES, MINUTES)
    assert ax.get_theta_offset() == pytest.approx(np.pi / 2)
    assert ax.get_theta_direction() == -1
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names == ["12", *map(str, range(1, 12))]
    assert np.rad2deg(ax.get_xticks()[3]) == pytest.approx(90)
    first = ax.patches[0]
    assert np.rad2deg(first.get_x() + first.get_width() / 2) == pytest.approx(7.5)


def test_the_minute_dial_puts_the_minutes_of_all_hours_together():
    predicted = np.where(MINUTES % 60 == 59, MINUTES + 60, MINUTES)
    ax = plot_error_dial(MINUTES, predicted, hand="minute", bins=12)
    assert bars(ax) == pytest.approx([0] * 11 + [12])
    assert [label.get_text() for label in ax.get_xticklabels()][:3] == ["0", "5", "10"]


def test_a_part_of_the_dial_without_clocks_has_no_bar():
    ax = plot_error_dial([10, 20], [11, 23])
    assert bars(ax) == [2]
    ax.figure.canvas.draw()


def test_a_dial_needs_polar_axes_and_draws_on_those_given():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="expected polar axes, got rectilinear"):
        plot_error_dial([1], [1], ax=ax)
    _, ax = plt.subplots(subplot_kw={"projection": "polar"})
    assert plot_error_dial([1], [1], ax=ax) is ax


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"hand": "second"}, "hand must be one of"), ({"bins": 1}, "bins must be a whole number")],
)
def test_a_dial_refuses_settings_that_mean_nothing(settings, message):
    with pytest.raises(ValueError, match=message):
        plot_error_dial([1], [1], **settings)


def test_the_histogram_counts_every_error_once():
    errors = np.concatenate([np.zeros(7), [0.3, 1, 20, 60, 60.4, 65.45, 359.9, 360]])
    values, edges = counts(plot_error_histogram(np.zeros(len(errors)), errors))
    assert values.sum() == len(errors)
    assert values[0] == 7
    assert values[np.searchsorted(edges, 60) - 1] == 2
    assert (np.diff(edges) > 0).all()


def test_whole_hours_and_lookalikes_fall_into_different_bars_near_their_middle():
    _, edges = counts(plot_error_histogram([0], [0]))
    hours, alike = np.arange(60, 361, 60), lookalikes()[1:6]
    places = np.searchsorted(edges, np.concatenate([hours, alike]))
    assert len(set(places)) == len(places)
    middles = (edges[places] + edges[places - 1]) / 2
    assert middles[: len(hours)] == pytest.approx(hours)


def test_every_range_of_the_axis_has_its_share():
    ax = plot_error_histogram(MINUTES, MINUTES[::-1])
    to_axes = ax.transData + ax.transAxes.inverted()
    shares = [to_axes.transform((minutes, 1))[0] for minutes in (0, 0.5, 1, 27.5, 195, 362.5)]
    assert shares == pytest.approx([0, 0.135, 0.27, 0.5, 0.75, 1])
    back = ax.xaxis.get_transform().inverted().transform
    there = ax.xaxis.get_transform().transform
    errors = np.array([0, 0.2, 1, 7, 27.5, 65, 360])
    assert back(there(errors)) == pytest.approx(errors)


def test_marks_are_taken_the_shorter_way_round_and_named():
    ax = plot_error_histogram([0, 0], [0, 3], marks={"look-alikes": lookalikes()})
    marked = [line.get_xdata()[0] for line in ax.lines if line.get_label() == "look-alikes"]
    assert marked == pytest.approx(720 / 11 * np.arange(1, 6))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["look-alikes"]


def test_marks_need_no_name():
    ax = plot_error_histogram([0], [0], marks=[60, 120])
    assert [line.get_xdata()[0] for line in ax.lines if line.get_label() == "marked"] == [60, 120]
    assert plot_error_histogram([0], [0]).get_legend() is None


def test_the_histogram_says_what_it_counts():
    ax = plot_error_histogram(MINUTES, MINUTES)
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "common-sense error (minutes)"
    assert ax.get_ylabel() == "clocks per bar (of 720)"


def test_times_that_do_not_fit_are_refused():
    for plot in (plot_error_dial, plot_error_histogram):
        with pytest.raises(ValueError, match="as many predicted as true"):
            plot([1, 2], [1])


def test_a_wrong_reading_is_written_in_colour_with_a_cross():
    x = np.zeros((3, 8, 8), "uint8")
    ax = plot_clocks(x, np.array([0, 225, 719]), np.array([0.4, 226, 719.8]))
    texts = [(text.get_text(), text.get_color() != "black") for text in ax.texts]
    assert texts == [
        ("0:00", False),
        ("\u00d7 3:46\nis 3:45", True),
        ("\u00d7 0:00\nis 11:59", True),
    ]


def test_clocks_are_drawn_without_times_and_with_one_kind_only():
    x = np.zeros((30, 8, 8), "uint8")
    assert len(plot_clocks(x).texts) == 0
    assert len(plot_clocks(x, np.arange(30)).texts) == 24
    assert len(plot_clocks(x, predicted=np.arange(30), n=2, columns=2).texts) == 2


def test_clocks_refuse_times_off_the_dial():
    with pytest.raises(ValueError, match="predicted as minutes after twelve"):
        plot_clocks(np.zeros((1, 8, 8), "uint8"), [1], [720])
