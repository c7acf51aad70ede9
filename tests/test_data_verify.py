"""Files of data sets that cannot be used: which, why, and what to do."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from test_data_fetch import ARRAYS, TINY, TINY_WITHOUT_DIGESTS, idx, npz

from labkit.data import load, sources
from labkit.data.facts import FACTS
from labkit.data.fetch import cache_folder, cached_or_downloaded
from labkit.data.verify import BadFile, read_npz

NAMES = dict(zip(ARRAYS, sources._IDX_FILES, strict=True))


def archive(parts, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return stream.getvalue()


def npy(array, **header):
    """Return a file of an array whose header says something else."""
    stream = io.BytesIO()
    known = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(stream, known | header)
    return stream.getvalue() + array.tobytes()


def with_x(content):
    members = {f"{key}.npy": npy(array) for key, array in ARRAYS.items()}
    return archive(members | {"x_train.npy": content})


def patched(content, old, new):
    assert old in content
    return content.replace(old, new)


ENCRYPTED = patched(npz(), b"PK\x01\x02\x2d\x03\x2d\0\0\0", b"PK\x01\x02\x2d\x03\x2d\0\x01\0")
UNKNOWN = patched(npz(), b"\0\0\0\0\0\0\x21\0", b"\0\0\x61\0\0\0\x21\0")  # way to compress
DAMAGES = {
    "empty": b"",
    "text": b"<html>not found</html>",
    "cut off": npz()[:500],
    "a flipped bit": patched(npz(), ARRAYS["x_train"].tobytes(), ARRAYS["x_train"].tobytes()[::-1]),
    "encrypted": ENCRYPTED,
    "compressed in an unknown way": UNKNOWN,
    "an array alone": npy(ARRAYS["x_train"]),
    "no array inside": with_x(b"text"),
    "an empty part": with_x(b""),
    "a header that claims 2 ** 60 rows": with_x(npy(ARRAYS["x_train"], shape=(2**60, 2, 2))),
    "a header that claims 2 ** 40 bytes": with_x(npy(ARRAYS["x_train"], descr=f"|V{2**30}")),
    "a header that is no Python": with_x(patched(npy(ARRAYS["x_train"]), b"'shape'", b"'sha((('")),
    "a header of Python 2": with_x(patched(npy(ARRAYS["x_train"]), b"(6, 2, 2)", b"(6L,2L,9)")),
    "pickled objects": npz({**ARRAYS, "x_train": np.array([{}, print])}),
    "one array less": npz({key: ARRAYS[key] for key in list(ARRAYS)[:3]}),
}


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_archive_is_named_and_said_to_be_damaged(content, tmp_path):
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(BadFile, match="Replace the file by an intact copy") as caught:
        read_npz(path)
    assert str(path) in str(caught.value)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "mnist.npz").mkdir()
    with pytest.raises(BadFile, match="IsADirectoryError"):
        read_npz(tmp_path / "mnist.npz")


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    stream = io.BytesIO()
    np.savez_compressed(stream, **ARRAYS | {"x_train": np.zeros((1000, 1000), np.uint8)})
    (tmp_path / "mnist.npz").write_bytes(stream.getvalue())
    assert len(stream.getvalue()) < 5000
    with pytest.raises(BadFile, match="at most 100,000 bytes, unpacked; came 1,00"):
        read_npz(tmp_path / "mnist.npz", most=100_000)
    monkeypatch.setattr(sources, "MOST_BYTES", 1000)
    (tmp_path / NAMES["x_train"]).write_bytes(idx(np.zeros((40, 40), np.uint8)))
    with pytest.raises(BadFile, match="an idx file of bytes"):
        sources._idx(tmp_path / NAMES["x_train"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        idx(ARRAYS["x_train"])[:40],
        gzip.compress(b""),
        gzip.compress(b"\0\0\x08"),
        gzip.compress(b"\0\0\x08\0" + bytes(1)),  # no axis
        gzip.compress(b"\0\0\x08\xff" + b"\0\0\0\x01" * 255 + bytes(1)),  # too many
        gzip.compress(b"\0\0\x08\x02" + b"\xff" * 8 + bytes(1)),  # 2 ** 64 rows
        gzip.compress(b"\0\0\x0d\x01" + b"\0\0\0\x01" + bytes(1)),  # of floats
        gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\x01" + bytes(2)),  # longer than it says
        gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\x03" + bytes(2)),  # shorter
        gzip.compress(bytes(2**20)),
    ],
    ids=range(11),
)
def test_a_damaged_idx_file_is_named(content, tmp_path):
    (tmp_path / "x.gz").write_bytes(content)
    with pytest.raises(BadFile, match=r"x\.gz cannot be used"):
        sources._idx(tmp_path / "x.gz")


def cifar(tmp_path, content, kind=tarfile.REGTYPE):
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as made:
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size, member.type = len(content), kind
            made.addfile(member, io.BytesIO(content))
    return tmp_path


@pytest.mark.parametrize(
    "batch",
    [
        {},
        [],
        None,
        {b"data": [[0] * 3072], b"labels": [0]},
        {b"data": np.zeros((1, 7), np.uint8), b"labels": [0]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": [[0], [0, 0]]},
        {b"data": print, b"labels": [0]},
    ],
    ids=str,
)
def test_a_strange_archive_of_cifar_is_named(batch, tmp_path):
    folder = cifar(tmp_path, pickle.dumps(batch, protocol=4))
    with pytest.raises(BadFile, match=r"cifar-10-python\.tar\.gz cannot be used"):
        sources.read_cifar_archive(folder)


def test_a_pickle_that_asks_for_a_huge_table_is_refused(tmp_path):
    folder = cifar(tmp_path, b"\x80\x02}r\xff\xff\xff\x3f.")  # object number 2 ** 30 - 1
    with pytest.raises(BadFile, match="the pickle counts 1,073,741,823 objects"):
        sources.read_cifar_archive(folder)


def test_a_part_of_the_archive_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="the CIFAR-10 archive for Python"):
        sources.read_cifar_archive(cifar(tmp_path, b"", tarfile.DIRTYPE))


def test_a_published_file_that_is_a_folder_is_named(tmp_path, monkeypatch):
    (tmp_path / "mnist" / "mnist.npz").mkdir(parents=True)
    place = sources.Source("http://127.0.0.1/", {"mnist.npz": "0" * 64}, sources.read_keras_npz)
    monkeypatch.setitem(sources.SOURCES, "mnist", (place,))
    monkeypatch.setitem(FACTS, "mnist", TINY)
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="expected a file that can be read"):
        load("mnist")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "0",
        '""',
        "[" * 100_000,
        "\x00",
        '{"x_train": 1}',
        json.dumps([1] * 4),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_digests_that_prove_nothing_let_nothing_pass(text):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "mnist.npz").write_bytes(npz())
    (cache_folder() / "mnist.sha256.json").write_text(text)
    reasons = []
    found = cached_or_downloaded("mnist", TINY_WITHOUT_DIGESTS, reasons, may_download=False)
    assert found is None
    assert "mnist.sha256.json cannot be used" in reasons[0]


@pytest.mark.parametrize("name", ["mnist.npz", "mnist.sha256.json"])
def test_a_folder_in_the_cache_in_the_place_of_a_file_is_a_reason(name):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "mnist.npz").write_bytes(npz())
    (cache_folder() / "mnist.sha256.json").write_text(json.dumps(TINY.digests))
    path = cache_folder() / name
    path.unlink()
    path.mkdir()
    reasons = []
    found = cached_or_downloaded("mnist", TINY_WITHOUT_DIGESTS, reasons, may_download=False)
    assert found is None
    assert f"{name} cannot be used" in reasons[0]
