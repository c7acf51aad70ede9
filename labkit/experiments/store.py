"""Keep finished runs in a folder, one JSON file each, and find them again."""

import hashlib
import importlib.metadata
import json
import os
import re
import tempfile
from pathlib import Path

import joblib

import labkit
from labkit.experiments.fingerprint import fingerprint

FORMAT = 1


class Store:
    """A folder of finished runs; without a folder it forgets everything.

    Parameters
    ----------
    folder : path or None
        Made if it is not there.
    arrays : tuple
        The data of the comparison; its content is part of every key.

    Raises
    ------
    ValueError
        If `folder` exists and is not a folder.
    """

    def __init__(self, folder, arrays):
        self.folder = None if folder is None else Path(folder)
        self.paths = {}
        if self.folder is None:
            return
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"store must be a folder; {self.folder} is a file")
        self.folder.mkdir(parents=True, exist_ok=True)
        versions = labkit.__version__, importlib.metadata.version("keras")
        self.shared = [FORMAT, *versions, joblib.hash(arrays)]

    def find(self, run):
        """Return the result of a run that was kept, or None."""
        if self.folder is None:
            return None
        try:
            return json.loads(self._path(run).read_text(encoding="utf-8"))["result"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or cut short by something else: train again

    def keep(self, run, result):
        """Write a result, unless the run failed; readers see the whole file or none."""
        if self.folder is None or result["error"]:
            return
        settings = {key: repr(value) for key, value in run.settings.items()}
        facts = {"variant": run.variant, "seed": run.seed, "settings": settings, "result": result}
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(facts, file, indent=1)
            os.replace(name, self._path(run))
        except BaseException:
            os.unlink(name)
            raise

    def _path(self, run):
        """Return the file of a run; hashing what it depends on is done once."""
        if (run.variant, run.seed) not in self.paths:
            self.paths[run.variant, run.seed] = self.folder / self._name(run)
        return self.paths[run.variant, run.seed]

    def _name(self, run):
        parts = [
            *self.shared,
            run.variant,
            run.seed,
            fingerprint(run.build),
            fingerprint(run.settings),
            fingerprint(run.measure),
        ]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        name = re.sub(r"\W+", "_", run.variant, flags=re.ASCII)[:40]
        return f"{name}-seed{run.seed}-{key}.json"
