"""Train networks with a hidden fault and keep what can be seen of them."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from labkit import progress
from labkit.diagnosis import recipes
from labkit.diagnosis.network import Network
from labkit.diagnosis.recipes import FAULTS
from labkit.numbers import as_whole, whole

HIDDEN = [50] * 5
BATCH = 32
WATCHED = 500  # rows that are measured before training
BY_HEART = 100  # updates on one batch


@dataclass(frozen=True)
class Patient:
    """What is known about one network.

    Attributes
    ----------
    name : str
        "patient 1", say.
    history : dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``: before training, and after every
        epoch.
    layers : pandas.DataFrame
        A row for the input (``layer`` 0) and for each layer: ``signal``, the standard deviation of
        its output before training; ``gradient``, the root mean square of the gradient of its
        weights before training; ``update``, the norm of an update over that of the weights, after
        ten updates (the last two are NaN for the input).
    vitals : dict of str to float
        ``loss at step 0``; ``batch by heart``, the share right of 32 pictures after 100 updates
        on them alone; ``dead units``, the share of hidden units that put out 0 for every picture
        before training; the shares right of ``training`` and ``validation`` pictures; of three
        more validations the one that differs most, ``validation again``; and ``in use``, of new
        pictures as a user sends them;
        ``classes answered``, how many different answers it gives to the validation pictures.
    """

    name: str
    history: dict = field(repr=False)
    layers: pd.DataFrame = field(repr=False)
    vitals: dict = field(repr=False)
    seal: str = field(repr=False)
    train_again: Callable = field(repr=False, default=None)

    def has(self, fault):
        """Tell whether this is its fault; ``FAULTS`` lists what may be asked.

        Parameters
        ----------
        fault : str

        Returns
        -------
        bool

        Raises
        ------
        ValueError
            If `fault` is not one of `FAULTS`.
        """
        if fault not in FAULTS:
            raise ValueError(f"expected one of {', '.join(FAULTS)}; got {fault!r}")
        return self.seal == sealed(self.name, fault)


def sealed(name, fault):
    """Hash a fault, so that nobody reads it by accident.

    Parameters
    ----------
    name, fault : str

    Returns
    -------
    str
    """
    return hashlib.sha256(f"{name}: {fault}".encode()).hexdigest()


def patients(train, validation, *, count=12, epochs=8, seed=0):
    """Train sick networks: each has another fault.

    They are small, and trained in NumPy: each takes a fraction of a second.

    Parameters
    ----------
    train, validation : pair of arrays (x, y)
        Pictures of shape (n_examples, height, width), pixels 0 to 255, and class indices. A few
        thousand for training are enough. Half of the others validate, half are "in use".
    count : int
        Number of networks, at most as many as there are `FAULTS`.
    epochs : int
        Epochs of training; some of the faults take two or three times as many.
    seed : int
        Decides which faults, in which order, and the random numbers of training.

    Returns
    -------
    dict of str to Patient
        ``{"patient 1": ..., ...}``.

    Raises
    ------
    ValueError
        If `count` is no whole number from 1 to the number of faults, or `epochs` none above 0.
    """
    wanted, length, seed = as_whole(count), as_whole(epochs), whole("seed", seed)
    if wanted is None or not 1 <= wanted <= len(FAULTS):
        raise ValueError(f"count must be a whole number from 1 to {len(FAULTS)}, got {count!r}")
    if length is None or length < 1:
        raise ValueError(f"epochs must be a whole number above 0, got {epochs!r}")
    train, validation = (tuple(map(np.asarray, part)) for part in (train, validation))
    half = len(validation[1]) // 2
    parts = [
        train,
        *(tuple(a[rows] for a in validation) for rows in (slice(half), slice(half, None))),
    ]
    chosen = random.Random(seed).sample(FAULTS, wanted)
    ward = {}
    with progress.bar(wanted, description="patients", unit="network") as bar:
        for number, fault in enumerate(chosen, 1):
            name = f"patient {number}"
            seal, own = sealed(name, fault), 1000 * seed + number
            ward[name] = _trained(name, recipes.recipe_of(fault), parts, length, own, seal)
            bar.update()
    return ward


def treat(patient, remedy):
    """Train a patient once more, with a remedy: the same first numbers, all else as it was.

    Parameters
    ----------
    patient : Patient
    remedy : str
        One of `REMEDIES`. A wrong one is applied as well, and may change nothing.

    Returns
    -------
    Patient
        Another one, of the same name.

    Raises
    ------
    ValueError
        If `remedy` is not one of `REMEDIES`.
    """
    return patient.train_again(remedy)


def _trained(name, recipe, parts, epochs, seed, seal):
    """Train one network and look at it as a practitioner would."""
    rng = np.random.default_rng(seed)
    train, held, fresh = parts
    x, y = recipes.spoiled(recipe, train, held, rng)
    scale = recipes.scaler(recipe, x)
    n_classes = 1 + max(int(part[1].max()) for part in parts)
    widths = [x[0].size, *HIDDEN, n_classes]

    def training_rows():
        return scale(recipes.moved(x, rng) if recipe.moved else x), y

    def held_rows():
        return scale(recipes.moved(held[0], rng) if recipe.moved_later else held[0]), held[1]

    # The matrices are small: on a busy machine a second thread would only wait for the first.
    with np.errstate(all="ignore"), threadpool_limits(1, "blas"):  # some diverge
        network = Network(widths, recipe, seed)
        rows = training_rows()
        layers, dead = _before(network, *(part[:WATCHED] for part in rows))
        history = {key: [] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
        for epoch in range(recipe.longer * epochs + 1):
            if epoch:
                rows = training_rows()
                ratios = network.train(*rows, rng, BATCH)
                layers["update"] = layers.get("update", [np.nan, *ratios])
            _note(history, "", network.evaluate(*rows))
            _note(history, "val_", network.evaluate(*held_rows()))
        validation = history["val_accuracy"][-1]
        others = [network.evaluate(*held_rows())[1] for _ in range(3)]
        vitals = {
            "loss at step 0": history["loss"][0],
            "batch by heart": _by_heart(Network(widths, recipe, seed), *training_rows()),
            "dead units": dead,
            "training": history["accuracy"][-1],
            "validation": validation,
            "validation again": max(others, key=lambda share: abs(share - validation)),
            "in use": network.evaluate(scale(fresh[0]), fresh[1])[1],
            "classes answered": len(set(network.answers(held_rows()[0]))),
        }

    def train_again(remedy):
        healed = recipes.treated(recipe, remedy)
        return _trained(name, healed, parts, epochs, seed, seal)

    return Patient(name, history, pd.DataFrame(layers), vitals, seal, train_again)


def _before(network, x, y):
    """Measure signals and gradients; return them with the share of dead units."""
    signals = network.forward(x)
    gradients, _ = network.gradients(x, y)
    layers = {
        "layer": range(len(signals)),
        "signal": [float(signal.std()) for signal in signals],
        "gradient": [np.nan, *(float(np.sqrt(np.mean(part**2))) for part in gradients)],
    }
    return layers, float(np.mean([(signal == 0).all(axis=0).mean() for signal in signals[1:-1]]))


def _by_heart(network, x, y):
    for _ in range(BY_HEART):
        network.step(x[:BATCH], y[:BATCH])
    return network.evaluate(x[:BATCH], y[:BATCH])[1]


def _note(history, prefix, found):
    for key, value in zip(("loss", "accuracy"), found, strict=True):
        history[prefix + key].append(value)
