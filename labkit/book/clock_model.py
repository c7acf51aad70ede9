"""The reader that comes with labkit as a network for browsers, and what it reads in Python.

``python -m labkit.book.clock_model FILE`` writes both; the build calls it as a process of its own,
so that it need not hold TensorFlow.
"""

import base64
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from labkit.book.onnx_runtime import packed
from labkit.clocks import shipped
from labkit.data.fetch import cache_folder

SHOWN = ("rotated", "everything", "wild")  # levels of the pictures on the page
SEED, SIDE = 3, 150
LONGEST = 600  # seconds
SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def files():
    """Return what the page needs, from labkit's cache or made now.

    Returns
    -------
    dict
        ``model``: the network, packed; None where tf2onnx is missing. ``readings``: one dict for
        each picture, with ``png`` (base64), ``level``, ``shown``, ``read`` (minutes after twelve)
        and ``confidence``.
    """
    kept = cache_folder() / f"clock-page-{_key()}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".clock-") as folder:
            made = Path(folder, "files.json")
            _run(made)
            os.replace(made, kept)
    return json.loads(kept.read_text(encoding="utf-8"))


def _run(path):
    command = [sys.executable, "-m", "labkit.book.clock_model", str(path)]
    ran = subprocess.run(
        command, timeout=LONGEST, capture_output=True, text=True, env={**os.environ, **SETTINGS}
    )
    if ran.returncode:
        raise RuntimeError(f"the reader could not be written for browsers: {ran.stderr[-2000:]}")


def can_export():
    """Tell whether what writes networks for browsers is installed."""
    return importlib.util.find_spec("tf2onnx") is not None


def export(reader, path):
    """Write a reader as an ONNX file: one picture in, all its outputs out.

    Parameters
    ----------
    reader : keras.Model
        From `labkit.clocks.load_reader`.
    path : path-like
    """
    import keras

    picture = keras.InputSpec(shape=(1, SIDE, SIDE), dtype="float32", name="picture")
    reader.export(path, format="onnx", verbose=False, input_signature=[picture])


def readings(reader):
    """Render some pictures and read them.

    Parameters
    ----------
    reader : keras.Model

    Returns
    -------
    list of dict
        As `files` says.
    """
    import cv2

    from labkit import clocks

    rows = []
    for number, level in enumerate(SHOWN):  # evenly spread times: other numbers, other times
        pictures = clocks.render(5 + 2 * number, level, size=SIDE, seed=SEED).take([1, 3])
        columns = (pictures.x, pictures.y.tolist(), *map(list, clocks.read(pictures.x, reader)))
        for x, shown, read, confidence in zip(*columns, strict=True):
            png = base64.b64encode(cv2.imencode(".png", x)[1]).decode()
            said = {"shown": shown, "read": int(read), "confidence": float(confidence)}
            rows.append({"png": png, "level": level, **said})
    return rows


def main(path):
    """Write a file as `files` reads it."""
    from labkit import clocks

    reader = clocks.load_reader()
    made = {"readings": readings(reader), "model": None}
    if can_export():
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder, "reader.onnx")
            export(reader, model)
            made["model"] = packed(model.read_bytes())
    Path(path).write_text(json.dumps(made), encoding="utf-8")


def _key():
    sources = [Path(__file__), shipped.WEIGHTS, *shipped.WEIGHTS.parent.glob("*.py")]
    parts = ["keras", *["tf2onnx"] * can_export()]
    digest = hashlib.sha256(repr([metadata.version(part) for part in parts]).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main(sys.argv[1])
