"""Check a number, a word or a choice."""

import math
import re

import numpy as np

from labkit.claims import judge, page
from labkit.exercises import generic
from labkit.exercises.hints import demand_hints, demand_wrong
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude
from labkit.numbers import as_real, as_whole

SLIPS = (  # what turns a wrong number into the right one, and what to say then
    (lambda number: -number, "The size is right, the sign is not."),
    (
        lambda number: 100 * number,
        "It is off by a constant factor: a share is given, and a percentage asked for?",
    ),
    (
        lambda number: number / 100,
        "It is off by a constant factor: a percentage is given, and a share asked for?",
    ),
    (lambda number: 1 / number, "It is upside down: what is divided by what?"),
    *(
        (lambda number, factor=factor: factor * number, "It is off by a constant factor.")
        for factor in (2, 1 / 2, 10, 1 / 10, 1000, 1 / 1000)
    ),
)


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
        What `value` has to be in this relation to.
    hints : list of (relation, bound, str), optional
        What to say if the value stands in this relation to this bound; the first that fits is
        said. None tells the answer. Without one that fits, a general hint is given.
    measured : bool, optional
        Whether value or bound comes from data or training, so that smoke mode and stand-ins
        cannot judge it. If left out, all but ``"=="`` are measured.

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
    >>> check("Sigmoid layers shrink the gradient", "b", "==", "B")
    Solved: Sigmoid layers shrink the gradient
    """
    judge.demand_statement(statement)
    excuse = page.excuse() if relation != "==" or measured else None
    excuse = None if measured is False else excuse
    wanted = _Wanted(relation, bound, proper=excuse is None)
    rules = [
        (_Wanted(*rule, proper=excuse is None), text)
        for rule, text in demand_hints(hints, 3, wanted.told())
    ]
    for rule, text in rules:
        demand_wrong((rule.relation, rule.bound) == (wanted.relation, wanted.bound), text)
    with quiet():
        answer, hint = wanted.read(value)
    if not (hint or excuse or wanted.holds(answer)):
        fits = (text for rule, text in rules if rule.kind == wanted.kind and rule.holds(answer))
        hint = next(fits, None) or wanted.generic(answer)
    conclude(statement, hint, excuse)


class _Wanted:
    """A relation and a bound: which answers stand in it."""

    def __init__(self, relation, bound, proper):
        judge.demand_relation(relation)
        self.relation, self.kind = relation, "number"
        if relation == "==" and isinstance(bound, str):
            self.kind, self.bound = "word", _plain(bound)
            if not self.bound:
                raise ValueError(f"expected a word, got {bound!r}")
        elif relation == "==" and isinstance(bound, (bool, np.bool_)):
            self.kind, self.bound = "truth value", bool(bound)
        else:
            self.bound = judge.bound_of(bound, relation)
            if proper and not judge.is_finite(self.bound):
                raise ValueError(f"bound must be finite, got {bound!r}")

    def holds(self, answer):
        infinite = isinstance(answer, float) and not math.isfinite(answer)
        return not infinite and bool(judge.RELATIONS[self.relation](answer, self.bound))

    def read(self, value):
        """Return the answer in the form of the bound, or a hint why there is none."""
        hint = generic.no_answer(value, f"a {self.kind}")
        if hint:
            return None, hint
        if self.kind == "number":
            return _read_number(value)
        if self.kind == "word" and isinstance(value, str):
            return _plain(value), None
        if self.kind == "truth value" and isinstance(value, (bool, np.bool_)):
            return bool(value), None
        if self.kind == "word":
            return None, 'A word or letter is asked for, in quotation marks, such as "x".'
        return None, "True or False is asked for."

    def generic(self, answer):
        """Say what is wrong with an answer that no hint of the exercise fits."""
        if self.kind != "number":
            counted = _letters(answer, self.bound) if self.kind == "word" else None
            return counted or "That is not it. Look at the question once more."
        if answer != answer:
            return "That is NaN, not a number: something was divided by 0, or has diverged."
        if answer in (math.inf, -math.inf):
            return "That is infinite: something was divided by 0, or has overflowed."
        low, high = self.bound if self.relation == "between" else (self.bound, self.bound)
        above = answer < low or (answer == low and self.relation == ">")
        return self._slip(answer, low, high) or f"That is too {'small' if above else 'large'}."

    def _slip(self, answer, low, high):
        """Say which common slip would explain it, if the bound is narrow enough to tell."""
        if self.relation not in ("==", "between") or low * high <= 0 or answer == 0:
            return None
        if not 2 / 3 <= low / high <= 3 / 2 or max(abs(answer), abs(high)) > 1e300:
            return None
        margin = 1e-9 * abs(high)
        for mend, text in SLIPS:
            if low - margin <= mend(answer) <= high + margin:
                return text
        if self.relation == "==" and abs(answer - low) <= 0.01 * abs(low):
            return "That is close, but not exact."
        return None

    def told(self):
        """Return a pattern of the answer, for hints that may not hold it."""
        if self.relation != "==" or self.kind == "truth value":
            return None
        if self.kind == "word":
            word = re.escape(self.bound)
            return rf"\b{word}\b" if len(self.bound) > 1 else rf"""["'`(]{word}["'`)]"""
        if isinstance(self.bound, int) and abs(self.bound) < 10:
            return None  # "two layers" stand in many a hint
        written = {str(self.bound), f"{self.bound:,}", f"{self.bound:g}"}
        return rf"(?<![\d.,])(?:{'|'.join(map(re.escape, written))})(?!\d|[.,]\d)"


def _letters(answer, bound):
    """Count the right letters of several choices, such as "bca"; None for other words."""
    if not (set(answer) | set(bound)) <= set("abcdefgh") or not answer or len(bound) < 2:
        return None
    if all(word == "".join(sorted(set(word))) for word in (answer, bound)):
        right = len(set(answer) & set(bound))  # in the order of the alphabet: places do not count
    elif len(answer) == len(bound):
        right = sum(one == other for one, other in zip(answer, bound, strict=True))
    else:
        return None
    return f"{right} of its {len(answer)} letters are right."


def _plain(text):
    """Return a word without what does not matter."""
    return " ".join(text.split()).strip(" .()").casefold()


def _read_number(value):
    if isinstance(value, (str, bytes)):
        return None, "That is a text. Write the number without quotation marks."
    if isinstance(value, (bool, np.bool_)):
        return None, generic.of_type(value, "a number")
    number = as_whole(value)
    number = as_real(value) if number is None else number
    if number is not None:
        return number, None
    try:
        array = np.asarray(value)
    except Exception:
        return None, generic.of_type(value, "a number")
    if array.dtype.kind in "iuf" and array.size == 1:
        return array.item(), None
    if array.ndim:
        return None, f"That has the shape {array.shape}; one number is asked for."
    return None, generic.of_type(value, "a number")
