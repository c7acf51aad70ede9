"""Train variants of a model over several seeds, in parallel, into one tidy table.

`compare` trains and returns a row per variant, seed and epoch; `final` keeps the last epoch of
each run; `summary` gives mean, spread and interval of each variant.
"""

from labkit.experiments.comparison import compare
from labkit.experiments.plan import Variant
from labkit.experiments.tables import final, summary

__all__ = ["Variant", "compare", "final", "summary"]
