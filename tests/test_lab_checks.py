"""Exercises that need no training: each right answer passes its check as the book's build sees it.

Smoke mode judges neither measured values nor whether a hint is for the right answer; here both are.
"""

import ast
import contextlib
from pathlib import Path

import nbformat
import pytest

LABS = sorted((Path(__file__).parent.parent / "labs").glob("*.ipynb"))
LABS = [path for path in LABS if "### BEGIN SEALED" in path.read_text(encoding="utf-8")]
LONG = {"fit", "compare", "load", "evaluate", "train"}  # what such a call does takes time
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)


def called(tree):
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(function).rpartition(".")[2] for function in functions}


def execute(body, names):
    exec(compile(ast.Module(body, []), "a cell of a lab", "exec"), names)


def solved(notebook):
    """Return the exercises whose check has passed on imports, definitions and the solution alone.

    What a cell of the lab trains or loads is left out, and with it each exercise that needs it.
    """
    names, passed, at_hand = {"__name__": "__main__"}, [], None
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        exercise, _, part = cell.metadata.get("nbgrader", {}).get("grade_id", "").rpartition("-")
        tree = ast.parse(cell.source)
        quick = not called(tree) & LONG
        if part == "check":
            if quick and exercise == at_hand:
                with contextlib.suppress(NameError):
                    execute(tree.body, names)
                    passed.append(exercise)
        elif part == "code":
            at_hand = None
            if quick:
                with contextlib.suppress(Exception):  # nbmake runs it with all it needs
                    execute(tree.body, names)
                    at_hand = exercise
        elif all(isinstance(statement, (*KEPT, ast.Expr)) for statement in tree.body):
            for statement in tree.body:
                if isinstance(statement, KEPT) and not called(statement) & LONG:
                    with contextlib.suppress(Exception):
                        execute([statement], names)
    return passed


@pytest.fixture
def as_built(monkeypatch, figures):
    monkeypatch.setenv("LABKIT_MODE", "class")
    monkeypatch.setenv("LABKIT_CLAIMS", "enforce")


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_what_needs_no_training_passes_its_check_and_no_hint_is_for_it(path, as_built):
    passed = solved(nbformat.read(path, as_version=4))
    assert passed
