import numpy as np
import pytest

from labkit import plots

pytestmark = pytest.mark.usefixtures("figures")


def heights(ax):
    """Bar heights of each row, the first layer first, above its base line."""
    return [np.asarray(patch.get_data().values) - patch.get_data().baseline for patch in ax.patches]


def test_every_layer_is_a_row_and_the_first_is_on_top():
    ax = plots.plot_distributions({"a": [0, 1], "b": [0, 1, 1], "c": [1, 1]})
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b", "c"]
    assert list(ax.get_yticks()) == [2, 1, 0]
    assert [patch.get_data().baseline for patch in ax.patches] == [2, 1, 0]


def test_bars_count_the_values_and_rows_are_scaled_to_their_highest():
    ax = plots.plot_distributions({"a": [0, 0, 0, 1], "b": [1, 1]}, bins=2)
    first, second = heights(ax)
    assert first == pytest.approx([0.9, 0.3])
    assert second == pytest.approx([0.0, 0.9])


def test_the_axis_is_common_to_all_rows_and_can_be_set():
    ax = plots.plot_distributions({"a": [-1, 1], "b": [5, 6]})
    assert ax.get_xlim() == (-1, 6)
    ax = plots.plot_distributions({"a": [-1, 1], "b": [5, 6]}, limits=(-2, 2), label="output")
    assert ax.get_xlim() == (-2, 2)
    assert ax.get_xlabel() == "output\nnot drawn: 2 outside"


def test_log_draws_sizes_and_says_how_many_zeros_there_were():
    ax = plots.plot_distributions({"a": [-0.01, 0.01, 0, np.nan], "b": [100.0]}, log=True, bins=4)
    assert ax.get_xscale() == "log"
    assert heights(ax)[0] == pytest.approx([0.9, 0, 0, 0])
    assert ax.get_xlabel().endswith("not drawn: 1 zero, 1 not a number")


def test_a_row_of_one_value_is_a_spike():
    ax = plots.plot_distributions({"a": np.zeros(7)})
    assert np.count_nonzero(heights(ax)[0]) == 1


@pytest.mark.parametrize(
    ("values", "change", "message"),
    [
        ({}, {}, "dict from layer to values"),
        ([1, 2], {}, "dict from layer to values"),
        ({"a": []}, {}, "'a' has none"),
        ({"a": [0, 0]}, {"log": True}, "all are zero"),
        ({"a": [1, 2]}, {"limits": (2, 1)}, "low < high"),
        ({"a": [1, 2]}, {"limits": (0, 1), "log": True}, "0 < low < high"),
        ({"a": [1, 2]}, {"bins": 1}, "above 1, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values, change, message):
    with pytest.raises(ValueError, match=message):
        plots.plot_distributions(values, **change)
