"""What five student reports claim, what the studies found, and the verdict: one table.

A verdict stands on the report's experiment at its own scale, kept in ``studies/results``, or on
arithmetic. What has too few rows, updates or seeds is open.
"""

from labkit.audit.kept import curves, records, rows
from labkit.audit.table import CLAIMS, box, reported, table, verdict

__all__ = ["CLAIMS", "box", "curves", "records", "reported", "rows", "table", "verdict"]
