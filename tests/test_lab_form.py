"""The sizes of a lab: what a student can read, do and check in 90 minutes.

    python tests/test_lab_form.py labs/01_first_network.ipynb

prints them.
"""

import ast
import itertools
import re
import statistics
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
LABS = sorted((ROOT / "labs").glob("*.ipynb"))
MOST = {
    "cells": 45,  # besides those of exercises
    "words": 1600,  # besides exercises and solutions
    "figures": 12,
    "claims": 16,
    "lines of the longest cell": 12,  # of code that a reader sees
    "lines in the median": 8,
    "lines in all": 200,
    "characters of the longest line": 80,
    "sections": 12,  # five to seven, and those of the end
}
END = (
    "What to remember",
    "What to do by default",
    "Exercises",
    "Further reading",
)
HEAD = re.compile(r"\*\*Level [123], \d+ minutes\.\*\*")

each_lab = pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)


def cells(path):
    return nbformat.read(path, as_version=4).cells


def tags(cell):
    return set(cell.metadata.get("tags", []))


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def is_check(cell):
    return "### BEGIN SEALED" in cell.source


def parts(path):
    """Split a lab's cells into those that tell and those of its exercises."""
    telling, exercises, inside = [], [], False
    for cell in cells(path):
        starts, ends = "{solution-start}" in cell.source, "{solution-end}" in cell.source
        ours = starts or inside or "{exercise}" in cell.source or "solution" in tags(cell)
        ours = ours or is_check(cell) or "### BEGIN SOLUTION" in cell.source
        (exercises if ours else telling).append(cell)
        inside = (inside or starts) and not ends
    return telling, exercises


def called(cell, names):
    nodes = ast.walk(ast.parse(cell.source))
    return sum(isinstance(n, ast.Call) and ast.unparse(n.func) in names for n in nodes)


def sizes(path):
    """Measure a lab; see `MOST`."""
    telling, exercises = parts(path)
    prose = [cell.source for cell in telling if cell.cell_type == "markdown"]
    code = [cell for cell in telling if cell.cell_type == "code"]
    seen = [lines(cell) for cell in code if not tags(cell) & {"hide-input", "remove-input"}]
    return {
        "cells": len(telling),
        "words": sum(len(re.findall(r"\w[\w'.,-]*", text)) for text in prose),
        "figures": sum(called(cell, {"plots.show", "plots.show_frames"}) for cell in code),
        "claims": sum(called(cell, {"claims.check"}) for cell in code),
        "lines of the longest cell": max(map(len, seen)),
        "lines in the median": statistics.median(map(len, seen)),
        "lines in all": sum(map(len, seen)),
        "characters of the longest line": max(len(line) for cell in seen for line in cell),
        "sections": sum(bool(re.match("## ", text)) for text in prose),
        "exercises": sum("{exercise}" in cell.source for cell in exercises),
        "checks": sum(map(is_check, exercises)),
    }


@each_lab
def test_a_lab_is_short_enough_for_ninety_minutes(path):
    measured = sizes(path)
    assert {name: size for name, size in measured.items() if size > MOST.get(name, 99)} == {}


@each_lab
def test_a_lab_has_five_exercises_three_of_them_inside_its_sections(path):
    sources = [cell.source for cell in cells(path)]
    exercises = [place for place, text in enumerate(sources) if "{exercise}" in text]
    last = next(place for place, text in enumerate(sources) if text.startswith("## Exercises"))
    assert len(exercises) >= 5
    assert sum(place < last for place in exercises) >= 3
    for place in exercises:
        assert HEAD.search(sources[place]), sources[place]
    levels = {HEAD.search(sources[place])[0][8] for place in exercises}
    assert levels == {"1", "2", "3"}


@each_lab
def test_all_exercises_with_code_check_themselves(path):
    places = cells(path)
    for before, cell in itertools.pairwise(places):
        if "### BEGIN SOLUTION" in before.source:
            assert is_check(cell), before.source
    checks = [cell for cell in places if is_check(cell)]
    assert len(checks) >= 4
    for cell in checks:
        facts = cell.metadata["nbgrader"]
        assert (facts["grade"], facts["solution"], facts["locked"]) == (True, False, True)
        assert facts["points"] >= 1
        block = re.fullmatch(r"### BEGIN SEALED\n(.*)\n### END SEALED", cell.source, flags=re.S)
        trees = [node for node in ast.walk(ast.parse(block[1])) if isinstance(node, ast.keyword)]
        hints = [node.value for node in trees if node.arg == "hints"]
        assert hints, cell.source
        assert all(len(node.elts) >= 3 for node in hints if isinstance(node, ast.List))


@each_lab
def test_the_first_cell_says_what_for_how_long_and_what_is_needed(path):
    first = cells(path)[0].source
    assert first.startswith("# ")
    assert "After this lab you can" in first
    assert re.fullmatch(r"\*\d+ minutes · .* · data: .*\*", first.splitlines()[-1])


@each_lab
def test_a_lab_ends_with_what_to_remember_and_what_to_do(path):
    headings = re.findall(r"^## (.*)$", "\n".join(cell.source for cell in cells(path)), flags=re.M)
    assert tuple(headings[-4:]) == END


@each_lab
def test_sizes_by_mode_are_set_in_the_set_up_alone(path):
    _, first, *others = cells(path)
    assert "mode.pick" in first.source
    assert not any("mode." in cell.source for cell in others if cell.cell_type == "code")


@each_lab
def test_a_reading_has_a_prediction_that_is_compared(path):
    asked, compared = set(), set()
    for cell in cells(path):
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("predictions."):
                kept = asked if node.func.attr == "ask" else compared
                kept.add(node.args[0].value)
                assert node.func.attr != "ask" or "remove-input" in tags(cell), cell.source
    assert len(asked) >= 4
    assert asked == compared
    assert all(name.startswith(f"{path.stem.split('_')[0]}-") for name in asked)


def test_no_two_questions_or_checks_of_the_course_have_the_same_name():
    names = []
    for path in LABS:
        for cell in cells(path):
            if cell.cell_type == "code" and ("predictions.ask" in cell.source or is_check(cell)):
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Call) and re.match(
                        r"predictions\.ask|exercises\.check", ast.unparse(node.func)
                    ):
                        names.append(ast.unparse(node.args[0]))
    assert sorted(set(names)) == sorted(names)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name)
        for what, size in sizes(Path(name)).items():
            most = MOST.get(what)
            mark = "  TOO MUCH" if most is not None and size > most else ""
            print(f"  {size:6g} {what}" + (f" (at most {most})" if most else "") + mark)
