"""Lines, histograms, sweeps and marks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from labkit import plots

pytestmark = pytest.mark.usefixtures("figures")

X = np.linspace(-2, 2, 41)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def sweep(rates=(0.001, 0.1, 1.0), best=("SGD", "Adam"), seeds=3):
    """Make a table of runs: each name is best, 1 + seed / 100, at its own rate, else at 0."""
    rows = [
        (f"{name} {rate}", name, rate, seed, epoch, (rates[i] == rate) * epoch / 2 + seed / 100)
        for i, name in enumerate(best)
        for rate in rates
        for seed in range(seeds)
        for epoch in (1, 2)
    ]
    names = ["variant", "optimizer", "learning_rate", "seed", "epoch", "val_accuracy"]
    return pd.DataFrame(rows, columns=names)


def test_a_sweep_draws_the_last_epochs_on_a_logarithmic_axis_named_by_its_values():
    ax = plots.plot_sweep(sweep(), hue="optimizer")
    assert ax.lines[0].get_ydata() == pytest.approx([1.01, 0.01, 0.01])
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.001", "0.1", "1"]
    assert ax.get_xlabel() == "learning rate"
    assert ax.get_legend().get_title().get_text() == "mean of 3 seeds, 95 % interval"
    text = plots.description(ax)
    assert "against learning rate, 0.001 to 1, mean of 3 seeds, 95 % interval" in text
    assert "SGD highest 1.01 at 0.001, lowest 0.01 at 0.1" in text


def test_a_narrow_sweep_and_one_from_zero_have_a_linear_axis():
    assert plots.plot_sweep(sweep((0.2, 0.4))).get_xscale() == "linear"
    assert plots.plot_sweep(sweep((0, 0.4))).get_xscale() == "linear"


def test_a_sweep_names_runs_that_diverged():
    table = sweep()
    table.loc[table.variant.eq("SGD 1.0") & table.seed.eq(0), "val_accuracy"] = np.nan
    ax = plots.plot_sweep(table, hue="optimizer")
    title = "mean of 2 to 3 seeds, 95 % interval\n1 run without a number, not drawn"
    assert ax.get_legend().get_title().get_text() == title
    assert "1 run without a number, not drawn" in plots.description(ax)


def test_of_many_swept_lines_the_two_ends_are_told():
    text = plots.description(
        plots.plot_sweep(sweep((1, 2, 3, 4, 5), tuple("abcde")), hue="optimizer")
    )
    assert "5 lines, the highest point 1.01 of e at 5, the lowest 0.01 of b at 1." in text


def test_lines_are_values_or_functions():
    ax = plots.plot_lines(X, {"square": X**2, "tanh": np.tanh})
    ax.set(xlabel="input", ylabel="output")
    assert np.array_equal(ax.lines[1].get_ydata(), np.tanh(X))
    assert legend(ax) == ["square", "tanh"]
    assert plots.description(ax) == (
        "Output by input, -2 to 2: square stays at 4, lowest 0 at 0; "
        "tanh rises from -0.964 to 0.964."
    )


def test_lines_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"expected 'short' of shape \(41,\)"):
        plots.plot_lines(X, {"short": [1, 2]})
    with pytest.raises(ValueError, match="dict from name to line"):
        plots.plot_lines(X, np.tanh)


def test_a_histogram_counts_every_value_on_common_bars():
    ax = plots.plot_histogram({"a": [0, 1, 1, 4], "b": [2, 2]}, bins=4, label="score")
    assert [bar.get_data().values.tolist() for bar in ax.patches] == [[1, 2, 0, 1], [0, 0, 2, 0]]
    assert ax.patches[0].get_data().edges.tolist() == [0, 1, 2, 3, 4]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("score", "count")
    assert "a: 4 values, mean 1.5, nine tenths from 0.15 to 3.55" in plots.description(ax)


def test_a_histogram_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="finite numbers"):
        plots.plot_histogram([1, np.nan])


def test_a_mark_joins_the_legend_and_the_description():
    ax = plots.plot_sweep(sweep(), hue="optimizer")
    assert plots.mark(ax, "chance", y=0.1) is ax
    assert legend(ax) == ["SGD", "Adam", "chance"]
    assert ax.get_legend().get_title().get_text() == "mean of 3 seeds, 95 % interval"
    assert plots.description(ax).endswith(" Chance: 0.1.")


def test_marks_stand_or_lie_and_look_different():
    ax = plots.plot_histogram([1, 2, 3])
    plots.mark(plots.mark(ax, "mean", x=2), "best", x=3)
    assert [line.get_xdata() for line in ax.lines] == [[2, 2], [3, 3]]
    assert ax.lines[0].get_linestyle() == ax.lines[1].get_linestyle() == "--"
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 2
    assert legend(ax) == ["mean", "best"]


@pytest.mark.parametrize("place", [{}, {"x": 1, "y": 1}])
def test_a_mark_needs_one_place(place):
    with pytest.raises(ValueError, match="expected x or y"):
        plots.mark(plt.subplots()[1], "chance", **place)
