"""Dots and bars with intervals, one row a variant."""

import numpy as np
import pandas as pd
import pytest

from labkit import plots

FRAME = pd.DataFrame(
    {
        "system": ["a", "a", "a", "b"],
        "seed": [0, 1, 2, 0],
        "test_accuracy": [0.1, 0.2, 0.3, 0.5],
        "loss": np.nan,
    }
)
HALF = 4.302653 * 0.1 / 3**0.5  # of the interval of a


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def draw(table=FRAME, x="test_accuracy", y="system", plot=plots.plot_dots, **options):
    return plot(table, x, y, **options)


@pytest.mark.usefixtures("figures")
def test_each_run_is_a_dot_and_the_mean_has_its_interval():
    ax = draw(reported={"b": 0.6, "elsewhere": 0.7})
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[0.1, 0.2, 0.3], [0.5]]
    (cross,) = [line for line in ax.lines if line.get_marker() == "X"]
    assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([0.6], [1])
    ends = ax.collections[0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, [0.2 - HALF, 0.2 + HALF], rtol=1e-5)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_title() == ax.get_title(loc="left") == ""
    assert legend(ax) == ["mean of 1 to 3 seeds, 95 % interval", "reported"]
    assert plots.description(ax) == (
        "Test accuracy, mean of 1 to 3 seeds, 95 % interval: a: 0.2; b: 0.5; reported b: 0.6."
    )


@pytest.mark.usefixtures("figures")
def test_single_runs_say_so():
    title = draw(FRAME.iloc[2:]).get_legend().get_title()
    assert title.get_text() == "1 seed, no interval"


@pytest.mark.usefixtures("figures")
def test_the_last_epoch_of_every_run_counts_and_the_others_are_named():
    early = FRAME.assign(epoch=1, test_accuracy=0.9)
    failed = FRAME.iloc[:1].assign(seed=3, epoch=0, test_accuracy=np.nan)
    ax = draw(pd.concat([early, FRAME.assign(epoch=2), failed]))
    assert "a: 0.2; b: 0.5." in plots.description(ax)
    assert legend(ax) == ["mean of 1 to 3 seeds, 95 % interval, 1 run without a number, not drawn"]


@pytest.mark.usefixtures("figures")
def test_a_known_interval_is_drawn_as_it_is():
    table = pd.DataFrame({"digit": [3, 8], "recall": [0.9, 0.8], "low": 0.7, "high": 0.95})
    ax = draw(table, "recall", "digit", interval=("low", "high"), note="Wilson's interval")
    ends = [bars.get_segments()[0][:, 0].tolist() for bars in ax.collections]
    np.testing.assert_allclose(ends, [[0.7, 0.95], [0.7, 0.95]])
    assert legend(ax) == ["Wilson's interval"]
    with pytest.raises(ValueError, match="one row with an interval for 3, got 2"):
        draw(pd.concat([table, table]), "recall", "digit", interval=("low", "high"))


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("plot", [plots.plot_dots, plots.plot_bars])
def test_a_second_name_is_drawn_side_by_side(plot):
    both = pd.concat([FRAME.assign(rate=0.1), FRAME.assign(rate=0.2, test_accuracy=0.7)])
    ax = draw(both, plot=plot, hue="rate")
    assert legend(ax)[:2] == ["0.1", "0.2"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert "a, 0.1: 0.2; b, 0.1: 0.5; a, 0.2: 0.7; b, 0.2: 0.7." in plots.description(ax)


@pytest.mark.usefixtures("figures")
def test_bars_start_at_zero_and_have_intervals():
    ax = draw(plot=plots.plot_bars)
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [
        (0, pytest.approx(0.2)),
        (0, 0.5),
    ]
    ends = ax.collections[0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, [0.2 - HALF, 0.2 + HALF], rtol=1e-5)


@pytest.mark.usefixtures("figures")
def test_bars_of_a_mapping_carry_their_numbers():
    ax = draw({"first": 0.92, "last": 0.08}, "share of the parameters", plot=plots.plot_bars)
    assert [text.get_text() for text in ax.texts] == ["0.92", "0.08"]
    assert ax.get_legend() is None
    assert plots.description(ax) == "Share of the parameters: first: 0.92; last: 0.08."


@pytest.mark.usefixtures("figures")
def test_of_many_rows_the_extremes_are_told():
    ax = draw({f"v{i}": i / 10 for i in range(9)})
    assert "of 9 means the highest is v8, 0.8, the lowest v0, 0." in plots.description(ax)


def test_a_table_of_means_has_intervals_and_seeds():
    table = plots.means_table(FRAME, "test_accuracy", "system", fmt=".2f")
    assert table.columns.tolist() == ["test accuracy", "95 % interval", "seeds"]
    assert table.loc["a"].tolist() == ["0.20", "-0.05 to 0.45", 3]
    assert table.loc["b"].tolist() == ["0.50", "none", 1]


def test_a_missing_column_and_a_column_without_numbers_are_refused():
    with pytest.raises(ValueError, match="nothing"):
        draw(x="nothing")
    with pytest.raises(ValueError, match="expected numbers in column 'loss'"):
        draw(x="loss")
