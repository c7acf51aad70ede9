"""Turn a number of any library into Python's own, or say what was expected.

A check that lets a NumPy number through and hands it on as it is only moves the error: Keras
refuses ``units=np.int64(8)``, and JSON cannot save it. So whoever checks a number keeps what
these functions return.
"""

import math
import operator

_NO_NUMBERS = ("bool", "complex", "time")  # in the name of a dtype that float() would accept


def as_whole(value):
    """Return a whole number as an int, or None for anything else.

    Parameters
    ----------
    value : object
        An int of Python or of any array library, a scalar array included. Truth values and floats
        are no whole numbers, 8.0 neither.

    Returns
    -------
    int or None
    """
    if _is_no_number(value):
        return None
    try:
        return operator.index(value)
    except (TypeError, AttributeError):  # TensorFlow raises the latter for floats
        return None


def as_real(value):
    """Return a real number as a float, or None for anything else.

    Parameters
    ----------
    value : object
        An int or float of Python or of any array library, a scalar array included. Truth values
        and texts are no numbers. NaN and infinity are: compare what comes with a range.

    Returns
    -------
    float or None
    """
    if _is_no_number(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, AttributeError):
        return None


def whole(name, value, least=None, most=None):
    """Return a whole number in a range as an int.

    Parameters
    ----------
    name : str
        What the caller calls it, for the message.
    value : object
        What came; see `as_whole`.
    least, most : int
        The range, both ends included; None means no end. No `least`, no `most`.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is none, or lies outside.

    Examples
    --------
    >>> whole("units", 8, 1)
    8
    """
    number = as_whole(value)
    low, high = (-math.inf if least is None else least), (math.inf if most is None else most)
    if number is None or not low <= number <= high:
        span = "" if least is None else f", {least} or more"
        span = span if most is None else f" from {least} to {most}"
        raise ValueError(f"{name} must be a whole number{span}; got {value!r}")
    return number


def real(name, value, accepts, expected):
    """Return a real number as a float, if it is accepted.

    Parameters
    ----------
    name : str
        What the caller calls it, for the message.
    value : object
        What came; see `as_real`.
    accepts : callable
        From the float to whether it is in range. Comparisons refuse NaN by themselves.
    expected : str
        What is accepted, in words: ``"above 0"``.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If it is none, or is not accepted.

    Examples
    --------
    >>> real("rate", 0.5, lambda rate: 0 <= rate < 1, "at least 0 and below 1")
    0.5
    """
    number = as_real(value)
    if number is None or not accepts(number):
        raise ValueError(f"{name} must be {expected}, got {value!r}")
    return number


def _is_no_number(value):
    """Tell whether this is a truth value, a text, an array, or another thing that would pass."""
    if isinstance(value, (bool, complex, str, bytes, bytearray)) or getattr(value, "ndim", 0):
        return True
    dtype = str(getattr(value, "dtype", ""))
    return any(word in dtype for word in _NO_NUMBERS)
