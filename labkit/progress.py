"""Show the progress of long work to whoever watches, and nothing to anyone else."""

import os
import sys


def watched():
    """Tell whether somebody sees progress: a terminal, or a notebook that is open.

    Returns
    -------
    bool
        False if ``LABKIT_QUIET`` is 1 (set by the book build), else True in a Jupyter kernel and
        where standard error is a terminal.
    """
    return os.environ.get("LABKIT_QUIET") != "1" and (_in_kernel() or sys.stderr.isatty())


def _in_kernel():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def bar(total, *, description, unit, shown=True):
    """Return a tqdm progress bar, silent if nobody watches.

    Parameters
    ----------
    total : int
        Number of steps; call ``.update()`` after each.
    description, unit : str
        What is being done, and the name of one step.
    shown : bool, optional
        False keeps it silent even if somebody watches.

    Returns
    -------
    tqdm.tqdm
        Also a context manager; it leaves nothing behind when it is closed.
    """
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=description,
        unit=unit,
        leave=False,
        disable=not (shown and watched()),
        # JupyterLab paints standard error red, and leaves the strip when the bar is gone
        file=sys.stdout if _in_kernel() else sys.stderr,
    )
