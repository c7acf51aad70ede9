"""Check a function against a reference, on copies of the inputs."""

import copy

import numpy as np

from labkit.claims import judge
from labkit.exercises import generic
from labkit.exercises.arrays import demand_numbers, demand_rtol, in_shape, read
from labkit.exercises.differences import close, difference, pattern
from labkit.exercises.hints import demand_hints, demand_wrong
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude


def check_function(statement, function, reference, inputs, rtol=1e-4, hints=()):
    """Check a function of a student against the right one.

    It is called on copies of the inputs. The warnings that it gives are not shown, and the random
    numbers that it draws are given back.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    function : callable
        What the student has written.
    reference : callable
        The right one. Both return a number, an array or a tensor, or several: a tuple, or a list
        of arrays.
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
    judge.demand_statement(statement)
    rtol, pairs = demand_rtol(rtol), demand_hints(hints, 2)
    _demand(reference, inputs, pairs)
    with quiet():
        right = [_demand_result(reference, arguments) for arguments in inputs]
        wrong = [(_results(given, inputs), text) for (given,), text in pairs]
    for results, text in wrong:
        demand_wrong(_agree(results, right, rtol), text)
    with quiet():
        hint = _no_function(function) or _judged(function, reference, inputs, right, rtol, wrong)
    conclude(statement, hint)


def _demand(reference, inputs, pairs):
    """Refuse what is no list of inputs, or no function."""
    if not isinstance(inputs, list) or not inputs or not all(isinstance(i, tuple) for i in inputs):
        raise ValueError(f"inputs must be a list of tuples of arguments, got {inputs!r}")
    for given in (reference, *(given for (given,), _ in pairs)):
        if not callable(given):
            raise ValueError(f"expected a function, got {given!r}")


def _demand_result(reference, arguments):
    parts = _parts(reference(*_copied(arguments)))
    arrays = [demand_numbers("what the reference returns", part) for part in parts]
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(f"the reference must return finite numbers, not so for {arguments!r}")
    return arrays


def _parts(result):
    """Return the values that a function returns: those of a tuple, or arrays in a list."""
    several = isinstance(result, list) and any(np.ndim(part) for part in result[:1])
    return list(result) if isinstance(result, tuple) or several else [result]


def _copied(arguments):
    """Copy arguments; what cannot be copied is handed on."""
    copied = []
    for argument in arguments:
        try:
            copied.append(copy.deepcopy(argument))
        except Exception:
            copied.append(argument)
    return copied


def _results(function, inputs):
    """Return what a wrong function gives on each input; None if it gives no numbers somewhere."""
    found = []
    for arguments in inputs:
        try:
            parts = [read(part) for part in _parts(function(*_copied(arguments)))]
        except Exception:
            return None
        if any(hint for _, hint in parts):
            return None
        found.append([array for array, _ in parts])
    return found


def _agree(some, others, rtol):
    """Tell whether two lists of results are the same."""
    return some is not None and all(
        len(a) == len(b) and all(close(*pair, rtol) for pair in zip(a, b, strict=True))
        for a, b in zip(some, others, strict=True)
    )


def _no_function(function):
    hint = generic.no_answer(function, "a function")
    return hint or (None if callable(function) else generic.of_type(function, "a function"))


def _judged(function, reference, inputs, right, rtol, wrong):
    """Call the function on every input; return a hint if anything is wrong with it."""
    name, found = _name(function), []
    for arguments, expected in zip(inputs, right, strict=True):
        given = _copied(arguments)
        try:
            result = function(*given)
        except NotImplementedError:
            return f"{_first(name)} is not written yet."
        except Exception as error:
            return f"{_first(name)} stops with {generic.said(error)}"
        if _changed(given, arguments) and not _changes(reference, arguments):
            return f"{_first(name)} changes its argument in place: let it work on a copy."
        arrays, hint = _read(result, expected)
        if hint:
            return f"{_first(name)} returns {hint}"
        found.append(arrays)
    if _agree(found, right, rtol):
        return None
    fits = (text for results, text in wrong if _agree(results, found, rtol))
    return next(fits, None) or _difference(name, inputs, found, right, rtol)


def _name(function):
    name = getattr(function, "__name__", "")
    return f"`{name}`" if name.isidentifier() else "the function"


def _first(name):
    return name[0].upper() + name[1:]


def _read(result, expected):
    """Return what came as arrays, or the end of a sentence that says why there are none."""
    if result is None:
        return None, "None: its `return` is missing, or empty."
    if len(expected) == 1:
        array, hint = read(result)
        if not hint and (not isinstance(result, tuple) or array.shape == expected[0].shape):
            return [in_shape(array, expected[0])], None
        if not isinstance(result, tuple):
            return None, f"no numbers. {hint}"
    count = len(result) if isinstance(result, (tuple, list)) else 1
    if count != len(expected):
        return None, f"{count or 'no'} value{'s' * (count != 1)}; {len(expected)} asked for."
    arrays = [read(part) for part in result]
    hint = next((hint for _, hint in arrays if hint), None)
    return (None, f"no numbers. {hint}") if hint else ([array for array, _ in arrays], None)


def _changed(given, before):
    return not all(map(_equal, given, before))


def _changes(reference, arguments):
    given = _copied(arguments)
    reference(*given)
    return _changed(given, arguments)


def _equal(one, other):
    """Tell whether an argument is what it was; what cannot be compared is taken to be."""
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    try:
        one, other = np.asarray(one), np.asarray(other)
        return one.dtype.kind not in "biuf" or np.array_equal(one, other, equal_nan=True)
    except Exception:
        return True


def _difference(name, inputs, found, right, rtol):
    """Say how results differ from the right ones, or for which input."""
    if len(inputs) > 1 and all(_is_number(each) for each in (*found, *right)):
        hint = pattern(*(np.array([array for (array,) in each]) for each in (found, right)), rtol)
        if hint:
            return f"What {name} returns for {len(inputs)} inputs is wrong. {hint}"
    number, place = next(
        (number, place)
        for number, arrays in enumerate(right)
        for place, array in enumerate(arrays)
        if not close(found[number][place], array, rtol)
    )
    what = f"Value {place + 1} of what" if len(right[number]) > 1 else "What"
    hint = difference(found[number][place], right[number][place], rtol)
    return f"{what} {_call(name, inputs, number)} is wrong. {hint}"


def _is_number(arrays):
    return len(arrays) == 1 and arrays[0].shape == ()


def _call(name, inputs, number):
    """Say which call it was: its arguments if they are short, else their place in the list."""
    plain = [given.item() if isinstance(given, np.generic) else given for given in inputs[number]]
    text = " ".join(", ".join(map(repr, plain)).split())
    if name[0] == "`" and len(text) <= 40:
        return f"{name[:-1]}({text})` returns"
    return f"{name} returns for input {number + 1} of {len(inputs)}"
