"""Check an array."""

import numpy as np

from labkit.claims import judge, page
from labkit.exercises import generic
from labkit.exercises.differences import close, difference
from labkit.exercises.hints import demand_hints, demand_wrong
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude
from labkit.numbers import real


def check_array(statement, value, reference, rtol=1e-4, hints=(), *, measured=False):
    """Check an array of a student against the right one.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    value : array-like
        What the student has found: an array, a tensor or variable of Keras, a list.
    reference : array-like of numbers
        The right one, of the right shape; finite, except in smoke mode and on stand-ins, where
        NaN is not judged. The dtype of `value` may differ.
    rtol : float, optional
        What an entry may differ by, relative to its size; entries near 0 may differ by a tenth of
        that, relative to the largest one.
    hints : list of (array, str), optional
        A wrong array, and what to say if the student has found that. The first that fits is said;
        without one, a general hint is given.
    measured : bool, optional
        Whether reference or hints come from data or training. A wrong way may then lead to the
        right numbers by accident, on some machine or with some seed; its hint is not given there.
        Otherwise a hint for the right answer is refused: nobody would ever see it.

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
    judge.demand_statement(statement)
    right, rtol = demand_numbers("reference", reference), demand_rtol(rtol)
    wrong = [(demand_numbers("a hint", given), text) for (given,), text in demand_hints(hints, 2)]
    excuse = None if np.isfinite(right).all() else page.excuse() or _refuse(reference)
    for array, text in [] if measured else wrong:
        demand_wrong(close(array, right, rtol), text)
    with quiet():
        answer, hint = read(value)
        answer = None if hint else in_shape(answer, right)
        if not (hint or excuse or close(answer, right, rtol)):
            fits = (text for array, text in wrong if close(answer, array, rtol))
            hint = next(fits, None) or difference(answer, right, rtol)
    conclude(statement, hint, excuse)


def _refuse(reference):
    raise ValueError(f"reference must be finite, got {reference!r}")


def demand_numbers(name, given):
    """Return what an author has given as an array of numbers, or refuse it."""
    array, hint = read(given)
    if hint or not array.size:
        raise ValueError(f"{name} must be an array of numbers, got {given!r}")
    return array


def demand_rtol(rtol):
    """Return the tolerance as a float, or refuse it."""
    return real("rtol", rtol, lambda number: 0 <= number < 1, "at least 0 and below 1")


def in_shape(array, reference):
    """Return the one number of an array in the shape of the one asked for; others unchanged."""
    return array.reshape(reference.shape) if array.size == reference.size == 1 else array


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
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)  # of torch
    except Exception:
        if isinstance(value, (list, tuple)):
            return None, "That is no array: its rows are of different lengths."
        return None, generic.of_type(value, "an array of numbers")
    if array.dtype.kind in "US":
        return None, "That holds texts. Write numbers without quotation marks."
    if array.dtype.kind == "V" and "float" in array.dtype.name:  # bfloat16
        return array.astype("float32"), None
    if array.dtype.kind not in "biuf":
        return None, generic.of_type(value, "an array of numbers")
    return array, None
