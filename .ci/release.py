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


def main():
    """Tag what HEAD holds, or say why not."""
    from labkit.editions import release
    from labkit.handouts import students

    tag = release.tag()
    if git("status", "--porcelain"):
        return "There are changes that are not committed: commit or stash them first."
    if git("tag", "--list", tag):
        return f"The tag {tag} is there already: set another __version__ in labkit/__init__.py."
    repository = release.address(ROOT)
    if not repository:
        print("_config.yml has no address: no notebook of this release will install labkit.")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made, release.FOLDER)
        folder.mkdir()
        students.wheel(ROOT, folder)
        for name, text in students.notebooks(ROOT).items():
            Path(folder, name).write_text(text, encoding="utf-8")
        commit(tag, made)
    print(f"Tagged {tag}. To publish it: git push {repository or 'origin'} {tag}")
    return None


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
