"""Hide a check from accidental reading: the whole block becomes one line of letters."""

import ast
import base64
import builtins
import difflib
import sys
import zlib

from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import NotYet


def seal(source):
    """Compress and encode a block of code, for `run`.

    It hides from accident, not from a thief: `labkit.exercises.unseal` takes a line to undo.

    Parameters
    ----------
    source : str
        What stands between ``### BEGIN SEALED`` and ``### END SEALED``: plain Python.

    Returns
    -------
    str
        Letters, digits, ``-``, ``_`` and ``=``.

    Raises
    ------
    ValueError
        If the block is empty or no Python.

    Examples
    --------
    >>> unseal(seal("exercises.check('It is', n, '==', 3)"))
    "exercises.check('It is', n, '==', 3)"
    """
    try:
        empty = not ast.parse(source).body
    except (SyntaxError, TypeError) as error:
        raise ValueError(f"expected Python to seal: {error}") from None
    if empty:
        raise ValueError("expected Python to seal, got no statement")
    return base64.urlsafe_b64encode(zlib.compress(source.encode(), 9)).decode()


def unseal(sealed):
    """Return the block that `seal` has hidden.

    Parameters
    ----------
    sealed : str

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the text was not made by `seal`, or was changed.
    """
    try:
        return zlib.decompress(base64.urlsafe_b64decode(sealed.encode())).decode()
    except (ValueError, zlib.error, AttributeError):
        raise ValueError(
            "the sealed line of this check was changed: take it from a fresh copy of the notebook"
        ) from None


def run(sealed):
    """Judge an exercise of the student's edition.

    The block sees the names of the caller and leaves none behind. A name that it needs and that
    is not there, and an error that the student's code raises, are told in one line.

    Parameters
    ----------
    sealed : str
        Written by `labkit.editions`; see `seal`.

    Raises
    ------
    NotYet
        If the exercise is not solved.
    ValueError
        If the text was changed.
    """
    source = unseal(sealed)
    caller = sys._getframe(1)
    scope = {**caller.f_globals, **caller.f_locals}
    hint = _missing(ast.parse(source), scope) or _executed(source, scope)
    if hint:
        raise NotYet(hint)


def _executed(source, scope):
    """Run the block; return what it has to say to the student, if anything."""
    try:
        with quiet():
            exec(compile(source, "<exercise>", "exec", dont_inherit=True), scope)
    except NotYet as error:
        return str(error).removeprefix("Not yet. ")
    except Exception as error:
        return f"Your code stops with {said(error)}"
    return None


def _missing(tree, scope):
    """Say which names the block needs and nobody has defined."""
    needed, own = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            needed[node.id] = None
        elif isinstance(node, ast.Name):
            own.add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler):
            own.add(node.name)
    names = [
        name for name in needed if not (name in own or name in scope or hasattr(builtins, name))
    ]
    if not names:
        return None
    meant = difflib.get_close_matches(names[0], [name for name in scope if name[0] != "_"], 1, 0.8)
    also = f" There is a `{meant[0]}`: is it that?" if meant else ""
    return f"Define {' and '.join(f'`{name}`' for name in names)} first.{also}"


def said(error):
    """Tell an exception in one line: its type, and what it says.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
    """
    text = " ".join(str(error).split())
    text = text if len(text) <= 200 else f"{text[:199]}…"
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
