"""Which names a piece of compiled Python code reads from around it."""

import dis
import types

# Names that reach what no key can hold: files, the environment, code made while it runs.
# Clocks and unseeded random numbers are left out: any run is as good as another there.
OUTSIDE = frozenset(
    """
    environ getenv getcwd chdir listdir scandir iterdir glob rglob read_text read_bytes open
    fdopen load loads loadtxt genfromtxt fromfile memmap load_model load_weights load_img
    read_csv read_json read_parquet read_excel read_pickle read_table imread loadmat get_file
    urlopen urlretrieve requests subprocess import_module image_dataset_from_directory
    text_dataset_from_directory
    """.split()  # noqa: SIM905
)
BUILTINS = frozenset(
    """
    open input eval exec compile globals __import__ hash
    """.split()  # noqa: SIM905
)


def chains(code):
    """Return the globals that code reads, each with the attributes that it asks of them.

    Parameters
    ----------
    code : types.CodeType
        Functions and classes written inside it are read as well.

    Returns
    -------
    list of tuple of str
        ``module.part.value`` is ``("module", "part", "value")``. Sorted.
    """
    found = set()
    for part in _nested(code):
        chain = ()
        for step in dis.get_instructions(part):
            if chain and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                chain += (step.argval,)
                continue
            if chain:
                found.add(chain)
            reads = step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
            chain = (step.argval,) if reads else ()
    return sorted(found)


def imports(code):
    """Return the modules that code imports while it runs.

    Returns
    -------
    list of (str, int, tuple of str)
        Name, as written, the number of dots before it, and what is taken from it.
    """
    found = set()
    for part in _nested(code):
        constants = [0, 0]
        for step in dis.get_instructions(part):
            if step.opname == "IMPORT_NAME":
                found.add((step.argval, constants[-2], constants[-1] or ()))
            if step.opname in ("LOAD_CONST", "LOAD_SMALL_INT"):
                constants.append(step.argval)
    return sorted(found)


def reaches_outside(code):
    """Return the first name in code that may bring in what no key holds, or None."""
    return next(iter(sorted({n for p in _nested(code) for n in p.co_names} & OUTSIDE)), None)


def _nested(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)
