"""The students' notebooks: plain Markdown, no solution, sealed checks, and no work overwritten."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from thorough import rows

import labkit
from labkit import cli, editions
from labkit.doctor import machine
from labkit.editions import markdown, references

ROOT = Path(__file__).parent.parent
LABS = sorted((ROOT / "labs").glob("*.ipynb"))
MAKE = {
    "student": editions.student,
    "solutions": editions.solutions,
    "nbgrader": editions.for_nbgrader,
}
BLOCK = re.compile(r"### BEGIN (SOLUTION|SEALED)\n(.*?)### END \1", flags=re.DOTALL)
MYST = re.compile(
    r"\{[\w:.-]+\}`|^ *(?:`{3,}|:{3,}|~{3,}) *\{|^:[\w-]+:|^\([\w-]+\)=|\{\{|^%|^\+\+\+|^: ",
    flags=re.MULTILINE,
)

every_lab = pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
every_edition = pytest.mark.parametrize("edition", MAKE)


@functools.cache
def made(edition, path):
    return MAKE[edition](path)


def cells(notebook, kind=None):
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def prose(notebook):
    """Join the Markdown of a notebook, without code and maths."""
    text = "\n\n".join(cell.source for cell in cells(notebook, "markdown"))
    text = re.sub(r"^```[^{\n]*\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"\$\$.*?\$\$|\$[^$]+\$|(?<!\})(`+)[^`].*?\1", "", text, flags=re.DOTALL)


def is_solution(cell):
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def hidden_lines(cell):
    """List the lines that a student is not to see."""
    if "solution" in cell.metadata.get("tags", []):
        return cell.source.splitlines()
    return [line for _, block in BLOCK.findall(cell.source) for line in block.splitlines()]


def assert_no_solution(student, path):
    """Compare a student's edition with the lab that it was made from."""
    source = cells(nbformat.read(path, as_version=4))
    hidden = {line.strip() for cell in source for line in hidden_lines(cell)}
    shown = {
        line.strip()
        for cell in source
        for line in cell.source.splitlines()
        if line not in hidden_lines(cell)
    }
    written = {line.strip() for cell in student.cells for line in cell.source.splitlines()}
    assert hidden, "the lab has no solution"
    assert not (hidden - shown) & written
    assert not any("SOLUTION" in line or "SEALED" in line for line in written)
    assert not any("olution of exercise" in line for line in written)
    code = cells(student, "code")
    assert all("raise NotImplementedError" in cell.source for cell in code if is_solution(cell))


# A made-up course of one lab.


def check_facts(label, points=2):
    facts = {"grade": True, "grade_id": f"{label}-check", "locked": True, "points": points}
    return {"nbgrader": {**facts, "schema_version": 3, "solution": False, "task": False}}


def words_facts(label, end=""):
    facts = {"grade": True, "grade_id": f"{label}-words{end}", "locked": False, "points": 1}
    facts |= {"schema_version": 3, "solution": True, "task": False}
    return {"nbgrader": facts, "tags": ["solution"]}


def code_facts(label):
    facts = {"grade": False, "grade_id": f"{label}-code", "locked": False}
    return {"nbgrader": {**facts, "schema_version": 3, "solution": True, "task": False}}


CHECK = """### BEGIN SEALED
exercises.check(
    "Half of ten",
    half,
    "==",
    5,
    hints=[("==", 20, "That is twice ten."), ("==", 0.5, "That is a half of one.")],
)
### END SEALED"""
LAB = [
    ("markdown", "# A small lab\n\nOne {term}`epoch`, two {term}`epochs <epoch>`.", {}),
    ("code", "from labkit import exercises", {}),
    ("markdown", "**Reading.** So it is {cite:p}`glorot2010`.", {}),
    ("markdown", "```{exercise} Half\n:label: half\n\nDefine `half`.\n```", {}),
    (
        "markdown",
        "```{solution-start} half\n:class: dropdown\n```\nDivide by two.",
        words_facts("half"),
    ),
    ("code", "### BEGIN SOLUTION\nhalf = 10 / 2\n### END SOLUTION", code_facts("half")),
    ("code", CHECK, check_facts("half")),
    ("markdown", "```{solution-end}\n```", words_facts("half", "-end")),
    ("markdown", "```{exercise} Why\n:label: why\n\nWhy is it so?\n```", {}),
    ("markdown", "```{solution} why\n:class: dropdown\nBecause.\n```", words_facts("why")),
]
GLOSSARY = (
    "# Glossary\n\n```{glossary}\nepoch\n    A pass over all {term}`examples <example>`.\n```\n"
)
BIBLIOGRAPHY = r"""
@article{glorot2010, author = {Glorot, Xavier and Bengio, Yoshua}, title = {A}, year = {2010},
  doi = {10.1/abc}}
@misc{he2015, author = {He, K. and M{\"u}ller, X. and Ren, S.}, title = {B}, year = {2015},
  eprint = {1502.01852}, archiveprefix = {arXiv}}
@misc{many2020, author = {de Witt, A. and others}, title = {C}, year = {2020}}
"""


@pytest.fixture
def lab(tmp_path):
    """Write the lab, executed, with a second one and the pages that they refer to."""
    course = tmp_path / "course"
    (course / "labs").mkdir(parents=True)
    (course / "book").mkdir()
    (course / "_toc.yml").touch()
    (course / "book/glossary.md").write_text(GLOSSARY)
    (course / "book/references.bib").write_text(BIBLIOGRAPHY)
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": PYTHON, "widgets": {"left": 1}})
    for kind, source, metadata in LAB:
        new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        cell = new(source, metadata={**metadata, "execution": {"left by": "a run"}})
        if kind == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="left by a run")]
            cell.execution_count = 7
        notebook.cells.append(cell)
    nbformat.write(notebook, course / "labs/01_small.ipynb")
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Another lab")])
    nbformat.write(other, course / "labs/02_other.ipynb")
    return course / "labs/01_small.ipynb"


PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture
def plain(lab):
    return markdown.Plain(lab, {"half": (1, "Half")})


# Every lab of the course.


@every_edition
@every_lab
def test_no_mark_of_myst_is_left_and_no_output(path, edition):
    notebook = made(edition, path)
    nbformat.validate(notebook)
    assert MYST.findall(prose(notebook)) == []
    for cell in cells(notebook, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@every_lab
def test_a_student_sees_no_solution_and_checks_are_one_line(path):
    student = made("student", path)
    assert_no_solution(student, path)
    checks = [cell for cell in cells(student, "code") if "exercises." in cell.source]
    for cell in checks:
        assert re.search(r'^exercises\.run\("[\w=-]+"\)$', cell.source, flags=re.MULTILINE)
        assert "exercises.check" not in cell.source
    source = [cell.source for cell in cells(nbformat.read(path, as_version=4), "code")]
    assert len(checks) == sum("### BEGIN SEALED" in text for text in source)


@every_lab
def test_what_may_fail_does_not_stop_the_student(path):
    for cell in cells(made("student", path), "code"):
        may_fail = "NotImplementedError" in cell.source or "exercises.run" in cell.source
        assert may_fail == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


@every_edition
@every_lab
def test_every_link_of_an_edition_leads_somewhere(path, edition):
    notebook = made(edition, path)
    text = prose(notebook)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    anchors = {f"#{heading.replace(' ', '-')}" for heading in headings}
    anchors |= {f"#{name}" for name in re.findall(r'<a id="([^"]+)">', text)}
    for target in re.findall(r"\]\(([^)]*)\)", text):
        name = re.sub(r"^\.\./(\w+)/\1\.ipynb$", r"\1.ipynb", target)
        assert (
            target.startswith("https://") or target in anchors or (ROOT / "labs" / name).is_file()
        )


@every_lab
def test_every_word_that_is_linked_is_explained_at_the_end_once(path):
    text = "\n\n".join(cell.source for cell in cells(made("student", path), "markdown"))
    linked = re.findall(r"\]\(#(word-[\w-]+)\)", text)
    entry = r'^- <a id="(word-[\w-]+)"></a>\*\*.+\*\*: \S'
    explained = re.findall(entry, text.partition("## Words\n")[2], flags=re.MULTILINE)
    assert sorted(linked) == sorted(explained)
    assert len(set(linked)) == len(linked)


@every_lab
def test_exercises_are_numbered_from_one(path):
    headings = re.findall(r"^### Exercise (\d+): \S", prose(made("student", path)), re.MULTILINE)
    assert list(map(int, headings)) == list(range(1, len(headings) + 1))
    assert headings


@every_lab
def test_the_edition_with_solutions_keeps_all_code_and_opens_the_checks(path):
    source = cells(nbformat.read(path, as_version=4), "code")
    for before, after in zip(source, cells(made("solutions", path), "code")[1:], strict=True):
        ast.parse(re.sub(r"^\s*[%!].*$", "", after.source, flags=re.MULTILINE))
        kept = [line for line in before.source.splitlines() if line.strip()[:4] != "### "]
        assert "\n".join(kept).rstrip() == after.source


def test_every_work_of_the_bibliography_has_an_address():
    keys = re.findall(r"^@\w+\{(.+),$", (ROOT / "book/references.bib").read_text(), re.MULTILINE)
    cited = [references.cite(ROOT / "book", key) for key in keys]
    shape = r"\[(.+, \d{4}[a-z]?)\]\(https://\S+\)"
    assert [text for text in cited if not re.fullmatch(shape, text)] == []
    names = [re.fullmatch(shape, text)[1] for text in cited]
    assert len(set(names)) == len(names), "two works look alike"


# What is done to the text.


def test_an_exercise_is_a_numbered_heading(plain):
    written = plain.text(
        "````{exercise} Half\n:label: half\n\nDo it.\n\n```python\nx = 1\n```\n````"
    )
    assert written == "### Exercise 1: Half\n\nDo it.\n\n```python\nx = 1\n```"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{cite:p}`glorot2010`", "([Glorot and Bengio, 2010](https://doi.org/10.1/abc))"),
        ("{cite:t}`he2015`", "[He et al. (2015)](https://arxiv.org/abs/1502.01852)"),
        (
            "{cite:p}`many2020,he2015`",
            "(de Witt et al., 2020; [He et al., 2015](https://arxiv.org/abs/1502.01852))",
        ),
        ("{func}`~labkit.data.load`", "`labkit.data.load`"),
        ("[](02_other.ipynb)", "[Another lab](02_other.ipynb)"),
        ("[the second](02_other)", "[the second](02_other.ipynb)"),
        ("[](../book/glossary.md)", '"Glossary" (in the book)'),
        ("[](#half)", "[exercise 1](#Exercise-1:-Half)"),
        ("[a page](https://example.org/a)", "[a page](https://example.org/a)"),
    ],
)
def test_references_are_resolved(plain, written, read):
    assert plain.line(f"See {written}, too.") == f"See {read}, too."


def test_a_word_is_linked_where_it_comes_first_and_explained_at_the_end(plain):
    written = plain.text("Two {term}`epochs <epoch>`.\n\n- one {term}`epoch`")
    assert written == "Two [epochs](#word-epoch).\n\n- one epoch"
    assert (
        plain.words() == '## Words\n\n- <a id="word-epoch"></a>**epoch**: A pass over all examples.'
    )


def test_code_and_maths_are_left_as_they_are(plain):
    text = (
        "Write `` {term}`x` ``, $a_{b}`c`$ and \\$5.\n\n    {term}`indented`\n\n"
        "```python\n# {cite:p}`x`\n```\n\n$$\n{n}`\n$$\n\n| a | b |\n|---|---|\n| `{x}` | $y$ |"
    )
    assert plain.text(text) == text


def test_notes_are_quoted_and_hints_unfold(plain):
    assert plain.text(":::{note}\nMind the {term}`epoch`.\n:::") == (
        "> **Note.** Mind the [epoch](#word-epoch)."
    )
    hint = "<details>\n<summary><b>Hint</b></summary>\n\nHalve it.\n\n</details>"
    assert plain.text("```{hint}\nHalve it.\n```") == hint
    assert plain.text("```{admonition} Hint\n:class: dropdown\nHalve it.\n```") == hint


def test_marks_that_no_reader_sees_are_gone(plain):
    assert plain.text("(here)=\n## Title\n\n% a remark\n\nText") == "## Title\n\n\nText"


@pytest.mark.parametrize(
    "text",
    ["{numref}`x`", "```{figure} x.png\n```", "{{ value }}", "a\n: b", "[](nowhere.md)", "[x](#y)"],
)
def test_a_mark_without_a_plain_form_is_named_with_its_lab(plain, text):
    with pytest.raises(ValueError, match=r"01_small.ipynb has .*plain"):
        plain.text(text)


@pytest.mark.parametrize("text", ["{term}`nothing`", "{cite:t}`nobody1999`"])
def test_a_word_or_work_that_is_missing_is_named(plain, text):
    with pytest.raises(ValueError, match=r"no(thing|body1999)'"):
        plain.text(text)


# What is done to the cells.


def test_a_student_gets_stub_check_and_a_place_for_words(lab):
    student = editions.student(lab)
    title, _, _, reading, exercise, stub, check, why, answer, words = student.cells
    assert title.source == "# A small lab\n\nOne [epoch](#word-epoch), two epochs."
    assert reading.source.startswith("<details>\n<summary><b>Reading</b></summary>\n\nSo it is (")
    assert exercise.source == "### Exercise 1: Half\n\nDefine `half`."
    assert stub.source == "# YOUR CODE HERE\nraise NotImplementedError()"
    assert check.source.startswith('exercises.run("')
    assert (why.source, answer.source) == (
        "### Exercise 2: Why\n\nWhy is it so?",
        "YOUR ANSWER HERE",
    )
    assert words.source.startswith("## Words")
    assert_no_solution(student, lab)
    assert "left by" not in nbformat.writes(student)
    assert student.metadata == {"kernelspec": PYTHON}


def test_the_lab_itself_is_not_touched(lab):
    before = lab.read_bytes()
    assert nbformat.writes(editions.student(lab)) == nbformat.writes(editions.student(lab))
    assert lab.read_bytes() == before


def test_a_page_without_solutions_hands_out_the_same_notebook(lab):
    notebooks = [editions.student(lab)]
    nbformat.write(editions.for_book(lab), lab)
    notebooks.append(editions.student(lab))
    first, second = ([(cell.cell_type, cell.source) for cell in nb.cells] for nb in notebooks)
    assert first == second


def test_solutions_come_with_a_guide_to_the_marking(lab):
    text = "\n\n".join(cell.source for cell in editions.solutions(lab).cells)
    assert "#### Solution of exercise 1\n\nDivide by two." in text
    assert "half = 10 / 2" in text
    assert "**Marking guide.** 2 points, given by the check." in text
    assert "- `== 20`: That is twice ten.\n- `== 0.5`: That is a half of one." in text
    assert "#### Solution of exercise 2\n\nBecause." in text
    assert "### BEGIN" not in text


def test_nbgrader_gets_points_from_checks_and_marks_only_words_by_hand(lab):
    graded = [cell for cell in editions.for_nbgrader(lab).cells if "nbgrader" in cell.metadata]
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.get("points") for cell in graded
    }
    assert points == {"half-code": None, "half-check": 2, "why-words": 1}
    assert "### BEGIN SOLUTION" in graded[0].source
    assert graded[1].source.startswith("exercises.run(")


def test_folded_code_is_folded_in_jupyter_too(lab):
    notebook = nbformat.read(lab, as_version=4)
    notebook.cells[1].metadata["tags"] = ["hide-input"]
    nbformat.write(notebook, lab)
    assert editions.student(lab).cells[2].metadata == {
        "tags": ["hide-input"],
        "jupyter": {"source_hidden": True},
    }


# The first cell.


@every_edition
@every_lab
def test_an_edition_opens_with_a_look_at_what_the_lab_loads(path, edition):
    title, look = made(edition, path).cells[:2]
    assert title.source.startswith("# ")
    (call,) = re.findall(r"doctor\.first_look\((.*)\)", look.source)
    code = "\n".join(cell.source for cell in cells(made(edition, path), "code"))
    loaded = dict.fromkeys(re.findall(r"\bdata\.load\((.*?)[,)]", code))
    assert call == f'labkit="{labkit.__version__}", data=[{", ".join(loaded)}]'
    lines = [line for line in look.source.splitlines() if not line.startswith("LABKIT = ")]
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["labkit", "labkit.doctor"])  # none, or a stranger of that name
def test_the_first_cell_says_that_labkit_is_missing(lab, monkeypatch, capsys, name):
    first = editions.student(lab).cells[1].source
    monkeypatch.delattr(labkit, "doctor", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    exec(first, {})
    said = capsys.readouterr().out
    assert said.startswith(f"This kernel has no labkit {labkit.__version__}: choose the Python")
    assert said.endswith("or start JupyterLab with: make lab\n")


def test_the_first_cell_is_silent_where_all_is_well(lab, monkeypatch, capsys):
    monkeypatch.setattr(machine, "memory", lambda: (8e9, 16e9))
    exec(editions.student(lab).cells[1].source, {})
    assert capsys.readouterr() == ("", "")


def test_notes_without_code_have_no_first_cell(lab):
    assert len(editions.student(lab.with_name("02_other.ipynb")).cells) == 1


# The folder in which somebody works.


def notebook(text):
    cell = nbformat.v4.new_markdown_cell(text, id="only")
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_file_that_its_reader_has_changed_is_kept_and_the_new_version_lies_beside(tmp_path):
    editions.write(notebook("first"), tmp_path, "05.ipynb")
    mine = tmp_path / "05.ipynb"
    mine.write_text(mine.read_text().replace("first", "my work"))
    assert editions.write(notebook("first"), tmp_path, "05.ipynb") == (mine, "kept")
    written = editions.write(notebook("second"), tmp_path, "05.ipynb")
    assert written == (tmp_path / "05.new.ipynb", "beside")
    assert editions.write(notebook("second"), tmp_path, "05.ipynb") == (mine, "kept")
    written.path.write_text(written.path.read_text().replace("second", "more of my work"))
    third = editions.write(notebook("third"), tmp_path, "05.ipynb")
    assert third == (tmp_path / "05.new2.ipynb", "beside")
    assert [("work" in path.read_text()) for path in (mine, written.path, third.path)] == [1, 1, 0]


def test_a_file_that_nobody_has_changed_is_brought_up_to_date(tmp_path):
    for text, state in (("first", "written"), ("first", "as before"), ("second", "written")):
        assert editions.write(notebook(text), tmp_path, "05.ipynb").state == state
    (tmp_path / "05.ipynb").unlink()
    assert editions.write(notebook("second"), tmp_path, "05.ipynb").state == "written"
    assert "second" in (tmp_path / "05.ipynb").read_text()


def test_a_notebook_that_was_only_looked_at_is_no_work(tmp_path):
    """JupyterLab notes the language of the kernel as soon as it has opened a notebook."""
    editions.write(notebook("first"), tmp_path, "05.ipynb")
    opened = nbformat.read(tmp_path / "05.ipynb", as_version=4)
    opened.metadata["language_info"] = {"name": "python"}
    (tmp_path / "05.ipynb").write_text(json.dumps(opened))  # lines joined, too
    assert editions.write(notebook("second"), tmp_path, "05.ipynb").state == "written"
    ran = nbformat.read(tmp_path / "05.ipynb", as_version=4)
    ran.cells.append(
        nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("stream", text="1")])
    )
    nbformat.write(ran, tmp_path / "05.ipynb")
    assert editions.write(notebook("third"), tmp_path, "05.ipynb").state == "beside"


def test_a_file_from_elsewhere_is_never_overwritten(tmp_path):
    (tmp_path / "05.ipynb").write_text("mine")
    (tmp_path / ".labkit.json").write_text("not JSON")
    assert editions.write(notebook("first"), tmp_path, "05.ipynb").state == "beside"
    assert (tmp_path / "05.ipynb").read_text() == "mine"


def test_a_run_that_is_killed_leaves_nothing_half_written(tmp_path, monkeypatch):
    editions.write(notebook("first"), tmp_path, "05.ipynb")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        editions.write(notebook("second"), tmp_path, "05.ipynb")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_that_was_killed_before_it_noted_its_file_goes_on(tmp_path):
    editions.write(notebook("first"), tmp_path, "05.ipynb")
    (tmp_path / ".labkit.json").unlink()
    assert editions.write(notebook("first"), tmp_path, "05.ipynb").state == "as before"
    assert editions.write(notebook("second"), tmp_path, "05.ipynb").state == "written"


# The command.


def test_the_command_writes_all_labs_or_those_that_are_named(lab, tmp_path, monkeypatch, capsys):
    course = lab.parent.parent
    monkeypatch.chdir(course / "book")
    assert cli.main(["notebooks", "--student", "--out", str(tmp_path / "one"), "01"]) == 0
    assert [path.name for path in (tmp_path / "one").glob("*.ipynb")] == ["01_small.ipynb"]
    assert cli.main(["notebooks", "--solutions", "--out", str(tmp_path / "all")]) == 0
    assert len(list((tmp_path / "all").glob("*.ipynb"))) == 2
    assert capsys.readouterr().out.endswith(f"2 notebook(s) in {tmp_path / 'all'}: 2 written\n")


def test_the_command_names_what_is_beside(lab, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/01_small.ipynb").write_text("mine")
    assert cli.main(["notebooks", "--student", "--out", str(tmp_path / "out"), str(lab)]) == 0
    assert "01_small.ipynb is yours: the new version is " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--student", "--out", "x", "99"], "no lab 99; there are 01, 02"),
        (["--student", "--out", "x", "no.ipynb"], "no such file: no.ipynb"),
        (["--student", "--out", "_toc.yml"], "_toc.yml"),
    ],
)
def test_the_command_says_what_is_wrong(lab, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(lab.parent.parent)
    assert cli.main(["notebooks", *arguments]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["--student"], ["--student", "--solutions", "--out", "x"]]
)
def test_the_command_wants_one_edition_and_a_folder(capsys, arguments):
    with pytest.raises(SystemExit):
        cli.main(["notebooks", *arguments])
    assert "usage: labkit notebooks" in capsys.readouterr().err


# What the instructors' page promises, with the programs themselves.


def documented(command):
    """Return the shell block of book/instructors.md that holds a command."""
    page = (ROOT / "book/instructors.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL)
    return next(block for block in blocks if command in block)


def shell(script, here):
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {**os.environ, "PATH": places, "LABKIT_MODE": "smoke"}
    script = script.replace(". .venv/bin/activate", "")
    subprocess.run(["bash", "-e", "-c", script], cwd=here, env=settings, check=True)


@pytest.fixture
def clone(lab):
    """Make the small course look like a clone with an environment."""
    (lab.parent.parent / ".venv").symlink_to(sys.prefix)
    lab.rename(lab.with_name("01_first_network.ipynb"))
    return lab.parent.parent


only_in_a_shell = pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a shell")


@pytest.mark.slow
@only_in_a_shell
@pytest.mark.parametrize("command", ["labkit notebooks --student", "labkit notebooks --book"])
def test_the_commands_for_instructors_write_what_the_page_says(clone, command):
    script = documented(command).replace("git clone -q . ", "cp -r . ")
    shell(script, clone)
    source = clone / "labs/01_first_network.ipynb"
    if "--book" in command:
        written = nbformat.read(clone.parent / "without-solutions/labs" / source.name, as_version=4)
        assert "```{exercise} Half" in written.cells[3].source
        assert_no_solution(written, source)
        return
    assert_no_solution(nbformat.read(clone / "student" / source.name, as_version=4), source)
    solutions = nbformat.read(clone / "solutions" / source.name, as_version=4)
    assert "half = 10 / 2" in [cell.source for cell in solutions.cells]


def hand_in(course, student, name, answers):
    """Copy the released notebook with answers, by the id of the cell, in the place of stubs."""
    notebook = nbformat.read(course / f"release/{name}/{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(grade_id, cell.source)
    folder = course / "submitted" / student / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def scores(course, name):
    """Grade what was handed in, and return the points of each check by student."""
    from nbgrader.api import Gradebook

    shell(f"nbgrader autograde {name} --create", course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return {
            submission.student.id: {
                grade.name: grade.auto_score
                for grade in submission.notebooks[0].grades
                if grade.name.endswith("-check")
            }
            for submission in gradebook.assignment_submissions(name)
        }


@pytest.mark.slow
@only_in_a_shell
def test_nbgrader_gives_a_stub_nothing_a_right_answer_all_points_and_a_wrong_one_none(clone):
    shell(documented("nbgrader generate_assignment"), clone)
    course, name = clone.parent / "course", "01_first_network"
    release = nbformat.read(course / f"release/{name}/{name}.ipynb", as_version=4)
    assert_no_solution(release, clone / f"labs/{name}.ipynb")
    assert sorted(path.name for path in (course / "release" / name).iterdir()) == [f"{name}.ipynb"]
    hand_in(course, "stub", name, {})
    hand_in(course, "right", name, {"half-code": "half = 5.0"})
    hand_in(course, "wrong", name, {"half-code": "half = 20"})
    hand_in(course, "sly", name, {"half-check": "half = 5"})
    points = {student: given["half-check"] for student, given in scores(course, name).items()}
    assert points == {"stub": 0, "right": 2, "wrong": 0, "sly": 0}


# Labs, run in smoke mode. That their checks accept the solutions is seen where
# nbmake runs the labs themselves: the edition with solutions has the same code (a test above).


GRADED = ("00_from_a_line_to_a_network", "03_initialization")  # by make canary and make floor
ALWAYS = GRADED[:1]  # the others: there, too


def ids(path):
    return path.stem


@pytest.mark.parametrize("path", LABS, ids=ids)
def test_no_cell_needs_a_name_that_a_solution_defines(path):
    told = [
        re.sub(r"^raise NotImplementedError.*", "", cell.source, flags=re.S | re.M)
        for cell in cells(made("student", path), "code")
        if "exercises.run" not in cell.source
    ]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", "-q"]
    lint = [*ruff, "--output-format=concise", "-"]
    found = subprocess.run(lint, input="\n\n".join(told), capture_output=True, text=True)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", rows([path.stem for path in LABS], ALWAYS))
def test_in_a_student_s_hands_stubs_and_their_checks_fail_and_nothing_else(name, tmp_path):
    from nbclient import NotebookClient

    student = editions.student(ROOT / "labs" / f"{name}.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_MODE", "smoke")
        place = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(student, timeout=300, allow_errors=True, resources=place).execute()
    for cell in cells(student, "code"):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if "exercises.run" in cell.source:
            assert [error.ename for error in errors] == ["NotYet"], cell.source
            assert errors[0].traceback == [errors[0].evalue]
            assert re.fullmatch(r"Not yet\. Define `.+` first\..*", errors[0].evalue)
        elif "raise NotImplementedError" in cell.source:
            assert [error.ename for error in errors] == ["NotImplementedError"], cell.source
        else:
            assert errors == [], cell.source


def exercises_of(path):
    """Return the right code and wrong code of each exercise with a check, by its label."""
    source = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in cells(nbformat.read(path, as_version=4), "code")
        if "nbgrader" in cell.metadata
    }
    found = {}
    for name, check in source.items():
        if name.endswith("-check"):
            right = source[name.replace("-check", "-code")]
            needed = {node.id for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Name)}
            wrong = [f"{defined} = 12345.678" for defined in needed & defines(right)]
            assert wrong, name
            found[name.removesuffix("-check")] = (right, "\n".join(wrong))
    return found


def defines(code):
    """Name what a cell defines at its top."""
    tree = ast.parse(code)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return functions | {
        node.id
        for statement in tree.body
        if not isinstance(statement, ast.FunctionDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


@only_in_a_shell
@pytest.mark.slow
@pytest.mark.parametrize("name", rows(GRADED, ()))
def test_nbgrader_grades_a_lab_of_the_course(name, tmp_path):
    """One student: every third exercise right, every third wrong, every third left open."""
    course, path = tmp_path / "course", ROOT / "labs" / f"{name}.ipynb"
    source = str(course / "source")
    assert cli.main(["notebooks", "--nbgrader", "--out", source, str(path)]) == 0
    shell(f"nbgrader generate_assignment {name}", course)
    release = nbformat.read(course / f"release/{name}/{name}.ipynb", as_version=4)
    assert_no_solution(release, path)
    answers, expected = {}, {}
    for number, (label, (right, wrong)) in enumerate(exercises_of(path).items()):
        if number % 3 < 2:
            answers[f"{label}-code"] = (right, wrong)[number % 3]
        expected[f"{label}-check"] = (2, 0, 0)[number % 3]
    hand_in(course, "student", name, answers)
    assert scores(course, name) == {"student": expected}
