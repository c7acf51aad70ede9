"""State results and judge them on the run that made them.

A lab says in `check` what it has found. The line shows the measured value, and a statement that
is false on real data stops the lab, so that no page can say what its own run contradicts.
"""

from labkit.claims.check import ClaimError, check
from labkit.claims.prose import glue, say

__all__ = ["ClaimError", "check", "glue", "say"]
