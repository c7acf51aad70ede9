"""What figures say of themselves."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from labkit import plots
from labkit.plots.alt import course, told, told_apart

pytestmark = pytest.mark.usefixtures("figures")

LOSSES = {"loss": [2.0, 1.0, 0.5], "val_loss": [2.1, 0.7, 0.9]}


def runs(*starts, seeds=3, epochs=2):
    """Make a frame as compare returns it: the loss of variant i is start * epoch + seed / 10."""
    rows = [
        {"variant": f"v{i}", "seed": seed, "epoch": epoch, "loss": start * epoch + seed / 10}
        for i, start in enumerate(starts)
        for seed in range(seeds)
        for epoch in range(1, epochs + 1)
    ]
    return pd.DataFrame(rows)


def layers(factor=0.5, n_layers=4):
    depths = range(1, n_layers + 1)
    rows = [(f"hidden_{d}", d, factor**d, d % 2) for d in depths]
    return pd.DataFrame(rows, columns=["layer", "depth", "gradient_rms", "epoch"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.123"),
        (12345.6, "12,300"),
        (60000, "60,000"),
        (1e-7, "1e-07"),
        (9.7e8, "9.7e+08"),
    ],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert told(value) == text
    assert told(-value) == f"-{text}"


def test_numbers_that_three_digits_make_equal_get_a_fourth():
    assert told_apart([0.9721, 0.9724]) == ["0.9721", "0.9724"]
    assert told_apart([0.9721, 0.9721, 0.5]) == ["0.972", "0.972", "0.5"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([2, 1, 0.5], "falls from 2 to 0.5"),
        ([0.1, 0.9, 0.8], "rises from 0.1 to 0.8, highest 0.9 at 2"),
        ([3, 1, 3], "stays at 3, lowest 1 at 2"),
        ([np.nan, 4, np.nan], "is 4"),
        ([np.nan] * 3, "has no numbers"),
    ],
)
def test_a_line_is_told_by_its_ends_and_its_extreme(values, text):
    assert course([1, 2, 3], values) == text


def test_a_history_tells_both_curves():
    assert plots.description(plots.plot_history(LOSSES)) == (
        "Loss (mean per example) by epoch, 1 to 3: training falls from 2 to 0.5; "
        "validation falls from 2.1 to 0.9, lowest 0.7 at 2."
    )


def test_curves_tell_seeds_interval_and_each_mean():
    assert plots.description(plots.plot_curves(runs(1, -1), "loss")) == (
        "Loss (mean per example) by epoch, 1 to 2, mean of 3 seeds, 95 % interval: "
        "v0 rises from 1.1 to 2.1; v1 falls from -0.9 to -1.9."
    )


def test_of_many_curves_the_highest_and_the_lowest_are_told():
    text = plots.description(plots.plot_curves(runs(1, 2, 3, 4, 5), "loss"))
    assert "5 lines" in text
    assert text.endswith("at the right end the highest is v4, 10.1, the lowest v0, 2.1.")


def test_a_description_takes_the_labels_that_the_axes_have_when_shown():
    ax = plots.plot_curves(runs(1), "loss", hue=None)
    ax.set(xlabel="share seen (%)", ylabel="squared error", title="Clocks")
    text = plots.description(ax)
    assert text.startswith("Clocks. Squared error by share seen (%), 1 to 2, mean of 3 seeds")
    assert text.endswith(": mean rises from 1.1 to 2.1.")


def test_layers_tell_each_model_and_the_theory():
    text = plots.description(plots.plot_layers({"he": layers()}, theory=[1, 2, 3, 4]))
    assert "by layer depth" in text
    assert "he falls from 0.5 to 0.0625; theory rises from 1 to 4." in text


def test_layers_of_one_table_without_a_name_are_told_without_one():
    text = plots.description(plots.plot_layers(layers(), theory=[1, 2, 3, 4]))
    assert text.endswith("): falls from 0.5 to 0.0625; theory rises from 1 to 4.")


def test_a_heat_map_tells_its_extremes_and_where_they_are():
    table = layers().assign(epoch=0)
    table.loc[1, "gradient_rms"] = 0
    text = plots.description(plots.plot_heat_map(table))
    assert "lowest 0.0625 (hidden_4, epoch 0), highest 0.5 (hidden_1, epoch 0)" in text
    assert "grey: exactly 0 (1 cell)" in text


def test_a_confusion_tells_the_share_right_and_the_most_frequent_error():
    text = plots.description(plots.plot_confusion([0, 0, 0, 1], [0, 1, 1, 1], ["cat", "dog"]))
    assert text == (
        "Confusion matrix of 2 classes, 4 examples, 50.0 % right; most frequent error: "
        "cat taken for dog, 2 times."
    )


def test_pictures_tell_their_labels_or_what_was_read_wrongly():
    x, y = np.zeros((3, 8, 8)), np.array([0, 1, 1])
    assert plots.description(plots.plot_images(x, y)) == "3 pictures in 1 row: 0, 1, 1."
    text = plots.description(plots.plot_images(x, y, predicted=np.array([0, 0, 1])))
    assert text == "3 pictures in 1 row, 1 read wrongly: 0 is 1."


def test_class_counts_tell_the_most_and_the_least_frequent():
    text = plots.description(plots.plot_class_counts([0, 1, 1, 1], ["cat", "dog"]))
    assert text.endswith("4 together: the highest is dog, 3, the lowest cat, 1.")


def test_distributions_tell_where_most_values_lie():
    rows = {"first": np.linspace(-1, 1, 101), "last": np.linspace(0, 10, 101)}
    text = plots.description(plots.plot_distributions(rows, label="weight"))
    assert text == (
        "Histograms of 2 layers, weight: nine tenths of the values lie, "
        "in first from -0.9 to 0.9, in last from 0.5 to 9.5."
    )


def test_a_network_tells_units_and_where_its_parameters_are():
    text = plots.description(plots.plot_network([784, 128, 10]))
    assert "input 784, hidden 1 128, output 10" in text
    assert "101,770 parameters, most of them, 100,480, between input and hidden 1" in text


def test_clocks_tell_mean_median_and_the_worst_place():
    true, predicted = np.array([10.0, 400.0]), np.array([12.0, 460.0])
    text = plots.description(plots.plot_error_dial(true, predicted))
    assert "smallest 2 (0:00 to 0:30), largest 60 (6:30 to 7:00)" in text
    text = plots.description(plots.plot_error_histogram(true, predicted))
    assert "2 clocks, minutes: mean 31, median 31" in text


def test_panels_are_told_one_after_the_other_with_their_titles():
    fig, axes = plt.subplots(1, 2)
    for ax, title in zip(axes, ("left", ""), strict=True):
        plots.plot_history(LOSSES, ax=ax).set_title(title)
    fig.suptitle("MNIST")
    axes[1].set(ylabel="")  # as on an inner panel
    axes[0].set_xlabel("epoch (from: 1)")
    axes[1].set_xlabel("epoch (from: 1)")
    text = "training falls from 2 to 0.5; validation falls from 2.1 to 0.9, lowest 0.7 at 2."
    assert plots.description(fig) == (
        f"MNIST. Loss (mean per example) by epoch (from: 1), 1 to 3. left: {text} Panel 2: {text}"
    )


def test_panels_of_different_kinds_each_say_what_they_show():
    fig, axes = plt.subplots(1, 2)
    plots.plot_history(LOSSES, ax=axes[0])
    plots.plot_network([3, 2], ax=axes[1])
    assert re.match(r"Panel 1: Loss .* at 2\. Panel 2: Dense network", plots.description(fig))


def test_a_panel_drawn_by_hand_needs_words():
    fig, axes = plt.subplots(1, 2)
    plots.plot_history(LOSSES, ax=axes[0])
    axes[1].plot([1, 2])
    with pytest.raises(ValueError, match="number 2 of 2 has none"):
        plots.show(fig)
    plots.describe(axes[1], "A line from 0 to 1.")
    assert plots.description(fig).endswith("Panel 2: A line from 0 to 1.")


def test_show_reads_out_the_description_unless_there_is_another_text(capsys):
    plots.show(plots.plot_history(LOSSES))
    plots.show(plots.plot_history(LOSSES), alt="One curve falls.")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[figure] Loss (mean per example) by epoch")
    assert second == "[figure] One curve falls."


def test_a_figure_that_nothing_describes_is_refused():
    fig, ax = plt.subplots()
    fig.suptitle("MNIST")
    ax.plot([1, 2])
    assert plots.description(fig) == ""
    with pytest.raises(ValueError, match="3 words or more, got none"):
        plots.show(ax)


def test_frames_tell_where_they_begin_and_end(capsys):
    ax = plots.plot_history(LOSSES)
    plots.show_frames(ax, [[ax.lines[0]], [ax.lines[1]]], labels=["epoch 0", "epoch 9"])
    assert capsys.readouterr().out.endswith("In 2 frames, from epoch 0 to epoch 9.\n")
