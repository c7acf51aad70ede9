import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from labkit import plots
from labkit.plots.style import line_style_of, words

LOSSES = {"loss": [2.0, 1.0, 0.5], "val_loss": [2.1, 1.2, 0.9], "accuracy": [0.1, 0.5, 0.7]}


pytestmark = pytest.mark.usefixtures("figures")


def runs(variants=("relu", "elu"), seeds=3, epochs=2):
    """Make a frame as compare returns it; the metric is epoch + seed, plus 10 for each variant."""
    rows = [
        {
            "variant": name,
            "seed": seed,
            "epoch": epoch,
            "loss": 10.0 * i + epoch + seed,
            "error": "",
        }
        for i, name in enumerate(variants)
        for seed in range(seeds)
        for epoch in range(1, epochs + 1)
    ]
    return pd.DataFrame(rows)


def layers(factor=0.5, n_layers=4, seeds=None):
    """Make a table as diagnostics.gradients returns it; the rms is factor ** depth."""
    rows = [
        {"layer": f"hidden_{depth}", "depth": depth, "gradient_rms": factor**depth, "seed": seed}
        for seed in (seeds or [0])
        for depth in range(1, n_layers + 1)
    ]
    table = pd.DataFrame(rows)
    return table if seeds else table.drop(columns="seed")


def legend_title(ax):
    return ax.get_legend().get_title().get_text()


def luminance(colour):
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("ground", ["#ffffff", "#14181e"])
@pytest.mark.parametrize("colour", plots.PALETTE)
def test_every_colour_stands_out_on_white_and_on_near_black(colour, ground):
    dark, light = sorted([luminance(colour), luminance(ground)])
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_36_lines_look_different():
    looks = {str(line_style_of(index)) for index in range(36)}
    assert len(looks) == 36


def test_words_writes_metric_and_unit():
    assert words("val_accuracy") == "validation accuracy (share correct)"
    assert words("gradient_rms") == "gradient rms (loss per unit of weight)"


def test_history_draws_both_curves_from_epoch_1():
    ax = plots.plot_history(LOSSES, "loss")
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]
    assert ax.lines[1].get_xdata().tolist() == [1, 2, 3]
    assert list(ax.lines[1].get_ydata()) == LOSSES["val_loss"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (mean per example)")


def test_history_takes_a_history_that_went_on_at_a_later_epoch():
    class History:
        epoch, history = [5, 6, 7], LOSSES

    ax = plots.plot_history(History(), "accuracy")
    assert ax.lines[0].get_xdata().tolist() == [6, 7, 8]


@pytest.mark.parametrize("metric", ["mse", "val_loss"])
def test_history_names_the_metrics_that_it_has(metric):
    with pytest.raises(ValueError, match=r"one of \['accuracy', 'loss'\], got"):
        plots.plot_history(LOSSES, metric)


def test_history_of_no_epoch_is_refused():
    with pytest.raises(ValueError, match="at least one epoch"):
        plots.plot_history({"loss": []})


def test_curves_draw_the_mean_over_seeds_of_each_variant():
    ax = plots.plot_curves(runs(), "loss")
    assert [line.get_label() for line in ax.lines] == ["relu", "elu"]
    assert ax.lines[0].get_ydata().tolist() == [2, 3]
    assert ax.lines[1].get_ydata().tolist() == [12, 13]


def test_curves_draw_the_t_interval_of_three_seeds():
    ax = plots.plot_curves(runs(variants=["relu"]), "loss")
    band = ax.collections[0].get_paths()[0].vertices
    at_start = band[band[:, 0] == 1, 1]  # values 1, 2, 3: mean 2, s = 1
    half = 4.30265 / np.sqrt(3)
    assert [at_start.min(), at_start.max()] == pytest.approx([2 - half, 2 + half], rel=1e-5)


@pytest.mark.parametrize(
    ("seeds", "note"), [(1, "1 seed, no interval"), (3, "mean of 3 seeds, 95 % interval")]
)
def test_curves_write_the_number_of_seeds(seeds, note):
    assert legend_title(plots.plot_curves(runs(seeds=seeds), "loss")) == note


def test_curves_say_when_a_run_failed():
    frame = runs()
    failed = {"variant": "elu", "seed": 2, "epoch": 0, "loss": np.nan, "error": "MemoryError"}
    frame = frame[~((frame.variant == "elu") & (frame.seed == 2))]
    frame = pd.concat([frame, pd.DataFrame([failed])])
    assert legend_title(plots.plot_curves(frame, "loss")) == (
        "mean of 2 to 3 seeds, 95 % interval\n1 run failed, not drawn"
    )


def test_curves_without_hue_draw_one_line_on_the_given_axes():
    _, ax = plt.subplots()
    assert plots.plot_curves(runs(variants=["relu"]), "loss", hue=None, ax=ax) is ax
    assert len(ax.lines) == 1


def test_curves_take_numbers_as_variants_and_more_variants_than_colours():
    ax = plots.plot_curves(runs(variants=range(8), epochs=1), "loss")
    assert [line.get_label() for line in ax.lines] == [str(i) for i in range(8)]


def test_curves_refuse_a_missing_column_and_a_column_without_numbers():
    with pytest.raises(ValueError, match="expected columns \\['val_loss'\\]"):
        plots.plot_curves(runs(), "val_loss")
    with pytest.raises(ValueError, match="did every run fail"):
        plots.plot_curves(runs().assign(loss=np.nan), "loss")


def test_layers_draw_one_line_a_model_and_the_theory():
    ax = plots.plot_layers({"a": layers(), "b": layers(2)}, theory={"1/2 each": [1, 2, 3, 4]})
    assert [line.get_label() for line in ax.lines] == ["a", "b", "1/2 each"]
    assert ax.lines[0].get_ydata() == pytest.approx([1 / 2, 1 / 4, 1 / 8, 1 / 16])
    assert ax.get_yscale() == "log"
    assert "loss per unit of weight" in ax.get_ylabel()


def test_layers_draw_the_geometric_mean_over_seeds():
    table = layers(seeds=[0, 1])
    table.loc[table.seed == 1, "gradient_rms"] *= 100
    ax = plots.plot_layers(table)
    assert ax.lines[0].get_ydata() == pytest.approx([5, 2.5, 1.25, 0.625])
    assert legend_title(ax) == "mean of 2 seeds, 95 % interval"


def test_layers_split_a_table_by_variant():
    table = pd.concat([layers().assign(variant="b"), layers().assign(variant="a")])
    ax = plots.plot_layers(table)
    assert [line.get_label() for line in ax.lines] == ["b", "a"]


def test_layers_say_how_many_zeros_a_log_axis_leaves_out():
    table = layers()
    table.loc[0, "gradient_rms"] = 0
    ax = plots.plot_layers(table)
    assert legend_title(ax) == "1 value not drawn (zero or missing)"
    assert len(ax.lines[0].get_xdata()) == 3


def test_layers_draw_shares_on_a_linear_axis():
    table = layers().assign(dead=[0, 0.1, 0.2, 1])
    ax = plots.plot_layers(table, "dead")
    assert ax.get_yscale() == "linear"
    assert ax.lines[0].get_ydata().tolist() == [0, 0.1, 0.2, 1]


def test_layers_refuse_several_epochs_a_wrong_theory_and_only_zeros():
    with pytest.raises(ValueError, match="select an epoch"):
        plots.plot_layers(pd.concat([layers(), layers()]))
    with pytest.raises(ValueError, match="expected 4 values of 'theory'"):
        plots.plot_layers(layers(), theory=[1, 2])
    with pytest.raises(ValueError, match="log=False"):
        plots.plot_layers(layers(0))
    with pytest.raises(ValueError, match="at least one table"):
        plots.plot_layers({})


def test_heat_map_holds_the_table_with_the_first_layer_at_the_top():
    table = pd.concat([layers(0.5, 3).assign(epoch=epoch) for epoch in (2, 0, 1)])
    table.loc[table.epoch == 1, "gradient_rms"] *= 10
    ax = plots.plot_heat_map(table)
    values = ax.images[0].get_array()
    assert values[:, 0].tolist() == pytest.approx([0.5, 0.25, 0.125])
    assert values[0].tolist() == pytest.approx([0.5, 5, 0.5])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(table.layer.unique())
    assert "loss per unit of weight" in ax.images[0].colorbar.ax.get_ylabel()


def test_heat_map_greys_zeros_and_says_so():
    table = layers(0.5, 3).assign(epoch=0)
    table.loc[1, "gradient_rms"] = 0
    ax = plots.plot_heat_map(table)
    assert ax.images[0].get_array().mask.ravel().tolist() == [False, True, False]
    assert ax.get_xlabel() == "epoch\ngrey: exactly 0 (1 cell)"


def test_heat_map_refuses_negative_values_and_several_runs():
    table = layers(0.5, 3).assign(epoch=0)
    with pytest.raises(ValueError, match="no logarithm"):
        plots.plot_heat_map(table.assign(gradient_rms=[-0.5, 1, 1]))
    with pytest.raises(ValueError, match="select one run"):
        plots.plot_heat_map(pd.concat([table, table]))


def test_confusion_counts_true_rows_and_predicted_columns():
    ax = plots.plot_confusion([0, 0, 0, 0, 1], [0, 0, 0, 1, 1], ["cat", "dog"])
    assert ax.images[0].get_array().tolist() == [[0.75, 0.25], [0, 1]]
    assert sorted(text.get_text() for text in ax.texts) == ["1", "1", "3"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_confusion_refuses_logits_and_different_lengths():
    with pytest.raises(ValueError, match="argmax"):
        plots.plot_confusion([0, 1], np.ones((2, 3)))
    with pytest.raises(ValueError, match="as many predictions"):
        plots.plot_confusion([0, 1], [0])


def test_images_stand_in_rows_from_the_left():
    images = np.arange(3, dtype="uint8")[:, None, None] * np.ones((1, 8, 8), "uint8")
    sheet = plots.plot_images(images, columns=2).images[0].get_array()
    assert sheet[2, 0].tolist() == [0, 0, 0, 255]
    assert sheet[2, -1].tolist() == [1, 1, 1, 255]
    assert sheet[-1, 0].tolist() == [2, 2, 2, 255]
    assert sheet[-1, -1].tolist() == [0, 0, 0, 0]  # no fourth picture: nothing there


def test_images_carry_their_labels_and_mark_errors():
    ax = plots.plot_images(
        np.zeros((3, 8, 8)), np.array([0, 1, 1]), ["cat", "dog"], predicted=np.array([0, 1, 0])
    )
    assert [text.get_text() for text in ax.texts] == ["cat", "dog", "\u00d7 cat\nis dog"]


def test_images_draw_the_first_n_and_take_colours():
    ax = plots.plot_images(np.full((9, 8, 8, 3), 0.5), np.arange(9), n=4)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2", "3"]
    assert ax.images[0].get_array()[-1, 0].tolist() == [128, 128, 128, 255]


@pytest.mark.parametrize(
    ("images", "labels", "match"),
    [
        (np.zeros((28, 28)), None, r"images\[:1\]"),
        (np.zeros((0, 8, 8)), None, "expected pictures"),
        (np.full((1, 8, 8, 3), 200.0), None, "between 0 and 1"),
        (np.zeros((2, 8, 8)), [1], "expected 2 labels"),
        (np.zeros((1, 8, 8)), [[0, 1]], "one-hot"),
    ],
)
def test_images_refuse_what_they_cannot_draw(images, labels, match):
    with pytest.raises(ValueError, match=match):
        plots.plot_images(images, labels)


def test_class_counts_draw_every_class_even_an_empty_one():
    ax = plots.plot_class_counts([0, 2, 2], ["cat", "dog", "emu"])
    assert [bar.get_width() for bar in ax.patches] == [1, 0, 2]
    assert [text.get_text() for text in ax.texts] == ["1", "0", "2"]
    assert ax.get_xlabel() == "examples (of 3)"


def test_class_counts_refuse_too_few_names_and_negative_labels():
    with pytest.raises(ValueError, match="expected 3 class names"):
        plots.plot_class_counts([0, 2], ["cat", "dog"])
    with pytest.raises(ValueError, match="from 0 on"):
        plots.plot_class_counts([-1, 2])


def test_network_writes_units_and_parameters_of_report_a():
    texts = [text.get_text() for text in plots.plot_network([784, 128, 64, 10]).texts]
    assert {"input\n784", "hidden 1\n128", "hidden 2\n64", "output\n10"} <= set(texts)
    assert {"100,480", "8,256", "650", "together 109,386 parameters"} <= set(texts)
    assert texts.count("\u22ee") == 4


def test_network_draws_every_unit_of_a_small_layer():
    ax = plots.plot_network([3, 4, 2])
    assert [len(dots.get_offsets()) for dots in ax.collections] == [3, 4, 2]
    assert np.isnan(ax.lines[0].get_xdata()).sum() == 3 * 4 + 4 * 2


def test_network_reads_a_keras_model_and_counts_batch_norm():
    keras = pytest.importorskip("keras")
    dense, norm = keras.layers.Dense, keras.layers.BatchNormalization
    model = keras.Sequential(
        [keras.Input((2, 3)), keras.layers.Flatten(), dense(4, name="hidden_1"), norm(), dense(2)]
    )
    texts = [text.get_text() for text in plots.plot_network(model).texts]
    assert {"input\n6", "hidden 1\n4", "44", "10"} <= set(texts)  # 6*4 + 4 + 4*4, 4*2 + 2
    assert f"together {model.count_params()} parameters" in texts


def test_network_refuses_one_layer_and_a_convolution():
    keras = pytest.importorskip("keras")
    with pytest.raises(ValueError, match="two layers or more"):
        plots.plot_network([10])
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="expected dense layers, got Conv2D"):
        plots.plot_network(model)
