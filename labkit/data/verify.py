"""Read a file of arrays and prove that it holds the published data set."""

import hashlib
import warnings
import zipfile

import numpy as np

from labkit.data.dataset import Split
from labkit.data.facts import ARRAYS, PARTS

MOST_BYTES = 2**31  # unpacked: far above any data set of the course, far below a packed bomb


def read_npz(path, names=ARRAYS, *, most=MOST_BYTES):
    """Read arrays of an ``.npz`` file without ever unpickling.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    names : sequence of str
        The arrays that it must hold.
    most : int
        Bytes that these may have, unpacked.

    Returns
    -------
    dict of str to ndarray
        The arrays as they are in the file.

    Raises
    ------
    ValueError
        If the file cannot be read, is damaged, lacks an array, is too large or holds pickled
        objects.
    """
    try:
        # opened here: np.load leaves the file of a damaged archive open
        with warnings.catch_warnings(), open(path, "rb") as stream:
            warnings.simplefilter("ignore")  # of NumPy, about a damaged header
            if not zipfile.is_zipfile(stream):
                raise bad(path, "a whole .npz archive", _description(stream))
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as stored:
                missing = [key for key in names if key not in stored.files]
                if missing:
                    had = ", ".join(stored.files) or "nothing"
                    raise bad(path, f"the arrays {', '.join(names)}", f"{had} alone")
                size = sum(each.file_size for each in stored.zip.infolist())
                if size > most:
                    raise bad(path, f"at most {most:,} bytes, unpacked", f"{size:,}")
                arrays = {key: stored[key] for key in names}
                for key, array in arrays.items():
                    if not isinstance(array, np.ndarray):  # NumPy hands out what is none as it is
                        raise bad(path, f"an array {key}", "something else")
                return arrays
    except BadFile:
        raise
    except Exception as error:  # a parser may fail in any way on damaged bytes
        came = f"{type(error).__name__}: {error}"
        if "allow_pickle" in str(error):
            came = "pickled objects, which could run code and are never read"
        raise bad(path, "a whole, readable .npz archive of numbers", came) from error


def _description(stream):
    """Say what a file is that is no archive: its size and how it begins."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return f"{size:,} bytes that are none and begin with {stream.read(16)!r}"


class BadFile(ValueError):
    """A file that is not what it should be; the message says what to do."""


def bad(path, expected, came):
    """Build the error for a file: its name, what was expected, what came."""
    return BadFile(
        f"{path} cannot be used: expected {expected}; came {came}. "
        "Replace the file by an intact copy, or remove it to let labkit look elsewhere."
    )


def check(arrays, facts, path, *, digests=None):
    """Compare arrays with the facts of a data set and return them as splits.

    Parameters
    ----------
    arrays : dict of str to ndarray
        ``x_train, y_train, x_test, y_test``; emptied, to free memory early.
    facts : Facts
        What they must be.
    path : str or pathlib.Path
        Where they came from, for the message.
    digests : dict of str to str, optional
        SHA-256 of each array's bytes; `facts.digests` if left out.

    Returns
    -------
    train, test : Split
        ``x`` uint8, ``y`` int32.
    verified : bool
        True if every array was compared with a digest.

    Raises
    ------
    ValueError
        If anything differs: shape, dtype, labels, class counts, means, bytes.
    """
    digests = facts.digests if digests is None else digests
    splits = []
    for index, part in enumerate(PARTS):
        x = _pictures(arrays.pop(f"x_{part}"), facts, index, path)
        y = _labels(arrays.pop(f"y_{part}"), facts, index, path)
        for key, array in ((f"x_{part}", x), (f"y_{part}", y)):
            if digests and sha256(array) != digests[key]:
                raise bad(path, f"{key} with SHA-256 {digests[key]}", f"SHA-256 {sha256(array)}")
        if not digests:
            _check_means(x, y, facts, index, path)
        splits.append(Split(x, y.astype(np.int32)))
    return (*splits, bool(digests))


def sha256(array):
    """Return the SHA-256 of the raw bytes of an array, row by row."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def _pictures(x, facts, index, path):
    """Return x if its dtype and shape are right."""
    shape = (sum(facts.class_counts[index]), *facts.image_shape)
    if x.dtype != np.uint8 or x.shape != shape:
        expected = f"x_{PARTS[index]} of dtype uint8 and shape {shape}"
        raise bad(path, expected, f"dtype {x.dtype} and shape {x.shape}")
    return x


def _labels(y, facts, index, path):
    """Return y as flat uint8 if its shape, values and class counts are right."""
    counts = facts.class_counts[index]
    part, n = f"y_{PARTS[index]}", sum(counts)
    if y.dtype.kind not in "iu" or y.shape not in ((n,), (n, 1)):
        expected = f"{part} of an integer dtype and shape ({n},)"
        raise bad(path, expected, f"dtype {y.dtype} and shape {y.shape}")
    if y.min() < 0 or y.max() >= len(counts):
        expected = f"{part} with labels from 0 to {len(counts) - 1}"
        raise bad(path, expected, f"labels from {y.min()} to {y.max()}")
    y = y.reshape(-1).astype(np.uint8)
    came = tuple(np.bincount(y, minlength=len(counts)).tolist())
    if came != counts:
        raise bad(path, f"{part} with class counts {counts}", f"{came}")
    return y


def _check_means(x, y, facts, index, path):
    """Compare mean pixels, of all pictures and of each class: wrong labels move the latter."""
    of_picture = x.reshape(len(x), -1).mean(axis=1)
    part, expected, came = f"x_{PARTS[index]}", facts.pixel_means[index], of_picture.mean()
    if abs(came - expected) > 0.05:
        raise bad(path, f"{part} with mean pixel {expected:.2f}", f"{came:.2f}")
    for label, expected in enumerate(facts.class_means[index] if facts.class_means else ()):
        came = of_picture[y == label].mean()
        if abs(came - expected) > 0.3:
            where = f"{part} with mean pixel {expected:.1f} in class {label}"
            raise bad(path, where, f"{came:.1f} (are the labels of other pictures?)")
