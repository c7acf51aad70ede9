"""How a patient is trained: what is healthy, what each fault changes, what a remedy puts right.

All patients share one frame, five hidden layers of 50 units and SGD with momentum on batches of 32
standardized pictures; a fault changes as little of it as it can.
"""

from dataclasses import dataclass, replace

import numpy as np

SHIFT = 3  # pixels: how far an augmented picture is moved at most, in both directions


@dataclass(frozen=True)
class Recipe:
    """How to train one network; the defaults are healthy."""

    activation: str = "relu"
    gain: float = 2.0  # variance of a hidden weight times the inputs of its unit: He's rule
    bias: float = 0.0  # of the hidden units, before training
    learning_rate: float = 0.01
    frozen: tuple = ()  # layers that are not trained, 0 the first
    softmax_twice: bool = False
    scaled: str = "once"  # or "never", "twice"
    rows: float = 1.0  # share of the training rows
    longer: int = 1  # times the epochs asked for
    shuffled: bool = False  # the labels are those of other pictures
    shared: bool = False  # the validation rows are among those of training
    moved: bool = False  # training pictures are augmented: moved by some pixels
    moved_later: bool = False  # those of validation, too
    lost: bool = False  # rows come sorted by class; those of the last batch are dropped


_FAULTS = {
    "augmentation at test time": {"moved": True, "moved_later": True, "longer": 3},
    "dead units": {"bias": -1.5},
    "exploding gradients": {"activation": "tanh", "gain": 100.0},
    "frozen layer": {"frozen": (0, 1)},
    "inputs not scaled": {"scaled": "never"},
    "labels shuffled": {"shuffled": True},
    "last batch lost": {"lost": True},
    "learning rate too large": {"activation": "tanh", "gain": 1.0, "learning_rate": 0.5},
    "learning rate too small": {"learning_rate": 1e-5},
    "overfitting": {"rows": 0.07, "longer": 3},
    "pixels scaled twice": {"scaled": "twice"},
    "test rows in training": {"shared": True, "longer": 2},
    "vanishing gradients": {"activation": "sigmoid", "gain": 1.0},
    "wrong loss for the output": {"softmax_twice": True},
}
_REMEDIES = {
    "draw smaller first weights": {"gain": 1.0},
    "evaluate on pictures as they are": {"moved_later": False},
    "get more pictures": {"rows": 1.0},
    "give the loss what it expects": {"softmax_twice": False},
    "keep test rows out of training": {"shared": False},
    "keep the last batch": {"lost": False},
    "pair pictures and labels again": {"shuffled": False},
    "scale the pixels once": {"scaled": "once"},
    "start the biases at 0": {"bias": 0.0},
    "take ReLU and He's weights": {"activation": "relu", "gain": 2.0},
    "train all layers": {"frozen": ()},
    "tune the learning rate": {"learning_rate": 0.01},
}
FAULTS, REMEDIES = tuple(_FAULTS), tuple(_REMEDIES)


def recipe_of(fault):
    """Return the recipe of a fault, one of `FAULTS`."""
    return Recipe(**_FAULTS[fault])


def treated(recipe, remedy):
    """Return the recipe with a remedy, one of `REMEDIES`; a wrong one may change nothing."""
    if remedy not in _REMEDIES:
        raise ValueError(f"expected one of {', '.join(REMEDIES)}; got {remedy!r}")
    return replace(recipe, **_REMEDIES[remedy])


def spoiled(recipe, train, held, rng):
    """Return the training arrays as the fault makes them.

    Parameters
    ----------
    recipe : Recipe
    train, held : pair of arrays (x, y)
        Rows to train with, and those of validation.
    rng : numpy.random.Generator

    Returns
    -------
    pair of ndarray (x, y)
    """
    x, y = train
    if recipe.shared:
        x, y = (
            np.concatenate([mine, own])[: len(y)] for mine, own in zip(held, train, strict=True)
        )
    kept = np.arange(max(1, round(recipe.rows * len(y))))
    if recipe.lost:
        whole = len(kept) - len(kept) // (1 + y.max())  # the last batch, about a class
        kept = np.argsort(y[kept], kind="stable")[:whole]
    x, y = x[kept], y[kept]
    return x, rng.permutation(y) if recipe.shuffled else y


def scaler(recipe, x):
    """Return the function that turns pictures into inputs; `x` are the training pictures."""
    shift, scale = {
        "once": (x.mean(), x.std()),
        "never": (0.0, 1.0),
        "twice": (0.0, 255.0**2),
    }[recipe.scaled]
    return lambda pictures: (pictures.reshape(len(pictures), -1).astype("float32") - shift) / scale


def moved(x, rng):
    """Return pictures moved by up to `SHIFT` pixels, round the edges."""
    down, right = rng.integers(-SHIFT, SHIFT + 1, (2, len(x), 1))
    rows = (np.arange(x.shape[1]) + down) % x.shape[1]
    columns = (np.arange(x.shape[2]) + right) % x.shape[2]
    return x[np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]]
