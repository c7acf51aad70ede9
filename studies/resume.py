"""Let a run that was killed go on from its last epochs, in the next process.

Keras' ``BackupAndRestore`` keeps weights and optimizer alone, without what the epochs logged and
without the patience of the other callbacks, and writes its two files one after the other.
"""

import contextlib
import hashlib
import os
import pickle
import re
import tempfile
import time
from pathlib import Path

from labkit.data.fetch import cache_folder
from labkit.experiments.values import columns

import keras
import pandas as pd

#: What Keras' callbacks remember from epoch to epoch; the learning rate is the optimizer's.
REMEMBERED = ("wait", "best", "best_epoch", "best_weights", "stopped_epoch", "cooldown_counter")
EVERY = 60.0  # seconds between two backups


def path(key):
    """Return the file of a run that is under way, in labkit's cache.

    Parameters
    ----------
    key : str
        Tells the run from all others: its study, system, seed and data.

    Returns
    -------
    pathlib.Path
    """
    name = re.sub(r"\W+", "_", key, flags=re.ASCII)[:60]
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return cache_folder() / "studies" / f"{name}-{digest}.pickle"


class Resume(keras.callbacks.Callback):
    """Keep a run as it stands, and go on from there when it is started again.

    The next process begins with the epoch after the one that was kept: with its weights, its
    optimizer, its random seeds, and the patience of the other callbacks. It visits the rows in an
    order of its own, so that the numbers are those of another run, not of the interrupted one.

    Parameters
    ----------
    path : path
        The file; its folder is made if it is not there.
    callbacks : sequence of keras.callbacks.Callback
        The others, which must stand in front of this one.
    """

    def __init__(self, path, callbacks=()):
        super().__init__()
        self.path = Path(path)
        self.others = list(callbacks)
        self.rows = []

    def on_train_begin(self, logs=None):
        self.saved = time.perf_counter()
        state = read(self.path)
        if state is None or not self._fits(state):
            return
        for variable, value in zip(self._variables(), state["values"], strict=True):
            variable.assign(value)
        for callback, values in zip(self.others, state["callbacks"], strict=True):
            vars(callback).update(values)
        self.rows = state["rows"]
        self.model._initial_epoch = len(self.rows)  # what BackupAndRestore sets, and fit looks at

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        row = {"epoch": epoch + 1, "seconds": now - self.began}
        for name, value in (logs or {}).items():
            row.update(columns(name, value))
        self.rows.append(row)
        last = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if not last and now - self.saved >= EVERY:  # no epoch would follow the last
            self._save()
            self.saved = time.perf_counter()

    def _variables(self):
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return [*self.model.variables, *optimizer.variables]

    def _fits(self, state):
        """Whether a state is of this network, these callbacks, and no longer training."""
        shapes = [tuple(variable.shape) for variable in self._variables()]
        return (
            shapes == [value.shape for value in state["values"]]
            and len(self.others) == len(state["callbacks"])
            and len(state["rows"]) < self.params["epochs"]
        )

    def _save(self):
        """Write the state, the whole file or none."""
        state = {
            "values": [keras.ops.convert_to_numpy(value) for value in self._variables()],
            "callbacks": [
                {name: vars(callback)[name] for name in REMEMBERED if name in vars(callback)}
                for callback in self.others
            ],
            "rows": self.rows,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                pickle.dump(state, file, pickle.HIGHEST_PROTOCOL)
            os.replace(draft, self.path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def read(path):
    """Return what was kept of a run, or None where there is nothing, or nothing whole."""
    with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
        return pickle.loads(Path(path).read_bytes())
    return None


def whole(run, path):
    """Put the epochs of earlier processes in front of a run.

    Parameters
    ----------
    run : pandas.DataFrame
        Of `labkit.experiments.compare`: the epochs of the last process.
    path : path
        Of the file that it went on from, if there was one.

    Returns
    -------
    pandas.DataFrame
        All epochs, and the seconds of all of them.
    """
    state, first = read(path), run["epoch"].iloc[0]
    earlier = [] if state is None else [row for row in state["rows"] if row["epoch"] < first]
    if not earlier:
        return run
    before = pd.DataFrame(earlier)
    same = {name: run[name].iloc[0] for name in run if name not in before}
    found = pd.concat([before.assign(**same), run], ignore_index=True)[list(run)]
    found["seconds"] = run["seconds"].iloc[0] + before["seconds"].sum()
    return found
