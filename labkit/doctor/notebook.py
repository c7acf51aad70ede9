"""What the first cell of a student's notebook says: nothing, where all is well."""

import contextlib

import labkit as installed
from labkit.doctor import advice, checks, machine


def first_look(*, labkit, data=()):
    """Print a line for each thing that this notebook needs and does not have.

    Parameters
    ----------
    labkit : str
        The version of labkit that wrote the notebook. Versions that differ in their last number
        fit each other.
    data : sequence of str, optional
        The data sets that the notebook loads, by name.
    """
    for line in (_of_labkit(labkit), _of_data(data), _of_memory()):
        if line:
            print(line)


def _of_labkit(wanted):
    notebook, here = ([int(n) for n in v.split(".")[:2]] for v in (wanted, installed.__version__))
    if notebook == here:
        return ""
    todo = "update the course" if notebook > here else "write the notebooks anew with: make lab"
    return (
        f"This notebook is for labkit {wanted}, and here is {installed.__version__}: "
        f"{todo}, or its cells may fail."
    )


def _of_data(names):
    try:
        from labkit.data.load import place

        missing = [checks.DATA[name] for name in names if not place(name)]
    except ImportError as error:
        return f"The package {error.name} is missing. In a terminal: {advice.command('doctor')}"
    if not missing:
        return ""
    return (
        f"Not on this computer: {', '.join(missing)}. This notebook downloads it once; without a "
        "network it draws a stand-in, and judges no claim."
    )


def _of_memory():
    with contextlib.suppress(ImportError):
        free, _ = machine.memory()
        if free < checks.MEMORY:
            return (
                f"Only {free / 1e9:.1f} GB of memory are free, and a lab may take "
                f"{checks.MEMORY / 1e9:g}: shut down other notebooks and programs."
            )
    return ""
