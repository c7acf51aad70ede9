"""Read what the studies have kept: a row a run, curves of some, and the record of each session.

``python -m studies.NAME`` writes the files; nothing else does.
"""

import json
from pathlib import Path

import pandas as pd

#: Where the studies keep their results: beside the package, in the repository of the course.
FOLDER = Path(__file__).resolve().parents[2] / "studies" / "results"

KEYS = ("table", "system", "seed", "data", "settings")
SCORES = (
    *("epochs", "updates", "parameters", "loss", "accuracy", "val_loss", "val_accuracy"),
    *("best_val_accuracy", "best_val_accuracy_epoch", "best_val_loss", "best_val_loss_epoch"),
    *("test_loss", "test_accuracy", "seconds"),
)
ROWS = (*KEYS, *SCORES, "more", "record")
CURVES = ("system", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy")
RECORDS = (
    *("record", "study", "date", "labkit", "commit", "mode", "backend", "device", "processor"),
    *("cpus", "jobs", "python", "tensorflow", "keras", "numpy"),
)


def rows(study, folder=FOLDER):
    """Return what a study has kept: a row for each system and seed.

    Parameters
    ----------
    study : str
        Name of a module of ``studies/``, such as ``"report_a"``.
    folder : path, optional
        Where its files lie.

    Returns
    -------
    pandas.DataFrame
        The columns `KEYS` and `SCORES`, and `record`, which names a row of `records`. Losses and
        accuracies (0 to 1) without a prefix were logged in training, those with ``val_`` belong
        to the validation data, both after the last epoch; ``best_...`` to the best epoch;
        ``test_...`` to the network as it was left. ``seconds`` is the time of training. What a
        study stores under ``settings`` and ``more`` becomes columns too. No row if nothing was
        kept.
    """
    frame = _read(folder, f"{study}.csv", ROWS)
    extra = [
        pd.json_normalize(frame.pop(name).map(_parsed).tolist()) for name in ("settings", "more")
    ]
    extra = [columns.set_axis(frame.index) for columns in extra if len(columns.columns)]
    return pd.concat([frame, *extra], axis=1)


def curves(study, folder=FOLDER):
    """Return the learning curves that a study has kept: a row for each system, seed and epoch.

    Parameters
    ----------
    study, folder
        As for `rows`.

    Returns
    -------
    pandas.DataFrame
        The columns `CURVES`, to four digits.
    """
    return _read(folder, f"{study}_curves.csv", CURVES)


def records(folder=FOLDER):
    """Return what made the rows: versions, device and jobs of each session of a study.

    Returns
    -------
    pandas.DataFrame
        The columns `RECORDS`. ``commit`` ends in "+" where the source differed from it.
    """
    return _read(folder, "records.csv", RECORDS)


def _read(folder, name, columns):
    path = Path(folder) / name
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    frame = pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])
    if list(frame.columns) != list(columns):
        raise ValueError(
            f"{path} must have the columns {', '.join(columns)}; got {', '.join(frame.columns)}; "
            "it is written by python -m studies.NAME of another version: move it away"
        )
    return frame


def _parsed(text):
    return json.loads(text) if isinstance(text, str) and text else {}
