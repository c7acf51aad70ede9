"""Say how much work to do: ``smoke``, ``class`` or ``full``.

The environment variable ``LABKIT_MODE`` decides; without it the mode is
``class``, what students and the published book run. ``smoke`` runs every cell
on next to nothing and proves only that it runs; ``full`` is for what takes
longer than a class. The labs of the course give no sizes for it and then do
the work of ``class``; the scale of the reports is that of the studies.
"""

import os

MODES = ("smoke", "class", "full")


def current():
    """Return the mode that this process runs in.

    Returns
    -------
    str
        ``"smoke"``, ``"class"`` or ``"full"``. An unset or empty
        ``LABKIT_MODE`` means ``"class"``.

    Raises
    ------
    ValueError
        If ``LABKIT_MODE`` holds anything else.
    """
    mode = os.environ.get("LABKIT_MODE", "").strip() or "class"
    if mode not in MODES:
        raise ValueError(
            f"LABKIT_MODE must be one of {', '.join(MODES)}, got {mode!r}; "
            "correct the variable or unset it to run in class mode"
        )
    return mode


def pick(value, *, smoke, full=None):
    """Return the value that fits the current mode.

    Parameters
    ----------
    value : object
        What class mode uses.
    smoke : object
        What smoke mode uses, the smallest that still runs the code.
    full : object, optional
        What full mode uses; `value` if left out.

    Returns
    -------
    object
        One of the three, unchanged.

    Raises
    ------
    ValueError
        If ``LABKIT_MODE`` is not a mode.

    Examples
    --------
    A hundred epochs, but two in smoke mode:

    >>> epochs = pick(100, smoke=2)
    """
    mode = current()
    if mode == "smoke":
        return smoke
    return value if mode == "class" or full is None else full
