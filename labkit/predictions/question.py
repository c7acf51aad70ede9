"""The questions of this process: put them into the page, and answer them."""

import html
import math
import re
from typing import NamedTuple

from labkit.claims import page
from labkit.numbers import as_whole, real
from labkit.predictions import card

NO_SCRIPT = "Nothing is kept here: note your answer. In a notebook, add predicted=… to the cell."
ANSWER = """\
<p class="labkit-comparison" {attributes} style="border-left:.3em solid \
var(--pst-color-primary,var(--jp-brand-color1,#1976d2));margin:.6em 0;padding:.4em .8em">{text}</p>
{script}"""


class Question(NamedTuple):
    """What `ask` has asked for; `options` and `unit` are None where they do not apply."""

    name: str
    text: str
    options: tuple = None
    unit: str = None
    predicted: str = None


ASKED = {}  # by name: what this process has asked


def ask(name, question, *, options=None, unit=None, predicted=None):
    """Show a card for a prediction: choices, a number with its unit, or a line of text.

    Parameters
    ----------
    name : str
        Letters, digits and hyphens, unique in the course: ``"02-where"``.
    question : str
        Plain text.
    options : sequence of str, optional
        Two or more choices.
    unit : str, optional
        Asks for a number; ``""`` is a number without a unit.
    predicted : str or float, optional
        The prediction itself, where scripts do not run: one of the options, a number, or a text.

    Raises
    ------
    ValueError
        If the name or the question is empty, there are options and a unit, fewer than two or
        repeated options, or `predicted` does not answer the question.

    Examples
    --------
    >>> ask("02-guess", "What share is right?", unit="%", predicted=12)
    Predict: What share is right? (a number, in %) You predicted 12 %.
    """
    _check_question(name, question)
    if options is not None and unit is not None:
        raise ValueError("a question has options or a unit, not both")
    asked = Question(name, question, _options(options), _unit(unit))
    if predicted is not None:
        asked = asked._replace(predicted=_as_answer(asked, predicted))
    ASKED[name] = asked
    page.display(_plain(asked), html=card_html(asked))


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
    >>> ask("02-guess", "What share is right?", unit="%", predicted=12)
    Predict: What share is right? (a number, in %) You predicted 12 %.
    >>> compare("02-guess", 11.35, unit="%", near=1)
    You predicted 12 %. Measured: 11.35 %. Close.
    """
    _check_name(name)
    asked = ASKED.get(name, Question(name, ""))
    unit, value = _same_unit(asked, _unit(unit)), _measured(asked, measured)
    near = _near(near, value)
    said = f"You predicted {_written(asked.predicted, unit)}. " if asked.predicted else ""
    verdict = _verdict(asked.predicted, value, near) if asked.predicted else ""
    texts = said, _shown(value, unit, fmt), verdict
    attributes = {"name": name, "value": _key(value), "near": near, "unit": unit or ""}
    page.display("{}Measured: {}.{}".format(*texts), html=_answer_html(texts, attributes))


def card_html(asked):
    """Write a question as a card.

    Parameters
    ----------
    asked : Question

    Returns
    -------
    str
    """
    attributes = {
        "data-name": asked.name,
        "data-unit": asked.unit or "",
        "data-predicted": asked.predicted,
    }
    if asked.predicted:
        inputs, buttons, status = "", "", f"Kept: {_written(asked.predicted, asked.unit)}"
    else:
        inputs, buttons, status = _inputs(asked), card.BUTTONS, NO_SCRIPT
    return card.fieldset(
        "labkit-prediction", attributes, asked.text, inputs, status, buttons=buttons
    )


def _inputs(asked):
    if asked.options:
        group = f"labkit-{asked.name}"
        return "\n".join(card.radio(group, option) for option in asked.options)
    return card.field("text" if asked.unit is None else "number", asked.unit or "")


def _plain(asked):
    wanted = " / ".join(asked.options or ())
    if asked.unit is not None:
        wanted = f"a number, in {asked.unit}" if asked.unit else "a number"
    wanted = f" ({wanted})" if wanted else ""
    said = f" You predicted {_written(asked.predicted, asked.unit)}." if asked.predicted else ""
    return f"Predict: {asked.text}{wanted}{said}"


def _answer_html(texts, attributes):
    said, shown, verdict = map(html.escape, texts)
    return ANSWER.format(
        attributes=card.written({f"data-{name}": value for name, value in attributes.items()}),
        text=f"<span>{said}</span>Measured: <strong>{shown}</strong>.<span>{verdict}</span>",
        script=card.script(),
    )


def _verdict(predicted, value, near):
    """Say how good a prediction was, as the script does it."""
    if predicted == _key(value):
        return " As predicted."
    off = math.nan if near is None else _number(predicted) - value
    if math.isnan(off):
        return ""
    return " Close." if abs(off) <= near else " Too low." if off < 0 else " Too high."


def _written(answer, unit):
    """Write a prediction: words in quotes, a number with its unit."""
    return f"“{answer}”" if math.isnan(_number(answer)) else f"{answer} {unit or ''}".strip()


def _number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


def _shown(value, unit, fmt):
    """Write what was measured."""
    if isinstance(value, str):
        return f"“{value}”"
    number = str(value) if isinstance(value, int) else format(value, fmt)
    return f"{number} {unit or ''}".strip()


def _key(value):
    """Write a value as a reader may have typed it."""
    return value if isinstance(value, str) else f"{value:.12g}"


def _check_question(name, question):
    _check_name(name)
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"expected a question, one sentence of text, got {question!r}")


def _check_name(name):
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", name):
        raise ValueError(f"name must be letters, digits and hyphens, as 02-where; got {name!r}")


def _options(given):
    if given is None:
        return None
    options = () if isinstance(given, str) else tuple(given)
    if not all(isinstance(option, str) and option.strip() for option in options):
        raise ValueError(f"options must be texts, none of them empty; got {given!r}")
    options = tuple(option.strip() for option in options)
    if len(set(options)) < max(2, len(options)):
        raise ValueError(f"expected two or more options, all different; got {given!r}")
    return options


def _unit(given):
    if given is not None and not isinstance(given, str):
        raise ValueError(f"unit must be a text, got {given!r}")
    return given


def _same_unit(asked, unit):
    if unit is None:
        return asked.unit
    if asked.options or unit != (unit if asked.unit is None else asked.unit):
        wanted = "has options" if asked.options else f"asks for the unit {asked.unit!r}"
        raise ValueError(f"the card {asked.name} {wanted}, but the unit of compare is {unit!r}")
    return unit


def _as_answer(asked, given):
    """Return the prediction as a text, or say why it is no answer to the question."""
    if asked.unit is not None:
        return _key(real("predicted", given, math.isfinite, "a number"))
    if asked.options and given not in asked.options:
        raise ValueError(f"predicted must be one of {_listed(asked)}; got {given!r}")
    if not str(given).strip():
        raise ValueError("predicted is empty")
    return str(given).strip()


def _listed(asked):
    return ", ".join(map(repr, asked.options))


def _measured(asked, given):
    """Return what was measured as a text, an int or a float."""
    if asked.options and given not in asked.options:
        raise ValueError(
            f"{asked.name} was measured as {given!r}, which is none of its options: "
            f"{_listed(asked)}"
        )
    if isinstance(given, str) and asked.unit is None:
        return given
    whole = as_whole(given)
    return (
        real(f"what {asked.name} measures", given, lambda number: True, "a number")
        if whole is None
        else whole
    )


def _near(near, value):
    if near is None:
        return None
    if isinstance(value, str):
        raise ValueError(f"near is for numbers, but {value!r} was measured")
    return real("near", near, lambda off: 0 < off < math.inf, "above 0 and finite")
