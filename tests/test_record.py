"""What the run record knows of the process it stands in."""

import html
import importlib
import json
import os
import platform
import re
import sys
import time
from importlib import metadata
from types import SimpleNamespace

import pytest

from labkit import data, record, startup


def test_the_record_is_a_table_of_text_in_a_terminal(capsys):
    record.show(seeds=[3, 5])
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "Run record"
    rows = dict(re.split(r" {2,}", line, maxsplit=1) for line in lines)
    assert rows["mode"] == "class"
    assert rows["seeds"] == "3, 5"
    assert rows["data"] == "none loaded"
    assert f"python {platform.python_version()}, tensorflow " in rows["versions"]


def test_the_attribute_on_a_page_holds_the_facts_as_json(monkeypatch):
    shown = []
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel="a kernel"))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    page = SimpleNamespace(display=lambda kinds, raw: shown.append(kinds))
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    record.show(seeds=range(2))
    written = re.search(r'data-record="([^"]*)"', shown[0]["text/html"])[1]
    facts = json.loads(html.unescape(written))
    assert facts["seeds"] == [0, 1]
    assert facts["versions"]["keras"] == metadata.version("keras")
    assert facts["versions"]["labkit"] == metadata.version("labkit")
    assert shown[0]["text/plain"].startswith("Run record\n")


def test_a_stand_in_is_named_as_what_it_is(capsys):
    data.stand_in("mnist", 20, 10)
    record.show()
    assert "stand-in for MNIST (20 + 10 pictures, not real data)" in capsys.readouterr().out
    assert record.facts()["data"][0]["real"] is False


def test_real_data_comes_with_its_source_and_whether_it_was_verified():
    from labkit.data.dataset import Loaded, _loaded

    _loaded["mnist", True] = Loaded("mnist", "MNIST", 60_000, 10_000, True, "cache", False)
    rows = dict(record._rows(record.facts()))
    assert rows["data"] == "MNIST (60,000 + 10,000 pictures, from cache, not verified)"


@pytest.mark.parametrize(
    ("seeds", "listed"), [(None, None), (3, [0, 1, 2]), (range(1, 3), [1, 2]), ((7,), [7])]
)
def test_seeds_mean_what_they_mean_in_compare(seeds, listed):
    assert record.facts(seeds)["seeds"] == listed


@pytest.mark.parametrize("seeds", [1.5, ["a"], object()])
def test_seeds_that_are_no_integers_are_refused(seeds):
    with pytest.raises(ValueError, match="seeds must be a number or a list of integers"):
        record.facts(seeds)


def test_the_seconds_count_from_the_import_of_labkit_however_late_that_of_the_record(monkeypatch):
    monkeypatch.setattr(startup, "STARTED", time.monotonic() - 90)
    assert 90 <= importlib.reload(record).facts()["seconds"] < 100


def test_the_machine_is_described_without_its_name_or_folders():
    facts = record.facts()
    assert facts["processor"]
    assert 1 <= facts["cpus"] <= os.cpu_count()
    assert facts["seconds"] >= 0
    written = json.dumps(facts)
    assert platform.node() not in written
    assert os.path.expanduser("~") not in written


def test_tensorflow_is_asked_for_its_device_only_if_it_is_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert record.facts()["device"] is None
    assert "TensorFlow not loaded" in dict(record._rows(record.facts()))["device"]
    gpu = SimpleNamespace(name="/physical_device:GPU:0")
    config = SimpleNamespace(
        get_visible_devices=lambda kind: [gpu],
        experimental=SimpleNamespace(get_device_details=lambda gpu: {"device_name": "Model X"}),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    assert record.facts()["device"] == "Model X"


def test_peak_memory_is_left_open_where_python_cannot_tell(monkeypatch):
    if sys.platform != "win32":
        assert record.facts()["peak_memory_mb"] > 10
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    assert dict(record._rows(record.facts()))["peak memory"] == "unknown on this system"
