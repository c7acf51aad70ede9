"""Keep finished runs in a folder, one JSON file each, and find them again."""

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import warnings
from pathlib import Path

import joblib

from labkit.experiments import homes
from labkit.experiments.fingerprint import fingerprint
from labkit.experiments.settings import fingerprinted

FORMAT = 2


class Store:
    """A folder of finished runs; without a folder it forgets everything.

    Parameters
    ----------
    folder : path or None
        Made if it is not there.
    arrays : tuple
        The data of the comparison; its content is part of every key.
    settings : dict
        From `labkit.experiments.settings.capture`: part of every key as well.
    looks : dict of str to Look
        At each variant, from `labkit.experiments.fingerprint.look_at`.

    Raises
    ------
    ValueError
        If `folder` exists and is not a folder.
    """

    def __init__(self, folder, arrays, settings, looks):
        self.folder = None if folder is None else Path(folder)
        self.paths = {}
        if self.folder is None:
            return
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"store must be a folder; {self.folder} is a file")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.shared = [FORMAT, sys.version, platform.machine(), *_versions()]
        self.looks, self.unsure = looks, None
        try:
            self.shared += [joblib.hash(arrays), fingerprint(fingerprinted(settings))]
        except Exception as error:  # data that cannot be pickled, a setting that says not enough
            self.unsure = f"data or settings of the process: {error}"

    def find(self, run):
        """Return the result of a run that was kept, or None; also where that is not certain."""
        if self.folder is None or self._path(run) is None:
            return None
        try:
            return json.loads(self._path(run).read_text(encoding="utf-8"))["result"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or cut short by something else: train again

    def keep(self, run, result):
        """Write a result, unless the run failed; readers see the whole file or none.

        Warns
        -----
        RuntimeWarning
            If it cannot be written: the result in the table matters more.
        """
        if self.folder is None or result["error"] or self._path(run) is None:
            return
        settings = {key: repr(value) for key, value in run.settings.items()}
        facts = {"variant": run.variant, "seed": run.seed, "settings": settings, "result": result}
        try:
            self._write(self._path(run), facts)
        except OSError as error:
            warnings.warn(f"a run could not be kept: {error}", RuntimeWarning, stacklevel=3)

    def _write(self, path, facts):
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(facts, file, indent=1)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise

    def _path(self, run):
        """Return the file of a run, None if its key would not tell all; computed once."""
        if (run.variant, run.seed) not in self.paths:
            name = self._name(run)
            self.paths[run.variant, run.seed] = None if name is None else self.folder / name
        return self.paths[run.variant, run.seed]

    def _name(self, run):
        told = self.looks[run.variant]
        if self.unsure or told.doubts:
            return None
        parts = [*self.shared, run.variant, run.seed, told.digest]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        name = re.sub(r"\W+", "_", run.variant, flags=re.ASCII)[:40]
        return f"{name}-seed{run.seed}-{key}.json"


def _versions():
    """Return the versions of what every run is trained with."""
    import keras

    installed = ["keras", "numpy", "labkit", *{keras.backend.backend()} - {"numpy"}]
    return [[name, homes.version(name)] for name in sorted(installed)]
