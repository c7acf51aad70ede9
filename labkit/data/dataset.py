"""What a loaded data set is, and which ones this process has loaded."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Split(NamedTuple):
    """Pictures and their labels, row by row.

    Attributes
    ----------
    x : ndarray of shape (n, height, width) or (n, height, width, 3), uint8
        Pixels from 0 (black) to 255. The lab scales them.
    y : ndarray of shape (n,), int32
        Class index from 0 to 9.
    """

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set with what is known about its origin.

    Attributes
    ----------
    name : str
        ``"mnist"``, ``"fashion_mnist"`` or ``"cifar10"``.
    title : str
        What a figure calls it: ``"MNIST"``, or ``"stand-in for MNIST"``.
    class_names : tuple of str
        One name a class, in the order of the class index.
    train, test : Split
        The two parts. Nothing is chosen with `test`.
    real : bool
        False for pictures that labkit rendered.
    source : str
        ``"folder"``, ``"cache"``, ``"download"`` or ``"stand-in"``.
    verified : bool
        True if every byte was compared with a known SHA-256.
    """

    name: str
    title: str
    class_names: tuple
    train: Split
    test: Split
    real: bool
    source: str
    verified: bool

    def __repr__(self):
        counts = f"{len(self.train.y):,} + {len(self.test.y):,} pictures"
        state = "verified" if self.verified else "not verified"
        return f"Dataset({self.title!r}, {counts}, source={self.source!r}, {state})"


class Loaded(NamedTuple):
    """The facts of one loaded data set, without its arrays, for the run record."""

    name: str
    title: str
    n_train: int
    n_test: int
    real: bool
    source: str
    verified: bool


_loaded = {}


def remember(dataset):
    """Note that this process uses a data set, and return the data set."""
    n_train, n_test = len(dataset.train.y), len(dataset.test.y)
    facts = Loaded(
        dataset.name,
        dataset.title,
        n_train,
        n_test,
        dataset.real,
        dataset.source,
        dataset.verified,
    )
    _loaded[dataset.name, dataset.real] = facts
    return dataset


def loaded():
    """Return what this process has loaded so far, in order of first loading.

    Returns
    -------
    tuple of Loaded
        One entry for each name and kind: loading again replaces its entry, but
        a stand-in and the real data of one name are two entries.
    """
    return tuple(_loaded.values())


def all_real():
    """Tell whether no stand-in has been used in this process.

    Returns
    -------
    bool
        True also if nothing has been loaded.
    """
    return all(facts.real for facts in _loaded.values())
