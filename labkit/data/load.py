"""Find a data set: local folder, cache, download, and at last a stand-in."""

import os

import numpy as np

from labkit import mode, paths
from labkit.data import fetch, notice, sources, verify
from labkit.data.dataset import Dataset, Split, remember
from labkit.data.facts import facts_of
from labkit.data.stand_in import stand_in


def load(name, *, require_real=False, seed=0):
    """Load a data set of the course, and print one line that says what came.

    It looks for ``<name>.npz``, or for the published files in a folder
    ``<name>``, in ``$LABKIT_DATA``, then in labkit's cache (``$LABKIT_CACHE``
    moves it), then downloads and verifies it, and where nothing can be had it
    renders a stand-in and warns in a box. Smoke mode never downloads.

    Parameters
    ----------
    name : str
        ``"mnist"``: 28 x 28 grey handwritten digits. ``"fashion_mnist"``: 28 x
        28 grey clothes. Both have 60,000 training and 10,000 test pictures.
        ``"cifar10"``: 32 x 32 colour photographs, 50,000 and 10,000.
    require_real : bool, optional
        Refuse a stand-in.
    seed : int, optional
        Seed of the stand-in, and of the row order of a folder's file that is
        sorted by class (its rows are shuffled). Real data is otherwise kept as
        it is.

    Returns
    -------
    Dataset
        ``train`` and ``test`` are `Split`; x uint8, y int32.

    Raises
    ------
    ValueError
        If `name` is unknown, or the file in the folder is damaged or is not
        this data set: that is never passed over in silence.
    FileNotFoundError
        If `require_real` is True and there is no real data.
    """
    facts = facts_of(name)
    may_download = mode.current() != "smoke"
    found, reasons = _search(name, seed, may_download=may_download)
    if found is not None:
        train, test, source, verified = found
        dataset = Dataset(name, facts.title, facts.class_names, train, test, True, source, verified)
        passed_over = reasons[0] if source != "folder" and paths.named("LABKIT_DATA") else ""
        notice.announce(dataset, passed_over)
        return remember(dataset)
    if not may_download:
        reasons.append("smoke mode downloads nothing")
    if require_real:
        raise FileNotFoundError(
            f"{facts.title} was asked for with require_real=True, and no real data was found: "
            f"{'; '.join(reasons)}. What to do: {sources.remedy(name)}"
        )
    dataset = stand_in(name, *_stand_in_counts(facts), seed=seed)
    notice.announce(dataset)
    notice.warn_of_stand_in(dataset, reasons, sources.remedy(name))
    return dataset


def look(name, *, may_download=False):
    """Find real data where `load` does, verify it, and print nothing.

    Parameters
    ----------
    name : str
        As for `load`.
    may_download : bool, optional
        Download what is not here into the cache, in any mode.

    Returns
    -------
    tuple of (Split, Split, str, bool)
        Training part, test part, ``"folder"``, ``"cache"`` or ``"download"``, and whether every
        byte is proved.

    Raises
    ------
    ValueError
        As for `load`.
    FileNotFoundError
        If nothing can be had. The message says why.
    """
    found, reasons = _search(name, 0, may_download=may_download)
    if found is None:
        raise FileNotFoundError("; ".join(reasons))
    return found


def place(name):
    """Return the file or folder that `load` would read, without opening it; None if there is none.

    Parameters
    ----------
    name : str
        As for `load`.
    """
    folder = paths.named("LABKIT_DATA")
    if folder is not None:
        path = folder / f"{name}.npz"
        if path.exists():
            return path
        if _published_in(path.with_suffix(""), name):
            return path.with_suffix("")
    path = fetch.cache_folder() / f"{name}.npz"
    return path if os.path.exists(path) else None


def _search(name, seed, *, may_download):
    """Return what the folder, the cache or the network has, or None; and why the others had not."""
    facts, reasons = facts_of(name), []
    found = _from_folder(name, facts, seed, reasons) or fetch.cached_or_downloaded(
        name, facts, reasons, may_download=may_download
    )
    return found, reasons


def _from_folder(name, facts, seed, reasons):
    """Read ``$LABKIT_DATA/<name>.npz``; None, and a reason, where there is none."""
    folder = paths.named("LABKIT_DATA")
    if folder is None:
        reasons.append("LABKIT_DATA is not set")
        return None
    if not os.path.isdir(folder):
        what = "is not a folder" if os.path.lexists(folder) else "does not exist"
        reasons.append(f"LABKIT_DATA names {folder}, which {what}")
        return None
    path = folder / f"{name}.npz"
    if path.exists():
        train, test, verified = verify.check(verify.read_npz(path), facts, path)
    else:
        originals = path.with_suffix("")
        source = _published_in(originals, name)
        if source is None:
            reasons.append(f"the folder LABKIT_DATA, {folder}, holds no {name}.npz")
            return None
        arrays = sources.read_originals(originals, source)
        train, test, verified = verify.check(arrays, facts, originals)
        verified = verified or all(source.files.values())
    if not verified:
        train, test = (_unsorted(part, seed) for part in (train, test))
    return train, test, "folder", verified


def _published_in(folder, name):
    """Return the source whose files all lie in a folder, or None."""
    for source in sources.SOURCES[name]:
        if all((folder / file).exists() for file in source.files):
            return source
    return None


def _unsorted(split, seed):
    """Shuffle rows that lie class after class: a slice of them would lack classes."""
    if np.any(np.diff(split.y) < 0):
        return split
    order = np.random.default_rng(seed).permutation(len(split.y))
    return Split(split.x[order], split.y[order])


def _stand_in_counts(facts):
    """Return the numbers of pictures to render: as many as the real ones, fewer in smoke mode."""
    n_train, n_test = (sum(counts) for counts in facts.class_counts)
    return mode.pick((n_train, n_test), smoke=(6_000, 1_000))
