"""A text that stays the same while a function would do the same, also in another session."""

import hashlib
from typing import NamedTuple

from labkit.experiments.describe import Unsure
from labkit.experiments.keras_objects import KerasDescriber


class Look(NamedTuple):
    """What a look at a value has shown."""

    digest: str
    doubts: list  # reasons why the digest may miss something
    modules: dict  # modules of the user's own that the value needs, by name


def fingerprint(value):
    """Return a hash of a function's code and of all that it uses, or of a value.

    Parameters
    ----------
    value : object
        A function, or settings: numbers, texts, lists, dicts, arrays, Keras objects.

    Returns
    -------
    str
        SHA-256 in hexadecimal. It follows code into closures, defaults, decorators, partials,
        methods, classes with their attributes, the attributes of objects, and the modules beside
        a notebook. What is installed counts by name and version. File names and line numbers play
        no part, nor do the names that Keras counts up, so a notebook may be opened again, or gain
        a cell. Compiled code differs between versions of Python.

    Raises
    ------
    Unsure
        If something is met that cannot be described: an open file, an iterator, a state of random
        numbers, code that reads files or the environment.
    """
    told = look(value)
    if told.doubts:
        raise Unsure(told.doubts[0])
    return told.digest


def look(value):
    """Describe a value as `fingerprint` does, but collect what is in doubt.

    Parameters
    ----------
    value : object

    Returns
    -------
    Look
    """
    describe = KerasDescriber()
    try:
        parts = [describe(value), sorted(describe.versions.items())]
    except RecursionError:
        describe.doubts.append("it is nested too deeply")
        parts = []
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return Look(digest, describe.doubts, describe.modules)


def look_at(runs):
    """Look at what decides each variant's numbers: what it builds, its settings, what it measures.

    Parameters
    ----------
    runs : list of labkit.experiments.plan.Run

    Returns
    -------
    dict of str to Look
        By variant: its seeds differ in nothing of that.
    """
    parts = {run.variant: (run.build, run.settings, run.measure) for run in runs}
    return {variant: look(part) for variant, part in parts.items()}
