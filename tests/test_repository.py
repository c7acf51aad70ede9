"""What holds the repository together: imports, lock, make, references, pages."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labkit import audit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).parent.parent
# A module imports only from the rows above its own.
LEVELS = [
    {"numbers", "paths", "progress"},
    {"startup"},
    {"mode"},
    {"data"},
    {"diagnostics", "models", "training"},
    {"claims", "clocks", "experiments", "record"},
    {"plots"},
    {"audit"},
    {"predictions"},
    {"diagnosis", "exercises"},
    {"doctor", "editions"},
    {"book", "cli", "handouts"},
]
# They have no page in the API reference.
PLUMBING = {"cli", "handouts", "numbers", "paths", "progress", "startup"}
# What a declared package brings, and labkit may therefore import.
BROUGHT_BY = {
    "IPython": "ipykernel",
    "docutils": "jupyter-book",
    "fontTools": "matplotlib",
    "jupyter_cache": "jupyter-book",
    "jupyter_client": "ipykernel",
    "jupyter_core": "jupyter-book",
    "myst_nb": "jupyter-book",
    "nbformat": "jupyter-book",
    "psutil": "ipykernel",
    "pydata_sphinx_theme": "jupyter-book",
    "requests": "pooch",
    "sphinx": "jupyter-book",
    "traitlets": "ipykernel",
    "yaml": "jupyterlab",
}
TARGETS = ["help", "install", "lab", "book", "test", "check", "format", "lock", "serve", "clean"]
TARGETS += ["doctor", "pdf", "dist", "release", "canary", "floor"]

modules = sorted(
    path
    for path in (ROOT / "labkit").iterdir()
    if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
)
every_module = pytest.mark.parametrize("path", modules, ids=lambda path: path.stem)


def sources(path):
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def imports(file, *, top_only=False):
    """List the dotted names that a file imports, at its top or anywhere."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = []
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file.name}: import by the full name, labkit.…"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def requirements(*extras):
    """Read what labkit's core and some of its extras need, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = project["dependencies"] + [line for extra in extras for line in optional[extra]]
    needed = {}
    for requirement in map(Requirement, lines):
        if requirement.name == "labkit":
            needed |= requirements(*requirement.extras)
        else:
            needed[canonicalize_name(requirement.name)] = requirement.specifier
    return needed


def prose():
    """Read the text of every page and lab, by name."""
    pages = {
        path.relative_to(ROOT / "book").with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in ROOT.glob("book/**/*.md")
    }
    for path in [*ROOT.glob("labs/*.ipynb"), *ROOT.glob("book/evidence/*.ipynb")]:
        notebook = nbformat.read(path, as_version=4)
        pages[path.stem] = "\n\n".join(cell.source for cell in notebook.cells)
    return pages


def tracked_files():
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@every_module
def test_imports_point_down(path):
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    assert path.stem in level, f"give labkit.{path.stem} a place in LEVELS"
    for file in sources(path):
        for name in imports(file):
            package, _, rest = name.partition(".")
            target = rest.split(".")[0]
            if package == "labkit" and target in level and target != path.stem:
                assert level[target] < level[path.stem], f"{file.name} imports {name}"


@every_module
def test_what_labkit_imports_is_declared(path):
    provided = metadata.packages_distributions()
    core, extras = requirements(), requirements("book", "test", "dask", "torch")
    for file in sources(path):
        at_top = {name.split(".")[0] for name in imports(file, top_only=True)}
        for name in {name.split(".")[0] for name in imports(file)}:
            if name in sys.stdlib_module_names or name == "labkit":
                continue
            packages = {BROUGHT_BY.get(name), *provided.get(name, [])} - {None}
            allowed = core if name in at_top and path.stem != "book" else core | extras
            assert {canonicalize_name(p) for p in packages} & allowed.keys(), f"{file.name}: {name}"


def test_the_light_modules_load_neither_tensorflow_nor_matplotlib():
    light = ["mode", "data", "claims", "record", "predictions", "exercises"]
    names = ", ".join(["labkit", *(f"labkit.{name}" for name in light)])
    code = f"import sys, {names}; print({{'tensorflow', 'keras', 'matplotlib'}} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("set()\n", "")


def test_folders_named_by_the_environment_are_read_in_one_place():
    """Two readers of a relative name would see two folders."""
    read = re.compile(r"(environ|getenv).*LABKIT_(DATA|CACHE)")
    files = [*sources(ROOT / "labkit"), *sources(ROOT / "benchmarks")]
    assert [str(file) for file in files if read.search(file.read_text(encoding="utf-8"))] == []


def test_every_line_of_the_lock_is_hashed_and_names_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"^ *--(?!hash)|https?://", lock, flags=re.MULTILINE)
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_every_package_of_the_book_and_of_the_tests():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^([\w.-]+)==([^ ;]+)", lock, flags=re.MULTILINE)
    for name, allowed in requirements("book", "test").items():
        versions = [version for pinned_name, version in pinned if pinned_name == name]
        assert versions, f"{name} is missing: make lock"
        assert all(version in allowed for version in versions), f"{name}{allowed}: make lock"


def test_every_range_has_a_lower_end_and_says_why():
    """`make floor` tries the lower end, so there must be one."""
    written = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    file = tomllib.loads(written)
    optional = file["project"]["optional-dependencies"].values()
    lines = [*file["build-system"]["requires"], *file["project"]["dependencies"]]
    for requirement in map(Requirement, lines + [line for extra in optional for line in extra]):
        operators = {part.operator for part in requirement.specifier}
        assert ">=" in operators or requirement.name == "labkit", f"{requirement}: from where on?"
    ranges = [line for line in written.splitlines() if re.search(r'"[\w.\[\]-]*>=', line)]
    assert [line for line in ranges if not re.search(r"  # \w", line)] == []


def test_make_lists_every_target():
    written = (ROOT / "Makefile").read_text()
    described = re.findall(r"^([a-z]+):.*## \w", written, flags=re.MULTILINE)
    assert sorted(described) == sorted(TARGETS)
    phony = re.search(r"^\.PHONY: (.*)$", written, flags=re.MULTILINE)[1].split()
    assert set(phony) == set(TARGETS)
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    # MAKEFLAGS of a surrounding `make test` would print the folder, too
    run = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [line.split()[1] for line in run.stdout.splitlines()] == described


def test_what_is_cited_is_in_the_bibliography_and_what_is_there_is_cited():
    entries = re.findall(r"^@\w+\{(.+),$", (ROOT / "book/references.bib").read_text(), flags=re.M)
    cited = {
        key.strip()
        for page in prose().values()
        for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", page)
        for key in keys.split(",")
    } | {key for claim in audit.CLAIMS.values() for key in claim.cite}
    assert len(set(entries)) == len(entries)
    assert set(entries) == cited


def test_every_word_of_the_glossary_is_used_outside_its_entry():
    glossary = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    block = re.search(r"```\{glossary\}\n(.*?)```", glossary, flags=re.DOTALL)[1]
    entries = dict(re.findall(r"^(\S.*)\n((?:(?: .*)?\n)+)", block, flags=re.MULTILINE))
    pages = {name: page for name, page in prose().items() if name != "glossary"}
    unused = []
    for term in entries:
        elsewhere = [text for other, text in entries.items() if other != term]
        words = " ".join(" ".join([*pages.values(), *elsewhere]).lower().split())
        unused += [term] if term.lower() not in words else []
    assert unused == []
    assert list(entries) == sorted(entries, key=str.lower)


@every_module
def test_a_public_module_has_its_page_in_the_api_reference(path):
    if path.stem in PLUMBING:
        return
    page = ROOT / f"book/api/{path.stem}.md"
    assert page.exists()
    assert f"automodule:: labkit.{path.stem}\n" in page.read_text()
    assert f"[]({path.stem}.md)" in (ROOT / "book/api/index.md").read_text()


def test_every_page_is_in_the_table_of_contents():
    def listed(entry):
        children = [*entry.get("parts", []), *entry.get("chapters", []), *entry.get("sections", [])]
        own = [entry[key] for key in ("root", "file") if key in entry]
        return own + [name for child in children for name in listed(child)]

    contents = listed(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    files = [*ROOT.glob("book/**/*.md"), *ROOT.glob("book/evidence/*.ipynb")]
    pages = [path.relative_to(ROOT).with_suffix("") for path in files]
    assert {name for name in contents if name.startswith("book/")} == {p.as_posix() for p in pages}


@pytest.mark.slow
def test_the_example_of_the_readme_prints_what_the_readme_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, output = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", readme, flags=re.S
    ).groups()
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == (output, "")


def test_what_a_page_of_github_links_to_exists():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == [], name


def test_no_large_file_is_tracked():
    sizes = {path.name: path.stat().st_size for path in tracked_files() if path.is_file()}
    assert {name: size for name, size in sizes.items() if size > 1_000_000} == {}


def test_the_spelling_of_what_is_built_is_not_checked():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["codespell"]
    assert "./_build" in options["skip"].split(",")
