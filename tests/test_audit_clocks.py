"""The rules on report B's clocks: what rows lead to which verdict."""

import math

import numpy as np
import pandas as pd
import pytest

from labkit import audit
from labkit.audit import kept, report_b_clocks

CHEAP, OBLONG, HALVED = report_b_clocks.CHEAP, report_b_clocks.OBLONG, report_b_clocks.HALVED
CLASSIFIER = report_b_clocks.CLASSIFIERS[0]


def frame(minutes, epochs=300, **scores):
    """Return rows: the error of each run by system, infinite where it diverged."""
    rows = []
    for system, errors in minutes.items():
        for seed, error in enumerate(np.atleast_1d(errors).astype(float)):
            gone = math.isinf(error)
            row = {"system": system, "seed": seed, "epochs": 2 if gone else epochs}
            row |= {"minutes": math.nan if gone else error, "diverged": gone, "updates": 9}
            rows.append(row | {"seconds": 1.0, "record": "none", **scores})
    return pd.DataFrame(rows)


LARGE, NORMAL = f"{CHEAP}, 150 pixels", f"{CHEAP}, 150 pixels, batch normalization"
TURNS, ROUND = f"{CHEAP}, turns", f"{CHEAP}, turns, round loss"
ADAMS = {f"{CHEAP}, Adam": 180, f"{HALVED}, Adam": 9}
GONE = math.inf


@pytest.mark.parametrize(
    ("name", "minutes", "word"),
    [
        ("B15", {OBLONG: [89, 90, 95], CHEAP: [134, 150, 180]}, "right"),
        ("B15", {OBLONG: [180, 180, GONE], CHEAP: [90, 91, 92]}, "wrong"),
        ("B15", {OBLONG: [89, 180, GONE], CHEAP: [180, 180, 180]}, "unsupported"),
        ("B15", {OBLONG: [GONE] * 3, CHEAP: [GONE] * 3}, "unsupported"),
        ("B15", {OBLONG: [89, 90], CHEAP: [134, 150, 180]}, "open"),
        ("B16", {CHEAP: [20, 21, 22], LARGE: 100, NORMAL: 95}, "right"),
        ("B16", {CHEAP: [180, 180, 180], LARGE: 180, NORMAL: 60}, "wrong cause"),
        ("B16", {CHEAP: [180, 180, 180], LARGE: 180, NORMAL: 181}, "unsupported"),
        ("B16", {CHEAP: [50, 50, 50], LARGE: 40, NORMAL: 40}, "wrong"),
        ("B19", {"hour angle": 20, "both angles": 80}, "right"),
        ("B19", {"hour angle": 20, "both angles": 5}, "wrong"),
        ("B19", {"hour angle": 20}, "unsupported"),
        ("B19", {"hour angle": 180, "both angles": 181}, "unsupported"),
        ("B24", {TURNS: 40, ROUND: 45}, "right"),
        ("B24", {TURNS: 40, ROUND: 180}, "wrong"),
        ("B24", {TURNS: 180, ROUND: 179}, "unsupported"),
        ("B25", {CHEAP: 180, HALVED: 180, **ADAMS}, "right"),
        ("B25", {CHEAP: 180, HALVED: 9, **ADAMS}, "wrong"),
        ("B25", {CHEAP: 180, **ADAMS}, "open"),
    ],
)
def test_errors_in_minutes_decide(name, minutes, word, monkeypatch):
    monkeypatch.setattr(kept, "rows", lambda *_: frame(minutes))
    verdict = audit.CLAIMS[name].judge()
    assert verdict.word == word, verdict.sentence
    assert "inf" not in verdict.sentence.replace("infinite", "")


@pytest.mark.parametrize(
    ("accuracy", "val_accuracy", "word"),
    [(0.99, 0.02, "wrong"), (0.04, 0.03, "right"), (0.3, 0.02, "unsupported")],
)
def test_a_gap_between_the_accuracies_is_overfitting(accuracy, val_accuracy, word, monkeypatch):
    rows = frame({CLASSIFIER: 150}, accuracy=accuracy, val_accuracy=val_accuracy)
    monkeypatch.setattr(kept, "rows", lambda *_: rows)
    assert audit.CLAIMS["B12"].judge().word == word


def test_runs_that_are_short_of_their_epochs_decide_nothing(monkeypatch):
    monkeypatch.setattr(kept, "rows", lambda *_: frame({"hour angle": 20}, epochs=149))
    verdict = audit.CLAIMS["B19"].judge()
    assert verdict.word == "open"
    assert "149 epochs, not 150" in verdict.sentence


def test_one_of_five_errors_is_missing_so_that_the_last_is_of_two_networks():
    assert report_b_clocks._owners(0) == report_b_clocks.VARIATIONS[:2]
    assert report_b_clocks._owners(3) == report_b_clocks.VARIATIONS[3:]
