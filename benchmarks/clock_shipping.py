"""Make the reader that comes with labkit, and write its weights and its record."""

import json
from pathlib import Path

from benchmarks import clock_levels, clock_training, report
from labkit import clocks, training
from labkit.clocks import shipped

import numpy as np

MIX = ("everything", "wild", "wild")  # of the training; wild clocks are the harder ones
TEMPERATURES = np.geomspace(0.7, 3, 12)
CALIBRATION_SEED = 950_000
MEASURED = 3600  # pictures of each level
_MAPS = ("numerals_logits", "hour_logits", "minute_logits", "twelve")


def ship(folder, rounds, seed=0, path=shipped.WEIGHTS):
    """Train, or go on training, and write the file and its record.

    Parameters
    ----------
    folder : path-like
        For the checkpoint and the log; started again with the same, training goes on.
    rounds : int
        Of training.
    seed : int
    path : path-like
        The ``.npz`` file; the record is written beside it, as ``.json``.

    Returns
    -------
    dict
        The record.
    """
    policy = training.quicker_policy()
    trainer = clock_training.Trainer(folder, rounds, seed, policy, levels=MIX)
    trainer.run()
    temperature = calibrate(trainer.reading, trainer.reader())
    path = Path(path)
    shipped.save(trainer.reader(), path)
    reader = shipped.load(path)  # what is measured is the file
    record = {
        "recipe": recipe(trainer),
        "temperature": round(float(temperature), 3),
        "seed": seed,
        "versions": report.versions(),
        "bytes": path.stat().st_size,
        "levels": clock_levels.measured(reader, n=MEASURED),
        "wild kinds": clock_levels.by_kind(reader, n=3 * MEASURED),
    }
    path.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    return record


def recipe(trainer):
    """Return what the training was, as plain numbers."""
    return {
        "rounds": trainer.done,
        "levels": MIX,
        "new pictures a round": clock_training.FRESH,
        "rows a round, for each network": clock_training.ROWS,
        "batch size": clock_training.BATCH,
        "peak learning rate": clock_training.PEAK,
        "jitter": clock_training.JITTER,
        "cpu seconds": round(trainer.seconds),
    }


def calibrate(reading, reader, n=720):
    """Divide a dial reader's logits by the temperature at which the right minute is likeliest.

    Parameters
    ----------
    reading : keras.Model
        Changed in place.
    reader : keras.Model
        With the same weights, from pictures to maps.
    n : int
        Pictures of each of the two levels of the training.

    Returns
    -------
    float
        Above 1 if the network was too sure.

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. arXiv:1706.04599
    """
    shown = clock_training.joined(
        [
            clocks.render(n, level, seed=CALIBRATION_SEED, n_jobs=1)
            for level in clock_training.LEVELS
        ]
    )
    outputs = reader.predict(shown.x, batch_size=64, verbose=0)
    maps = [np.asarray(outputs[name]) for name in ("twelve", "hour", "minute")]
    layer, rows = reader.get_layer("time"), np.arange(len(shown.y))

    def surprise(temperature):
        chances = np.asarray(layer([each / temperature for each in maps]))
        near = sum(chances[rows, (shown.y + step) % 720] for step in (-1, 0, 1))
        return -np.log(near + 1e-9).mean()

    best = min(TEMPERATURES, key=surprise)
    for name in _MAPS:
        part = reading.get_layer(name)
        part.set_weights([weight / best for weight in part.get_weights()])
    return best
