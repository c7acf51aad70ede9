"""What can be wrong with a training run: the fault, its symptoms, and how to make one.

All patients share one frame, eight hidden layers of 50 units and SGD with momentum; a fault
changes as little of it as it can.
"""

from dataclasses import dataclass

import keras
import numpy as np

FAULTS = (
    "dead units",
    "exploding gradients",
    "inputs not scaled",
    "labels do not belong to the inputs",
    "learning rate too large",
    "learning rate too small",
    "overfitting",
    "vanishing gradients",
)

# What to look for, said to whoever names the fault wrongly: it must fit every patient.
HINTS = {
    "dead units": "Then many ReLU units would give 0 for every example. Look at the share of "
    "dead units, layer by layer.",
    "exploding gradients": "Then the gradient would grow from layer to layer on its way back to "
    "the input, before the first step already. Look at epoch 0 of its heat map.",
    "inputs not scaled": "Then the trouble would begin at the very first layer, before training. "
    "Compare the saturated share of hidden_1 with that of the layers behind it.",
    "labels do not belong to the inputs": "Then no network could do well on validation data, and "
    "yet nothing would be wrong with gradients, updates and activations. Is that so here?",
    "learning rate too large": "Then the steps would be large beside the weights, and the loss "
    "would jump. Look at the update ratio: 0.001 is usual, 0.1 is far too much.",
    "learning rate too small": "Then the loss would still be falling steadily at the end, and the "
    "steps would be tiny in all layers alike. Look at the update ratio.",
    "overfitting": "Then the training loss would go on falling while the validation loss rises. "
    "Compare the two curves.",
    "vanishing gradients": "Then the gradient would shrink from layer to layer on its way back to "
    "the input, before the first step already. Look at epoch 0 of its heat map.",
}

# Why it is so and what helps, said to whoever names the fault rightly.
REMEDIES = {
    "dead units": "The biases start so far below 0 that hardly a ReLU ever fires; where none "
    "fires, no gradient passes. Start biases at 0, or use an activation that has a slope there.",
    "exploding gradients": "The weights start too large: each layer multiplies signal and gradient "
    "by more than 1. Use an initialization that fits the activation; clipping is first aid.",
    "inputs not scaled": "Pixels up to 255 drive the first layer into saturation; the layers "
    "behind it get signs only. Standardize the inputs.",
    "labels do not belong to the inputs": "Rows of x and y were shuffled apart. The network can "
    "only learn such data by heart. Look at some pictures with their labels before training.",
    "learning rate too large": "Each step throws the weights about by much of their size. Divide "
    "the rate by ten until the loss falls smoothly.",
    "learning rate too small": "Gradients, activations and data are healthy; the steps are "
    "hundreds of times too short. Multiply the rate by ten until the loss falls fast.",
    "overfitting": "A few hundred examples can be learned by heart. More data, regularization or "
    "stopping early helps.",
    "vanishing gradients": "Sigmoids with Glorot's weights pass on a quarter of the gradient per "
    "layer. Use another activation, another initialization or batch normalization.",
}


@dataclass
class Recipe:
    """How to train one patient; what is left out is healthy."""

    activation: str = "relu"
    kernel_initializer: object = "he_normal"
    bias_initializer: object = "zeros"
    learning_rate: float = 0.01
    pixels: str = "standardized"
    rows: float = 1.0  # share of the training rows
    epochs: float = 1.0  # times the epochs asked for
    shuffle_labels: bool = False


def recipe_of(fault):
    """Return the recipe of a fault.

    Parameters
    ----------
    fault : str
        One of `FAULTS`.

    Returns
    -------
    Recipe
    """
    tanh = {"activation": "tanh", "kernel_initializer": "glorot_normal"}
    large = keras.initializers.VarianceScaling(100.0, mode="fan_in")
    return {
        "dead units": Recipe(bias_initializer=keras.initializers.Constant(-1.5)),
        "exploding gradients": Recipe(activation="tanh", kernel_initializer=large),
        "inputs not scaled": Recipe(**tanh, pixels="raw"),
        "labels do not belong to the inputs": Recipe(
            shuffle_labels=True, learning_rate=0.03, epochs=3.0
        ),
        "learning rate too large": Recipe(**tanh, learning_rate=0.5),
        "learning rate too small": Recipe(**tanh, learning_rate=1e-5),
        "overfitting": Recipe(rows=0.1, epochs=3.0),
        "vanishing gradients": Recipe(activation="sigmoid", kernel_initializer="glorot_normal"),
    }[fault]


def spoiled(recipe, train, seed):
    """Return the training arrays as the fault makes them: fewer, or with strangers' labels.

    Parameters
    ----------
    recipe : Recipe
    train : pair of arrays (x, y)
    seed : int

    Returns
    -------
    pair of ndarray (x, y)
    """
    x, y = (np.asarray(part) for part in train)
    rows = max(1, round(recipe.rows * len(x)))
    x, y = x[:rows], y[:rows]
    return x, np.random.default_rng(seed).permutation(y) if recipe.shuffle_labels else y
