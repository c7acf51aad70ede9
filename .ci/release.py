"""Tag a release, with the students' notebooks and the wheel in the folder `student` of the tag.

The tag `v0.1.0` names a commit beside the main branch: it holds what HEAD holds, and what is made
from that. So main keeps no generated file, and what opens a notebook of a release, installs its
labkit or builds its environment needs one name. Nothing is pushed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"


def main():
    """Tag what HEAD holds, or say why not."""
    from labkit.editions import release

    tag = release.tag()
    if git("status", "--porcelain"):
        return "There are changes that are not committed: commit or stash them first."
    if git("tag", "--list", tag):
        return f"The tag {tag} is there already: set another __version__ in labkit/__init__.py."
    repository = release.address(ROOT)
    if not repository:
        print("_config.yml has no address: no notebook of this release will install labkit.")
    with tempfile.TemporaryDirectory() as made:
        fill(Path(made, release.FOLDER))
        commit(tag, made)
    print(f"Tagged {tag}. To publish it: git push {repository or 'origin'} {tag}")
    return None


def fill(folder):
    """Write what students need into a folder: a notebook a lab, and the wheel."""
    import nbformat

    from labkit import editions

    folder.mkdir()
    for lab in sorted(ROOT.glob("labs/*.ipynb")):
        text = nbformat.writes(editions.student(lab)) + "\n"
        Path(folder, lab.name).write_text(text, encoding="utf-8")
    # the same commit gives the same wheel
    when = {"SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")}
    command = [sys.executable, "-c", BUILD, str(folder)]
    subprocess.run(command, cwd=ROOT, env=os.environ | when, check=True)


def commit(tag, made):
    """Commit HEAD and the folder `made` upon it, in an index of its own, and tag that."""
    index = {"GIT_INDEX_FILE": str(Path(made, ".index"))}
    git("read-tree", "HEAD", **index)
    git("--work-tree", made, "add", "--force", "--", "student", **index)
    tree = git("write-tree", **index)
    text = f"Release {tag}, with the notebooks for students"
    git("tag", "--annotate", tag, "-m", text, git("commit-tree", tree, "-p", "HEAD", "-m", text))


def git(*words, **environment):
    """Call git in the course and return what it prints."""
    done = subprocess.run(
        ["git", *words], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
