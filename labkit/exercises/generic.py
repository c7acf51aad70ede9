"""Hints that fit any exercise, said when none of its own does. None of them holds an answer."""

import inspect


def no_answer(value, wanted):
    """Say what is wrong with a value that cannot be the answer, whatever that is.

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
    stub = value in (Ellipsis, NotImplemented) if isinstance(value, _STUBS) else False
    if stub or _is_not_implemented(value):
        return "Replace the placeholder with your answer."
    if wanted != "a function" and inspect.isroutine(value):
        return f"`{value.__name__}` is a function, not {wanted}: call it."
    return None


_STUBS = (type(Ellipsis), type(NotImplemented))


def _is_not_implemented(value):
    kind = value if isinstance(value, type) else type(value)
    return issubclass(kind, NotImplementedError)
