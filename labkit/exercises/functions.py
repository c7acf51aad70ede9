"""Check a function against a reference, on copies of the inputs."""

import copy

import numpy as np

from labkit.claims import page
from labkit.exercises import arrays, generic
from labkit.exercises.hints import demand_hints
from labkit.exercises.quiet import quiet
from labkit.exercises.seal import said
from labkit.exercises.verdict import conclude, demand_statement


def check_function(statement, function, reference, inputs, rtol=1e-4, hints=()):
    """Check a function of a student against the right one.

    It is called on copies of the inputs. What it prints as a warning is not shown, and the random
    numbers it draws are given back.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    function : callable
        What the student has written.
    reference : callable
        The right one. Both return a number, an array or a tensor, or a tuple of them.
    inputs : list of tuple
        The arguments of each call; ``(x,)`` for one argument.
    rtol : float, optional
        See `check_array`.
    hints : list of (callable, str), optional
        A wrong function, and what to say if the student's gives the same on all inputs. The first
        that fits is said; without one, a general hint is given.

    Raises
    ------
    NotYet
        If it is not solved; its text is the hint.
    ValueError
        If statement, reference, inputs, rtol or hints are not as above.

    Examples
    --------
    >>> check_function("relu is 0 below 0", lambda x: np.maximum(x, 0), lambda x: x * (x > 0),
    ...                inputs=[(np.array([-1.0, 0.0, 2.0]),)],
    ...                hints=[(abs, "That is the absolute value.")])
    Solved: relu is 0 below 0
    """
    demand_statement(statement)
    rtol, pairs = arrays.demand_rtol(rtol), demand_hints(hints, 2)
    _demand_inputs(inputs)
    for name, given in [("reference", reference), *(("a hint", each[0]) for each, _ in pairs)]:
        if not callable(given):
            raise ValueError(f"{name} must be a function, got {given!r}")
    with quiet():
        right = [_demand_result(reference, arguments) for arguments in inputs]
        wrong = [(_results(each[0], inputs), text) for each, text in pairs]
    if page.excuse() is None and any(_agree(results, right, rtol) for results, _ in wrong):
        raise ValueError("a hint is for the right answer")
    with quiet():
        hint = _no_function(function) or _judged(function, reference, inputs, right, rtol, wrong)
    conclude(statement, hint)


def _demand_inputs(inputs):
    if not isinstance(inputs, list) or not inputs or not all(isinstance(i, tuple) for i in inputs):
        raise ValueError(f"inputs must be a list of tuples of arguments, got {inputs!r}")


def _demand_result(reference, arguments):
    parts = _parts(reference(*_copied(arguments)))
    return tuple(arrays.demand_array("what the reference returns", part) for part in parts)


def _parts(result):
    return result if isinstance(result, tuple) else (result,)


def _copied(arguments):
    """Copy arguments; what cannot be copied is handed on."""
    copied = []
    for argument in arguments:
        try:
            copied.append(copy.deepcopy(argument))
        except Exception:  # an open file, a model of some kinds
            copied.append(argument)
    return tuple(copied)


def _results(function, inputs):
    """Return what a wrong function gives on each input, or None where it gives nothing."""
    found = []
    for arguments in inputs:
        try:
            parts = [arrays.read(part) for part in _parts(function(*_copied(arguments)))]
        except Exception:
            return None
        if any(hint for _, hint in parts):
            return None
        found.append(tuple(array for array, _ in parts))
    return found


def _agree(some, others, rtol):
    """Tell whether two lists of results are the same."""
    return some is not None and all(_same(a, b, rtol) for a, b in zip(some, others, strict=True))


def _same(some, others, rtol):
    return len(some) == len(others) and all(
        arrays.close(a, b, rtol) for a, b in zip(some, others, strict=True)
    )


def _no_function(function):
    hint = generic.no_answer(function, "a function")
    if hint or callable(function):
        return hint
    return f"That is of type {type(function).__name__}; a function is asked for."


def _judged(function, reference, inputs, right, rtol, wrong):
    """Call the function on every input; return a hint if anything is wrong with it."""
    name, found = f"`{_name(function)}`", []
    for arguments, expected in zip(inputs, right, strict=True):
        given = _copied(arguments)
        try:
            result = function(*given)
        except NotImplementedError:
            return f"{name} is not written yet."
        except Exception as error:
            return f"{name} stops with {said(error)}"
        if _changed(given, arguments) and not _changes(reference, arguments):
            return f"{name} changes its argument in place: work on a copy."
        parts, hint = _read(name, result, expected)
        if hint:
            return hint
        found.append(parts)
    if _agree(found, right, rtol):
        return None
    fits = (text for results, text in wrong if _agree(results, found, rtol))
    return next(fits, None) or _difference(name, inputs, found, right, rtol)


def _name(function):
    name = getattr(function, "__name__", type(function).__name__)
    return "your function" if name == "<lambda>" else name


def _read(name, result, expected):
    """Return the parts of a result as arrays, or a hint why there are none."""
    if result is None:
        return None, f"{name} returns None: its `return` is missing, or empty."
    if len(_parts(result)) != len(expected):
        return None, f"{name} returns {_count(_parts(result))}; {_count(expected)} are asked for."
    read = [arrays.read(part) for part in _parts(result)]
    hint = next((hint for _, hint in read if hint), None)
    return (
        (None, f"{name} returns something else. {hint}")
        if hint
        else (tuple(array for array, _ in read), None)
    )


def _count(parts):
    return "one value" if len(parts) == 1 else f"{len(parts)} values"


def _changed(given, before):
    return not all(_equal(a, b) for a, b in zip(given, before, strict=True))


def _changes(reference, arguments):
    given = _copied(arguments)
    reference(*given)
    return _changed(given, arguments)


def _equal(one, other):
    """Tell whether an argument is what it was; what cannot be compared is taken to be."""
    if one is other:
        return True
    try:
        if isinstance(one, (list, tuple)):
            return len(one) == len(other) and all(map(_equal, one, other))
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
        one, other = np.asarray(one), np.asarray(other)
        kinds = one.dtype.kind in "biuf"
        return one.dtype.kind == "O" or np.array_equal(one, other, equal_nan=kinds)
    except Exception:
        return True


def _difference(name, inputs, found, right, rtol):
    """Say how results differ from the right ones."""
    pairs = [(f[0], r[0]) for f, r in zip(found, right, strict=True) if len(r) == 1]
    if len(pairs) == len(inputs) > 1 and all(f.shape == r.shape == () for f, r in pairs):
        hint = arrays.difference(*map(np.array, zip(*pairs, strict=True)), rtol)
        return f"What {name} returns on {len(inputs)} inputs: {hint}"
    for place, (some, others) in enumerate(zip(found, right, strict=True)):
        for array, expected in zip(some, others, strict=True):
            if not arrays.close(array, expected, rtol):
                which = f" on input {place}" if len(inputs) > 1 else ""
                return f"What {name} returns{which}: {arrays.difference(array, expected, rtol)}"
    raise AssertionError("results that agree have no difference")
