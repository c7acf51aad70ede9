"""Check an array, and say what is wrong with one without telling the right one."""

import numpy as np

from labkit.claims import page
from labkit.exercises import generic
from labkit.exercises.hints import demand_hints
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude, demand_statement
from labkit.numbers import real


def check_array(statement, value, reference, rtol=1e-4, hints=()):
    """Check an array of a student against the right one.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    value : array-like
        What the student has found: an array, a tensor of any backend of Keras, a list.
    reference : array-like of numbers
        The right one, of the right shape. The dtype of `value` may differ.
    rtol : float, optional
        What an entry may differ by, relative to its size; entries near 0 may differ by a tenth of
        that, relative to the largest one.
    hints : list of (array, str), optional
        A wrong array, and what to say if the student has found that. The first that fits is said;
        without one, a general hint is given.

    Raises
    ------
    NotYet
        If it is not solved; its text is the hint.
    ValueError
        If statement, reference, rtol or hints are not as above.

    Examples
    --------
    >>> check_array("The shares add up to 1", [0.25, 0.75], np.array([1, 3]) / 4,
    ...             hints=[([1, 3], "Divide by the sum.")])
    Solved: The shares add up to 1
    """
    demand_statement(statement)
    right, rtol = demand_array("reference", reference), demand_rtol(rtol)
    wrong = [(demand_array("a hint", given[0]), text) for given, text in demand_hints(hints, 2)]
    if page.excuse() is None and any(close(array, right, rtol) for array, _ in wrong):
        raise ValueError("a hint is for the right answer")
    with quiet():
        answer, hint = read(value)
        if not hint and not close(answer, right, rtol):
            said = (text for array, text in wrong if close(answer, array, rtol))
            hint = next(said, None) or difference(answer, right, rtol)
    conclude(statement, hint)


def demand_array(name, given):
    """Return what an author has given as an array of finite numbers, or refuse it."""
    array, hint = read(given)
    if hint or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name} must be an array of finite numbers, got {given!r}")
    return array


def demand_rtol(rtol):
    """Return the tolerance as a float, or refuse it."""
    return real("rtol", rtol, lambda number: 0 <= number < 1, "at least 0 and below 1")


def read(value):
    """Return a value as an array of numbers, or a hint why it is none.

    Parameters
    ----------
    value : object

    Returns
    -------
    ndarray or None, str or None
    """
    hint = generic.no_answer(value, "an array")
    if hint:
        return None, hint
    try:
        detached = value.detach().cpu() if hasattr(value, "detach") else value  # of torch
        array = np.asarray(detached)
    except Exception:
        kind = type(value).__name__
        return None, f"No array can be made of that {kind}: are its rows of different lengths?"
    if array.dtype.kind in "US":
        return None, "That holds texts. Write numbers without quotation marks."
    if array.dtype.kind not in "biuf":
        return None, f"That is of type {type(value).__name__}; an array of numbers is asked for."
    return array, None


def close(array, reference, rtol):
    """Tell whether two arrays are of one shape and equal within the tolerance."""
    if array.shape != reference.shape:
        return False
    array, reference = _real(array), _real(reference)
    slack = 0.1 * rtol * np.max(np.abs(reference), initial=0.0)
    return bool(np.allclose(array, reference, rtol=rtol, atol=slack))


def difference(array, right, rtol):
    """Say how an array differs from the right one, in words that do not tell the right one.

    Parameters
    ----------
    array, right : ndarray of numbers
    rtol : float

    Returns
    -------
    str
    """
    if array.shape != right.shape:
        return _shapes(array, right, rtol)
    array, right, whole = _real(array), _real(right), array.dtype.kind in "biu"
    bad = np.size(array) - np.count_nonzero(np.isfinite(array))
    if bad:
        return f"{bad} of its {array.size} numbers are NaN or infinite: was something divided by 0?"
    if array.ndim >= 2 and array.shape == array.T.shape and close(array.T, right, rtol):
        return "It is transposed."
    return (
        _simple_relation(array, right, rtol)
        or (whole and _rounded(array, right))
        or _nearly(array, right, rtol)
    )


def _real(array):
    return np.asarray(array, dtype="float64")


def _shapes(array, right, rtol):
    text = f"Its shape is {array.shape}, and {right.shape} is asked for"
    if array.ndim >= 2 and array.T.shape == right.shape:
        return f"{text}. Transpose it."
    if array.squeeze().shape == right.squeeze().shape:
        extra = array.ndim > right.ndim
        return f"{text}: an axis of length 1 is {'too many' if extra else 'missing'}."
    return f"{text}{': reshape it' if array.size == right.size else ''}."


def _simple_relation(array, right, rtol):
    """Say if one thing explains all differences: a sign, factor, offset, order or constant."""
    if array.size < 2:
        return None
    if np.ptp(array) == 0 and not close(right, np.full_like(right, right.flat[0]), rtol):
        return "All its numbers are the same."
    if close(-array, right, rtol):
        return "The sign of every number is the wrong one."
    largest = np.argmax(np.abs(right))
    divisor = array.flat[largest]
    if divisor and close(array * (right.flat[largest] / divisor), right, rtol):
        return "It differs by a constant factor: every number is off by the same one."
    if close(array + np.mean(right - array), right, rtol):
        return "It differs by a constant offset: the same is added to, or missing from, each."
    if close(np.sort(array, axis=None), np.sort(right, axis=None), rtol):
        return "The numbers are right, their order is not."
    return None


def _rounded(array, right):
    if np.abs(array - right).max() <= 1:
        return "These are whole numbers: were they rounded, or kept as integers?"
    return None


def _nearly(array, right, rtol):
    """Say how much of it is right, or where to look first."""
    slack = 0.1 * rtol * np.max(np.abs(right))
    good = np.isclose(array, right, rtol=rtol, atol=slack)
    if array.size == 1:
        return f"That is too {'small' if array.item() < right.item() else 'large'}."
    if np.abs(array - right).max() <= 0.01 * np.abs(right).max():
        return "That is close, but not within the tolerance: was something rounded on the way?"
    if not good.any():
        return f"None of its {array.size} numbers is right."
    first = tuple(int(index) for index in np.argwhere(~good)[0])
    place = first[0] if len(first) == 1 else first
    return f"{np.count_nonzero(good)} of its {good.size} numbers are right; look at entry {place}."
