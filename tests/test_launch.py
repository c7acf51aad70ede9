"""Labs that open online: addresses, the tag they lead to, the first cell there, environments."""

import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import threading
import types
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import nbformat
import pytest
from docutils import nodes

import labkit
from labkit import cli, editions
from labkit.book import launch
from labkit.editions import opening, release

ROOT = Path(__file__).parent.parent
LABS = sorted(path.name for path in ROOT.glob("labs/*.ipynb"))
GITHUB = "https://github.com"
ADDRESS = f"{GITHUB}/made-up/course"
COLAB = "https://colab.research.google.com/github"
BINDER = "https://mybinder.org/v2/gh"


def course(folder, url):
    """Write the configuration of a course whose repository has this address."""
    (folder / "_config.yml").write_text(f'title: "x"\nrepository:\n  url: "{url}"\n')
    return types.SimpleNamespace(srcdir=folder)


def first_cell(repository):
    """Write the first cell of a notebook that loads no data."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    opening.open_with_a_look(notebook, repository)
    return notebook.cells[0].source


# Addresses.


@pytest.mark.parametrize("written", [ADDRESS, f"{ADDRESS}/", f" {ADDRESS}.git"])
def test_the_address_is_read_from_the_configuration(tmp_path, written):
    course(tmp_path, written)
    assert release.address(tmp_path) == ADDRESS


def test_no_configuration_and_no_address_are_no_address(tmp_path):
    assert release.address(tmp_path) == ""
    (tmp_path / "_config.yml").write_text("repository:\n")
    assert release.address(tmp_path) == ""


@pytest.mark.parametrize(
    "repository", ["", "https://gitlab.com/made-up/course", f"{GITHUB}/course"]
)
def test_only_a_repository_on_github_opens_online(repository):
    assert release.online(repository, "00_x.ipynb") == {}


def buttons(app, page):
    context = {"header_buttons": [{"label": "download-buttons"}]}
    launch.add_buttons(app, page, "", context, None)
    return context["header_buttons"]


def test_a_lab_has_its_buttons_before_the_download_if_there_is_an_address(tmp_path):
    app = course(tmp_path, ADDRESS)
    group, download = buttons(app, "labs/05_optimizers")
    assert download["label"] == "download-buttons"
    assert {button["text"]: button["url"] for button in group["buttons"]} == {
        f"Open in {name}": url
        for name, url in release.online(ADDRESS, "05_optimizers.ipynb").items()
    }
    assert len(buttons(app, "book/evidence/report_a")) == 1


def test_without_an_address_nothing_of_it_shows(tmp_path):
    app = course(tmp_path, "")
    assert len(buttons(app, "labs/05_optimizers")) == 1
    assert resolved(app).astext() == "Start: "
    assert "start JupyterLab with: make lab" in first_cell("")
    assert not re.search("pip|colab|https", first_cell(""))


def resolved(app):
    paragraph = nodes.paragraph("", "Start: ", *launch._launch("", "", "00_x", 0, None)[0])
    launch.resolve(app, paragraph, "book/intro")
    return paragraph


def test_the_home_page_opens_the_first_lab_in_colab_if_there_is_an_address(tmp_path):
    (link,) = resolved(course(tmp_path, ADDRESS)).findall(nodes.reference)
    assert link["refuri"] == release.online(ADDRESS, "00_x.ipynb")["Colab"]
    (named,) = re.findall(r"\{labkit-launch\}`(.+)`", (ROOT / "book/intro.md").read_text())
    assert f"{named}.ipynb" == LABS[0]


# The first cell.


@pytest.fixture
def without_labkit(monkeypatch):
    """A kernel without labkit, in which a stranger's pip notes what it is asked for."""
    asked = []

    def run(command, **options):
        asked.append(command)
        monkeypatch.undo()
        return types.SimpleNamespace(returncode=0)

    monkeypatch.delattr(labkit, "doctor", raising=False)
    monkeypatch.setitem(sys.modules, "labkit.doctor", None)
    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_on_colab_the_first_cell_installs_the_labkit_of_its_release(
    without_labkit, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    exec(first_cell(ADDRESS), {})
    wheel = f"{ADDRESS}/raw/{release.tag()}/student/{release.wheel()}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", f"labkit[colab] @ {wheel}"]
    assert without_labkit == [pip]
    said = capsys.readouterr().out
    assert said.startswith(f"Installing labkit {labkit.__version__} for this session of Colab: ")


def test_elsewhere_the_first_cell_installs_nothing_and_says_what_to_type(without_labkit, capsys):
    exec(first_cell(ADDRESS), {})
    said = capsys.readouterr().out
    assert without_labkit == []
    assert said.startswith(f"This kernel has no labkit {labkit.__version__}: choose the Python")
    assert said.endswith(f'in a new cell: %pip install "{release.requirement(ADDRESS)}"\n')


def test_with_labkit_the_first_cell_is_silent(monkeypatch, capsys):
    monkeypatch.setattr("labkit.doctor.machine.memory", lambda: (8e9, 16e9))
    exec(first_cell(ADDRESS), {})
    assert capsys.readouterr() == ("", "")


# A release: what is tagged, served as the address would serve it.


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A copy of the course with a made-up address, in a repository of its own, and released."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("release") / "course"
    for name in git(ROOT, "ls-files").stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    config = folder / "_config.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"(?m)^(repository:\n  url: ).*$", rf"\1{ADDRESS}", text))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "A course")
    run = tag(folder)
    assert (
        run.stdout == f"Tagged {release.tag()}. To publish it: git push {ADDRESS} {release.tag()}\n"
    )
    assert run.returncode == 0, run.stderr
    return folder


def git(folder, *words):
    names = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *words], cwd=folder, env=os.environ | names | alone, capture_output=True, text=True
    )


def tag(folder):
    names = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return subprocess.run(
        [sys.executable, ".ci/release.py"],
        cwd=folder,
        env=os.environ | names | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def server(released, tmp_path_factory):
    """Serve what was pushed: /ORG/REPO/blob|raw/TAG/PATH is that file in the tree of that tag."""
    bare = tmp_path_factory.mktemp("github") / "made-up/course"
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare")
    git(released, "push", "-q", str(bare), release.tag())

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = re.fullmatch(r"/made-up/course/(?:blob|raw)/([^/]+)/(.+)", self.path)
            place = f"{asked[1]}:{urllib.parse.unquote(asked[2])}" if asked else ""
            found = subprocess.run(["git", "show", place], cwd=bare, capture_output=True)
            self.send_response(404 if found.returncode or not asked else 200)
            self.end_headers()
            self.wfile.write(found.stdout)

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.mark.slow
def test_every_button_opens_the_students_edition_in_the_tree_of_the_tag(released, server):
    for name in LABS:
        online = release.online(ADDRESS, name)
        assert online["Colab"].startswith(f"{COLAB}/made-up/course/blob/")
        with urllib.request.urlopen(online["Colab"].replace(COLAB, server)) as answer:
            text = answer.read().decode()
        assert text == nbformat.writes(editions.student(released / "labs" / name)) + "\n"
        assert release.requirement(ADDRESS) in json.loads(text)["cells"][1]["source"][4]
        place, _, query = online["Binder"].partition("?")
        assert place == f"{BINDER}/made-up/course/{release.tag()}"
        (opened,) = urllib.parse.parse_qs(query)["urlpath"]
        assert opened == f"lab/tree/student/{name}"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server}/made-up/course/blob/v0.0.0/student/{LABS[0]}")


@pytest.mark.slow
def test_a_release_leaves_the_main_branch_as_it_is_and_is_made_once(released):
    assert git(released, "status", "--porcelain").stdout == ""
    added = git(released, "diff", "--name-status", "HEAD", release.tag()).stdout.split()
    assert added == [word for name in [*LABS, release.wheel()] for word in ("A", f"student/{name}")]
    assert (
        git(released, "rev-parse", "HEAD", f"{release.tag()}^").stdout.split()
        == [git(released, "rev-parse", "HEAD").stdout.strip()] * 2
    )
    assert "there already: set another __version__" in tag(released).stderr
    (released / "README.md").write_text("changed")
    assert "commit or stash them first" in tag(released).stderr
    git(released, "checkout", "-q", "README.md")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An environment of its own, with pip and what labkit needs, but without labkit."""
    pytest.importorskip("ensurepip", reason="this Python cannot make environments with pip")
    folder = tmp_path_factory.mktemp("empty") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    run = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    site = Path(run.stdout.strip())
    have = {path.name for path in site.iterdir()}
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name not in have and not re.match(r"_?_?(editable_*)?labkit", path.name):
            (site / path.name).symlink_to(path)
    return python


def on_colab(python, cell, folder):
    """Run a cell twice and say which labkit is there then; pip may ask no index."""
    code = (
        "import importlib.util, sys, types\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "assert importlib.util.find_spec('labkit') is None\n"
        f"cell = {cell!r}\n"
        "exec(cell, {})\nprint('again')\nexec(cell, {})\n"
        "import labkit\nprint(labkit.__version__, labkit.__file__)"
    )
    alone = {"PIP_NO_INDEX": "1", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-c", code], cwd=folder, env=kept | alone, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_the_first_cell_says_in_words_that_there_is_no_network(empty, tmp_path):
    run = on_colab(empty, first_cell("http://127.0.0.1:9/made-up/course"), tmp_path)
    assert run.returncode == 1
    assert run.stdout.startswith(f"Installing labkit {labkit.__version__}")
    assert run.stderr.endswith("labkit not installed: try again with a network\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_the_first_cell_runs_in_an_environment_without_labkit(released, server, empty, tmp_path):
    cell = editions.student(released / "labs" / LABS[0]).cells[1].source
    run = on_colab(empty, cell.replace(GITHUB, server), tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    before, after = run.stdout.split("again\n")
    assert before.startswith(f"Installing labkit {labkit.__version__} for this session of Colab: ")
    version, file = after.splitlines()[-1].split(" ", 1)
    assert version == labkit.__version__
    assert Path(file).is_relative_to(empty.parent.parent)
    assert run.stderr == ""


# Environments that others build.


def test_binder_installs_the_lock_and_labkit():
    folder = ROOT / ".binder"
    (line,) = re.findall(r"^[^#].*$", (folder / "requirements.txt").read_text(), flags=re.M)
    option, lock = line.split()
    assert option == "-r"
    assert (folder / lock).resolve() == ROOT / "requirements.lock"
    script = folder / "postBuild"
    assert script.read_text().startswith("#!")
    assert "100755" in git(ROOT, "ls-files", "--stage", str(script)).stdout
    pip, data = (
        shlex.split(words) for words in re.findall(r"^(?:pip|labkit) .*", script.read_text(), re.M)
    )
    assert pip[-2:] == ["--no-deps", "."]
    cli._parser().parse_args(data[1 : data.index("||")])
    version = (folder / "runtime.txt").read_text().strip().removeprefix("python-")
    assert f'"{version}"' in (ROOT / ".github/workflows/test.yml").read_text()


def test_the_devcontainer_calls_commands_that_exist():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert set(settings) == {
        "name",
        "image",
        "hostRequirements",
        "updateContentCommand",
        "postCreateCommand",
        "customizations",
    }
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M)
    called = [settings["updateContentCommand"], *settings["postCreateCommand"].split(" && ")]
    make, notebooks, kernel = map(shlex.split, called)
    assert make[0] == "make"
    assert make[1] in targets
    options = cli._parser().parse_args(notebooks[1:])
    assert (options.edition, options.out) == ("student", "student")
    assert kernel[:4] == [".venv/bin/python", "-m", "ipykernel", "install"]
    named = kernel[kernel.index("--name") + 1]
    assert named == nbformat.read(ROOT / "labs" / LABS[0], 4).metadata.kernelspec.name
    vscode = settings["customizations"]["vscode"]
    interpreter = vscode["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/" + kernel[0]
