"""Watch the layers of a model while it trains."""

import keras
import pandas as pd

from labkit.diagnostics.backward import _Backward
from labkit.diagnostics.forward import _Forward


class Probe(keras.callbacks.Callback):
    """Measure a fixed batch before training and after epochs, without disturbing training.

    Give it to ``fit(..., callbacks=[probe])`` and read its tables afterwards. Use the same
    batch for all runs that you compare. Training gives the same numbers with and without it.

    Parameters
    ----------
    x, y : array of shape (n_examples, ...)
        The batch that is measured, as for ``model.train_on_batch``.
    every : int, optional
        Measure after each so many epochs; before training it always measures.

    Attributes
    ----------
    table : pandas.DataFrame
        ``epoch`` (0 is before training), ``step`` (updates made so far), and the columns of
        `labkit.diagnostics.updates`: one row per layer and measured epoch.
    activations : pandas.DataFrame
        ``epoch``, ``step`` and the columns of `labkit.diagnostics.activations`.

    Raises
    ------
    ValueError
        If `every` is below 1, or as `labkit.diagnostics.updates`.
    """

    def __init__(self, x, y, *, every=1):
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be 1 or more epochs, got {every!r}")
        self.x, self.y, self.every = x, y, int(every)
        self._tables = {"backward": [], "forward": []}
        self._tools = None

    @property
    def table(self):
        """Gradients, weights and updates: one row per layer and measured epoch."""
        return _joined(self._tables["backward"])

    @property
    def activations(self):
        """Activations: one row per layer and measured epoch."""
        return _joined(self._tables["forward"])

    def on_train_begin(self, logs=None):
        if self._tools is None or self._tools[0].model is not self.model:
            self._tools = _Backward(self.model, apply=True, compiled=True), _Forward(self.model)
        if not self._tables["backward"]:  # a training that goes on keeps its epoch 0
            self._measure(0)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            self._measure(epoch + 1)

    def _measure(self, epoch):
        backward, forward = self._tools
        step = int(self.model.optimizer.iterations.numpy())
        tables = {"backward": backward.measure(self.x, self.y), "forward": forward.measure(self.x)}
        for name, table in tables.items():
            table.insert(0, "epoch", epoch)
            table.insert(1, "step", step)
            self._tables[name].append(table)


def _joined(tables):
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
