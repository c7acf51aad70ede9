"""The table of claims: complete, computed from kept rows, and open where there are too few."""

import functools
import math
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labkit import audit
from labkit.audit import claim, estimate, kept
from labkit.audit.evidence import Evidence, TooFew

ROOT = Path(__file__).parents[1]
COUNTS = {"A": 21, "B": 27, "C": 18, "D": 12, "E": 18}
STUDIES = sorted({one.study for one in audit.CLAIMS.values()} - {""})


def test_every_claim_of_the_five_reports_has_one_rule():
    expected = [f"{report}{n}" for report, count in COUNTS.items() for n in range(1, count + 1)]
    assert list(audit.CLAIMS) == expected


def test_a_second_rule_for_a_claim_is_refused():
    claims = claim.Claims("X")
    claims(1, "It is so.")(lambda: claim.right("It is."))
    with pytest.raises(ValueError, match="X1 has two rules"):
        claims(1, "It is not so.")(lambda: claim.wrong("It is not."))


@pytest.mark.parametrize("name", audit.CLAIMS)
def test_a_claim_names_what_exists(name):
    one = audit.CLAIMS[name]
    numbers = {path.name.split("_")[0] for path in (ROOT / "labs").glob("*.ipynb")}
    references = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert one.said.endswith(".")
    assert one.lab in numbers | {""}
    assert not one.study or (ROOT / "studies" / f"{one.study}.py").exists()
    assert [key for key in one.cite if f"{{{key}," not in references] == []


@pytest.mark.parametrize("name", [name for name, one in audit.CLAIMS.items() if one.study])
def test_a_rule_without_rows_says_open_by_itself(name, tmp_path):
    verdict = audit.CLAIMS[name].judge(tmp_path)
    assert verdict.word == "open"
    assert verdict.seconds is None


@pytest.mark.parametrize("name", audit.CLAIMS)
def test_a_verdict_is_a_word_and_a_sentence(name):
    verdict = audit.verdict(name)
    assert verdict.word in claim.WORDS
    assert verdict.sentence.endswith(".")
    assert not re.search(r"\bnan\b|\bNone\b|Estimate\(", verdict.sentence)
    assert (verdict.seeds is None) == (verdict.device is None)


@functools.cache
def made_up(study, number):
    """Return rows for all systems of a study: of full length, with numbers from nowhere."""
    random, seeds = np.random.default_rng(number), 5
    systems = import_module(f"studies.{study}").STUDY.systems
    have, rows = kept.rows(study), []
    extra = [name for name in have if name not in (*kept.KEYS, *kept.SCORES, "record")]
    known = {name: have[name].dropna().tolist() for name in extra}
    scored = [name for name in kept.SCORES if "loss" in name or "accuracy" in name]
    for system in systems:
        full = {
            "epochs": system.epochs,
            "updates": 10**7,
            "parameters": 10,
            "best_val_loss_epoch": 3,
        }
        for seed in range(seeds):
            scores = dict(zip(scored, random.uniform(0, 1, len(scored)).tolist(), strict=True))
            others = {
                name: values[random.integers(len(values))]
                for name, values in known.items()
                if values
            }
            facts = {"table": system.table, "system": system.name, "seed": seed, "data": ""}
            seconds = {"seconds": random.uniform(1, 9), "record": "none"}
            rows.append({**facts, **scores, **full, **seconds, **others, **system.settings})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("name", [name for name, one in audit.CLAIMS.items() if one.study])
def test_a_rule_judges_whatever_the_rows_say(name, monkeypatch):
    one = audit.CLAIMS[name]
    frames = [made_up(one.study, number) for number in range(3)]
    for number in range(3):
        monkeypatch.setattr(kept, "rows", lambda *_, n=number: frames[n])
        verdict = one.judge()
        assert verdict.word in claim.WORDS
        assert verdict.sentence


def test_too_few_seeds_updates_or_epochs_are_refused_with_what_is_there(monkeypatch):
    frame = pd.DataFrame(
        {"system": "a", "seed": [0, 1], "updates": 50, "epochs": 5, "val_accuracy": [0.5, 0.6]}
    )
    monkeypatch.setattr(kept, "rows", lambda *_: frame)
    evidence = Evidence("report_a")
    assert evidence.system("a", seeds=2, updates=50, epochs=5)["val_accuracy"].mean == 0.55
    for asked, told in [
        ({"seeds": 3}, "2 of 3 runs of 'a' are kept"),
        ({"seeds": 2, "updates": 51}, "took 50 updates, not 51"),
        ({"seeds": 2, "epochs": 6}, "ran for 5 epochs, not 6"),
    ]:
        with pytest.raises(TooFew, match=told):
            evidence.system("a", **asked)
    with pytest.raises(TooFew, match="has no test_accuracy"):
        evidence.system("a", seeds=2)["test_accuracy"]


def test_an_interval_is_the_t_interval():
    one = estimate.estimate([1.0, 2.0, 3.0])
    half = 4.302653 / math.sqrt(3)
    np.testing.assert_allclose(one[:4], [2, 2 - half, 2 + half, 1], rtol=1e-6)
    assert f"{one:.1f}" == "2.0 (-0.5 to 4.5, 3 seeds)"
    assert f"{estimate.estimate([1.0]):.1f}" == "1.0 (one seed)"


def test_one_run_decides_no_inequality():
    one = estimate.estimate([1.0])
    assert not one.above(0)
    assert not one.below(2)
    assert one.could_be(1.1, slack=0.2)
    assert not one.could_be(1.3, slack=0.2)


def test_kept_numbers_are_read_as_they_were_written(tmp_path):
    (tmp_path / "x.csv").write_text(
        ",".join(kept.ROWS) + "\n"
        't,a,0,m 00,"{""rate"": 0.1}",1,2,3,.5,.6,,,,,,,,,1.5,"{""f1"": 0.25, ""lost"": null}",r\n'
    )
    row = kept.rows("x", tmp_path).iloc[0]
    assert (row["system"], row["rate"], row["f1"], row["seconds"]) == ("a", 0.1, 0.25, 1.5)
    assert np.isnan(row["val_loss"])


def test_a_file_of_other_columns_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="must have the columns"):
        kept.rows("x", tmp_path)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: audit.verdict("F1"), "claim must be one of A1"),
        (lambda: audit.table("F"), "report must be one of A, B"),
        (lambda: audit.reported("F"), "report must be one of A, B"),
        (lambda: audit.box("99"), "lab must be one of 01"),
    ],
)
def test_unknown_names_are_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_no_verdict_stands_in_two_places():
    for path in sorted((ROOT / "labs").glob("*.ipynb")):
        assert "report_box" not in path.read_text(encoding="utf-8"), path.name


def test_verdicts_that_changed_since_the_last_release_are_told():
    """List them in CHANGELOG.md under Unreleased; ``python -m studies.verdicts`` at a release."""
    released = pd.read_csv(kept.FOLDER / "verdicts.csv").set_index("claim")["word"]
    now = audit.table().set_index("claim")["word"]
    changed = [name for name in now.index if released.get(name) != now[name]]
    news = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    missing = [name for name in changed if not re.search(rf"\b{name}\b", news)]
    assert not missing, f"changed, and not in the changelog: {missing}"
