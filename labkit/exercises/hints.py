"""Read the hints of an exercise as its author has written them."""

import re

from labkit.claims import page


def demand_hints(hints, length, told=None):
    """Return hints as pairs (what they are for, text), or refuse them.

    Parameters
    ----------
    hints : list of tuple
        The last entry of each is its text.
    length : int
        Entries of a hint.
    told : str, optional
        A pattern of the right answer, which no text may hold.

    Returns
    -------
    list of (tuple, str)

    Raises
    ------
    ValueError
        If they are not of this form, two say the same, or one tells the answer.
    """
    if not isinstance(hints, (list, tuple)):
        raise ValueError(f"expected a list of hints, got {hints!r}")
    for hint in hints:
        if not isinstance(hint, tuple) or len(hint) != length:
            raise ValueError(f"expected hints of {length} entries, the last its text, got {hint!r}")
        text = hint[-1]
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"expected the text of a hint, got {text!r}")
        if told and re.search(told, text, flags=re.IGNORECASE):
            raise ValueError(f"this hint tells the answer: {text!r}")
    texts = [hint[-1] for hint in hints]
    if len(set(texts)) < len(texts):
        raise ValueError("two hints say the same")
    return [(hint[:-1], hint[-1]) for hint in hints]


def demand_wrong(is_right, text):
    """Refuse a hint that is for the right answer: nobody would ever see it.

    Where a person has changed the lab, or the run is too small, it may be so by accident.

    Parameters
    ----------
    is_right : bool
    text : str

    Raises
    ------
    ValueError
    """
    if is_right and page.enforces() and page.excuse() is None:
        raise ValueError(f"this hint is for the right answer: {text!r}")
