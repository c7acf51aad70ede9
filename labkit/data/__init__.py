"""Load the course data sets as arrays and set parts of them aside.

`load` looks in the folder ``$LABKIT_DATA``, in labkit's cache and on the
network, in this order; where no data can be had it renders a stand-in and says
so in a box. `hold_out`, `subset` and `k_fold` cut what was loaded into parts.
"""

from labkit.data.dataset import Dataset, Loaded, Split, all_real, loaded
from labkit.data.load import load
from labkit.data.split import hold_out, k_fold, subset
from labkit.data.stand_in import stand_in

__all__ = [
    "Dataset",
    "Loaded",
    "Split",
    "all_real",
    "hold_out",
    "k_fold",
    "load",
    "loaded",
    "stand_in",
    "subset",
]
