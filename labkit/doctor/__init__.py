"""Say whether this computer is ready for the labs, and what to type where it is not.

``labkit doctor`` prints what `examine` finds, a line each. The first cell of a student's notebook
calls `first_look`. Nothing is loaded before it was looked for, so that both answer where
TensorFlow, NumPy or the right Python is missing.
"""

from labkit.doctor.checks import Finding, examine, report
from labkit.doctor.notebook import first_look

__all__ = ["Finding", "examine", "first_look", "report"]
