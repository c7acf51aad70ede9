"""Exercises that check themselves: a quiet line when one is solved, else a hint and no answer.

A check stands behind the solution of its exercise, between ``### BEGIN SEALED`` and
``### END SEALED``. In the student's edition the block is one line, ``exercises.run("…")``, so that
nobody reads bounds and hints by accident (`seal`). An answer that is not right raises
`NotYet`; in Jupyter its hint stands in the place of the traceback, and nbgrader and nbmake see an
error. A check prints nothing on standard error, draws no random number for good, and calls a
student's function on copies.

In a lab::

    ### BEGIN SEALED
    exercises.check("Eight layers lose a factor of thousands", factor_8, "between", (1e3, 1e6),
                    hints=[("between", (50, 500), "That is four layers. Did you build eight?")])
    ### END SEALED
"""

from labkit.exercises.arrays import check_array
from labkit.exercises.functions import check_function
from labkit.exercises.models import check_model
from labkit.exercises.number import check
from labkit.exercises.sealing import run, seal, unseal
from labkit.exercises.verdict import NotYet

__all__ = [
    "NotYet",
    "check",
    "check_array",
    "check_function",
    "check_model",
    "run",
    "seal",
    "unseal",
]
