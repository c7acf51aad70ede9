"""Prepare the cells of exercises: number them, clear solutions, seal checks, guide the marking."""

import ast
import re
import warnings

SEALED = re.compile(
    r"^ *### BEGIN SEALED *\n(.*?)^ *### END SEALED *$", flags=re.DOTALL | re.MULTILINE
)
MARK = re.compile(r"^ *### (?:BEGIN|END) (?:SOLUTION|SEALED) *(?:\n|\Z)", flags=re.MULTILINE)


def number(cells):
    """Return the number and title of each exercise, by its label, in the order of the cells."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = re.findall(r"^[`:]{3,}\{exercise\} *(.*)\n:label: *(\S+)", text, flags=re.MULTILINE)
    return {label: (place, title.strip()) for place, (title, label) in enumerate(found, 1)}


def owners(cells):
    """Return, for each cell, the label of the exercise that it solves or checks; or None."""
    label, found = None, []
    for cell in cells:
        words = cell.cell_type == "markdown"
        start = re.search(r"\{solution(?:-start)?\} *(\S+)", cell.source) if words else None
        label = start[1] if start else label
        found.append(label)
        if words and re.search(r"\{solution(?:-end)?\}", cell.source):
            label = None
    return found


def is_solution(cell):
    """Tell whether nbgrader clears the cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_check(cell):
    """Tell whether the cell holds a sealed check."""
    return cell.cell_type == "code" and SEALED.search(cell.source) is not None


def seal(cell):
    """Put the check of a cell into one line that nobody reads by accident."""
    if is_check(cell):
        from labkit import exercises

        cell.source = SEALED.sub(
            lambda block: f'exercises.run("{exercises.seal(block[1])}")', cell.source
        )


def open_up(cell):
    """Take the marks round solution and check away."""
    cell.source = MARK.sub("", cell.source).rstrip("\n")


def clear(notebook):
    """Turn solutions into stubs, as nbgrader does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader imports packages that warn
        from nbgrader.preprocessors.clearsolutions import ClearSolutions
    ClearSolutions().preprocess(notebook, {})


def marking_guide(check):
    """Say in Markdown how a checked exercise is marked.

    Parameters
    ----------
    check : NotebookNode
        The cell with the check, not sealed.

    Returns
    -------
    str
        Points, what is accepted, and the wrong answers that the check knows, with its hints.
    """
    points = check.metadata.get("nbgrader", {}).get("points", 0)
    lines = [f"**Marking guide.** {points} point{'' if points == 1 else 's'}, given by the check."]
    calls = [node for node in ast.walk(ast.parse(SEALED.search(check.source)[1])) if _checks(node)]
    for call in calls:
        hints = [known for word in call.keywords if word.arg == "hints" for known in _hints(word)]
        if hints:
            lines += [
                "",
                f"*{_text(call.args[0])}*: typical wrong answers, and what they are told.",
                "",
            ]
            lines += [f"- {wrong}: {said}" for wrong, said in hints]
    return "\n".join(lines)


def _checks(node):
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return name.startswith("exercises.check") and bool(node.args)


def _hints(keyword):
    """List wrong answer and hint of each hint that is written out."""
    known = keyword.value.elts if isinstance(keyword.value, ast.List | ast.Tuple) else []
    pairs = [hint.elts for hint in known if isinstance(hint, ast.Tuple) and len(hint.elts) > 1]
    return [(_wrong(wrong), _text(said)) for *wrong, said in pairs]


def _wrong(parts):
    shown = [_text(parts[0]) if len(parts) > 1 else ast.unparse(parts[0])]
    return f"`{' '.join([*shown, *map(ast.unparse, parts[1:])])}`"


def _text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)
