"""Set rows aside: for validation, for a smaller experiment, for k folds."""

import numpy as np

from labkit.data.dataset import Split
from labkit.numbers import as_real, as_whole


def hold_out(split, fraction, *, seed=0):
    """Set a share of the rows aside, the same share of every class.

    Parameters
    ----------
    split : Split
        Rows to divide, any number of classes.
    fraction : float
        Share to set aside, strictly between 0 and 1.
    seed : int, optional
        Chooses and shuffles the rows; the same seed gives the same rows.

    Returns
    -------
    kept, held : Split
        Copies in shuffled order; together they hold every row once. `held` has
        ``round(fraction * n)`` rows.

    Raises
    ------
    ValueError
        If `fraction` is out of range, or leaves one part empty.
    """
    share = as_real(fraction)
    if share is None or not 0 < share < 1:
        raise ValueError(f"fraction must lie strictly between 0 and 1, got {fraction!r}")
    x, y = _rows(split)
    count = round(share * len(y))
    if not 0 < count < len(y):
        raise ValueError(
            f"fraction {share:g} of {len(y)} rows leaves one part empty; "
            "take more rows or another fraction"
        )
    held, kept = _pick(y, count, seed)
    return Split(x[kept], y[kept]), Split(x[held], y[held])


def subset(split, size, *, seed=0):
    """Draw fewer rows, each class in proportion.

    Parameters
    ----------
    split : Split
        Rows to draw from.
    size : int or float
        A count from 1 to n, or a share above 0 and up to 1 as a float.
    seed : int, optional
        Chooses and shuffles the rows; the same seed gives the same rows.

    Returns
    -------
    Split
        A copy in shuffled order.

    Raises
    ------
    ValueError
        If `size` is neither, or asks for more rows than there are, or for none.
    """
    x, y = _rows(split)
    count, share = as_whole(size), as_real(size)
    if count is None and share is not None and 0 < share <= 1:
        count = round(share * len(y))
    if count is None or not 0 < count <= len(y):
        raise ValueError(
            f"size must be a count from 1 to {len(y)} (int) or a share above 0 and up to 1 "
            f"(float) that keeps a row, got {size!r}"
        )
    chosen, _ = _pick(y, count, seed)
    return Split(x[chosen], y[chosen])


def k_fold(split, k, *, seed=0):
    """Divide the rows into k parts and hold each part out once.

    Parameters
    ----------
    split : Split
        Rows to divide, at least `k` of every class.
    k : int
        Number of parts, 2 or more.
    seed : int, optional
        Shuffles the rows; the same seed gives the same folds.

    Yields
    ------
    kept, held : Split
        Copies in shuffled order; every row is held exactly once.

    Raises
    ------
    ValueError
        If `k` is not an int from 2 to the size of the smallest class.
    """
    x, y = _rows(split)
    smallest = int(np.unique(y, return_counts=True)[1].min())
    n_parts = as_whole(k)
    if n_parts is None or not 2 <= n_parts <= smallest:
        raise ValueError(f"k must be an int from 2 to {smallest}, the smallest class, got {k!r}")
    return _folds(x, y, n_parts, seed)


def _folds(x, y, k, seed):
    """Yield the folds; apart from `k_fold`, so that it checks before the first is asked for."""
    from sklearn.model_selection import StratifiedKFold

    rng = np.random.default_rng(seed)
    for parts in StratifiedKFold(k, shuffle=True, random_state=seed).split(y, y):
        kept, held = (rng.permutation(part) for part in parts)
        yield Split(x[kept], y[kept]), Split(x[held], y[held])


def _rows(split):
    """Return x and y of a split that has rows and as many labels as pictures."""
    x, y = (np.asarray(part) for part in split)
    if y.ndim != 1 or len(x) != len(y) or not len(y):
        raise ValueError(
            f"a split needs x with n rows and y of shape (n,), n > 0; got x {x.shape}, y {y.shape}"
        )
    return x, y


def _pick(y, count, seed):
    """Divide the row numbers into `count` and the rest, stratified and shuffled.

    Each class gives its share rounded down; the rows still missing come from the
    classes with the largest remainders, ties in random order.
    """
    rng = np.random.default_rng(seed)
    _, inverse, sizes = np.unique(y, return_inverse=True, return_counts=True)
    shares = sizes * count / len(y)
    quota = np.floor(shares).astype(int)
    order = np.lexsort((rng.random(len(sizes)), quota - shares))
    quota[order[: count - quota.sum()]] += 1
    shuffled = rng.permutation(len(y))
    grouped = shuffled[np.argsort(inverse[shuffled], kind="stable")]  # by class, random within
    rank = np.arange(len(y)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = rank < np.repeat(quota, sizes)
    return rng.permutation(grouped[chosen]), rng.permutation(grouped[~chosen])
