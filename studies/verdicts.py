"""Write down the verdicts of a release: ``python -m studies.verdicts``.

A test lists what has changed since, and asks CHANGELOG.md to say so.
"""

import labkit
from labkit import audit
from labkit.audit import kept


def main():
    table = audit.table()[["claim", "word"]]
    table.insert(0, "version", labkit.__version__)
    table.to_csv(kept.FOLDER / "verdicts.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
