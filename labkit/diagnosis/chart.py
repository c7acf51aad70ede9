"""The chart of a patient: two panels, and its vital signs above them."""

import numpy as np

from labkit import plots

LOWEST = 1e-7  # of sizes in the right panel; what is below lies on its floor, as 0 does


def chart(patient):
    """Draw what a practitioner sees of a network.

    Parameters
    ----------
    patient : Patient

    Returns
    -------
    matplotlib.figure.Figure
        Two panels: the loss from before training on, and, layer by layer, signal and gradient
        before training and the size of an update. The vital signs are its title.
    """
    import matplotlib.pyplot as plt

    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 1.9), width_ratios=(1, 1.15))
    _draw_losses(left, patient.history)
    _draw_layers(right, patient.layers)
    fig.suptitle(_vital_signs(patient), fontsize=10.5, fontweight="normal")
    return fig


def _draw_losses(ax, history):
    lines = {"training": _finite(history["loss"]), "validation": _finite(history["val_loss"])}
    epochs = np.arange(len(history["loss"]))
    plots.plot_lines(epochs, lines, ax=ax, marker="o" if _ends_early(history) else "")
    highest = np.nanmax(list(lines.values()))
    ax.set(xlabel="epoch", ylabel="loss", xlim=(-0.2, epochs[-1] + 0.2))
    ax.set_ylim(0, 1.1 * highest)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if _ends_early(history):
        ax.text(0.5, 0.5, "then NaN", ha="center", transform=ax.transAxes)
    _legend_beside(ax)


def _draw_layers(ax, layers):
    kinds = ("signal", "gradient", "update")
    shown = {kind: np.maximum(_finite(layers[kind]), LOWEST) for kind in kinds}
    plots.plot_lines(np.asarray(layers["layer"]), shown, ax=ax, marker="o", markersize=4)
    ax.set(yscale="log", xlabel="layer (0: the input)", ylabel="size")
    ax.set_ylim(LOWEST / 3, max(10, 3 * np.nanmax(list(shown.values()))))
    ax.set_yticks(
        [LOWEST, 1e-5, 1e-3, 1e-1, 10], ["0", *(f"$10^{{{k}}}$" for k in (-5, -3, -1, 1))]
    )
    ax.minorticks_off()
    _legend_beside(ax)


def _legend_beside(ax):
    handles = list(ax.get_legend().legend_handles)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    ax.legend(handles, names, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.8)


def _ends_early(history):
    return not np.isfinite(history["loss"]).all()


def _vital_signs(patient):
    """Write the vital signs of a patient in two lines."""
    signs = patient.vitals
    shares = {name: f"{100 * value:.1f} %" for name, value in signs.items()}
    n_classes = signs["classes answered"]
    classes = f"{n_classes} class{'es' * (n_classes != 1)} answered"
    return (
        f"{patient.name}: loss at step 0 {signs['loss at step 0']:.2f}; batch by heart "
        f"{100 * signs['batch by heart']:.0f} %; dead units {100 * signs['dead units']:.0f} %; "
        f"{classes}\naccuracy: training {shares['training']}, validation {shares['validation']}, "
        f"once more {shares['validation again']}, in use {shares['in use']}"
    )


def _finite(values):
    values = np.asarray(values, dtype="float64")
    return np.where(np.isfinite(values), values, np.nan)
