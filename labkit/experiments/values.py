"""Turn what metrics and measures return into single values, which a table and JSON can hold."""

import numbers

import numpy as np

MOST = 1000  # entries of one array that become columns


def plain(value):
    """Return a number, a text or None as Python has it; of anything else, what it prints.

    Parameters
    ----------
    value : object
        Also a number of NumPy, or a tensor or array without a dimension.

    Returns
    -------
    bool, int, float, str or None
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if hasattr(value, "dtype"):
        value = _as_array(value).item()
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else str(value)


def columns(name, value):
    """Return the result of a metric as columns.

    Parameters
    ----------
    name : str
    value : object
        A number, an array with an entry for each class, say, or a dict of such.

    Returns
    -------
    dict of str to float or str
        ``{name: number}``; for several, their place is part of the name: ``f1_score_0``,
        ``f1_score_1``, of a matrix ``counts_0_1``. Of more than 1,000 there is the shape alone.
    """
    if isinstance(value, dict):
        parts = [columns(f"{name}_{key}", part) for key, part in value.items()]
        return {key: number for part in parts for key, number in part.items()}
    try:
        entries = _as_array(value)
    except (TypeError, ValueError):
        return {name: str(value)}
    if entries.ndim == 0:
        return {name: _number(value if entries.dtype.hasobject else entries)}
    if entries.size > MOST:
        return {name: f"an array of shape {entries.shape}"}
    return {"_".join([name, *map(str, at)]): _number(n) for at, n in np.ndenumerate(entries)}


def _as_array(value):
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)


def _number(value):
    value = plain(value)
    return float("nan") if value is None else value if isinstance(value, str) else float(value)
