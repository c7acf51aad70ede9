"""Damaged files: only the documented errors come, and nothing is left half written or open.

A few hundred seeded cases run every time; ``LABKIT_FUZZ=20000 pytest tests/test_fuzz.py -n 0
-o timeout=0`` runs so many and prints what came of them.
"""

import gzip
import hashlib
import io
import json
import os
import pickle
import re
import sys
import tarfile
import zipfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from labkit import clocks, data
from labkit.clocks import networks, pictures
from labkit.clocks.any_picture import grey
from labkit.data import facts, sources, verify
from labkit.data.facts import ARRAYS, Facts
from labkit.data.fetch import cache_folder, cached_or_downloaded

CASES = int(os.environ.get("LABKIT_FUZZ", "400"))
MOST_MEMORY = 2**29  # bytes that a kind of cases may need beyond what was needed before
N = 40  # pictures of clocks
RNG = np.random.default_rng(0)


# -------------------------------------------------------------------------- ways to damage bytes


def flip(content, rng):
    """Flip some bits."""
    content = bytearray(content)
    for place in rng.integers(len(content), size=rng.integers(1, 9)):
        content[place] ^= 1 << rng.integers(8)
    return bytes(content)


def cut(content, rng):
    return content[: rng.integers(len(content))]


def insert(content, rng):
    place = rng.integers(len(content) + 1)
    return content[:place] + rng.bytes(rng.integers(1, 40)) + content[place:]


def remove(content, rng):
    place = rng.integers(len(content))
    return content[:place] + content[place + rng.integers(1, 40) :]


def blank(content, rng):
    """Set a block to zeros or ones, as a disk does that was not written to the end."""
    place, size = rng.integers(len(content)), rng.integers(1, 600)
    block = bytes([0, 255][rng.integers(2)] for _ in range(1)) * len(content[place : place + size])
    return content[:place] + block + content[place + size :]


def swap(content, rng):
    a, b, c = sorted(rng.integers(len(content), size=3).tolist())
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def repeat(content, rng):
    return content + content[rng.integers(len(content)) :]


def enlarge(content, rng):
    """Write a large number somewhere, most often near an end, where sizes stand."""
    near = min(len(content), 200)
    place = rng.integers(near) if rng.random() < 0.6 else len(content) - 1 - rng.integers(near)
    number = [b"\xff" * 4, b"\x7f" + b"\xff" * 7, b"\x00\x00\x00\x10"][rng.integers(3)]
    return content[:place] + number + content[place + len(number) :]


def redigit(content, rng):
    """Change a digit of a text: a shape, a length, a version."""
    places = [match.start() for match in re.finditer(rb"\d", content)]
    if not places:
        return flip(content, rng)
    place = places[rng.integers(len(places))]
    digits = [b"9" * rng.integers(1, 20), b"0", b"-1", b""][rng.integers(4)]
    return content[:place] + digits + content[place + 1 :]


def junk(content, rng):
    return content[: rng.integers(9)] + rng.bytes(rng.integers(300))


WAYS = (flip, flip, cut, insert, remove, blank, swap, repeat, enlarge, redigit, junk)


def damaged(content, rng):
    """Damage bytes once or twice."""
    for _ in range(rng.integers(1, 3)):
        content = WAYS[rng.integers(len(WAYS))](content or b"\0", rng)
    return content


def repacked(content, rng):
    """Damage what lies inside a zip archive, whose own checks then find nothing."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        names = old.namelist()
        chosen = names[rng.integers(len(names))]
        for name in names:
            part = old.read(name)
            if name == chosen:
                head = rng.random() < 0.6  # where the header of an array stands
                part = damaged(part[:128], rng) + part[128:] if head else damaged(part, rng)
            method = zipfile.ZIP_DEFLATED if rng.random() < 0.3 else zipfile.ZIP_STORED
            new.writestr(name, part, method)
    return stream.getvalue()


def zip_or_inside(content, rng):
    return repacked(content, rng) if rng.random() < 0.4 else damaged(content, rng)


def gzip_or_inside(content, rng):
    if rng.random() < 0.5:
        return damaged(content, rng)
    return gzip.compress(damaged(gzip.decompress(content), rng), 1)


# -------------------------------------------------------------------------- tiny files of all kinds


def tiny_facts(arrays, digests=True):
    counts = [tuple(np.bincount(arrays[f"y_{part}"]).tolist()) for part in ("train", "test")]
    return Facts(
        title="Tiny",
        class_names=("even", "odd"),
        image_shape=arrays["x_train"].shape[1:],
        class_counts=tuple(counts),
        pixel_means=tuple(float(arrays[f"x_{part}"].mean()) for part in ("train", "test")),
        digests={k: verify.sha256(v) for k, v in arrays.items()} if digests else {},
    )


def tiny_arrays(n_train, n_test, shape):
    made = {}
    for part, n in (("train", n_train), ("test", n_test)):
        made[f"x_{part}"] = RNG.integers(0, 256, (n, *shape)).astype(np.uint8)
        made[f"y_{part}"] = (np.arange(n) % 2).astype(np.uint8)
    return made


MNIST, CIFAR = tiny_arrays(6, 2, (28, 28)), tiny_arrays(10, 2, (32, 32, 3))


def npz(arrays, save=np.savez):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes())


def cifar_archive():
    flat = {p: CIFAR[f"x_{p}"].transpose(0, 3, 1, 2).reshape(-1, 3072) for p in ("train", "test")}
    batches = {
        f"data_batch_{i + 1}": (flat["train"][2 * i : 2 * i + 2], [0, 1]) for i in range(5)
    } | {"test_batch": (flat["test"], [0, 1])}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        for name, (pixels, labels) in batches.items():
            content = pickle.dumps({b"data": pixels, b"labels": labels}, protocol=4)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def picture(suffix, **options):
    y, x = np.mgrid[:32, :40]
    image = Image.fromarray(np.stack([6 * x, 7 * y, 3 * (x + y)], axis=-1).astype(np.uint8))
    image = image.convert("RGBA") if suffix in ("webp", "ico", "tga") else image
    stream = io.BytesIO()
    names = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}
    image.save(stream, names.get(suffix, suffix.upper()), **options)
    return stream.getvalue()


def exif():
    notes = Image.Exif()
    notes[0x0112] = 6
    return notes


# --------------------------------------------------------------------------------------- the cases


def tried(load, *arguments):
    """Return what came, and the message of the documented error; any other one is a fault."""
    try:
        return load(*arguments), ""
    except ValueError as error:
        return None, str(error)


class Folder:
    """A folder, files with known content, and a way to load them."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def write(self, name, content):
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_bytes(content)


def a_kept_set_of_clocks(tmp_path, monkeypatch):
    made = clocks.render(N, "upright", size=24, n_jobs=1)
    monkeypatch.setattr(pictures, "render", lambda *args, **kwargs: made)
    clocks.load(N, "upright", size=24)
    (path,) = (cache_folder() / "clocks").glob("*.npz")
    content, folder = path.read_bytes(), Folder(path.parent)

    def case(rng):
        inside = rng.random() < 0.4
        folder.write(path.name, (repacked if inside else damaged)(content, rng))
        found = clocks.load(N, "upright", size=24)
        assert np.array_equal(found.y, made.y)
        assert np.isfinite(found.pose).all()
        assert found.x.shape == made.x.shape
        assert inside or np.array_equal(found.x, made.x)
        assert verify.read_npz(path, ("x", "y", "pose"))["x"].shape == made.x.shape
        return "rendered again" if found is made else "taken"

    return folder, {path.name}, case


def a_kept_data_set(tmp_path, monkeypatch):
    folder, content = Folder(cache_folder()), npz(MNIST)

    def case(rng):
        folder.write("mnist.npz", zip_or_inside(content, rng))
        reasons = []
        found = cached_or_downloaded("mnist", tiny_facts(MNIST), reasons, may_download=False)
        if found is None:
            assert "the cached file is not used" in reasons[0]
            return "refused"
        assert np.array_equal(found[0].x, MNIST["x_train"])
        assert np.array_equal(found[1].y, MNIST["y_test"])
        return "taken"

    return folder, {"mnist.npz"}, case


def kept_digests(tmp_path, monkeypatch):
    folder, known = Folder(cache_folder()), tiny_facts(MNIST)
    content = json.dumps(known.digests, indent=1).encode()
    folder.write("mnist.npz", npz(MNIST))

    def case(rng):
        folder.write("mnist.sha256.json", damaged(content, rng))
        reasons = []
        unknown = tiny_facts(MNIST, digests=False)
        found = cached_or_downloaded("mnist", unknown, reasons, may_download=False)
        if found is None:
            assert "the cached file is not used" in reasons[0]
            return "refused"
        kept = json.loads((folder.path / "mnist.sha256.json").read_bytes())
        assert {key: kept[key] for key in ARRAYS} == known.digests
        return "taken"

    return folder, {"mnist.npz", "mnist.sha256.json"}, case


def loaded_from(folder, name, known, monkeypatch, make):
    """Return a case that loads a data set from LABKIT_DATA, whose files `make` writes."""
    monkeypatch.setenv("LABKIT_DATA", str(folder.path))
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    monkeypatch.setitem(facts.FACTS, name, known)

    def case(rng):
        make(rng)
        found, error = tried(data.load, name)
        if error:
            assert str(folder.path) in error
            return "refused"
        assert found.real
        if known.digests:
            assert verify.sha256(found.train.x) == known.digests["x_train"]
        return "taken"

    return case


def a_data_set_in_a_folder(tmp_path, monkeypatch):
    folder, contents = Folder(tmp_path / "data"), [npz(MNIST), npz(MNIST, np.savez_compressed)]

    def make(rng):
        folder.write("mnist.npz", zip_or_inside(contents[rng.integers(2)], rng))

    known = tiny_facts(MNIST, digests=False)
    return folder, {"mnist.npz"}, loaded_from(folder, "mnist", known, monkeypatch, make)


def published_idx_files(tmp_path, monkeypatch):
    folder, names = Folder(tmp_path / "data"), sources._IDX_FILES
    contents = dict(zip(names, map(idx, MNIST.values()), strict=True))
    place = sources.Source("http://127.0.0.1/", dict.fromkeys(names), sources.read_idx)
    monkeypatch.setitem(sources.SOURCES, "mnist", (place,))

    def make(rng):
        worse = names[chosen(rng, 4)]
        for name, content in contents.items():
            content = gzip_or_inside(content, rng) if name == worse else content
            folder.write(f"mnist/{name}", content)

    case = loaded_from(folder, "mnist", tiny_facts(MNIST), monkeypatch, make)
    return folder, {"mnist"}, case


def chosen(rng, n):
    return int(rng.integers(n))


def the_archive_of_cifar(tmp_path, monkeypatch):
    folder, content, name = Folder(tmp_path / "data"), cifar_archive(), "cifar-10-python.tar.gz"

    def make(rng):
        worse = gzip_or_inside(content, rng)
        folder.write(f"cifar10/{name}", worse)
        # as if it were published so: otherwise its digest alone refuses it
        digest = hashlib.sha256(worse if rng.random() < 0.9 else content).hexdigest()
        place = sources.Source("http://127.0.0.1/", {name: digest}, sources.read_cifar_archive)
        monkeypatch.setitem(sources.SOURCES, "cifar10", (place,))

    known = tiny_facts(CIFAR)
    return folder, {"cifar10"}, loaded_from(folder, "cifar10", known, monkeypatch, make)


def the_original_task(tmp_path, monkeypatch):
    folder = Folder(tmp_path / "original")
    contents = {
        "images.npy": npy(RNG.integers(0, 256, (9, 24, 24)).astype(np.uint8)),
        "labels.npy": npy(np.stack([np.arange(9), np.arange(9)], axis=1)),
    }

    def case(rng):
        worse = list(contents)[chosen(rng, 2)]
        for name, content in contents.items():
            head = rng.random() < 0.5
            bad = damaged(content[:128], rng) + content[128:] if head else damaged(content, rng)
            folder.write(name, bad if name == worse else content)
        found, error = tried(clocks.load_original, folder.path)
        if error:
            assert re.search(r"(images|labels)\.npy", error)
            return "refused"
        assert found.x.dtype == np.uint8
        assert found.x.shape[:1] == found.y.shape
        assert 0 <= found.y.min() <= found.y.max() < 720
        return "taken"

    return folder, set(contents), case


def a_trained_reader(tmp_path, monkeypatch):
    folder = Folder(tmp_path / "reader")
    reading = networks.dial_reader(120, 8, filters=(2,) * 4, context=(2,), reach=3)
    model = networks.reader(networks.locator(24, filters=(2, 2), hidden=2), reading)
    model.save(folder.path / "reader.keras")
    content = (folder.path / "reader.keras").read_bytes()

    def case(rng):
        inside = rng.random() < 0.15  # these get as far as Keras, which takes its time
        folder.write("reader.keras", (repacked if inside else damaged)(content, rng))
        found, error = tried(clocks.load_reader, folder.path / "reader.keras")
        if error:
            assert error.startswith(("reader must be", str(folder.path)))
            return "refused"
        assert found.output["time"].shape == (None, 720)
        return "taken"

    return folder, {"reader.keras"}, case


def files_of_pictures(tmp_path, monkeypatch):
    folder = Folder(tmp_path / "pictures")
    contents = {
        suffix: picture(suffix)
        for suffix in ("png", "gif", "bmp", "tif", "webp", "ppm", "tga", "ico", "pcx", "jp2")
    } | {"jpg": picture("jpg", exif=exif()), "jpeg": picture("jpeg", progressive=True)}

    def case(rng):
        suffix = list(contents)[chosen(rng, len(contents))]
        folder.write("clock", damaged(contents[suffix], rng))
        found, error = tried(grey, folder.path / "clock", "image 0")
        if error:
            assert error.startswith("image 0")
            return "refused"
        assert found.dtype == np.float32
        assert found.ndim == 2
        assert 0 <= found.min() <= found.max() <= 255
        return "taken"

    return folder, {"clock"}, case


KINDS = {  # share of the cases
    a_kept_set_of_clocks: 0.15,
    a_kept_data_set: 0.12,
    kept_digests: 0.06,
    a_data_set_in_a_folder: 0.12,
    published_idx_files: 0.12,
    the_archive_of_cifar: 0.12,
    the_original_task: 0.08,
    a_trained_reader: 0.06,
    files_of_pictures: 0.17,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_only_documented_errors_come_of(kind, tmp_path, monkeypatch, capsys):
    folder, left, case = kind(tmp_path, monkeypatch)
    seed = sum(kind.__name__.encode())
    before, memory, came = open_files(), most_memory(), Counter()
    for number in range(max(1, round(CASES * KINDS[kind]))):
        try:
            came[case(np.random.default_rng([seed, number]))] += 1
        except Exception as error:
            raise AssertionError(f"case {number}") from error
        assert {path.name for path in folder.path.iterdir() if path.suffix != ".lock"} == left
    assert open_files() <= before
    assert most_memory() - memory < MOST_MEMORY
    if "LABKIT_FUZZ" in os.environ:
        with capsys.disabled():
            print(f"\n{kind.__name__}: {dict(came)}")


def open_files():
    """Return the number of files that this process has open, where the system tells."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def most_memory():
    """Return the largest resident memory so far, bytes, where the system tells."""
    if sys.platform != "linux":
        return 0
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
