"""What a claim shows, when it stops a lab, and what a page keeps of it."""

import os
import sys
from unittest import mock

import numpy as np
import pytest

from labkit import claims, data, startup


@pytest.fixture
def page(displayed, monkeypatch):
    """List what a Jupyter page shows, where nobody has said what a false claim does."""
    monkeypatch.delenv("LABKIT_CLAIMS", raising=False)
    return displayed


@pytest.fixture
def stand_in_loaded():
    data.stand_in("mnist", 20, 10)


@pytest.mark.parametrize(
    ("value", "relation", "bound", "holds"),
    [
        (1, "<", 2, True),
        (2, "<", 2, False),
        (2, "<=", 2, True),
        (3, "<=", 2, False),
        (3, ">", 2, True),
        (2, ">", 2, False),
        (2, ">=", 2, True),
        (1, ">=", 2, False),
        (1135, "==", 1135, True),
        (1134, "==", 1135, False),
        (0.1, "between", (0.1, 0.2), True),
        (0.2, "between", [0.1, 0.2], True),
        (0.3, "between", (0.1, 0.2), False),
        (np.inf, ">", 10, True),
        (np.array([3.0], dtype="float32"), ">", np.int64(2), True),
    ],
)
def test_every_relation_means_what_it_says(value, relation, bound, holds):
    if holds:
        assert claims.check("So it is", value, relation, bound) is True
    else:
        with pytest.raises(claims.ClaimError):
            claims.check("So it is", value, relation, bound)


def test_a_claim_that_holds_is_one_line_of_text_in_a_terminal(capsys):
    claims.check("He keeps layer 1 learning", 0.23456, ">", 0.1)
    shown = capsys.readouterr().out
    assert shown == "He keeps layer 1 learning | measured 0.235, bound > 0.1 | holds\n"


def test_a_false_claim_is_shown_before_it_stops_the_lab(capsys):
    with pytest.raises(claims.ClaimError, match=r"'It learns': measured 0\.1, bound > 0\.2$"):
        claims.check("It learns", 0.1, ">", 0.2)
    assert "| does not hold" in capsys.readouterr().out


def test_full_mode_judges_as_class_mode_does(monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "full")
    with pytest.raises(claims.ClaimError):
        claims.check("It learns", 0.1, ">", 0.2)


@pytest.mark.parametrize("relation", ["<", "<=", ">", ">=", "=="])
def test_nan_makes_every_claim_false_and_is_named(relation, capsys):
    with pytest.raises(claims.ClaimError, match="NaN, which is not a number"):
        claims.check("It learns", np.nan, relation, 0.2)
    assert "measured NaN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("relation", "bound", "named"),
    [("<", np.nan, "< NaN"), ("<", np.inf, "< inf"), ("between", (0, np.nan), "between 0 and NaN")],
)
def test_a_bound_that_the_run_made_nan_or_infinite_proves_nothing(relation, bound, named):
    with pytest.raises(claims.ClaimError, match=f"measured 1, bound {named}$"):
        claims.check("It learns", 1, relation, bound)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("bound", [10, np.nan])
def test_smoke_mode_takes_whatever_its_tiny_run_has_measured(value, bound, monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    claims.check("It learns", value, ">", bound, fmt="d")
    assert capsys.readouterr().out.endswith("| not judged: smoke mode\n")


def test_an_open_notebook_says_that_a_claim_does_not_hold_and_goes_on(page):
    assert claims.check("It reads most of them", 0.889, ">", 0.9) is False
    said = "It reads most of them | does not hold on your run: 0.889, bound > 0.9"
    assert page[0]["text/plain"] == said
    assert 'data-verdict="fails"' in page[0]["text/html"]
    assert "does not hold on your run: 0.889, bound &gt; 0.9" in page[0]["text/html"]


def test_a_claim_that_holds_looks_the_same_in_an_open_notebook_and_in_the_book(page, monkeypatch):
    claims.check("It learns", 0.3, ">", 0.2)
    monkeypatch.setenv("LABKIT_CLAIMS", "enforce")
    claims.check("It learns", 0.3, ">", 0.2)
    assert page[0] == page[1]


def test_the_kernels_of_the_build_and_of_nbmake_enforce_claims(page, monkeypatch):
    with mock.patch.dict(os.environ):
        startup.prepare_kernels()
        with pytest.raises(claims.ClaimError):
            claims.check("It learns", 0.1, ">", 0.2)
        os.environ["LABKIT_CLAIMS"] = "show"
        startup.prepare_kernels()  # whoever asks for it by name has it so
        assert claims.check("It learns", 0.1, ">", 0.2) is False


def test_an_unknown_word_in_labkit_claims_is_refused(monkeypatch):
    monkeypatch.setenv("LABKIT_CLAIMS", "maybe")
    with pytest.raises(ValueError, match="enforce or show, got 'maybe'"):
        claims.check("It learns", 0.1, ">", 0.2)


def test_nan_is_not_between(capsys):
    with pytest.raises(claims.ClaimError, match="NaN, which is not a number"):
        claims.check("It learns", np.float32("nan"), "between", (0, 1))


def test_smoke_mode_judges_nothing(monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    assert claims.check("It learns", 0.1, ">", 0.2) is False
    assert claims.check("It learns", 0.3, ">", 0.2) is True
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" | ", 1)[1] for line in lines] == ["not judged: smoke mode"] * 2


@pytest.mark.usefixtures("stand_in_loaded")
def test_a_stand_in_anywhere_in_the_process_judges_nothing(capsys):
    assert claims.check("It learns", 0.1, ">", 0.2) is False
    assert "| not judged: stand-in data" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("", 1, "<", 2), "expected a statement"),
        ((None, 1, "<", 2), "expected a statement"),
        (("Less", 1, "=<", 2), "relation must be one of <, <=.*got '=<'"),
        (("Less", [1, 2], "<", 3), "value must be one number"),
        (("Less", "1", "<", 2), "value must be one number"),
        (("Less", None, "<", 2), "value must be one number"),
        (("Less", 1, "<", (0, 1)), "bound must be one number"),
        (("In", 1, "between", 2), r"needs a bound \(low, high\)"),
        (("In", 1, "between", (0, 1, 2)), r"needs a bound \(low, high\)"),
        (("In", 1, "between", (2, 0)), "above the high end"),
    ],
)
@pytest.mark.parametrize("mode", ["smoke", "class"])
def test_a_claim_that_cannot_be_judged_is_refused_in_every_mode(
    mode, arguments, complaint, monkeypatch
):
    monkeypatch.setenv("LABKIT_MODE", mode)
    with pytest.raises(ValueError, match=complaint):
        claims.check(*arguments)


def test_integers_are_written_in_full_and_the_format_is_the_labs_choice(capsys):
    claims.check("Parameters", np.int64(109386), "==", 109_386)
    claims.check("Accuracy", 0.98765, ">", 0.9, fmt=".1%")
    out = capsys.readouterr().out
    assert "measured 109386, bound == 109386" in out
    assert "measured 98.8%, bound > 90.0%" in out


def test_value_and_bound_never_look_the_same_when_they_differ(capsys):
    claims.check("Just above", 0.50004, ">", 0.5)
    assert "measured 0.50004, bound > 0.5 " in capsys.readouterr().out


def test_a_claim_on_a_page_is_escaped_and_names_its_verdict(page, monkeypatch):
    monkeypatch.setenv("LABKIT_CLAIMS", "enforce")
    claims.check("a < b & <script>", 0.5, "<", 1)
    with pytest.raises(claims.ClaimError):
        claims.check("a > b", 0.5, ">", 1)
    first, second = (kinds["text/html"] for kinds in page)
    assert "a &lt; b &amp; &lt;script&gt;" in first
    assert "bound &lt; 1" in first
    assert 'class="labkit-claim" data-verdict="holds"' in first
    assert 'data-verdict="fails"' in second
    assert "does not hold" in second
    assert page[0]["text/plain"] == "a < b & <script> | measured 0.5, bound < 1 | holds"


def test_a_claim_that_is_not_judged_looks_so_on_a_page(page, monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    claims.check("It learns", 0.5, ">", 1)
    assert 'data-verdict="not judged"' in page[0]["text/html"]
    assert "does not hold" not in page[0]["text/html"]


def test_glue_keeps_the_formatted_text_without_quotation_marks(page, monkeypatch):
    myst_nb = pytest.importorskip("myst_nb")
    kept = {}
    monkeypatch.setattr(
        myst_nb, "glue", lambda name, value, display: kept.update({name: (repr(value), display)})
    )
    claims.glue("best_accuracy", 0.98765, "{:.1%}")
    claims.glue("n_ones", 1135)
    assert kept == {"best_accuracy": ("98.8%", False), "n_ones": ("1135", False)}


def test_glue_does_nothing_without_myst_nb_or_outside_a_notebook(page, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "myst_nb", None)  # its import now fails
    claims.glue("best_accuracy", 0.98765, "{:.1%}")
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    claims.glue("best_accuracy", 0.98765, "{:.1%}")
    assert page == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "fmt"), [("", "{}"), (None, "{}"), ("a", ".3f")])
def test_glue_refuses_a_missing_name_and_a_format_without_braces(name, fmt):
    with pytest.raises(ValueError, match="expected a"):
        claims.glue(name, 1.0, fmt)


def test_say_shows_markdown_on_a_page_and_text_elsewhere(page, monkeypatch, capsys):
    claims.say("**7** of 10")
    assert page == [{"text/plain": "**7** of 10", "text/markdown": "**7** of 10"}]
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    claims.say("**7** of 10")
    assert capsys.readouterr().out == "**7** of 10\n"


def test_say_refuses_an_empty_text():
    with pytest.raises(ValueError, match="expected a text"):
        claims.say("  ")
