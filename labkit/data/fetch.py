"""Keep verified data in the cache, and download what is not there.

Nothing enters the cache before every array was compared with a digest. A
download goes to a scratch folder inside the cache and is renamed at the end,
under a lock, so that a crash or a second process does no harm.
"""

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from labkit import paths
from labkit.data import sources
from labkit.data.download import Limits, download, reachable
from labkit.data.facts import ARRAYS
from labkit.data.verify import BadFile, bad, check, read_npz, sha256


def cached_or_downloaded(name, facts, reasons, *, may_download, limits=None):
    """Return a data set from the cache, or download it into the cache.

    Parameters
    ----------
    name : str
        Name of the data set.
    facts : Facts
        What it must be.
    reasons : list of str
        Receives a sentence for each thing that failed.
    may_download : bool
        False reads the cache alone.
    limits : Limits, optional
        Time limits.

    Returns
    -------
    tuple of (Split, Split, str, bool) or None
        Training part, test part, ``"cache"`` or ``"download"``, and True for
        verified. None where nothing could be had.
    """
    folder = cache_folder()
    found = _from_cache(folder, name, facts, reasons)
    if found is not None:
        return found
    if not may_download:
        return None
    limits = limits or Limits()
    usable = reachable(sources.SOURCES[name], limits)
    if not usable:
        hosts = dict.fromkeys(source.host for source in sources.SOURCES[name])
        reasons.append(f"no connection to {', '.join(hosts)} within {limits.connect:g} s")
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _download_alone(folder, name, facts, reasons, usable, limits)
    except (OSError, NotImplementedError) as error:  # the latter: no locks on this file system
        reasons.append(_unusable(folder, error))
        return None


def cache_folder():
    """Return the folder of the cache: ``$LABKIT_CACHE``, or the system's place for it."""
    folder = paths.named("LABKIT_CACHE")
    if folder is not None:
        return folder
    import pooch

    return Path(pooch.os_cache("labkit"))


def _unusable(folder, error):
    """Say that the cache cannot be written, and what to do."""
    full = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no quota
    if isinstance(error, OSError) and error.errno in full:
        return f"the disk is full: free room for the cache {folder}, or set LABKIT_CACHE to another"
    return f"the cache {folder} cannot be used ({error}); set LABKIT_CACHE to another"


def _from_cache(folder, name, facts, reasons):
    """Read and verify the cached file; a bad one is a reason, and is downloaded again."""
    path = folder / f"{name}.npz"
    if not os.path.exists(path):  # pathlib's would raise where a folder may not be looked into
        reasons.append("the cache does not hold it")
        return None
    try:
        digests = facts.digests or _kept_digests(_digest_file(path))
        train, test, _ = check(read_npz(path), facts, path, digests=digests)
    except BadFile as error:
        reasons.append(f"the cached file is not used: {error}")
        return None
    return train, test, "cache", True


def _digest_file(path):
    """Return where the digests of a cached file lie, for data without published ones."""
    return path.with_suffix(".sha256.json")


def _kept_digests(path):
    """Read the digests of the four arrays; they are all that proves such a file."""
    try:
        digests = json.loads(path.read_text(encoding="utf-8"))
        return {key: str(digests[key]) for key in ARRAYS}
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise bad(path, f"the digests of {', '.join(ARRAYS)}", repr(error)) from error


def _download_alone(folder, name, facts, reasons, usable, limits):
    """Download under a lock; whoever waited for the lock finds the file in the cache."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / f"{name}.lock", timeout=limits.lock):
            found = _from_cache(folder, name, facts, [])
            if found is not None:
                return found
            for left in folder.glob(f".{name}-*"):  # by a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            for source in usable:
                found = _from_source(folder, name, facts, reasons, source, limits)
                if found is not None:
                    return found
    except Timeout:
        reasons.append(f"another process held the cache for more than {limits.lock:g} s")
    return None


def _from_source(folder, name, facts, reasons, source, limits):
    """Download from one place, verify, and cache; None, and a reason, if it failed."""
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=f".{name}-", ignore_cleanup_errors=True
    ) as scratch:
        scratch = Path(scratch)
        failure = download(source, scratch, limits)
        if failure:
            reasons.append(f"{source.host}: {failure}")
            return None
        try:
            train, test, proved = check(source.read(scratch), facts, source.base)
        except BadFile as error:
            reasons.append(f"{source.host}: {error}")
            return None
        if not (proved or all(source.files.values())):
            reasons.append(f"{source.host}: nothing proves its files, so they are not used")
            return None
        _store(folder / f"{name}.npz", scratch, facts, train, test)
    return train, test, "download", True


def _store(path, scratch, facts, train, test):
    """Write the cached file, and its digests where none are published, by renaming."""
    arrays = {
        "x_train": train.x,
        "y_train": train.y.astype(np.uint8),
        "x_test": test.x,
        "y_test": test.y.astype(np.uint8),
    }
    if not facts.digests:
        digests = {key: sha256(array) for key, array in arrays.items()}
        draft = scratch / "digests.part"
        draft.write_text(json.dumps(digests, indent=1), encoding="utf-8")
        os.replace(draft, _digest_file(path))
    draft = scratch / "arrays.part"
    with open(draft, "wb") as stream:
        np.savez(stream, **arrays)
    os.replace(draft, path)
