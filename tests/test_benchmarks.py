"""The benchmarks' own machinery: a limit of time, a table or JSON."""

import json

import nbformat
import numpy as np
import pytest

from benchmarks import clock, clock_training, lab_seeds, report
from labkit import claims, clocks


@pytest.mark.slow
def test_both_networks_train_on_fresh_pictures_and_the_reports_one_until_the_time_is_up(
    monkeypatch,
):
    monkeypatch.setattr(clock_training, "FRESH", 8)
    monkeypatch.setattr(clock_training, "ROWS", 8)
    test = clocks.render(4, "upright", seed=1)
    model, seconds = clock.trained(1, 0, "upright")
    assert seconds > 0
    assert model.output["time"].dtype == "float32"  # whatever the policy of the training
    assert np.isfinite(clocks.read(test.x, model).confidences).all()
    row = clock.their_row(0, "upright", test, 0.0)
    assert row["test pictures"] == 4
    assert row["seconds"] > 0


def test_rows_are_printed_as_a_table_or_as_one_json_object(capsys):
    rows = [{"network": "a", "minutes": 2.0, "report": None}]
    report.show("clock", rows, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["benchmark"], printed["rows"]) == ("clock", rows)
    report.show("clock", rows, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1].split() == ["a", "2", "-"]


def test_a_lab_is_run_with_other_seeds_and_its_claims_are_counted(monkeypatch, capsys):
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("SEEDS = mode.pick((0, 1), smoke=(0,))\nx = 1"),
            nbformat.v4.new_code_cell("claims.check(...)"),
        ]
    )
    moved = lab_seeds.with_seed(notebook, 12)
    assert moved.cells[0].source == "SEEDS = (12, 112, 212)\nx = 1"
    monkeypatch.setenv("LABKIT_CLAIMS", "show")
    for value in (0.9, 0.1, float("nan")):
        claims.check("It learns", value, ">", 0.5)
    lines = capsys.readouterr().out.splitlines()
    moved.cells[1].outputs = [
        nbformat.v4.new_output("display_data", {"text/plain": line}) for line in lines
    ]
    moved.cells[1].outputs.append(nbformat.v4.new_output("error", ename="NameError", evalue="y"))
    broken, learns = lab_seeds.counted("lab", lab_seeds.claims_of(moved), 3)
    assert (learns["claim"], learns["held"], learns["measured"]) == (
        "It learns",
        1,
        "0.9, 0.1, NaN",
    )
    assert (broken["claim"], broken["held"]) == ("NameError: y", 0)


def test_a_lab_without_seeds_cannot_be_run_with_others():
    with pytest.raises(ValueError, match="one cell with SEEDS"):
        lab_seeds.with_seed(nbformat.v4.new_notebook(), 12)
