"""Train report B's clock networks on rendered pictures, and score them in minutes.

Each network is trained as the report trained it (labkit.clocks.reports), on 80 % of the pictures;
the rest, a fifth of every minute, is the test part. It is scored once, after the last epoch.

    python -m benchmarks.report_b_clocks --size 75 --only "hour angle" --limit 600
    KERAS_BACKEND=jax python -m benchmarks.report_b_clocks --size 75 --jobs 23 --limit 400

On a GPU take JAX: benchmarks/jax_loop.py keeps the device busy, and networks that train beside
each other (--jobs) fill the gaps. GPUs multiply float32 as TF32. Seconds are wall seconds with
compiling, beside the other jobs. --write appends each network to a CSV file when it is done.
"""

import argparse
import contextlib
import csv
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from pathlib import Path

from benchmarks import jax_loop, report
from labkit import clocks, data, mode  # labkit first: TensorFlow then starts silently
from labkit.clocks import reports
from labkit.clocks.score import score

import keras
import numpy as np

COLUMNS = (  # of the file: a network and its score, what it cost, and what made it
    *("network", "level", "size", "seed", "n_train", "n_test", "parameters"),
    *("mean", "median", "exact", "within_1", "within_5", "beyond_30", "said"),
    *("epochs", "epochs_reported", "seconds", "compile_seconds", "loss", "jobs"),
    *("mode", "device", "versions", "renderer", "date"),
)
TABLE = {  # column of the table: column of the file
    "network": "network",
    "parameters": "parameters",
    "mean, minutes": "mean",
    "median": "median",
    "exact": "exact",
    "beyond 30": "beyond_30",
    "report's mean": "said",
    "epochs": "epochs",
    "of": "epochs_reported",
    "seconds": "seconds",
    "seed": "seed",
}


def main():
    options = parse()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # networks share a GPU
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    check_file(options.write)
    pictures_of(options)  # rendered once, before the workers look for them
    seeds = range(options.seed, options.seed + options.rounds)
    tasks = [(name, seed, options) for name in options.only for seed in seeds]
    tasks.sort(key=lambda task: updates(task[0]), reverse=True)  # so that none is last alone
    rows = [kept(row, options) for row in measured(tasks, options.jobs)]
    rows.sort(key=lambda row: (options.only.index(row["network"]), row["seed"]))
    if not rows:
        sys.exit("no network was trained")
    title = f"report B's clock networks: {rows[0]['n_train']} training pictures, "
    title += f"{options.size} x {options.size}, {options.level}, on {rows[0]['device']}"
    if not options.json:
        rows = [{shown: row[name] for shown, name in TABLE.items()} for row in rows]
    report.show(title, rows, as_json=options.json)


def parse():
    names = list(reports.REPORT_B_CLOCKS)
    parser = report.arguments(__doc__, rounds=1)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--size", type=int, default=75, help="of the pictures (%(default)s)")
    parser.add_argument("--level", choices=clocks.LEVELS, default="everything")
    parser.add_argument("--rows", type=int, default=18_000, help="pictures (%(default)s)")
    parser.add_argument("--epochs", type=int, help="at most so many (as reported)")
    parser.add_argument("--limit", type=float, help="seconds of training a network (no limit)")
    parser.add_argument("--seed", type=int, default=0, help="the first; --rounds says how many")
    parser.add_argument("--jobs", type=int, default=1, help="networks at a time (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE.csv", help="append the rows to it")
    return parser.parse_args()


def updates(name):
    row = reports.REPORT_B_CLOCKS[name]
    return row.epochs / row.batch_size


def pictures_of(options):
    """Load the pictures; what `clocks.load` prints goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        return clocks.load(options.rows, options.level, size=options.size)


def measured(tasks, jobs):
    """Yield the row of each network as soon as it is done; a single one is trained right here."""
    if len(tasks) == 1:
        yield measure(*tasks[0])
        return
    with ThreadPoolExecutor(jobs) as threads:
        for done in as_completed([threads.submit(in_own_process, *task) for task in tasks]):
            if done.result() is not None:
                yield done.result()


def in_own_process(name, seed, options):
    """Measure in a process of its own, whose end harms no other network; None if it fails."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            return process.submit(measure, name, seed, options).result()
    except Exception as error:
        report.tell(f"{name}, seed {seed}: failed, {type(error).__name__}: {error}")
        return None


def measure(name, seed, options):
    """Train one network and score it on the test part.

    Returns
    -------
    dict
        What the CSV file holds: the network, its scores (None if it diverged; `ClockScore`), and
        what made them.
    """
    row, pictures = reports.REPORT_B_CLOCKS[name], pictures_of(options)
    train, test = data.hold_out(data.Split(np.arange(len(pictures.y)), pictures.y), 0.2, seed=0)
    keras.utils.set_random_seed(seed)
    model = reports.compile_as_reported(row, row.build(options.size))
    trained = fit(
        model,
        pictures.x[train.x],
        row.code.encode(train.y),
        batch_size=row.batch_size,
        epochs=min(row.epochs, options.epochs or row.epochs),
        seed=seed,
        limit=options.limit,
    )
    outputs = model.predict(pictures.x[test.x], batch_size=250, verbose=0)
    return {
        "network": name,
        "level": options.level,
        "size": options.size,
        "seed": seed,
        "n_train": len(train.y),
        "n_test": len(test.y),
        "parameters": model.count_params(),
        **errors(row.code, outputs, test.y),
        "said": row.said,
        "epochs": trained.epochs,
        "epochs_reported": row.epochs,
        "seconds": round(trained.seconds, 1),
        "compile_seconds": round(trained.compile_seconds, 1),
        "loss": trained.loss,
        "jobs": options.jobs,
        "mode": mode.current(),
        "device": report.device(),
        "versions": report.versions(),
        "renderer": clocks.renderer_version(),
        "date": time.strftime("%Y-%m-%d"),
    }


def errors(code, outputs, times):
    """Score the outputs of a network: the fields of `ClockScore` but n, None if it diverged."""
    names = ("mean", "median", "exact", "within_1", "within_5", "beyond_30")
    if not all(np.isfinite(values).all() for values in outputs.values()):
        return dict.fromkeys(names)
    scored = score(times, code.decode(outputs))
    return {name: getattr(scored, name) for name in names}


def fit(model, x, y, *, batch_size, epochs, seed, limit):
    """Train in the quickest way that the backend has; see `jax_loop.fit`."""
    settings = {"batch_size": batch_size, "epochs": epochs}
    if keras.backend.backend() == "jax":
        return jax_loop.fit(model, x, y, seed=seed, limit=limit, **settings)
    from labkit import training

    callbacks = [keras.callbacks.TerminateOnNaN(), Limit(limit)]
    history = training.fit(
        model, x, y, shuffle="each_epoch", callbacks=callbacks, verbose=0, **settings
    )
    losses = history.history["loss"]
    return jax_loop.Trained(len(losses), history.seconds, history.compile_seconds, losses[-1])


class Limit(keras.callbacks.Callback):
    """Stop in front of an epoch that would end later than `seconds` after the start."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def on_train_begin(self, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        spent = time.perf_counter() - self.start
        if self.seconds is not None and spent * (epoch + 2) / (epoch + 1) > self.seconds:
            self.model.stop_training = True


def kept(row, options):
    """Append a row to the file, if there is to be one; say what came out; return the row."""
    if options.write is not None:
        append(row, options.write)
    text = "diverged" if row["mean"] is None else f"{row['mean']:.2f} minutes"
    report.tell(f"{row['network']}, seed {row['seed']}: {text} after {row['epochs']} epochs")
    return row


def append(row, path):
    """Add a row to a CSV file, which starts with the names of its columns."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def check_file(path):
    """Refuse a file of other columns before anything is trained."""
    if path is None or not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        names = next(csv.reader(file), [])
    if names != list(COLUMNS):
        raise ValueError(
            f"{path} must have the columns {', '.join(COLUMNS)}; got {', '.join(names)}; "
            "name another file"
        )


if __name__ == "__main__":
    main()
