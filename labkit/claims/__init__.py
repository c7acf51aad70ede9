"""State results and judge them on the run that made them.

A lab says in `check` what it has found. The line shows the measured value, and a statement that
is false on real data stops a build, nbmake or a script, so that no page can say what its own run
contradicts. A notebook that a person has open says that it does not hold there, and goes on. The
variable ``LABKIT_CLAIMS``, ``enforce`` or ``show``, chooses by name.
"""

from labkit.claims.check import ClaimError, check
from labkit.claims.prose import glue, say

__all__ = ["ClaimError", "check", "glue", "say"]
