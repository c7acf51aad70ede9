"""What a value has to be to a bound: the relations, and what they accept."""

import math
import operator

import numpy as np

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "between": lambda value, pair: pair[0] <= value <= pair[1],
}


def demand_statement(statement):
    """Refuse what is not a sentence of text."""
    if not isinstance(statement, str) or not statement.strip():
        raise ValueError(f"expected a statement, one sentence of text, got {statement!r}")


def demand_relation(relation):
    """Refuse what is not one of `RELATIONS`."""
    if relation not in RELATIONS:
        raise ValueError(f"relation must be one of {', '.join(RELATIONS)}, got {relation!r}")


def number_of(name, given):
    """Return the one number that `given` holds; integers stay integers."""
    try:
        array = np.asarray(given)
        if array.dtype.kind in "US":
            raise TypeError("a text is no number, even if it reads like one")
        return array.item() if array.dtype.kind in "biuf" else float(array)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, got {given!r}") from None


def bound_of(given, relation):
    """Return the bound of a relation as one number, or as a pair for ``"between"``."""
    if relation != "between":
        return number_of("bound", given)
    if isinstance(given, str) or np.shape(given) != (2,):
        raise ValueError(f'"between" needs a bound (low, high), got {given!r}')
    low, high = (number_of("bound", end) for end in given)
    if low > high:
        raise ValueError(f"the low end of the bound is above the high end: {given!r}")
    return low, high


def is_finite(bound):
    """Tell whether a bound of `bound_of` has finite numbers alone."""
    return all(map(math.isfinite, bound if isinstance(bound, tuple) else [bound]))
