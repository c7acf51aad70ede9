"""Hide a check from accidental reading: its whole block becomes one line of letters."""

import ast
import base64
import builtins
import difflib
import sys
import traceback
import zlib

from labkit.exercises.generic import said
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import NotYet

AUTHORS = ("labkit.exercises", "labkit.claims", "labkit.numbers")  # refuse a malformed check
UNFIT = "This check cannot judge what the cells above have computed on your run."
DAMAGED = "the sealed line of this check was changed: take it from a fresh copy of the notebook"


def seal(source):
    """Compress and encode a block of code for `run`.

    It hides from accident, not from a thief: `unseal` undoes it.

    Parameters
    ----------
    source : str
        What stands between ``### BEGIN SEALED`` and ``### END SEALED``: plain Python.

    Returns
    -------
    str
        One line of letters, digits, ``-``, ``_`` and ``=``.

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
    except (SyntaxError, TypeError, ValueError) as error:
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
        raise ValueError(DAMAGED) from None


def run(sealed):
    """Judge an exercise of the student's edition.

    The block sees the names of the caller and leaves none behind. A name that it needs and nobody
    has defined, and an error that the student's code raises, are told in one line.

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
    source, caller = unseal(sealed), sys._getframe(1)
    scope = {**caller.f_globals, **caller.f_locals}
    hint = _undefined(ast.parse(source), scope) or _executed(source, scope)
    if hint:  # raised here, so that no other error is its context
        raise NotYet(hint)


def _executed(source, scope):
    """Run the block; return what it has to say to the student, if anything."""
    try:
        with quiet():
            exec(compile(source, "<exercise>", "exec", dont_inherit=True), scope)
    except NotYet as error:
        return str(error).removeprefix("Not yet. ")
    except Exception as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").startswith(AUTHORS):
            return UNFIT
        return f"Your code stops with {said(error)}"
    return None


def _undefined(tree, scope):
    """Say which names the block needs and nobody has defined."""
    needed, known = [], {*scope, *dir(builtins)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            needed.append((node.lineno, node.col_offset, node.id))
        elif isinstance(node, ast.Name):
            known.add(node.id)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            known.add(node.name)
        elif isinstance(node, ast.alias):
            known.add((node.asname or node.name).split(".")[0])
    names = dict.fromkeys(name for *_, name in sorted(needed) if name not in known)
    if not names:
        return None
    alike = difflib.get_close_matches(next(iter(names)), _answered(scope), 1, 0.8)
    also = f" There is `{alike[0]}`: is it meant?" if alike else ""
    return f"Define {' and '.join(f'`{name}`' for name in names)} first.{also}"


def _answered(scope):
    """Return the names that the notebook's last cell before the check defines."""
    try:
        tree = ast.parse(scope["In"][-2])
    except (KeyError, IndexError, SyntaxError):
        return []
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    names = [node.id for node in stored if isinstance(node.ctx, ast.Store)]
    return names + [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
