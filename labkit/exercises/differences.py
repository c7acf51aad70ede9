"""Compare arrays, and say how one differs from the right one without telling that."""

import numpy as np


def close(array, reference, rtol):
    """Tell whether two arrays have one shape and equal numbers, NaN in the same places included.

    Parameters
    ----------
    array, reference : ndarray of numbers
    rtol : float
        Tolerance, relative to each entry of the reference; a tenth of it is relative to the
        largest.

    Returns
    -------
    bool
    """
    return array.shape == reference.shape and bool(_agreeing(array, reference, rtol).all())


def _agreeing(array, reference, rtol):
    array, reference = _real(array), _real(reference)
    largest = np.max(np.abs(reference), initial=0.0, where=np.isfinite(reference))
    return np.isclose(array, reference, rtol=rtol, atol=0.1 * rtol * largest, equal_nan=True)


def _real(array):
    return np.asarray(array, dtype="float64")


def difference(array, right, rtol):
    """Say how an array differs from the right one, as a sentence about "it".

    Parameters
    ----------
    array, right : ndarray of numbers
        Not close; `right` is finite.
    rtol : float

    Returns
    -------
    str
    """
    hint = _shapes(array, right) or pattern(array, right, rtol)
    if hint:
        return hint
    if array.size == 1:
        return f"It is too {'small' if array.item() < right.item() else 'large'}."
    agreeing = _agreeing(array, right, rtol)
    if not agreeing.any():
        return f"None of its {array.size} numbers is right."
    first = [int(index) for index in np.argwhere(~agreeing)[0]]
    count = f"{np.count_nonzero(agreeing)} of its {array.size} numbers"
    return f"{count} are right; look at the one at {first}."


def pattern(array, right, rtol):
    """Say what explains the differences between arrays of one shape, if one thing does.

    Parameters
    ----------
    array, right : ndarray of numbers
    rtol : float

    Returns
    -------
    str or None
    """
    whole = array.dtype.kind in "biu"
    array, right = _real(array), _real(right)
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        return f"It has {bad} NaN or infinite of {array.size}: was something divided by 0?"
    if array.ndim > 1 and array.shape == array.T.shape and close(array.T, right, rtol):
        return "It is transposed."
    if array.size > 1 and np.ptp(array) == 0 and np.ptp(right) > 0:
        return "All its numbers are the same."
    if close(-array, right, rtol):
        return "It has the wrong sign."
    if array.size > 1:
        largest = np.argmax(np.abs(right))
        factor = right.flat[largest] / (array.flat[largest] or np.nan)
        if close(factor * array, right, rtol):
            return "It differs by a constant factor."
        if close(array + np.mean(right - array), right, rtol):
            return "It differs by a constant offset."
        if close(np.sort(array, axis=None), np.sort(right, axis=None), rtol):
            return "Its numbers are right, their order is not."
    if whole and (right % 1).any() and np.abs(array - right).max() < 1:
        return "It holds whole numbers: were they rounded, or kept as integers?"
    if np.abs(array - right).max() <= 0.01 * np.abs(right).max():
        return "It is close, but not within the tolerance: was something rounded on the way?"
    return None


def _shapes(array, right):
    """Say what is wrong with a shape."""
    if array.shape == right.shape:
        return None
    text = f"Its shape is {array.shape}, and {right.shape} is asked for"
    if array.ndim > 1 and array.T.shape == right.shape:
        return f"{text}: transpose it."
    if array.squeeze().shape == right.squeeze().shape:
        excess = "too many" if array.ndim > right.ndim else "missing"
        return f"{text}: an axis of length 1 is {excess}."
    if array.size == right.size:
        return f"{text}: reshape it."
    return f"{text}."
