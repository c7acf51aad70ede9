"""``labkit data``: fetch, verify, say where."""

import subprocess
import sys
import time

import pytest
from test_data_fetch import TINY, npz, server

from labkit import cli
from labkit.data import sources
from labkit.data.facts import FACTS
from labkit.data.fetch import cache_folder

__all__ = ["server"]  # a fixture
NOWHERE = sources.Source("http://127.0.0.1:1/", {"mnist.npz": None}, sources.read_keras_npz)


@pytest.fixture
def tiny(monkeypatch, server):
    """A small MNIST, published by a server of our own."""
    monkeypatch.setitem(FACTS, "mnist", TINY)
    monkeypatch.setitem(sources.SOURCES, "mnist", (server.source("a"),))
    server.pages["/a/mnist.npz"] = npz()
    return server


@pytest.mark.parametrize("mode", ["class", "smoke"])
def test_fetch_downloads_once_into_the_cache_in_any_mode(tiny, monkeypatch, capsys, mode):
    monkeypatch.setenv("LABKIT_MODE", mode)
    assert cli.main(["data", "fetch", "mnist"]) == 0
    assert cli.main(["data", "fetch", "mnist"]) == 0
    path = cache_folder() / "mnist.npz"
    said = f"MNIST: downloaded, verified, {path}\nMNIST: verified, {path}\n"
    assert capsys.readouterr().out == said
    assert tiny.asked == ["/a/mnist.npz"]


def test_fetch_without_a_network_ends_soon_and_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setitem(sources.SOURCES, "mnist", (NOWHERE,))
    start = time.monotonic()
    assert cli.main(["data", "fetch", "mnist"]) == 1
    assert time.monotonic() - start < 10
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("MNIST: LABKIT_DATA is not set; the cache does not hold it; no connect")
    assert "put what came into FOLDER/mnist, for any FOLDER, and set LABKIT_DATA to FOLDER" in said
    assert said.endswith("\nWithout real data the labs draw a stand-in, and judge no claim.\n")


def test_verify_asks_no_network_and_says_how_to_fetch(tiny, capsys):
    assert cli.main(["data", "verify", "mnist"]) == 1
    said = capsys.readouterr().err.splitlines()[0]
    assert said.startswith("MNIST: LABKIT_DATA is not set; the cache does not hold it. To fetch it")
    assert said.endswith("data fetch mnist")
    assert tiny.asked == []


def test_verify_names_a_damaged_file_and_looks_at_the_others(tiny, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    (tmp_path / "fashion_mnist.npz").write_bytes(b"damaged")
    (tmp_path / "mnist.npz").write_bytes(npz())
    assert cli.main(["data", "verify", "fashion_mnist", "mnist"]) == 1
    out, said = capsys.readouterr()
    assert said.startswith(f"Fashion-MNIST: {tmp_path / 'fashion_mnist.npz'} cannot be used: ")
    assert out == f"MNIST: verified, {tmp_path / 'mnist.npz'}\n"


def test_where_names_file_and_folders(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").touch()
    assert cli.main(["data", "where"]) == 0
    mnist, fashion, _, folder, cache = capsys.readouterr().out.splitlines()
    assert mnist.split() == ["mnist", str(tmp_path / "mnist.npz")]
    assert fashion.split()[:3] == ["fashion_mnist", "not", "here:"]
    assert folder.split() == ["LABKIT_DATA", str(tmp_path)]
    assert cache.split()[:2] == ["cache", str(cache_folder())]


def test_a_data_set_that_the_course_does_not_have_is_named(capsys):
    assert cli.main(["data", "fetch", "imagenet"]) == 1
    said = "labkit: no data set imagenet; there are mnist, fashion_mnist, cifar10\n"
    assert capsys.readouterr().err == said


def test_the_notebooks_are_not_looked_for_in_another_folder(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "site-packages/labkit/cli.py"))
    assert cli.main(["notebooks", "--student", "--out", "student"]) == 1
    said = "labkit: no course here; change into its folder, which holds labs and _toc.yml\n"
    assert capsys.readouterr().err == said


def test_the_command_loads_nothing_heavy():
    heavy = "{'numpy', 'tensorflow', 'psutil', 'nbformat'}"
    code = f"import sys; from labkit import cli, doctor; print({heavy} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("set()\n", "")
