"""Watch the layers of a model while it trains."""

import keras
import pandas as pd

from labkit.diagnostics.backward import Backward
from labkit.diagnostics.forward import activations
from labkit.numbers import as_whole


class Probe(keras.callbacks.Callback):
    """Measure a fixed batch before training and after epochs, without disturbing training.

    Give it to ``fit(..., callbacks=[probe])`` and read its tables afterwards. Use the same
    batch for all models that you compare, and a new Probe for each. Training gives the same
    numbers with and without it.

    Parameters
    ----------
    x, y : array of shape (n_examples, ...)
        The batch that is measured, as for ``model.train_on_batch``.
    every : int, optional
        Measure after each so many epochs; before training it always measures.

    Attributes
    ----------
    table : pandas.DataFrame
        ``epoch`` (epochs trained so far: 0 is before training), ``step`` (updates made so far),
        and the columns of `labkit.diagnostics.updates`: one row per layer and measured epoch.
        A second ``fit`` counts on.
    activations : pandas.DataFrame
        ``epoch``, ``step`` and the columns of `labkit.diagnostics.activations`.

    Raises
    ------
    ValueError
        If `every` is no whole number above 0; when training begins, if the Probe has watched
        another model; or as `labkit.diagnostics.updates`.
    """

    def __init__(self, x, y, *, every=1):
        super().__init__()
        count = as_whole(every)
        if count is None or count < 1:
            raise ValueError(f"every must be a whole number of epochs, 1 or more, got {every!r}")
        self.x, self.y, self.every = x, y, count
        self._epoch = None
        self._watched = None
        self._backward = None
        self._tables = {"backward": [], "forward": []}

    @property
    def table(self):
        """Gradients, weights and updates: one row per layer and measured epoch."""
        return _joined(self._tables["backward"])

    @property
    def activations(self):
        """Activations: one row per layer and measured epoch."""
        return _joined(self._tables["forward"])

    def on_train_begin(self, logs=None):
        if self._watched is not None and self._watched is not self.model:
            raise ValueError("this Probe has watched another model; give each model a Probe")
        self._watched = self.model
        self._backward = Backward(self.model, apply=True, graph=True)  # of this compilation

    def on_epoch_begin(self, epoch, logs=None):
        if self._epoch is None:
            self._epoch = epoch  # 0, or the initial epoch
            self._measure()

    def on_epoch_end(self, epoch, logs=None):
        self._epoch += 1
        if self._epoch % self.every == 0:
            self._measure()

    def _measure(self):
        step = int(self.model.optimizer.iterations.numpy())
        tables = {
            "backward": self._backward.measure(self.x, self.y),
            "forward": activations(self.model, self.x),
        }
        for name, table in tables.items():
            table.insert(0, "epoch", self._epoch)
            table.insert(1, "step", step)
            self._tables[name].append(table)


def _joined(tables):
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
