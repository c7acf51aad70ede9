"""Hints that fit any exercise, said when none of its own does. None of them holds an answer."""

import inspect


def no_answer(value, wanted):
    """Say why a value cannot be the answer, whatever that is.

    Parameters
    ----------
    value : object
        What a student has given.
    wanted : str
        What is asked for: ``"a number"``.

    Returns
    -------
    str or None
    """
    if value is None:
        return f"That is None, not {wanted}. Does a function lack its `return`?"
    if value is Ellipsis or value is NotImplemented or _is_stub(value):
        return "Put your answer in the place of the stub."
    if wanted != "a function" and inspect.isroutine(value):
        return f"That is a function, not {wanted}: call it."
    return None


def _is_stub(value):
    return isinstance(value, NotImplementedError) or value is NotImplementedError


def of_type(value, wanted):
    """Say that a value is of another type than what is asked for.

    Parameters
    ----------
    value : object
    wanted : str

    Returns
    -------
    str
    """
    return f"That is of type {type(value).__name__}; {wanted} is asked for."


def said(error):
    """Tell an exception in one line: its type, and what it says.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
    """
    text = " ".join(str(error).split())
    text = text if len(text) <= 200 else f"{text[:199]}…"
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
