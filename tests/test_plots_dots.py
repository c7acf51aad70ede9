"""Dots with intervals, one row a variant."""

import numpy as np
import pandas as pd
import pytest

from labkit import plots

FRAME = pd.DataFrame(
    {"system": ["a", "a", "a", "b"], "test_accuracy": [0.1, 0.2, 0.3, 0.5], "loss": np.nan}
)


@pytest.mark.usefixtures("figures")
def test_each_run_is_a_dot_and_the_mean_has_its_interval():
    ax = plots.plot_dots(FRAME, reported={"b": 0.6, "elsewhere": 0.7})
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[0.1, 0.2, 0.3], [0.5]]
    (cross,) = [line for line in ax.lines if line.get_marker() == "X"]
    assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([0.6], [1])
    ends = ax.collections[0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, 0.2 + np.array([-1, 1]) * 4.302653 * 0.1 / 3**0.5, rtol=1e-5)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_title() == ax.get_title(loc="left") == ""
    assert "1 to 3 seeds" in ax.get_xlabel()
    assert ax.get_xlabel().endswith("crosses: reported")
    assert plots.description(ax).endswith("a 0.2; b 0.5 (reported 0.6).")


@pytest.mark.usefixtures("figures")
def test_single_runs_say_so():
    ax = plots.plot_dots(FRAME.iloc[2:])
    assert "one run each" in ax.get_xlabel()


def test_a_missing_column_and_a_column_without_numbers_are_refused():
    with pytest.raises(ValueError, match="nothing"):
        plots.plot_dots(FRAME, "nothing")
    with pytest.raises(ValueError, match="expected numbers in column 'loss'"):
        plots.plot_dots(FRAME, "loss")
