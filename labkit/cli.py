"""The command ``labkit``: write the notebooks that people open."""

import argparse
import sys
from pathlib import Path

EDITIONS = {
    "student": "no solutions; each check is one sealed line",
    "solutions": "with solutions, open checks and a guide to the marking",
    "nbgrader": "the source folder of a school's nbgrader, an assignment a lab, with points",
    "book": "no solutions, in MyST: what a book without them is built from",
}


def main(arguments=None):
    """Run ``labkit`` with these arguments, or with those of the command line.

    Parameters
    ----------
    arguments : list of str
        Without the name of the command.

    Returns
    -------
    int
        0, or 1 after an error, which is told on standard error.
    """
    options = _parser().parse_args(arguments)
    try:
        _write(options.edition, _labs(options.labs), Path(options.out))
    except (OSError, ValueError) as error:
        print(f"labkit: {error}", file=sys.stderr)
        return 1
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="labkit", description="The labs of the course.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    notebooks = commands.add_parser(
        "notebooks",
        help="write the labs as notebooks to work in, to teach from, or to grade",
        description="Write the labs as notebooks. A file that was changed since is never "
        "overwritten: the new version goes beside it.",
    )
    edition = notebooks.add_mutually_exclusive_group(required=True)
    for name, text in EDITIONS.items():
        edition.add_argument(
            f"--{name}", dest="edition", action="store_const", const=name, help=text
        )
    notebooks.add_argument("--out", required=True, metavar="FOLDER", help="where to write")
    notebooks.add_argument(
        "labs",
        nargs="*",
        metavar="LAB",
        help="a number such as 05, or a file; all if none is named",
    )
    return parser


def _labs(names):
    """Find the files of the labs that are named, or of all."""
    files = [Path(name) for name in names if name.endswith(".ipynb")]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise ValueError(f"no such file: {', '.join(missing)}")
    numbers = [name for name in names if not name.endswith(".ipynb")]
    if files and not numbers:
        return files
    labs = sorted(_folder().glob("*.ipynb"))
    known = {lab.stem.split("_")[0]: lab for lab in labs}
    unknown = [name for name in numbers if name not in known]
    if unknown:
        raise ValueError(f"no lab {', '.join(unknown)}; there are {', '.join(known)}")
    return files + [known[name] for name in numbers] if names else labs


def _folder():
    """Find the folder of the labs: here, above, or beside labkit in a clone of the course."""
    here = Path.cwd()
    for place in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (place / "_toc.yml").is_file() and (place / "labs").is_dir():
            return place / "labs"
    raise ValueError("no course here; change into its folder, which holds labs and _toc.yml")


def _write(edition, labs, folder):
    from labkit import editions

    make = {
        "student": editions.student,
        "solutions": editions.solutions,
        "nbgrader": editions.for_nbgrader,
        "book": editions.for_book,
    }[edition]
    states = []
    for lab in labs:
        name = f"{lab.stem}/{lab.name}" if edition == "nbgrader" else lab.name
        written = editions.write(make(lab), folder, name)
        states.append(written.state)
        if written.state == "beside":
            print(f"{folder / name} is yours: the new version is {written.path}")
    said = {
        "written": "written",
        "as before": "as before",
        "beside": "beside yours",
        "kept": "yours",
    }
    counts = [f"{states.count(state)} {text}" for state, text in said.items() if state in states]
    print(f"{len(states)} notebook(s) in {folder}: {', '.join(counts)}")


if __name__ == "__main__":
    sys.exit(main())
