"""Downloads, tried on a server of our own with tiny files."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from labkit.data import sources
from labkit.data.download import Limits
from labkit.data.facts import Facts
from labkit.data.fetch import cache_folder, cached_or_downloaded
from labkit.data.verify import sha256

ARRAYS = {
    "x_train": np.arange(24, dtype=np.uint8).reshape(6, 2, 2),
    "y_train": np.array([0, 1, 0, 1, 0, 1], dtype=np.uint8),
    "x_test": np.arange(8, dtype=np.uint8).reshape(2, 2, 2),
    "y_test": np.array([0, 1], dtype=np.uint8),
}
TINY = Facts(
    title="Tiny",
    class_names=("even", "odd"),
    image_shape=(2, 2),
    class_counts=((3, 3), (1, 1)),
    pixel_means=(11.5, 3.5),
    digests={key: sha256(array) for key, array in ARRAYS.items()},
)
QUICK = Limits(connect=2, read=0.3, trial=0.2, total=1, lock=20, tries=2, pause=0.01)


def npz(arrays=ARRAYS):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes())


class Server(ThreadingHTTPServer):
    """Serves `pages`: path to bytes, a status number, or a function of the handler."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked = {}, []

    def handle_error(self, request, client_address):
        pass  # a client that gave up on a slow page

    def source(self, folder, digest="right", read=sources.read_keras_npz, names=("mnist.npz",)):
        if digest == "right":
            digest = hashlib.sha256(npz()).hexdigest()
        return sources.Source(
            f"http://127.0.0.1:{self.server_port}/{folder}/", dict.fromkeys(names, digest), read
        )


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = self.server.pages.get(self.path, 404)
        self.server.asked.append(self.path)
        if callable(page):
            page(self)
        elif isinstance(page, int):
            self.send_error(page)
        else:
            self.head(len(page))
            self.wfile.write(page)

    def head(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield from serving(Server())


def serving(server):
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(monkeypatch):
    def fetch(*places, facts=TINY, limits=QUICK, may_download=True):
        monkeypatch.setitem(sources.SOURCES, "mnist", places)
        reasons = []
        found = cached_or_downloaded(
            "mnist", facts, reasons, may_download=may_download, limits=limits
        )
        return found, "; ".join(reasons)

    return fetch


def cached():
    return sorted(path.name for path in cache_folder().glob("*") if path.suffix != ".lock")


def test_a_download_is_verified_and_then_comes_from_the_cache(server, fetch):
    server.pages["/a/mnist.npz"] = npz()
    (train, test, source, verified), _ = fetch(server.source("a"))
    assert (train.x == ARRAYS["x_train"]).all()
    assert test.y.dtype == np.int32
    assert (source, verified) == ("download", True)
    assert fetch(server.source("a"))[0][2:] == ("cache", True)
    assert server.asked == ["/a/mnist.npz"]
    assert cached() == ["mnist.npz"]


@pytest.mark.parametrize("trouble", ["missing", "wrong hash", "broken off", "no server"])
def test_the_next_mirror_serves_when_one_fails(server, fetch, trouble):
    server.pages["/b/mnist.npz"] = npz()
    first = server.source("a")
    if trouble == "wrong hash":
        server.pages["/a/mnist.npz"] = b"<html>not found</html>"
    if trouble == "broken off":
        server.pages["/a/mnist.npz"] = lambda handler: (
            handler.head(9999),
            handler.wfile.write(b"x"),
        )
    if trouble == "no server":
        first = sources.Source("http://127.0.0.1:1/", {"mnist.npz": "0" * 64}, first.read)
    found, reasons = fetch(first, server.source("b"))
    assert found[2] == "download"
    words = {"missing": "404", "wrong hash": "does not match", "broken off": "broke off"}
    assert words.get(trouble, "") in reasons


def test_a_wrong_hash_names_both_hashes_and_caches_nothing(server, fetch):
    server.pages["/a/mnist.npz"] = npz({**ARRAYS, "x_test": ARRAYS["x_test"] + 1})
    found, reasons = fetch(server.source("a"))
    assert found is None
    assert hashlib.sha256(npz()).hexdigest() in reasons
    assert hashlib.sha256(server.pages["/a/mnist.npz"]).hexdigest() in reasons
    assert cached() == []


def test_a_connection_that_breaks_once_is_tried_again(server, fetch):
    def page(handler):
        handler.head(len(npz()))
        handler.wfile.write(npz() if len(server.asked) > 1 else npz()[:100])

    server.pages["/a/mnist.npz"] = page
    assert fetch(server.source("a"))[0][2] == "download"
    assert len(server.asked) == 2


def test_a_missing_page_is_not_tried_again(server, fetch):
    found, reasons = fetch(server.source("a"))
    assert found is None
    assert "the server said 404" in reasons
    assert len(server.asked) == 1


def test_a_server_that_falls_silent_is_given_up(server, fetch):
    def page(handler):
        handler.head(100)
        time.sleep(1)

    server.pages["/a/mnist.npz"] = page
    found, reasons = fetch(server.source("a"), limits=Limits(read=0.2, tries=1))
    assert found is None
    assert "0.2 s" in reasons


def test_a_download_that_would_take_too_long_is_given_up(server, fetch):
    def page(handler):
        handler.head(100_000_000)
        for _ in range(40):
            handler.wfile.write(bytes(8192))
            time.sleep(0.03)

    server.pages["/a/mnist.npz"] = page
    start = time.monotonic()
    found, reasons = fetch(server.source("a"))
    assert found is None
    assert "too slow" in reasons
    assert time.monotonic() - start < 1.0


def test_files_without_a_hash_of_their_own_are_proved_by_their_arrays(server, fetch):
    for name, array in zip(sources._IDX_FILES, ARRAYS.values(), strict=True):
        server.pages[f"/a/{name}"] = idx(array)
        server.pages[f"/b/{name}"] = idx(array[::-1])
    source = server.source("a", None, sources.read_idx, sources._IDX_FILES)
    wrong = server.source("b", None, sources.read_idx, sources._IDX_FILES)
    found, reasons = fetch(wrong, source)
    assert found[2:] == ("download", True)
    assert "x_train with SHA-256" in reasons


def test_what_nothing_proves_is_not_used(server, fetch):
    server.pages["/a/mnist.npz"] = npz()
    found, reasons = fetch(server.source("a", None), facts=TINY_WITHOUT_DIGESTS)
    assert found is None
    assert "nothing proves" in reasons
    assert cached() == []


TINY_WITHOUT_DIGESTS = Facts(**{**vars(TINY), "digests": {}})


def test_data_without_published_digests_is_cached_with_its_own(server, fetch):
    server.pages["/a/mnist.npz"] = npz()
    fetch(server.source("a"), facts=TINY_WITHOUT_DIGESTS)
    assert cached() == ["mnist.npz", "mnist.sha256.json"]
    kept = json.loads((cache_folder() / "mnist.sha256.json").read_text())
    assert kept == TINY.digests
    assert fetch(facts=TINY_WITHOUT_DIGESTS, may_download=False)[0][2:] == ("cache", True)


def test_a_damaged_cache_is_replaced(server, fetch):
    server.pages["/a/mnist.npz"] = npz()
    fetch(server.source("a"))
    (cache_folder() / "mnist.npz").write_bytes(npz()[:300])
    found, reasons = fetch(server.source("a"))
    assert found[2] == "download"
    assert "the cached file is not used" in reasons
    assert fetch(server.source("a"))[0][2] == "cache"


def test_nothing_is_asked_of_the_network_when_downloads_are_off(server, fetch):
    server.pages["/a/mnist.npz"] = npz()
    found, reasons = fetch(server.source("a"), may_download=False)
    assert (found, reasons) == (None, "the cache does not hold it")
    assert server.asked == []


def test_no_network_fails_quickly_and_names_the_hosts(fetch):
    start = time.monotonic()
    nowhere = sources.Source("http://127.0.0.1:1/", {"mnist.npz": None}, sources.read_keras_npz)
    found, reasons = fetch(nowhere)
    assert found is None
    assert "no connection to 127.0.0.1:1" in reasons
    assert time.monotonic() - start < 3


def test_a_cache_that_cannot_be_written_is_a_reason(server, fetch, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "file" / "cache"))
    server.pages["/a/mnist.npz"] = npz()
    found, reasons = fetch(server.source("a"))
    assert found is None
    assert "set LABKIT_CACHE to another" in reasons


def test_what_a_killed_download_left_is_removed(server, fetch):
    (cache_folder() / ".mnist-left").mkdir(parents=True)
    server.pages["/a/mnist.npz"] = npz()
    fetch(server.source("a"))
    assert cached() == ["mnist.npz"]


def test_two_processes_at_once_download_once(server, tmp_path):
    def page(handler):
        time.sleep(0.3)
        handler.head(len(npz()))
        handler.wfile.write(npz())

    server.pages["/a/mnist.npz"] = page
    script = tmp_path / "load_tiny.py"
    script.write_text(
        "import test_data_fetch as t\n"
        "from labkit.data import sources\n"
        f"place = sources.Source({server.source('a').base!r}, "
        f"{server.source('a').files!r}, sources.read_keras_npz)\n"
        "sources.SOURCES['mnist'] = (place,)\n"
        "print(t.cached_or_downloaded('mnist', t.TINY, [], may_download=True)[2])\n"
    )
    path = [entry for entry in sys.path if entry] + [str(tmp_path)]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}; import load_tiny"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert sorted(run.communicate(timeout=60)[0].strip() for run in runs) == ["cache", "download"]
    assert server.asked == ["/a/mnist.npz"]
