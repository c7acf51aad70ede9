"""Judge a statement by the value that the run has measured."""

import html
import math
import numbers
import operator

import numpy as np

from labkit.claims import page

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "between": lambda value, pair: pair[0] <= value <= pair[1],
}
_BARS = {
    "holds": "var(--pst-color-success, #2f9e44)",
    "does not hold": "var(--pst-color-danger, #e03131)",
}


class ClaimError(AssertionError):
    """A statement is false on the run that it stands on."""


def check(statement, value, relation, bound, *, fmt=".3g"):
    """Show a statement with the value that was measured for it, and judge it.

    In smoke mode, and as soon as a stand-in was loaded in this process, the line says *not
    judged* and nothing is raised.

    Parameters
    ----------
    statement : str
        One sentence, plain text.
    value : float or int
        What was measured, in the unit of `bound`; an array of one element will do.
    relation : {"<", "<=", ">", ">=", "==", "between"}
        What `value` has to be to `bound`. ``"=="`` is exact: use it for counts.
    bound : float or int, or a pair of them
        Finite. For ``"between"`` the pair ``(low, high)``, both allowed values.
    fmt : str, optional
        Format of value and bound, such as ``".1%"``. With the default, integers are written in
        full, and value and bound get more digits where three would make them look the same.

    Returns
    -------
    bool
        Whether the relation holds, judged or not. A `value` of NaN makes it False.

    Raises
    ------
    ClaimError
        If it does not hold, in class or full mode on real data; the line is shown first.
    ValueError
        If the statement is empty, the relation unknown, the value no number, or the bound not
        finite.

    Examples
    --------
    >>> check("Two layers have 109,386 parameters", 100_480 + 8_256 + 650, "==", 109_386)
    Two layers have 109,386 parameters | measured 109386, bound == 109386 | holds
    True
    """
    _check_statement(statement)
    if relation not in RELATIONS:
        raise ValueError(f"relation must be one of {', '.join(RELATIONS)}, got {relation!r}")
    value, bound = _number("value", value), _bound(bound, relation)
    holds = bool(RELATIONS[relation](value, bound))
    facts = _facts(value, relation, bound, fmt)
    excuse = page.excuse()
    verdict = f"not judged: {excuse}" if excuse else "holds" if holds else "does not hold"
    page.display(
        f"{statement} | {facts} | {verdict}",
        html=_claim_html(statement, facts, verdict),
    )
    if not (holds or excuse):
        raise ClaimError(f"this claim does not hold: {statement!r}: {facts}")
    return holds


def _check_statement(statement):
    if not isinstance(statement, str) or not statement.strip():
        raise ValueError(f"expected a statement, one sentence of text, got {statement!r}")


def _number(name, given):
    """Return the one number that `given` holds; integers stay integers."""
    try:
        array = np.asarray(given)
        if array.dtype.kind in "US":
            raise TypeError("a text is no number, even if it reads like one")
        return array.item() if array.dtype.kind in "biuf" else float(array)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, got {given!r}") from None


def _bound(given, relation):
    if relation != "between":
        return _finite(given)
    if isinstance(given, str) or np.shape(given) != (2,):
        raise ValueError(f'"between" needs a bound (low, high), got {given!r}')
    low, high = map(_finite, given)
    if low > high:
        raise ValueError(f"the low end of the bound is above the high end: {given!r}")
    return low, high


def _finite(given):
    number = _number("bound", given)
    if not math.isfinite(number):
        raise ValueError(f"bound must be finite, got {given!r}")
    return number


def _facts(value, relation, bound, fmt):
    """Write value, relation and bound so that the verdict can be read off them."""
    both = [value, *(bound if relation == "between" else [bound])]
    texts = [_written(number, fmt) for number in both]
    if len(set(texts)) < len(set(both)) and not math.isnan(value):
        texts = [f"{number:.10g}" for number in both]
    if math.isnan(value):
        texts[0] = "NaN, which is not a number"
    limit = " and ".join(texts[1:])
    return f"measured {texts[0]}, bound {relation} {limit}"


def _written(number, fmt):
    if fmt == ".3g" and isinstance(number, numbers.Integral):
        return str(int(number))
    return format(number, fmt)


def _claim_html(statement, facts, verdict):
    kind = {"holds": "holds", "does not hold": "fails"}.get(verdict, "not judged")
    bar = _BARS.get(verdict, "var(--pst-color-text-muted, #868e96)")
    style = f"border-left:0.3em solid {bar};padding:0.4em 0.8em;margin:0.6em 0"
    return (
        f'<div class="labkit-claim" data-verdict="{kind}" style="{style}">\n'
        f'<span class="labkit-claim-statement">{html.escape(statement)}</span>\n'
        f'<span class="labkit-claim-value">{html.escape(facts)}</span>\n'
        f'<strong class="labkit-claim-verdict">{html.escape(verdict)}</strong>\n'
        "</div>"
    )
