"""The reader that comes with labkit: its networks, its file of weights, and their record.

The networks are built by code, and the file holds arrays of numbers alone: nothing in it can run.
``python -m benchmarks.clock --ship`` trains it and writes both files.
"""

import json
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).parent / "reader.npz"
RECORD = WEIGHTS.with_suffix(".json")
HIDDEN = 80  # units of the locator's dense layer, where most of the weights are
_MOST_BYTES = 4_000_000  # of the arrays, unpacked


def build(dtype=None):
    """Build the locator and the dial reader, untrained.

    Parameters
    ----------
    dtype : str, optional
        Keras' dtype policy.

    Returns
    -------
    finding, reading : keras.Model
        From `labkit.clocks.networks.locator` and `labkit.clocks.networks.dial_reader`, whose
        prior is trained too.
    """
    from labkit.clocks import networks

    finding = networks.locator(hidden=HIDDEN, dtype=dtype)
    return finding, networks.dial_reader(prior=True, dtype=dtype)


def assembled(finding_weights, reading_weights):
    """Return a reader in float32 with the given weights.

    Parameters
    ----------
    finding_weights, reading_weights : list of ndarray
        As ``get_weights`` of the networks of `build` returns them.

    Returns
    -------
    keras.Model
        As `labkit.clocks.networks.reader` returns it.
    """
    from labkit.clocks import networks

    finding, reading = build()
    finding.set_weights(finding_weights)
    reading.set_weights(reading_weights)
    return networks.reader(finding, reading)


def save(reader, path=WEIGHTS):
    """Write a reader's weights, kernels in half precision and all others in single.

    Parameters
    ----------
    reader : keras.Model
        From `assembled`.
    path : path-like
        An ``.npz`` file.
    """
    arrays = {}
    for name, part in _parts(reader).items():
        for number, array in enumerate(part.get_weights()):
            dtype = np.float16 if array.ndim > 1 else np.float32
            arrays[f"{name}_{number:02d}"] = array.astype(dtype)
    with open(path, "wb") as stream:
        np.savez_compressed(stream, **arrays)


def load(path=WEIGHTS):
    """Build the networks and give them the weights of a file.

    Parameters
    ----------
    path : path-like
        From `save`.

    Returns
    -------
    keras.Model
        As `labkit.clocks.networks.reader` returns it, in float32.

    Raises
    ------
    ValueError
        If the file is damaged, or its arrays are not those of the networks of `build`.
    """
    from labkit.clocks import networks
    from labkit.data.verify import bad, read_npz

    parts = dict(zip(_NAMES, build(), strict=True))
    wanted = {
        f"{name}_{number:02d}": array.shape
        for name, part in parts.items()
        for number, array in enumerate(part.get_weights())
    }
    arrays = read_npz(path, tuple(wanted), most=_MOST_BYTES)
    for key, shape in wanted.items():
        if arrays[key].shape != shape or arrays[key].dtype.kind != "f":
            raise bad(path, f"{key} as floats of shape {shape}", f"{arrays[key].shape}")
        if not np.isfinite(arrays[key]).all():
            raise bad(path, f"finite numbers in {key}", "others")
    for name, part in parts.items():
        part.set_weights([arrays[key].astype("float32") for key in wanted if key.startswith(name)])
    return networks.reader(*parts.values())


def record(path=RECORD):
    """Read how the reader that comes with labkit was trained and how well it reads.

    Parameters
    ----------
    path : path-like
        A JSON file beside the weights.

    Returns
    -------
    dict
        ``recipe``, ``seed``, ``versions``, and under ``levels`` for each level of difficulty the
        numbers of `labkit.clocks.score` (minutes; shares from 0 to 1), the share of pictures read
        with a confidence of .9 or more and the share of these that are right within a minute.
    """
    return json.loads(Path(path).read_text())


_NAMES = ("locator", "dial_reader")


def _parts(reader):
    return {name: reader.get_layer(name) for name in _NAMES}
