"""Put a question into the page, and remember what was asked."""

import math
import re
from typing import NamedTuple

from labkit.claims import page
from labkit.numbers import real
from labkit.predictions import card

NO_SCRIPT = "Nothing is kept here: note your answer. In a notebook, add predicted=… to the cell."


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
    Predict: What share is right? (... %) You predicted 12 %.
    """
    _check_question(name, question)
    if options is not None and unit is not None:
        raise ValueError("a question has options or a unit, not both")
    asked = Question(name, question, _options(options), check_unit(unit))
    if predicted is not None:
        asked = asked._replace(predicted=_as_answer(asked, predicted))
    ASKED[name] = asked
    page.display(_plain(asked), html=card_html(asked))


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
        inputs, buttons, status = "", "", f"Kept: {in_words(asked.predicted, asked.unit)}"
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
        wanted = f"... {asked.unit}" if asked.unit else "a number"
    wanted = f" ({wanted})" if wanted else ""
    said = f" You predicted {in_words(asked.predicted, asked.unit)}." if asked.predicted else ""
    return f"Predict: {asked.text}{wanted}{said}"


def _check_question(name, question):
    check_name(name)
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"expected a question, one sentence of text, got {question!r}")


def check_name(name):
    """Refuse what cannot name a card."""
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


def check_unit(given):
    """Return a unit as it is, or say what was expected."""
    if given is not None and not isinstance(given, str):
        raise ValueError(f"unit must be a text, got {given!r}")
    return given


def _as_answer(asked, given):
    """Return the prediction as a text, or say why it is no answer to the question."""
    if asked.unit is not None:
        return as_text(real("predicted", given, math.isfinite, "a number"))
    if asked.options and given not in asked.options:
        raise ValueError(f"predicted must be one of {listed(asked)}; got {given!r}")
    if not str(given).strip():
        raise ValueError("predicted is empty")
    return str(given).strip()


def listed(asked):
    """List the options for a message."""
    return ", ".join(map(repr, asked.options))


def in_words(answer, unit):
    """Write a prediction: words in quotes, a number with its unit."""
    return f"“{answer}”" if math.isnan(number_in(answer)) else f"{answer} {unit or ''}".strip()


def number_in(text):
    """Return the number that a text is, or NaN."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def as_text(value):
    """Write a value as a reader may have typed it."""
    return value if isinstance(value, str) else f"{value:.12g}"
