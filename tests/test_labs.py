"""What every lab promises before it runs: its form and its exercises."""

import ast
import collections
import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml

from labkit import audit

ROOT = Path(__file__).parent.parent
LABS = sorted((ROOT / "labs").glob("*.ipynb"))
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

every_lab = pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)


def cells(path, kind=None):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def text(path, kind):
    return "\n\n".join(cell.source for cell in cells(path, kind))


def tree(cell):
    """Parse a code cell, without the lines that only IPython understands."""
    return ast.parse(re.sub(r"^\s*[%!].*$", "", cell.source, flags=re.MULTILINE))


def calls(node):
    """Name what is called, as `plots.show`; what a function does when called is left out."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return []
    own = [ast.unparse(node.func)] if isinstance(node, ast.Call) else []
    return own + [name for child in ast.iter_child_nodes(node) for name in calls(child)]


def is_solution(cell):
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def test_the_table_of_contents_lists_exactly_the_labs_that_exist():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    listed = [name for name in chapters if name.startswith("labs/")]
    assert listed == [f"labs/{path.stem}" for path in LABS]


@every_lab
def test_notebook_is_valid_and_every_cell_has_an_id_of_its_own(path):
    raw = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(raw)
    ids = [cell.get("id") for cell in raw["cells"]]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert raw["metadata"]["kernelspec"]["name"] == "python3"


@every_lab
def test_no_output_is_committed(path):
    for cell in cells(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@every_lab
def test_a_cell_is_short_enough_to_read_at_once(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        sealed = "### BEGIN SEALED" in cell.source  # here blank lines count, too
        most = 30 if sealed or is_solution(cell) else 20
        assert len(cell.source.splitlines() if sealed else lines) <= most, cell.source
        assert len(cell.source.splitlines()) <= 30, cell.source  # with the blank ones


@every_lab
def test_a_lab_opens_with_title_style_and_seeds_and_ends_with_its_record(path):
    assert cells(path)[0].source.startswith("# ")
    first, *_, last = cells(path, "code")
    assert "plots.set_style" in calls(tree(first))
    assigned = [ast.unparse(n.targets[0]) for n in tree(first).body if isinstance(n, ast.Assign)]
    assert "SEEDS" in assigned
    assert "record.show" in calls(tree(last))
    assert re.search(r"record\.show\(.*seeds=", last.source, flags=re.DOTALL)


@every_lab
def test_a_cell_that_draws_shows_its_figure_with_alternative_text(path):
    for cell in cells(path, "code"):
        called = calls(tree(cell))
        assert not {"plt.show", "fig.show", "plt.imshow", "plt.plot"} & set(called), cell.source
        draws = [n for n in called if re.search(r"(^|\.)(subplots|subplot_mosaic|plot_\w+)$", n)]
        shows = {"plots.show", "plots.show_frames"} & set(called)
        assert not draws or shows, cell.source


@every_lab
def test_results_are_claimed_and_compared_with_the_reports(path):
    called = [name for cell in cells(path, "code") for name in calls(tree(cell))]
    assert "claims.check" in called
    assert "mode.pick" in called
    number = path.stem.split("_")[0]
    looked_at = any(claim.lab == number for claim in audit.CLAIMS.values())
    assert ("audit.box" in called) == looked_at


@every_lab
def test_a_lab_uses_only_what_is_public(path):
    for cell in cells(path, "code"):
        for node in ast.walk(tree(cell)):
            names = [node.attr] if isinstance(node, ast.Attribute) else []
            if isinstance(node, ast.Import | ast.ImportFrom):
                names += [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not re.search(r"\b_(?!_)", " ".join(names)), cell.source


@every_lab
def test_every_exercise_has_a_label_and_one_folded_solution(path):
    prose = text(path, "markdown")
    exercises = re.findall(r"\{exercise(?:-start)?\}.*\n((?::.*\n)*)", prose)
    labels = [re.findall(r":label: *(\S+)", options) for options in exercises]
    assert exercises
    assert all(len(label) == 1 for label in labels), "an exercise has no :label:"
    solutions = re.findall(r"\{solution(?:-start)?\} *(\S+)\n((?::.*\n)*)", prose)
    assert sorted(name for name, _ in solutions) == sorted(label[0] for label in labels)
    for name, options in solutions:
        assert re.search(r":class:.*\bdropdown\b", options), name
    for block in ("exercise", "solution"):
        assert prose.count(f"{{{block}-start}}") == prose.count(f"{{{block}-end}}")


@every_lab
def test_a_solution_in_words_is_in_a_cell_tagged_solution(path):
    for cell in cells(path, "markdown"):
        if "{solution}" in cell.source or "{solution-start}" in cell.source:
            assert "solution" in cell.metadata.get("tags", []), cell.source
            assert "{exercise" not in cell.source, "exercise and solution share a cell"


@every_lab
def test_solution_code_is_delimited_in_cells_that_nbgrader_knows(path):
    grade_ids = []
    for cell in cells(path, "code"):
        marks = re.findall(r"^ *(### (?:BEGIN|END) SOLUTION)$", cell.source, flags=re.MULTILINE)
        assert marks == [BEGIN, END] * (len(marks) // 2), cell.source
        assert cell.source.count(" SOLUTION") == len(marks), cell.source
        assert bool(marks) == is_solution(cell), cell.source
        if marks:
            facts = cell.metadata["nbgrader"]
            assert facts["schema_version"] == 3
            assert {"grade", "locked", "grade_id"} <= facts.keys()
            grade_ids.append(facts["grade_id"])
    assert len(set(grade_ids)) == len(grade_ids)


@every_lab
def test_a_solution_in_words_is_an_answer_that_nbgrader_clears(path):
    for cell in cells(path, "markdown"):
        if "solution" in cell.metadata.get("tags", []):
            facts = cell.metadata["nbgrader"]
            assert facts["solution"], cell.source
            assert facts["grade"], cell.source  # nbgrader refuses one without the other
            assert {facts["locked"], facts["task"]} == {False}
            assert facts["points"] == (0 if "{solution-end}" in cell.source else 1)
        else:
            assert "nbgrader" not in cell.metadata
            assert "attachments" not in cell


@every_lab
def test_all_code_inside_a_solution_is_solution_code(path):
    inside = False
    for cell in cells(path):
        if "{solution-start}" in cell.source or "{solution-end}" in cell.source:
            inside = "{solution-start}" in cell.source
        elif inside:
            assert is_solution(cell) or "### BEGIN SEALED" in cell.source, cell.source


def test_no_two_cells_of_the_course_have_the_same_grade_id():
    graded = [
        cell.metadata["nbgrader"] for path in LABS for cell in cells(path) if is_solution(cell)
    ]
    ids = [facts["grade_id"] for facts in graded]
    assert [name for name, count in collections.Counter(ids).items() if count > 1] == []
    assert all(facts["schema_version"] == 3 for facts in graded)
