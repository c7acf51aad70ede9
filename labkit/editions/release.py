"""Where does a release lie on the network, and which addresses open a notebook of it there?

The address of the repository stands in `_config.yml` alone. The tag of a release, which `make
release` sets, holds what stands on the main branch, and beside it the students' notebooks and the
wheel in the folder `student`.
"""

import re
from pathlib import Path
from urllib.parse import quote

import labkit

FOLDER = "student"
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")


def address(root):
    """Read the address of the repository from `_config.yml`.

    Parameters
    ----------
    root : path-like
        The folder of the course.

    Returns
    -------
    str
        Without a slash or ``.git`` at its end; empty if there is none.
    """
    import yaml

    file = Path(root, "_config.yml")
    config = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    url = (config.get("repository") or {}).get("url") or ""
    return url.strip().rstrip("/").removesuffix(".git")


def tag():
    """Return the tag of this version of labkit, ``"v0.1.0"`` say."""
    return f"v{labkit.__version__}"


def wheel():
    """Return the file name of the wheel of this version."""
    return f"labkit-{labkit.__version__}-py3-none-any.whl"


def requirement(repository):
    """Write what pip is asked for, to install this version of labkit from the repository.

    Parameters
    ----------
    repository : str
        What `address` returns.

    Returns
    -------
    str
        With what the notebooks import and Colab lacks.
    """
    return f"labkit[colab] @ {repository}/raw/{tag()}/{FOLDER}/{wheel()}"


def online(repository, name):
    """List the services that open a student's notebook of this version, each with its address.

    Parameters
    ----------
    repository : str
        What `address` returns.
    name : str
        File name of a lab.

    Returns
    -------
    dict of str to str
        Empty without a repository on GitHub: Colab opens no other.
    """
    found = GITHUB.fullmatch(repository)
    if not found:
        return {}
    file = f"{FOLDER}/{quote(name)}"
    return {
        "Colab": f"https://colab.research.google.com/github/{found[1]}/blob/{tag()}/{file}",
        "Binder": f"https://mybinder.org/v2/gh/{found[1]}/{tag()}?urlpath=lab/tree/{file}",
    }
