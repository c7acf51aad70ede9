"""Pack the built book, the students' notebooks and labkit for where there is no network."""

import hashlib
import html
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from string import Template
from time import gmtime

import labkit
from labkit.handouts import students

PAGE = Path(__file__).with_name("start_here.html")
SUMS = "SHA256SUMS"
PIN = re.compile(r"^([\w.-]+==[^ ;\\]+(?: ; [^\\]+)?)", re.MULTILINE)
RUN = re.compile(r"Labs (?:executed in \w+ mode|not executed)\.")


def write(course, folder, wheels=False):
    """Write the wheel, the sdist and the offline zip; the same tree gives the same bytes.

    Files are dated by ``SOURCE_DATE_EPOCH``, else by the last commit.

    Parameters
    ----------
    course : path-like
        Folder of the course, with a built book in ``_build/html``.
    folder : path-like
        Made where it is missing.
    wheels : bool
        With all that the labs need, for this Python and this kind of machine? This asks the
        network, and needs pip.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    FileNotFoundError
        If there is no built book.
    """
    from flit_core.sdist import SdistBuilder

    course, folder = Path(course), Path(folder)
    book = course / "_build/html"
    if not (book / "index.html").is_file():
        raise FileNotFoundError(f"no built book in {book}; type: make book")
    folder.mkdir(parents=True, exist_ok=True)
    wheel = students.wheel(course, folder)
    source = SdistBuilder.from_ini_path(course.resolve() / "pyproject.toml").build(folder)
    lock = (course / "requirements.lock").read_text(encoding="utf-8")
    files = {
        "LICENSE": course / "LICENSE",
        f"install/{wheel.name}": wheel,
        "install/constraints.txt": "".join(f"{pin.strip()}\n" for pin in PIN.findall(lock)),
        **{f"notebooks/{name}": text for name, text in students.notebooks(course).items()},
        **_book(book),
    }
    if wheels:
        files |= _download(wheel, files["install/constraints.txt"], folder / "wheels")
    files["start_here.html"] = _page(course, book, wheel.name, files)
    name = f"labkit-{labkit.__version__}-offline"
    return [
        wheel,
        source,
        pack(files, folder / f"{name}.zip", int(os.environ["SOURCE_DATE_EPOCH"])),
    ]


def pack(files, path, date):
    """Write files and their checksums into a zip, in a folder of its name.

    Parameters
    ----------
    files : dict of str to (str or pathlib.Path)
        Name in the folder, and text or a file.
    path : pathlib.Path
        What to write; it appears whole or not at all.
    date : int
        Of every file, in seconds of Unix.

    Returns
    -------
    pathlib.Path
        `path`.
    """
    sums, part = "", path.with_suffix(".part")
    when = gmtime(max(date, students.EARLIEST))[:6]
    with zipfile.ZipFile(part, "w") as archive:

        def add(name, content):
            entry = zipfile.ZipInfo(f"{path.stem}/{name}", when)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # the same everywhere
            packed = name.endswith((".whl", ".png", ".woff", ".woff2"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)

        for name, source in sorted(files.items()):
            content = source.read_bytes() if isinstance(source, Path) else source.encode()
            sums += f"{hashlib.sha256(content).hexdigest()}  {name}\n"
            add(name, content)
        add(SUMS, sums)
    part.replace(path)
    return path


def _book(book):
    """List the pages, without what only serves a next build or those who mend scripts."""
    paths = [path.relative_to(book) for path in book.rglob("*") if path.is_file()]
    wanted = [p for p in paths if p.suffix != ".map" and not any(n[0] == "." for n in p.parts)]
    return {f"book/{path.as_posix()}": book / path for path in wanted}


def _download(wheel, constraints, folder):
    """Download what the labs need, in the versions of the lock."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pins = folder / "constraints.txt"
    pins.write_text(constraints, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--only-binary", ":all:", "--dest", str(folder), "-c", str(pins)]
    subprocess.run([*pip, *options, f"{wheel}[labs]"], check=True)
    found = [path for path in folder.glob("*.whl") if path.name != wheel.name]
    return {f"install/{path.name}": path for path in found}


def _page(course, book, wheel, files):
    """Write the page to begin with, in words that fit what is packed."""
    import yaml

    title = yaml.safe_load((course / "_config.yml").read_text(encoding="utf-8"))["title"]
    home = max(book.glob("book/intro.html"), default=book / "index.html")
    run = RUN.search(home.read_text(encoding="utf-8"))
    whole = any(name.endswith(".whl") and name != f"install/{wheel}" for name in files)
    machine = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()}"
    first = min((name for name in files if name.startswith("notebooks/")), default="notebooks")
    facts = {
        "title": title,
        "version": labkit.__version__,
        "run": run[0] if run else "",
        "wheel": wheel,
        "first": first,
        "sums": SUMS,
        "machine": f"{machine} ({platform.machine()})",
        "with_wheels": "" if whole else "hidden",
        "with_network": "hidden" if whole else "",
        "source": "--no-index --find-links install " if whole else "",
    }
    page = PAGE.read_text(encoding="utf-8")
    return Template(page).substitute({key: html.escape(text) for key, text in facts.items()})
