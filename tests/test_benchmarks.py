"""The benchmarks' own machinery: a limit of time, a table or JSON."""

import json

import keras
import numpy as np

from benchmarks import clock, report


def test_a_network_trains_no_longer_than_it_may():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1))
    short = model.fit(x, x, epochs=50, verbose=0, callbacks=[clock.StopAfter(0.0)])
    long = model.fit(x, x, epochs=3, verbose=0, callbacks=[clock.StopAfter(100.0)])
    assert len(short.epoch) == 1
    assert len(long.epoch) == 3


def test_rows_are_printed_as_a_table_or_as_one_json_object(capsys):
    rows = [{"network": "a", "minutes": 2.0, "report": None}]
    report.show("clock", rows, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["benchmark"], printed["rows"]) == ("clock", rows)
    report.show("clock", rows, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1].split() == ["a", "2", "-"]
