"""Text whose numbers come from the run."""

from labkit.claims import page


def glue(name, value, fmt="{}"):
    """Keep a value of the run for the text of the book: ``{glue:text}`` and the name show it.

    Parameters
    ----------
    name : str
        Letters, digits, ``_``, ``-`` or ``.``; once a book.
    value : object
        What `fmt` can format.
    fmt : str, optional
        A format string with one pair of braces, such as ``"{:.1%}"``.

    Raises
    ------
    ValueError
        If the name is empty or `fmt` has no braces.

    Notes
    -----
    Only a notebook can keep it, and only where MyST-NB is installed (it comes with
    ``labkit[book]``); elsewhere this does nothing.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"expected a name for the value, got {name!r}")
    if "{" not in fmt:
        raise ValueError(f'expected a format with braces, such as "{{:.1%}}", got {fmt!r}')
    text = fmt.format(value)
    if not page.in_notebook():
        return
    try:
        from myst_nb import glue as keep
    except ImportError:
        return
    keep(name, _Bare(text), display=False)


def say(text):
    """Show a paragraph of Markdown whose numbers come from the run.

    Parameters
    ----------
    text : str
        Markdown, usually an f-string of the lab.

    Raises
    ------
    ValueError
        If there is no text.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"expected a text, got {text!r}")
    page.display(text, markdown=text)


class _Bare:
    """A text that MyST-NB writes without quotation marks."""

    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text
