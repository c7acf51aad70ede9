"""Where claims are shown, whether this run can prove any, and whether a false one stops it."""

import os
import sys

from labkit import data, mode


def excuse():
    """Say why nothing can be judged in this process; None if it can."""
    if mode.current() == "smoke":
        return "smoke mode"
    return None if data.all_real() else "stand-in data"


def enforces():
    """Tell whether a claim that does not hold stops the run; see `labkit.startup`."""
    chosen = os.environ.get("LABKIT_CLAIMS", "").strip()
    if chosen not in ("", "enforce", "show"):
        raise ValueError(f"LABKIT_CLAIMS must be enforce or show, got {chosen!r}; or unset it")
    return chosen == "enforce" if chosen else not in_notebook()


def in_notebook():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def display(text, **rich):
    """Show `rich` (html or markdown) on a Jupyter page, `text` anywhere else."""
    if not in_notebook():
        print(text, flush=True)
        return
    from IPython.display import display

    kinds = {f"text/{kind}": source for kind, source in rich.items()}
    display({"text/plain": text, **kinds}, raw=True)
