"""Checks of a number or word, and what becomes of a check in the student's edition."""

import random
import subprocess
import sys
import warnings

import nbformat
import numpy as np
import pytest

from labkit import data, exercises

HINTS = [("between", (50, 500), "That is four layers."), ("==", 1, "That is one layer.")]
BLOCK = """\
exercises.check("Eight layers lose much", factor_8, "between", (1e3, 1e6),
                hints=[("between", (50, 500), "That is four layers.")])
"""


def hint_for(value, relation, bound, **options):
    """Return what a wrong answer is told."""
    with pytest.raises(exercises.NotYet) as caught:
        exercises.check("It is so", value, relation, bound, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "relation", "bound"),
    [
        (5e4, "between", (1e3, 1e6)),
        (np.float32(0.3), "<", 0.5),
        (np.array([3]), ">=", 3),
        (np.int64(650), "==", 650),
        (650.0, "==", 650),
        ("B", "==", "b"),
        (" (b). ", "==", "b"),
        ("Vanishing  gradients", "==", "vanishing gradients"),
        (np.True_, "==", True),
        (10**400, ">", 1),
    ],
)
def test_a_right_answer_shows_one_quiet_line(value, relation, bound, capsys):
    assert exercises.check("It is so", value, relation, bound) is None
    assert tuple(capsys.readouterr()) == ("Solved: It is so\n", "")


def test_the_first_hint_that_fits_is_said_and_no_other():
    assert hint_for(80, "between", (1e3, 1e6), hints=HINTS) == "Not yet. That is four layers."
    assert hint_for(1, "between", (1e3, 1e6), hints=HINTS) == "Not yet. That is one layer."
    assert hint_for("c", "==", "b", hints=[("==", "C", "No.")]) == "Not yet. No."


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "That is None, not a number. Does a function lack its `return`?"),
        (..., "Put your answer in the place of the stub."),
        (NotImplemented, "Put your answer in the place of the stub."),
        (NotImplementedError(), "Put your answer in the place of the stub."),
        (len, "That is a function, not a number: call it."),
        ("650", "That is a text. Write the number without quotation marks."),
        (True, "That is of type bool; a number is asked for."),
        ({}, "That is of type dict; a number is asked for."),
        ([1, 2], "That has the shape (2,); one number is asked for."),
        (np.nan, "That is NaN, not a number: something was divided by 0, or has diverged."),
        (-np.inf, "That is infinite: something was divided by 0, or has overflowed."),
        (-650, "The size is right, the sign is not."),
        (6.5, "It is off by a constant factor: a share is given, and a percentage asked for?"),
        (65_000, "It is off by a constant factor: a percentage is given, and a share asked for?"),
        (1 / 650, "It is upside down: what is divided by what?"),
        (325, "It is off by a constant factor."),
        (649, "That is close, but not exact."),
        (0, "That is too small."),
        (5000, "That is too large."),
        (10**400, "That is too large."),
    ],
)
def test_a_wrong_number_without_a_hint_of_its_own_gets_a_general_one(value, told):
    assert hint_for(value, "==", 650) == f"Not yet. {told}"
    assert "650" not in told


@pytest.mark.parametrize(
    ("value", "relation", "bound", "told"),
    [
        (-0.5, "between", (0.4, 0.55), "The size is right, the sign is not."),
        (50, "between", (0.4, 0.55), "a percentage is given, and a share asked for?"),
        (-5, "between", (1, 100), "That is too small."),  # a wide bound explains no slip
        (3, "<", 3, "That is too large."),
        (3, ">", 3, "That is too small."),
        (np.inf, ">", 3, "That is infinite"),
        (np.nan, "<", 3, "That is NaN"),
        (2, "==", "b", 'A word or letter is asked for, in quotation marks, such as "x".'),
        ("c", "==", "b", "That is not it. Look at the question once more."),
        ("acb", "==", "abc", "1 of its 3 letters are right."),
        ("aba", "==", "bab", "0 of its 3 letters are right."),
        ("aeh", "==", "adeh", "3 of its 3 letters are right."),
        ("ab", "==", "ade", "1 of its 2 letters are right."),
        ("abaa", "==", "bab", "That is not it. Look at the question once more."),
        ("dad", "==", "sad", "That is not it. Look at the question once more."),
        ("True", "==", True, "True or False is asked for."),
        (False, "==", True, "That is not it."),
    ],
)
def test_general_hints_fit_every_relation(value, relation, bound, told):
    assert told in hint_for(value, relation, bound)


@pytest.mark.parametrize(
    ("arguments", "hints", "complaint"),
    [
        (("", 1, "==", 2), [], "expected a statement"),
        (("So", 1, "=", 2), [], "relation must be one of"),
        (("So", 1, "between", (2, 1)), [], "above the high end"),
        (("So", 1, "<", np.nan), [], "bound must be finite"),
        (("So", 1, "==", " "), [], "expected a word"),
        (("So", 1, "<", "b"), [], "bound must be one number"),
        (("So", 1, "==", 2), {"==": 3}, "expected a list of hints"),
        (("So", 1, "==", 2), [("==", 3)], "expected hints of 3 entries"),
        (("So", 1, "==", 2), [("==", 3, " ")], "expected the text of a hint"),
        (("So", 1, "==", 2), [("=", 3, "No.")], "relation must be one of"),
        (("So", 1, "==", 2), [("==", 3, "No."), ("==", 4, "No.")], "two hints say the same"),
        (("So", 1, "==", 2), [("==", 2.0, "No.")], "hint is for the right answer"),
        (("So", 1, "==", 101_770), [("==", 3, "It is 101770, no?")], "tells the answer"),
        (("So", 1, "==", 101_770), [("==", 3, "It is 101,770.")], "tells the answer"),
        (("So", 1, "==", 0.25), [("==", 3, "A quarter is 0.25.")], "tells the answer"),
        (("So", 1, "==", "relu"), [("==", "tanh", "Try ReLU.")], "tells the answer"),
        (("So", 1, "==", "a"), [("==", "b", "Look at (a).")], "tells the answer"),
    ],
)
def test_what_an_author_gets_wrong_is_refused(arguments, hints, complaint):
    with pytest.raises(ValueError, match=complaint):
        exercises.check(*arguments, hints=hints)


def test_a_hint_may_hold_numbers_and_words_that_only_look_like_the_answer():
    exercises.check("So", 650, "==", 650, hints=[("==", 3, "Not 6,650 or 650.5 nor 1650.")])
    exercises.check("So", 2, "==", 2, hints=[("==", 3, "2 layers, or 3?")])
    exercises.check("So", "a", "==", "a", hints=[("==", "b", "That is a layer.")])


def test_smoke_mode_and_stand_ins_do_not_judge_what_is_measured(monkeypatch, capsys):
    data.stand_in("mnist", 20, 10)
    exercises.check("It is large", 0.1, ">", np.nan, hints=[("<", np.nan, "No.")])
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    exercises.check("It is large", np.nan, ">", 0.9)
    exercises.check("The best is relu", "tanh", "==", "relu", measured=True)
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.partition(":")[0] for line in lines] == [
        "Not judged (stand-in data)",
        "Not judged (smoke mode)",
        "Not judged (smoke mode)",
    ]


def test_smoke_mode_judges_what_is_derived_and_stubs(monkeypatch):
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    assert hint_for(649, "==", 650) == "Not yet. That is close, but not exact."
    assert "too small" in hint_for(0.1, "between", (0.4, 0.6), measured=False)
    assert "None" in hint_for(None, ">", 0.9)


def test_in_jupyter_the_hint_alone_takes_the_place_of_the_traceback():
    error = exercises.NotYet("Look again.")
    assert error._render_traceback_() == ["Not yet. Look again."]
    assert isinstance(error, AssertionError)


def test_a_sealed_block_is_one_line_that_shows_nothing_of_it():
    sealed = exercises.seal(BLOCK)
    assert sealed.replace("-", "").replace("_", "").replace("=", "").isalnum()
    assert len(sealed) < 300
    assert exercises.unseal(sealed) == BLOCK
    assert exercises.unseal(exercises.seal('x = "ä ∂ \\n"')) == 'x = "ä ∂ \\n"'


@pytest.mark.parametrize("source", ["", "  \n# nothing\n", "x = (", None, "x = '\0'"])
def test_what_is_no_python_is_not_sealed(source):
    with pytest.raises(ValueError, match="expected Python to seal"):
        exercises.seal(source)


@pytest.mark.parametrize("text", ["", "abc", "é", None, exercises.seal("x = 1")[:-6]])
def test_a_damaged_seal_is_named_as_such(text):
    with pytest.raises(ValueError, match="take it from a fresh copy of the notebook"):
        exercises.run(text)


def told_by(source, **names):
    """Return what a sealed block says to a student who has defined these names."""
    names |= {"exercises": exercises, "sealed": exercises.seal(source)}
    with pytest.raises(exercises.NotYet) as caught:
        exec("exercises.run(sealed)", names)
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_sealed_check_says_the_same_hint_as_an_open_one(capsys):
    assert told_by(BLOCK, factor_8=80) == "Not yet. That is four layers."
    factor_8, sealed = 5e4, exercises.seal(BLOCK)
    exercises.run(sealed)  # takes local names as well
    assert factor_8
    assert tuple(capsys.readouterr()) == ("Solved: Eight layers lose much\n", "")


def test_a_name_that_nobody_has_defined_is_asked_for():
    assert told_by(BLOCK) == "Not yet. Define `factor_8` first."
    assert told_by("print(slope(x))") == "Not yet. Define `slope` and `x` first."
    assert told_by("print(abs(b) + a)\nc") == "Not yet. Define `b` and `a` and `c` first."


def test_a_name_of_the_answer_that_is_nearly_right_is_pointed_out():
    missing = "Not yet. Define `factor_8` first."
    alike = f"{missing} There is `factor8`: is it meant?"
    check = "exercises.run(...)"
    assert told_by(BLOCK, In=["factor8 = 3", check]) == alike
    assert told_by(BLOCK, In=["def factor8():\n    return 3", check]) == alike
    silent = ["lab = 3", check], ["factor8 = 3", "lab = 3", check], ["%%time\n", check], [check]
    for cells in silent:
        assert told_by(BLOCK, In=cells, factor8=3) == missing


def test_names_of_the_block_itself_are_not_asked_for(capsys):
    block = """
import math as m
from math import pi
def reference(x, *, a=1):
    return [x * a for _ in range(3)]
class Odd(Exception): pass
try:
    raise Odd
except Odd as error:
    print(reference(m.floor(pi)), (lambda y: y)(4), sorted({z for z in "a"}))
if (n := 2): print(n)
"""
    exercises.run(exercises.seal(block))
    assert capsys.readouterr().out == "[3, 3, 3] 4 ['a']\n2\n"


def test_a_block_leaves_no_name_behind_and_its_functions_see_each_other():
    block = "a = 2\ndef f(x): return a * x\nexercises.check('So', answer, '==', f(3))"
    names = {"exercises": exercises, "answer": 6, "sealed": exercises.seal(block)}
    before = set(names)
    exec("exercises.run(sealed)", names)
    assert set(names) - before <= {"__builtins__"}


def test_an_error_of_the_students_code_is_told_in_one_line():
    def broken():
        return missing  # noqa: F821

    said = "Not yet. Your code stops with NameError: name 'missing' is not defined"
    assert told_by("exercises.check('So', broken(), '==', 1)", broken=broken) == said
    assert told_by("1 / zero", zero=0) == (
        "Not yet. Your code stops with ZeroDivisionError: division by zero"
    )
    long = told_by("raise ValueError('a\\nb ' * 200)")
    assert len(long) < 260
    assert "\n" not in long


def test_a_check_that_does_not_fit_a_changed_run_shows_no_bound():
    block = "exercises.check('So', 1, 'between', (high, 3.25))"
    said = told_by(block, high=4)
    assert (
        said == "Not yet. This check cannot judge what the cells above have computed on your run."
    )


def test_a_check_writes_nothing_on_standard_error_and_uses_up_no_random_number(capfd):
    block = """
import logging, random, sys, warnings
def noisy():
    warnings.warn("w"); print("e", file=sys.stderr); logging.warning("l")
    return np.log(np.zeros(1))[0] + random.random() + np.random.rand()
exercises.check("So", noisy(), "<", 0)
"""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    filters = list(warnings.filters)
    assert "infinite" in told_by(block, np=np)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    assert capfd.readouterr().err == ""
    assert warnings.filters == filters


def test_keras_random_numbers_go_on_as_if_no_check_had_been():
    import keras

    def draw():
        return float(keras.random.uniform((), seed=None))

    for used_before in (False, True):
        runs = []
        for checked in (False, True):
            keras.utils.clear_session()
            keras.utils.set_random_seed(3)
            first = draw() if used_before else None
            if checked:
                exercises.run(exercises.seal("draw(), draw()"))
            runs.append((first, draw(), draw()))
        assert runs[0] == runs[1]


def test_a_script_that_is_not_solved_ends_with_the_hint():
    code = f"from labkit import exercises\nfactor_8 = 80\n{BLOCK}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("NotYet: Not yet. That is four layers.")


def test_a_kernel_shows_the_hint_alone_and_takes_the_names_of_the_notebook(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    run = f'exercises.run("{exercises.seal(BLOCK)}")'
    sources = ["from labkit import claims, exercises", run, "factor_8 = 80", run]
    sources += ["factor_8 = 5000.0", run, 'claims.check("It learns", 0.889, ">", 0.9)']
    points = {"grade": True, "solution": False, "points": 2}
    cells = [nbformat.v4.new_code_cell(s, metadata={"nbgrader": points}) for s in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    monkeypatch.delenv("LABKIT_CLAIMS", raising=False)
    nbclient.NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    undefined, four, solved, claim = (cells[i].outputs[0] for i in (1, 3, 5, 6))
    assert undefined.traceback == ["Not yet. Define `factor_8` first."]
    assert (four.output_type, four.traceback) == ("error", ["Not yet. That is four layers."])
    assert (four.ename, four.evalue) == ("NotYet", "Not yet. That is four layers.")
    assert solved.data["text/plain"] == "Solved: Eight layers lose much"
    assert 'data-verdict="solved"' in solved.data["text/html"]
    assert claim.data["text/plain"].endswith("does not hold on your run: 0.889, bound > 0.9")
    grading = pytest.importorskip("nbgrader.utils")
    assert [grading.determine_grade(cells[i])[0] for i in (1, 3, 5)] == [0, 0, 2]
