"""State results and judge them on the run that made them.

A lab says in `check` what it has found. The line shows the measured value, and a statement that
is false on real data stops the lab, so that no page can say what its own run contradicts.
"""

import html
import math
import numbers
import operator
import sys

import numpy as np

from labkit import data, mode

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "between": lambda value, pair: pair[0] <= value <= pair[1],
}
# Each label is white on its colour: at least 4.5 to 1, on light pages as on dark ones.
VERDICTS = {
    "right": "#2b7a3b",
    "wrong": "#b3261e",
    "wrong cause": "#8f5400",
    "unsupported": "#6a4c93",
    "open": "#1c5fa8",
}
NOT_JUDGED = "#5c5f66"
BOX_TITLE = "What the report said, what we measured"

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
    excuse = _excuse()
    verdict = f"not judged: {excuse}" if excuse else "holds" if holds else "does not hold"
    _display(
        f"{statement} | {facts} | {verdict}",
        html=_claim_html(statement, facts, verdict),
    )
    if not (holds or excuse):
        raise ClaimError(f"this claim does not hold: {statement!r}: {facts}")
    return holds


def glue(name, value, fmt="{}"):
    """Keep a value of the run for the text of the book: ``{glue:text}`` and the name show it.

    Parameters
    ----------
    name : str
        Letters, digits, ``_``, ``-`` or ``.``; once a book.
    value : object
        What `fmt` can format.
    fmt : str, optional
        A format string with one pair of braces, such as ``"{:.1%}"``.

    Raises
    ------
    ValueError
        If the name is empty or `fmt` has no braces.

    Notes
    -----
    Only a notebook can keep it, and only where MyST-NB is installed (it comes with
    ``labkit[book]``); elsewhere this does nothing.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"expected a name for the value, got {name!r}")
    if "{" not in fmt:
        raise ValueError(f'expected a format with braces, such as "{{:.1%}}", got {fmt!r}')
    text = fmt.format(value)
    if not _in_notebook():
        return
    try:
        from myst_nb import glue as keep
    except ImportError:
        return
    keep(name, _Bare(text), display=False)


def say(text):
    """Show a paragraph of Markdown whose numbers come from the run.

    Parameters
    ----------
    text : str
        Markdown, usually an f-string of the lab.

    Raises
    ------
    ValueError
        If there is no text.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"expected a text, got {text!r}")
    _display(text, markdown=text)


def report_box(rows):
    """Show what a report said beside what the lab has measured.

    In smoke mode, and on stand-ins, every row says *not judged* instead of its verdict.

    Parameters
    ----------
    rows : iterable of (str, str, str)
        What the report said; what was measured, its numbers taken from the run; and the verdict:
        ``"right"``, ``"wrong"``, ``"wrong cause"`` (the number holds, the explanation does not),
        ``"unsupported"`` (no number or protocol was given) or ``"open"`` (this run does not
        decide it).

    Raises
    ------
    ValueError
        If there is no row, a row is not made of three texts, or a verdict is another word.
    """
    rows = [_box_row(row) for row in rows]
    if not rows:
        raise ValueError("expected at least one row (said, measured, verdict), got none")
    excuse = _excuse()
    if excuse:
        rows = [(said, measured, f"not judged: {excuse}") for said, measured, _ in rows]
    paragraphs = [
        f"- the report: {said}\n  measured:   {measured}\n  verdict:    {verdict}"
        for said, measured, verdict in rows
    ]
    _display("\n".join([BOX_TITLE, *paragraphs]), html=_box_html(rows))


def _check_statement(statement):
    if not isinstance(statement, str) or not statement.strip():
        raise ValueError(f"expected a statement, one sentence of text, got {statement!r}")


def _number(name, given):
    """Return the one number that `given` holds; integers stay integers."""
    try:
        array = np.asarray(given)
        if array.size == 1 and array.dtype.kind in "biuf":
            return array.item()
        return float(given)  # a pandas or Keras scalar of another kind
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, got {given!r}") from None


def _bound(given, relation):
    if relation != "between":
        return _finite(given)
    try:
        low, high = map(_finite, given)
    except TypeError:
        raise ValueError(f'"between" needs a bound (low, high), got {given!r}') from None
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


def _excuse():
    """Say why nothing can be judged in this process; None if it can."""
    if mode.current() == "smoke":
        return "smoke mode"
    return None if data.all_real() else "stand-in data"


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


def _box_row(row):
    texts = () if isinstance(row, str) else tuple(row)
    if len(texts) != 3 or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError(f"expected three texts (said, measured, verdict) in a row, got {row!r}")
    if texts[2] not in VERDICTS:
        raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {texts[2]!r}")
    return texts


def _box_html(rows):
    head = "".join(f'<th scope="col">{name}</th>' for name in ("The report", "Measured", "Verdict"))
    body = "\n".join(
        f"<tr><td>{html.escape(said)}</td><td>{html.escape(measured)}</td>"
        f"<td>{_label(verdict)}</td></tr>"
        for said, measured, verdict in rows
    )
    return (
        f'<table class="labkit-report"><caption>{BOX_TITLE}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def _label(verdict):
    style = (
        f"background:{VERDICTS.get(verdict, NOT_JUDGED)};color:#fff;"
        "border-radius:0.3em;padding:0.1em 0.5em;white-space:nowrap"
    )
    return f'<span class="labkit-verdict" style="{style}">{html.escape(verdict)}</span>'


class _Bare:
    """A text that MyST-NB writes without quotation marks."""

    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text


def _in_notebook():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def _display(text, **rich):
    """Show `rich` (html or markdown) on a Jupyter page, `text` anywhere else."""
    if not _in_notebook():
        print(text, flush=True)
        return
    from IPython.display import display

    kinds = {f"text/{kind}": source for kind, source in rich.items()}
    display({"text/plain": text, **kinds}, raw=True)
