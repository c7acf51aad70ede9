"""``python -m labkit.handouts offline|pdf``: hand out what was built here."""

import argparse
import subprocess
import sys
from pathlib import Path


def main(arguments=None):
    """Write into ``dist`` what was asked for; return 0, or 1 after an error."""
    parser = argparse.ArgumentParser(prog="labkit.handouts", description=__doc__)
    commands = parser.add_subparsers(required=True)
    offline = commands.add_parser("offline", help="wheel, sdist and a zip for places offline")
    offline.add_argument("--wheels", action="store_true", help="with all that the labs need")
    offline.set_defaults(run=_offline)
    pdf = commands.add_parser("pdf", help="print the book, or one lab")
    pdf.add_argument("--lab", default="", metavar="NN", help="a number; the book if not given")
    pdf.add_argument("--solutions", action="store_true", help="with the solutions")
    pdf.set_defaults(run=_pdf)
    options = parser.parse_args(arguments)
    try:
        for path in options.run(options):
            print(f"{path.stat().st_size / 1e6:7.1f} MB  {path}")
    except (ImportError, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"labkit.handouts: {error}", file=sys.stderr)
        return 1
    return 0


def _offline(options):
    from labkit.handouts import offline

    return offline.write(".", "dist", options.wheels)


def _pdf(options):
    from labkit.handouts import pdf

    return [pdf.write(Path("_build/html"), "dist", options.lab, options.solutions)]


if __name__ == "__main__":
    sys.exit(main())
