"""Read the pictures of the original task."""

import warnings
from pathlib import Path

import numpy as np

from labkit.clocks.pictures import Pictures


def load_original(folder):
    """Read the pictures of the original task, which cannot be handed on with this course.

    Parameters
    ----------
    folder : path-like
        Holds ``images.npy``, (n, height, width) grey, uint8 or whole numbers up to 255, and
        ``labels.npy``, (n, 2): hour from 0 to 11 and minute from 0 to 59.

    Returns
    -------
    Pictures
        In the order of the files, sorted by time; ``pose`` is None.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If the arrays are not what they should be; which, and what came instead.
    """
    folder = Path(folder).expanduser()
    x, labels = (_read_array(folder / name) for name in ("images.npy", "labels.npy"))
    if x.ndim == 4 and x.shape[-1] == 1:
        x = x[..., 0]
    if x.ndim != 3 or x.shape[1] != x.shape[2] or not x.size:
        raise ValueError(f"images.npy must be square grey pictures (n, side, side); got {x.shape}")
    if x.min() < 0 or x.max() > 255 or not np.array_equal(x, np.rint(x)):
        raise ValueError(
            f"images.npy must hold whole numbers from 0 to 255; got {x.dtype} "
            f"from {x.min()} to {x.max()}"
        )
    if labels.shape != (len(x), 2):
        raise ValueError(f"labels.npy must have shape ({len(x)}, 2); got {labels.shape}")
    hour, minute = labels.T
    on_dial = (hour >= 0) & (hour < 12) & (minute >= 0) & (minute < 60)
    if not np.all(on_dial) or not np.array_equal(labels, np.rint(labels)):
        raise ValueError(
            "labels.npy must hold whole hours from 0 to 11 and minutes from 0 to 59; got hours "
            f"{hour.min()} to {hour.max()}, minutes {minute.min()} to {minute.max()}"
        )
    hour, minute = labels.astype(np.int32).T
    return Pictures(x.astype(np.uint8), 60 * hour + minute, None)


def _read_array(path):
    """Read one ``.npy`` file of numbers without unpickling."""
    try:
        with warnings.catch_warnings(), open(path, "rb") as stream:
            warnings.simplefilter("ignore")  # of NumPy, about a damaged header
            array = np.lib.format.read_array(stream, allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing: put images.npy and labels.npy of the original task into one "
            "folder, or render pictures with labkit.clocks.load()"
        ) from None
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise ValueError(f"{path} must be a whole .npy file of numbers; {error}") from error
    if array.dtype.kind not in "uif":
        raise ValueError(f"{path} must be a whole .npy file of numbers; got {array.dtype}")
    return array
