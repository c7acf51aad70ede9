"""Train networks with a hidden fault and keep what can be seen of them."""

import hashlib
import random
from dataclasses import dataclass, field

import joblib
import keras
import numpy as np
import pandas as pd

from labkit import diagnostics, models, progress, training
from labkit.diagnosis.faults import FAULTS, recipe_of, spoiled
from labkit.numbers import as_whole, whole

WATCHED = 500  # rows of the batch that is measured


@dataclass(frozen=True)
class Patient:
    """What is known about one sick network.

    Attributes
    ----------
    name : str
        "patient 1", say.
    history : dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, one value an epoch.
    table, activations : pandas.DataFrame
        Gradients, weights and updates, and activations, per layer and epoch, as measured by
        `labkit.diagnostics.Probe`.
    """

    name: str
    history: dict = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    activations: pd.DataFrame = field(repr=False)
    seal: str = field(repr=False)

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


def patients(train, validation, *, count=5, epochs=10, seed=0, n_jobs=1):
    """Train sick networks: each has another fault.

    Parameters
    ----------
    train, validation : pair of arrays (x, y)
        Pictures of shape (n_examples, height, width), pixels 0 to 255, and class indices. A few
        thousand for training are enough; every network takes some seconds.
    count : int
        Number of networks, at most as many as there are `FAULTS`.
    epochs : int
        Epochs of training; one of the faults takes three times as many of fewer examples.
    seed : int
        Decides which faults, in which order, and the random numbers of training.
    n_jobs : int
        Processes that train, as joblib counts them; 1 trains in this one.

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
    count, epochs, n_jobs = wanted, length, whole("n_jobs", n_jobs)
    chosen = random.Random(seed).sample(FAULTS, count)
    names = [f"patient {number}" for number in range(1, count + 1)]
    train, validation = tuple(train), tuple(validation)
    work = (
        joblib.delayed(_trained)(name, fault, train, validation, epochs, seed)
        for name, fault in zip(names, chosen, strict=True)
    )
    ward = {}
    with progress.bar(count, description="patients", unit="network") as bar:
        for name, patient in zip(
            names, joblib.Parallel(n_jobs, return_as="generator")(work), strict=True
        ):
            ward[name] = patient
            bar.update()
    return ward


def _trained(name, fault, train, validation, epochs, seed):
    recipe = recipe_of(fault)
    x, y = spoiled(recipe, train, seed)
    shift, scale = (0.0, 1.0) if recipe.pixels == "raw" else (x.mean(), x.std())
    x, held_x = ((np.asarray(part, "float32") - shift) / scale for part in (x, validation[0]))
    keras.utils.set_random_seed(seed)
    model = models.mlp(
        x.shape[1:],
        int(max(np.max(y), np.max(validation[1]))) + 1,
        hidden=[50] * 8,
        activation=recipe.activation,
        kernel_initializer=recipe.kernel_initializer,
        bias_initializer=recipe.bias_initializer,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(recipe.learning_rate, momentum=0.9)
    model.compile(optimizer, loss, metrics=["accuracy"])
    probe = diagnostics.Probe(x[:WATCHED], y[:WATCHED])
    history = training.fit(
        model,
        x,
        y,
        epochs=round(recipe.epochs * epochs),
        validation_data=(held_x, validation[1]),
        callbacks=[probe],
        verbose=0,
    )
    return Patient(name, history.history, probe.table, probe.activations, sealed(name, fault))
