"""Run labs with other seeds, and say how often each of their claims holds.

    python -m benchmarks.lab_seeds labs/02_vanishing_gradients.ipynb

Run k has the lab's ``SEEDS`` moved by k, k + 100, k + 200, ...: no seed comes twice. A claim that
holds with the lab's own seeds alone says more of these seeds than of networks.
"""

import os
import re
import tempfile
import time
from pathlib import Path

from benchmarks import report
from labkit import startup

import nbformat
import pandas as pd

SEEDS = re.compile(r"^SEEDS = .*$", flags=re.MULTILINE)
LINE = re.compile(  # as `labkit.claims.check` writes it; one that does not hold has no third part
    r"^(?P<claim>.+) \| (?:measured|does not hold on your run:) (?P<measured>.+?), (?:.*, )?bound "
    r"[^|]*(?: \| (?P<verdict>.+))?$"
)


def main():
    parser = report.arguments(__doc__, rounds=10)
    parser.add_argument("labs", nargs="+", help="notebooks")
    parser.add_argument("--first", type=int, default=10, help="seed of the first run (10)")
    options = parser.parse_args()
    os.environ["LABKIT_MODE"] = "class"
    rows = []
    for path in map(Path, options.labs):
        claims = []
        for seed in range(options.first, options.first + options.rounds):
            begin = time.perf_counter()
            claims += claims_of(run(with_seed(nbformat.read(path, as_version=4), seed)))
            report.tell(f"{path.stem}, seed {seed}: {time.perf_counter() - begin:.0f} s")
        rows += counted(path.stem, claims, options.rounds)
    report.show("claims with other seeds", rows, as_json=options.json)


def with_seed(notebook, seed, seeds=3):
    """Return a lab whose set-up cell names other seeds.

    Raises
    ------
    ValueError
        If no cell, or more than one, says ``SEEDS = ...``.
    """
    cells = [c for c in notebook.cells if c.cell_type == "code" and SEEDS.search(c.source)]
    if len(cells) != 1:
        raise ValueError(f"expected one cell with SEEDS = ..., got {len(cells)}")
    other = tuple(seed + 100 * number for number in range(seeds))
    cells[0].source = SEEDS.sub(f"SEEDS = {other}", cells[0].source)
    return notebook


def run(notebook):
    """Execute a notebook as a person would: a claim that does not hold stops nothing."""
    from nbclient import NotebookClient

    startup.prepare_kernels()
    os.environ.pop("LABKIT_CLAIMS", None)
    with tempfile.TemporaryDirectory() as folder:
        return NotebookClient(
            notebook, timeout=900, allow_errors=True, resources={"metadata": {"path": folder}}
        ).execute()


def claims_of(notebook):
    """List what each claim of an executed notebook measured, and whether it held.

    Returns
    -------
    list of dict
        ``claim``, ``measured``, ``verdict``; an error of a cell is a claim that did not hold.
    """
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "") or output.get("text", "")
            found += [match.groupdict() for match in map(LINE.match, text.splitlines()) if match]
            if output.output_type == "error":
                found.append(
                    {
                        "claim": f"{output.ename}: {output.evalue}"[:90],
                        "measured": "",
                        "verdict": "",
                    }
                )
    return found


def counted(lab, claims, runs):
    """Count over runs: one row a claim, those that failed most often first."""
    if not claims:
        return [{"lab": lab, "claim": "none", "held": 0, "runs": runs, "measured": ""}]
    rows = [
        {
            "lab": lab,
            "claim": claim[:90],
            "held": int((group.verdict == "holds").sum()),
            "runs": runs,
            "measured": ", ".join(group.measured),
        }
        for claim, group in pd.DataFrame(claims).groupby("claim", sort=False)
    ]
    return sorted(rows, key=lambda row: row["held"])


if __name__ == "__main__":
    main()
