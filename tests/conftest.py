"""Fixtures that every test may use."""

import contextlib
import gc
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

REAL_DATA = os.environ.get("LABKIT_DATA", "")


def pytest_collection_finish():
    """Let the garbage collector pass over what imports have brought: a second each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def split():
    """Twenty pictures of one pixel, picture i holding i, in four classes of five."""
    from labkit.data import Split

    numbers = np.arange(20)
    return Split(numbers.astype("uint8").reshape(20, 1, 1), (numbers % 4).astype("int32"))


@pytest.fixture
def real_data(monkeypatch):
    """Give the test the folder of real data, or skip it."""
    if not REAL_DATA:
        pytest.skip("real data is needed: set LABKIT_DATA to a folder that holds it")
    monkeypatch.setenv("LABKIT_DATA", REAL_DATA)
    return REAL_DATA


@pytest.fixture
def figures():
    """Draw in the style of the course; afterwards close every figure and take the style back."""
    import matplotlib
    import matplotlib.pyplot as plt

    from labkit import plots

    plots.set_style()
    yield
    plt.close("all")
    matplotlib.rcdefaults()


@pytest.fixture(scope="module")
def browser():
    """Give a Chromium without a window, or skip the test."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    from labkit.handouts import pdf

    with contextlib.ExitStack() as stack:
        try:
            chromium = stack.enter_context(pdf.chromium())
        except FileNotFoundError as why:
            pytest.skip(str(why))
        yield chromium


@pytest.fixture
def displayed(monkeypatch):
    """Pretend to be a Jupyter kernel; the list fills with what is displayed."""
    display = pytest.importorskip("IPython.display")
    shown = []
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    monkeypatch.setattr(display, "display", lambda kinds, raw: shown.append(kinds))
    return shown


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    """Run each test in class mode, without local data, with an empty cache of its own."""
    monkeypatch.delenv("LABKIT_MODE", raising=False)
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "labkit-cache"))


@pytest.fixture(autouse=True)
def _forget_loaded_data():
    """Let no test see what another one has loaded."""
    yield
    dataset = sys.modules.get("labkit.data.dataset")
    if dataset is not None:
        dataset._loaded.clear()


@pytest.fixture(autouse=True)
def _close_figures():
    """Close what a test has drawn, without importing matplotlib for it."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
