"""The command ``labkit``: notebooks to open, data to work on, and what is missing for both."""

import argparse
import sys
from pathlib import Path

from labkit.doctor import advice
from labkit.doctor.checks import DATA

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
        return options.run(options) or 0
    except ImportError as error:
        print(f"labkit: {error}; see {advice.command('doctor')}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"labkit: {error}", file=sys.stderr)
    return 1


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
    notebooks.set_defaults(run=_write)
    examine = commands.add_parser(
        "doctor", help="say what is missing here for the labs, and what to type next"
    )
    examine.set_defaults(run=_examine)
    data = commands.add_parser("data", help="fetch or verify the data sets, or say where they lie")
    actions = data.add_subparsers(required=True, metavar="ACTION")
    for name, (run, text) in _ACTIONS.items():
        action = actions.add_parser(name, help=text)
        action.add_argument(
            "names", nargs="*", metavar="NAME", help=f"{', '.join(DATA)}; all if none is named"
        )
        action.set_defaults(run=run)
    return parser


def _examine(options):
    from labkit import doctor

    return doctor.report()


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


def _write(options):
    from labkit import editions

    edition, labs, folder = options.edition, _labs(options.labs), Path(options.out)
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


def _fetch(options):
    """Download what is not here; a stand-in does not count."""
    from labkit.data import sources

    return _for_each(options, lambda name: f"What to do: {sources.remedy(name)}", may_download=True)


def _verify(options):
    return _for_each(options, lambda name: f"To fetch it: {advice.command(f'data fetch {name}')}")


def _for_each(options, remedy, **settings):
    """Look at the data sets that are named; return 1 where one cannot be used."""
    from labkit.data.load import look, place

    failed = False
    for name in _names(options):
        try:
            _, _, source, verified = look(name, **settings)
        except (OSError, ValueError) as error:
            failed = True
            what = f". {remedy(name)}" if isinstance(error, FileNotFoundError) else ""
            print(f"{DATA[name]}: {error}{what}", file=sys.stderr, flush=True)
            continue
        came = "downloaded, " if source == "download" else ""
        state = "verified" if verified else "shapes, class counts and means are right"
        print(f"{DATA[name]}: {came}{state}, {place(name)}", flush=True)
    if failed:
        print("Without real data the labs draw a stand-in, and judge no claim.", file=sys.stderr)
    return int(failed)


def _where(options):
    """Name the file of each data set, and the folders that are searched."""
    from labkit import paths
    from labkit.data.fetch import cache_folder
    from labkit.data.load import place

    for name in _names(options):
        print(f"{name:<13}  {place(name) or 'not here: ' + advice.command(f'data fetch {name}')}")
    print(f"{'LABKIT_DATA':<13}  {paths.named('LABKIT_DATA') or 'not set'}")
    print(f"{'cache':<13}  {cache_folder()} (LABKIT_CACHE names another)")


def _names(options):
    unknown = [name for name in options.names if name not in DATA]
    if unknown:
        raise ValueError(f"no data set {', '.join(unknown)}; there are {', '.join(DATA)}")
    return options.names or list(DATA)


_ACTIONS = {
    "fetch": (_fetch, "download what is not here, and verify it"),
    "verify": (_verify, "compare what is here with what was published"),
    "where": (_where, "say where each data set lies"),
}


if __name__ == "__main__":
    sys.exit(main())
