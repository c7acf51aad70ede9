"""Tables made from a comparison: the last epoch of each run, mean and interval per variant."""

import numpy as np
import pandas as pd

from labkit.numbers import real


def to_frame(runs, results, variants):
    """Put results into the tidy table of `compare`, by variant, seed and epoch."""
    order = {name: position for position, name in enumerate(variants)}
    pairs = sorted(zip(runs, results, strict=True), key=lambda pair: order[pair[0].variant])
    rows, metrics, measured = [], {}, {}
    for run, result in pairs:  # the sort is stable: seeds keep their order
        for row in result["rows"] or [{"epoch": 0}]:
            metrics.update(dict.fromkeys(key for key in row if key != "epoch"))
            measured.update(dict.fromkeys(result["measured"]))
            facts = {key: result.get(key, np.nan) for key in ("seconds", "parameters", "steps")}
            rows.append(
                {
                    "variant": run.variant,
                    "seed": run.seed,
                    **row,
                    **facts,
                    "error": result["error"],
                    **result["measured"],
                }
            )
    # training before validation, the loss before other metrics
    by_part = sorted(metrics, key=lambda name: (name.startswith("val_"), "loss" not in name))
    columns = ["variant", "seed", "epoch", *by_part, "seconds", "parameters", "steps", "error"]
    return pd.DataFrame(rows, columns=[*columns, *measured])


def final(frame):
    """Keep the last epoch of every run.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare`.

    Returns
    -------
    pandas.DataFrame
        One row per variant and seed, in the order of `frame`. A failed run stays, as epoch 0.

    Raises
    ------
    ValueError
        If a column that tells runs apart is missing.
    """
    _check_columns(frame, ("variant", "seed", "epoch"))
    return frame.groupby(["variant", "seed"], sort=False).tail(1).reset_index(drop=True)


def summary(frame, metric="val_accuracy", *, level=0.95):
    """Give mean, spread and interval over seeds of one metric after the last epoch.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare`.
    metric : str
        A column of numbers.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row per variant: ``variant``, ``mean``, ``sd`` (with n - 1), ``n`` (runs that did not
        fail), and ``low`` and ``high``, the t interval of the mean. With one run, spread and
        interval are NaN. A run that ended in NaN counts, and makes the mean NaN.

    Raises
    ------
    ValueError
        If `metric` is no column of numbers, or `level` lies outside (0, 1).
    """
    from scipy import stats

    _check_columns(frame, ("variant", "seed", "epoch", "error"))
    numbers = [name for name in frame.select_dtypes("number") if name not in ("seed", "epoch")]
    if metric not in numbers:
        raise ValueError(f"metric must be one of {', '.join(numbers)}; got {metric!r}")
    level = real("level", level, lambda number: 0 < number < 1, "strictly between 0 and 1")
    rows = []
    for name, group in final(frame).groupby("variant", sort=False):
        values = group.loc[group["error"] == "", metric].to_numpy(dtype=float)
        n = len(values)
        mean = values.mean() if n else np.nan
        sd = values.std(ddof=1) if n > 1 else np.nan
        half = stats.t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n) if n > 1 else np.nan
        rows.append((name, mean, sd, n, mean - half, mean + half))
    return pd.DataFrame(rows, columns=["variant", "mean", "sd", "n", "low", "high"])


def _check_columns(frame, needed):
    missing = [name for name in needed if name not in frame]
    if missing:
        raise ValueError(
            f"expected a table from compare; it has no column {', '.join(map(repr, missing))}"
        )
