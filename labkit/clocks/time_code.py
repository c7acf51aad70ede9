"""What a time code is: the outputs that a network gives, and what they mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from labkit.clocks.dial import as_times, wrap


@dataclass(frozen=True)
class Head:
    """One output of a network.

    Attributes
    ----------
    name : str
        Of the output layer: ``"time"``, ``"hour"`` or ``"minute"``.
    units : int
        Numbers that it gives for one picture.
    kind : str
        ``"classes"`` (labels are class indices, outputs logits), ``"soft classes"`` (labels are
        distributions, outputs logits), ``"number"`` (one linear unit), or ``"angle"`` (two
        linear units, cosine and sine).
    """

    name: str
    units: int
    kind: str


@dataclass(frozen=True)
class TimeCode:
    """A way to write the time: what a network is to give, and what its outputs mean.

    Attributes
    ----------
    name : str
        For tables and legends.
    heads : tuple of Head
        The network's outputs.
    write, read : callable
        What `encode` and `decode` call: checked times to the targets of each head, and checked
        outputs of each head to times.
    """

    name: str
    heads: tuple[Head, ...]
    write: Callable = field(repr=False)
    read: Callable = field(repr=False)

    def encode(self, times):
        """Write times as targets.

        Parameters
        ----------
        times : array of float or int, shape (n,)
            Minutes after twelve, from 0 up to but not including 720.

        Returns
        -------
        dict of str to ndarray
            Under the name of each head int32 of shape (n,) for classes, else float32 of shape
            (n, units).

        Raises
        ------
        ValueError
            If `times` is not a row of such numbers.
        """
        targets = self.write(as_times(times))
        return {
            head.name: target.astype("int32")
            if head.kind == "classes"
            else target.reshape(-1, head.units).astype("float32")
            for head, target in zip(self.heads, targets, strict=True)
        }

    def decode(self, outputs):
        """Read the time back from a network's outputs.

        Parameters
        ----------
        outputs : dict of str to array, or list or tuple of arrays, or array
            For each head, by name or in order, shape (n, units), logits for classes; the array
            alone if there is one head. A head of one unit may give shape (n,).

        Returns
        -------
        ndarray of float64, shape (n,)
            Minutes after twelve, from 0 up to but not including 720.

        Raises
        ------
        ValueError
            If a head is missing, a shape is wrong, or an output is not a finite number.
        """
        return wrap(np.asarray(self.read(*self._in_order(outputs)), dtype="float64"))

    def losses(self):
        """Return a Keras loss for every head: cross-entropy of logits, or mean squared error.

        Returns
        -------
        dict of str to keras.losses.Loss
            For ``model.compile(loss=...)`` of a model whose outputs are a dict by the heads' names,
            also when there is one head; its targets are those of `encode`.
        """
        from keras import losses

        kinds = {
            "classes": partial(losses.SparseCategoricalCrossentropy, from_logits=True),
            "soft classes": partial(losses.CategoricalCrossentropy, from_logits=True),
            "number": losses.MeanSquaredError,
            "angle": losses.MeanSquaredError,
        }
        return {head.name: kinds[head.kind]() for head in self.heads}

    def _in_order(self, outputs):
        names = [head.name for head in self.heads]
        if isinstance(outputs, Mapping):
            missing = [name for name in names if name not in outputs]
            if missing:
                raise ValueError(f"expected outputs of {names}, got {list(outputs)}")
            outputs = [outputs[name] for name in names]
        elif not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        if len(outputs) != len(names):
            raise ValueError(f"expected {len(names)} outputs, of {names}, got {len(outputs)}")
        rows = [_checked(*pair) for pair in zip(self.heads, outputs, strict=True)]
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"expected outputs of equal length, got {[len(row) for row in rows]}")
        return rows


def _checked(head, values):
    values = np.asarray(values)
    if values.ndim == 1 and head.units == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] != head.units or len(values) == 0:
        raise ValueError(
            f"expected outputs of shape (n, {head.units}) of head {head.name!r}, got "
            f"{values.shape}; one picture is model.predict(x[:1])"
        )
    if not np.isfinite(values).all():
        raise ValueError(
            f"expected finite outputs of head {head.name!r}; the training has diverged: lower the "
            "learning rate"
        )
    return values.astype("float64")
