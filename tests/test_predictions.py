"""What a card asks for, what is said of the answer, and what bad input is told."""

import pytest

from labkit import predictions


def test_a_terminal_shows_question_prediction_and_measured_value(capsys):
    predictions.ask("02-guess", "What share is right?", unit="%", predicted=10)
    predictions.compare("02-guess", 11.35, unit="%", near=2)
    assert capsys.readouterr().out == (
        "Predict: What share is right? (a number, in %) You predicted 10 %.\n"
        "You predicted 10 %. Measured: 11.35 %. Close.\n"
    )


def test_without_a_prediction_only_the_measured_value_is_said(capsys):
    predictions.compare("02-unknown", 11.35, unit="%", near=2)
    assert capsys.readouterr().out == "Measured: 11.35 %.\n"


def test_an_empty_name_is_refused():
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        predictions.ask("", "What?")
