"""Judge a statement by the value that the run has measured."""

import html
import math
import numbers

from labkit.claims import judge, page

_BARS = {
    "holds": "var(--pst-color-success, #2f9e44)",
    "fails": "var(--pst-color-danger, #e03131)",
}


class ClaimError(AssertionError):
    """A statement is false on the run that it stands on."""


def check(statement, value, relation, bound, *, fmt=".3g"):
    """Show a statement with the value that was measured for it, and judge it.

    In smoke mode, and as soon as a stand-in was loaded in this process, the line says *not
    judged* and nothing is raised. In a notebook that a person has open, a statement that does not
    hold says so, "does not hold on your run: 0.889, bound > 0.9", and stops nothing: change the
    lab and see. A build, nbmake and a script stop there; ``LABKIT_CLAIMS`` decides it by name,
    ``enforce`` or ``show``.

    Parameters
    ----------
    statement : str
        One sentence, plain text.
    value : float or int
        What was measured, in the unit of `bound`; an array of one element will do.
    relation : {"<", "<=", ">", ">=", "==", "between"}
        What `value` has to be to `bound`. ``"=="`` is exact: use it for counts.
    bound : float or int, or a pair of them
        For ``"between"`` the pair ``(low, high)``, both allowed values. A bound that the run made
        NaN or infinite proves nothing: the relation does not hold.
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
        If it does not hold where claims are enforced, in class or full mode on real data; the
        line is shown first.
    ValueError
        If the statement is empty, the relation unknown, or value or bound no number.

    Examples
    --------
    >>> check("Two layers have 109,386 parameters", 100_480 + 8_256 + 650, "==", 109_386)
    Two layers have 109,386 parameters | measured 109386, bound == 109386 | holds
    True
    """
    judge.demand_statement(statement)
    judge.demand_relation(relation)
    value, bound = judge.number_of("value", value), judge.bound_of(bound, relation)
    holds = judge.is_finite(bound) and bool(judge.RELATIONS[relation](value, bound))
    facts = _facts(value, relation, bound, fmt)
    excuse, enforced = page.excuse(), page.enforces()
    if holds or excuse or enforced:
        verdict = f"not judged: {excuse}" if excuse else "holds" if holds else "does not hold"
        parts = [statement, f"measured {facts}", verdict]
    else:
        parts = [statement, f"does not hold on your run: {facts}"]
    kind = "not judged" if excuse else "holds" if holds else "fails"
    page.display(" | ".join(parts), html=_claim_html(kind, *parts))
    if enforced and not (holds or excuse):
        raise ClaimError(f"this claim does not hold: {statement!r}: measured {facts}")
    return holds


def _facts(value, relation, bound, fmt):
    """Write value, relation and bound so that the verdict can be read off them."""
    both = [value, *(bound if relation == "between" else [bound])]
    texts = [_written(number, fmt) for number in both]
    if len(set(texts)) < len(set(both)):
        texts = [_written(number, ".10g") for number in both]
    if math.isnan(value):
        texts[0] = "NaN, which is not a number"
    return f"{texts[0]}, bound {relation} {' and '.join(texts[1:])}"


def _written(number, fmt):
    if not math.isfinite(number):  # no format of whole numbers takes it
        return "NaN" if math.isnan(number) else str(number)
    if fmt == ".3g" and isinstance(number, numbers.Integral):
        return str(int(number))
    return format(number, fmt)


def _claim_html(kind, statement, *facts):
    bar = _BARS.get(kind, "var(--pst-color-text-muted, #868e96)")
    style = f"border-left:0.3em solid {bar};padding:0.2em 0.8em;margin:0.4em 0;"
    style += "display:flex;flex-wrap:wrap;gap:0.2em 1em"  # where the book's style sheet is missing
    *value, verdict = map(html.escape, facts)
    lines = [
        f'<div class="labkit-claim" data-verdict="{kind}" style="{style}">',
        f'<span class="labkit-claim-statement">{html.escape(statement)}</span>',
        *(f'<span class="labkit-claim-value">{text}</span>' for text in value),
        f'<strong class="labkit-claim-verdict">{verdict}</strong>',
        "</div>",
    ]
    return "\n".join(lines)
