"""Check a number, a word or a choice."""

import math
import re

import numpy as np

from labkit.claims import judge, page
from labkit.exercises import generic
from labkit.exercises.hints import demand_hints
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude, demand_statement
from labkit.numbers import as_real, as_whole


def check(statement, value, relation, bound, hints=(), *, measured=None):
    """Check one number, word or choice of a student.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    value : object
        What the student has found.
    relation : {"<", "<=", ">", ">=", "==", "between"}
        As in `labkit.claims.check`. ``"=="`` is exact for numbers; words may differ in case,
        spaces, brackets and a full stop.
    bound : float, int, bool or str, or a pair of numbers for ``"between"``
    hints : list of (relation, bound, str), optional
        What to say if the value stands in this relation to this bound; the first that fits is
        said. None tells the answer. Without one that fits, a general hint is given.
    measured : bool, optional
        Whether the value comes from data or training, so that smoke mode and stand-ins cannot
        judge it. If left out, all but ``"=="`` are measured.

    Raises
    ------
    NotYet
        If it is not solved; its text is the hint.
    ValueError
        If statement, relation, bound or hints are not as above.

    Examples
    --------
    >>> check("The layer has 650 parameters", 64 * 10 + 10, "==", 650,
    ...       hints=[("==", 640, "You forgot the biases.")])
    Solved: The layer has 650 parameters
    >>> check("Sigmoid layers shrink it", "b", "==", "B")
    Solved: Sigmoid layers shrink it
    """
    demand_statement(statement)
    wanted = _Wanted(relation, bound)
    rules = [(_Wanted(*rule), text) for rule, text in demand_hints(hints, 3, _told(wanted))]
    if any(rule.same_as(wanted) for rule, _ in rules):
        raise ValueError("a hint is for the right answer")
    with quiet():
        answer, hint = wanted.read(value)
    judged_always = relation == "==" if measured is None else not measured
    excuse = None if judged_always else page.excuse()
    if not (hint or excuse or wanted.holds(answer)):
        said = (text for rule, text in rules if rule.kind == wanted.kind and rule.holds(answer))
        hint = next(said, None) or wanted.generic(answer)
    conclude(statement, hint, excuse)


class _Wanted:
    """A relation and a bound: which answers stand in it."""

    def __init__(self, relation, bound):
        judge.demand_relation(relation)
        self.relation, self.kind = relation, "number"
        if relation == "==" and isinstance(bound, (str, bool, np.bool_)):
            self.kind = "word" if isinstance(bound, str) else "truth value"
            self.bound = _word(bound) if isinstance(bound, str) else bool(bound)
            if self.bound == "":
                raise ValueError("the word that is asked for is empty")
            return
        self.bound = judge.bound_of(bound, relation)
        if not judge.is_finite(self.bound):
            raise ValueError(f"bound must be finite, got {bound!r}")

    def same_as(self, other):
        return (self.relation, self.kind, self.bound) == (other.relation, other.kind, other.bound)

    def holds(self, answer):
        proper = self.kind != "number" or math.isfinite(answer)
        return proper and bool(judge.RELATIONS[self.relation](answer, self.bound))

    def read(self, value):
        """Return the answer in the form of the bound, or a hint why there is none."""
        hint = generic.no_answer(value, f"a {self.kind}")
        if hint:
            return None, hint
        return {"word": _read_word, "truth value": _read_truth, "number": _read_number}[self.kind](
            value
        )

    def generic(self, answer):
        """Say what is wrong with a number or word that no hint of the exercise fits."""
        if self.kind != "number":
            return "That is not it. Look at the question once more."
        if math.isnan(answer):
            return "That is NaN, not a number: something was divided by 0, or has diverged."
        if math.isinf(answer):
            return "That is infinite: something was divided by 0, or has overflowed."
        return _slip(self, answer) or f"That is too {'small' if self._above(answer) else 'large'}."

    def _above(self, answer):
        """Tell whether the right numbers lie above the answer."""
        low = self.bound[0] if self.relation == "between" else self.bound
        return answer < low or (answer == low and self.relation == ">")


def _slip(wanted, answer):
    """Say which common slip would explain the number, where the bound is narrow enough to tell."""
    low, high = wanted.bound if wanted.relation == "between" else (wanted.bound, wanted.bound)
    if wanted.relation not in ("==", "between") or low * high <= 0 or answer == 0:
        return None
    if not 2 / 3 <= low / high <= 3 / 2:  # so wide that a slip could fit by accident
        return None

    def fits(number):
        margin = 1e-9 * abs(high)
        return low - margin <= number <= high + margin

    if fits(-answer):
        return "The size is right, the sign is not."
    if fits(100 * answer) or fits(answer / 100):
        return "It is off by a constant factor. Is it a share or a percentage that is asked for?"
    if fits(1 / answer):
        return "It is upside down: what is divided by what?"
    if any(fits(answer * factor) for factor in (2, 0.5, 10, 0.1, 1000, 1e-3)):
        return "It is off by a constant factor."
    if wanted.relation == "==" and abs(answer - low) <= 0.01 * abs(low):
        return "That is close, but not exact."
    return None


def _read_word(value):
    if not isinstance(value, str):
        return None, 'A word or letter is asked for: write it in quotation marks, as in "x".'
    return _word(value), None


def _word(text):
    return " ".join(text.split()).strip(" .()").casefold()


def _read_truth(value):
    if isinstance(value, (bool, np.bool_)):
        return bool(value), None
    return None, "True or False is asked for."


def _read_number(value):
    if isinstance(value, (str, bytes)):
        return None, "That is a text. Write the number without quotation marks."
    if isinstance(value, (bool, np.bool_)):
        return None, "That is a truth value; a number is asked for."
    number = as_whole(value)
    number = as_real(value) if number is None else number
    if number is not None:
        return number, None
    try:
        array = np.asarray(value)
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind in "iuf" and array.size == 1:
        return array.item(), None
    if array.ndim:
        return None, f"That has the shape {array.shape}; one number is asked for."
    return None, f"That is of type {type(value).__name__}; a number is asked for."


def _told(wanted):
    """Return a pattern of the answer, which no hint may hold; None where that cannot be told."""
    if wanted.relation != "==" or wanted.kind == "truth value":
        return None
    if wanted.kind == "word":
        text = re.escape(wanted.bound)
        return rf"\b{text}\b" if len(wanted.bound) > 1 else rf"""["'(]{text}["')]"""
    if as_whole(wanted.bound) is not None and abs(wanted.bound) < 10:
        return None  # "two layers" are in many a hint
    grouped = f"{wanted.bound:,}"
    return rf"(?<![\d.,])(?:{re.escape(str(wanted.bound))}|{re.escape(grouped)})(?![\d]|[.,]\d)"
