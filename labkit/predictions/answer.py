"""What was measured, beside what was predicted."""

import html
import math

from labkit.claims import page
from labkit.numbers import as_whole, real
from labkit.predictions import card, question

ANSWER = """\
<p class="labkit-comparison" {attributes} style="border-left:.3em solid \
var(--pst-color-primary,var(--jp-brand-color1,#1976d2));margin:.6em 0;padding:.4em .8em">{text}</p>
{script}"""


def compare(name, measured, *, unit=None, near=None, fmt=".4g"):
    """Say what was predicted and what was measured.

    Nothing is said of a prediction that was skipped, or that this output cannot know of.

    Parameters
    ----------
    name : str
        That of the card.
    measured : float or str
        A number, or one of the options.
    unit : str, optional
        That of the card, unless given.
    near : float, optional
        How far a prediction may be off to be called close, in the unit.
    fmt : str, optional
        Format of a measured number; integers are written in full.

    Raises
    ------
    ValueError
        If `measured` is no answer to the question, has another unit, or `near` is not above 0.

    Examples
    --------
    >>> from labkit.predictions import ask
    >>> ask("02-guess", "What share is right?", unit="%", predicted=12)
    Predict: What share is right? (... %) You predicted 12 %.
    >>> compare("02-guess", 11.35, unit="%", near=1)
    You predicted 12 %. Measured: 11.35 %. Close.
    """
    question.check_name(name)
    asked = question.ASKED.get(name, question.Question(name, ""))
    unit, value = _same_unit(asked, question.check_unit(unit)), _measured(asked, measured)
    near = _near(near, value)
    said = f"You predicted {question.in_words(asked.predicted, unit)}. " if asked.predicted else ""
    verdict = _verdict(asked.predicted, value, near) if asked.predicted else ""
    texts = said, _shown(value, unit, fmt), verdict
    attributes = {"name": name, "value": question.as_text(value), "near": near, "unit": unit or ""}
    page.display("{}Measured: {}.{}".format(*texts), html=_answer_html(texts, attributes))


def _answer_html(texts, attributes):
    said, shown, verdict = map(html.escape, texts)
    return ANSWER.format(
        attributes=card.written({f"data-{name}": value for name, value in attributes.items()}),
        text=f"<span>{said}</span>Measured: <strong>{shown}</strong>.<span>{verdict}</span>",
        script=card.script(),
    )


def _verdict(predicted, value, near):
    """Say how good a prediction was, as the script does it."""
    if predicted == question.as_text(value):
        return " As predicted."
    off = math.nan if near is None else question.number_in(predicted) - value
    if math.isnan(off):
        return ""
    return " Close." if abs(off) <= near else " Too low." if off < 0 else " Too high."


def _shown(value, unit, fmt):
    """Write what was measured."""
    if isinstance(value, str):
        return f"“{value}”"
    number = str(value) if isinstance(value, int) else format(value, fmt)
    return f"{number} {unit or ''}".strip()


def _same_unit(asked, unit):
    if unit is None:
        return asked.unit
    if asked.options or unit != (unit if asked.unit is None else asked.unit):
        wanted = "has options" if asked.options else f"asks for the unit {asked.unit!r}"
        raise ValueError(f"the card {asked.name} {wanted}, but the unit of compare is {unit!r}")
    return unit


def _measured(asked, given):
    """Return what was measured as a text, an int or a float."""
    if asked.options and given not in asked.options:
        raise ValueError(
            f"{asked.name} was measured as {given!r}, which is none of its options: "
            f"{question.listed(asked)}"
        )
    if isinstance(given, str) and asked.unit is None:
        return given
    whole = as_whole(given)
    if whole is not None:
        return whole
    return real(f"what {asked.name} measures", given, lambda number: True, "a number")


def _near(near, value):
    if near is None:
        return None
    if isinstance(value, str):
        raise ValueError(f"near is for numbers, but {value!r} was measured")
    return real("near", near, lambda off: 0 < off < math.inf, "above 0 and finite")
