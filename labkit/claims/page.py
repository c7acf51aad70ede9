"""Where claims are shown, and whether this run can prove any."""

import sys

from labkit import data, mode


def excuse():
    """Say why nothing can be judged in this process; None if it can."""
    if mode.current() == "smoke":
        return "smoke mode"
    return None if data.all_real() else "stand-in data"


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
