"""Train the systems of a report as the report did, and keep what comes out.

    python -m studies.report_a                   what is missing, with progress
    python -m studies.report_a --list            the systems, and which seeds are kept
    python -m studies.report_a --only "Adam*"    some of them; --seeds N, --jobs N
    python -m studies.report_a --again           one cheap system, against its kept interval

Every run is written to ``studies/results`` as soon as it is done, so that a study that was killed
goes on where it was. In smoke mode each system takes a step on a few rows, and nothing is kept.
"""

import argparse
import contextlib
import fnmatch
import hashlib
import itertools
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from labkit import experiments, mode  # labkit first: TensorFlow then starts silently
from labkit.audit import kept
from studies import results, resume

import keras
import numpy as np

SMOKE_ROWS = 64
CHEAP = 120  # seconds that a build may spend to see whether a system still gives what it gave


@dataclass(frozen=True)
class System:
    """One network of a report, and how it is trained.

    Attributes
    ----------
    name : str
        Unique in its study.
    build : callable
        Takes nothing and returns a compiled model, with ``metrics=["accuracy"]`` where it
        classifies.
    table : str
        Which table, figure or sentence of the report it belongs to.
    data : str
        What the study's `prepare` is asked for.
    batch_size, epochs : int
        As the report has them.
    seeds : int
        How many runs are wanted: 0, 1, 2, ...
    callbacks : callable, optional
        Returns a list of new callbacks.
    settings : dict
        What sets this system apart, for tables: values of JSON.
    curves : bool
        Whether each epoch is kept.
    measure : callable, optional
        ``measure(model, x, y)`` on the test data; returns a dict of single values to keep.
    backup : bool
        For runs of hours: a run that was killed goes on from its last minute, see
        `studies.resume`. Its seeds are trained one after the other.
    """

    name: str
    build: Callable
    table: str
    data: str
    batch_size: int
    epochs: int
    seeds: int = 5
    callbacks: Callable | None = None
    settings: dict = field(default_factory=dict)
    curves: bool = False
    measure: Callable | None = None
    backup: bool = False


@dataclass(frozen=True)
class Study:
    """The systems of a report.

    Attributes
    ----------
    name : str
        Of its module, and of its files.
    systems : list of System
        In the order in which they are trained.
    prepare : callable
        ``prepare(data, part)`` returns the arrays (x, y) of the part ``"train"``,
        ``"validation"`` or ``"test"``, or None where there is none; y may be a dict of arrays. In
        smoke mode any rows will do. A function of a module, because worker processes call it.
    again : str
        The cheap system that `--again` trains.
    """

    name: str
    systems: list
    prepare: Callable
    again: str

    def __post_init__(self):
        names = [system.name for system in self.systems]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names of systems must differ; twice: {', '.join(twice)}")
        if self.again not in names:
            raise ValueError(f"again must name a system; got {self.again!r}")


def main(study, arguments=None, folder=kept.FOLDER):
    """Do what the command line asks for; see the module.

    Parameters
    ----------
    study : Study
    arguments : list of str, optional
        Of the command line by default.
    folder : path, optional
        Where results are kept.

    Returns
    -------
    int
        0; 1 where a run failed, or `--again` left the kept interval.
    """
    options = _parser(study).parse_args(arguments)
    chosen = [s for s in study.systems if fnmatch.fnmatchcase(s.name, options.only)]
    if not chosen:
        sys.exit(f"no system is named {options.only!r}; --list names them")
    if options.list:
        return _list(study, chosen, folder)
    if options.again:
        return _again(study, folder)
    if mode.current() == "smoke":
        with tempfile.TemporaryDirectory() as nowhere:
            return _train(study, chosen, options, Path(nowhere))
    return _train(study, chosen, options, Path(folder))


def _parser(study):
    parser = argparse.ArgumentParser(
        prog=f"python -m studies.{study.name}",
        description=sys.modules[study.prepare.__module__].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="*", metavar="PATTERN", help="systems of this name")
    parser.add_argument("--seeds", type=int, metavar="N", help="at most so many a system")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (%(default)s)")
    parser.add_argument("--list", action="store_true", help="name the systems and what is kept")
    parser.add_argument("--again", action="store_true", help="check that kept results still hold")
    return parser


def _list(study, systems, folder):
    have = kept.rows(study.name, folder)
    for system in systems:
        seeds = sorted(have.loc[have["system"] == system.name, "seed"])
        print(f"{system.table}: {system.name}: {len(seeds)} of {system.seeds} seeds")
    return 0


def _train(study, systems, options, folder):
    """Train what is missing; systems with the same data, seeds and measure in one comparison."""
    have, todo, failed = kept.rows(study.name, folder), [], []
    done = set(zip(have["system"], have["seed"], strict=True))
    for system in systems:
        wanted = range(min(system.seeds, options.seeds or system.seeds) if _real() else 1)
        missing = tuple(seed for seed in wanted if (system.name, seed) not in done)
        if system.backup:
            todo.extend((system, (seed,)) for seed in missing)
        elif missing:
            todo.append((system, missing))
    _tell(f"{study.name}: {sum(len(seeds) for _, seeds in todo)} runs to do, {len(have)} kept")
    if not todo:
        return 0
    record = results.record(study.name, options.jobs, folder)
    for (_, seeds, _), group in itertools.groupby(todo, _together):
        group = {system.name: system for system, _ in group}
        keeper = Keeper(study, group, record, folder, failed)
        _compare(study, list(group.values()), seeds, options.jobs, keeper)
    return 1 if failed else 0


def _together(todo):
    system, seeds = todo
    return system.data, seeds, system.measure


class Keeper:
    """Keep each run that ends well; remember those that do not."""

    def __init__(self, study, systems, record, folder, failed):
        self.study, self.systems, self.record = study.name, systems, record
        self.folder, self.failed, self.data = folder, failed, ""

    def __call__(self, run):
        name, error = run["variant"].iloc[0], run["error"].iloc[0]
        if error:
            self.failed.append(name)
            _tell(f"{name}, seed {run['seed'].iloc[0]}: failed: {error}")
            return
        system = self.systems[name]
        backup = _backup(self.study, system, run["seed"].iloc[0], self.data)
        run = resume.whole(run, backup)
        row = summarized(system, run, self.data)
        if system.curves:
            results.append_curves(self.study, name, run, self.folder)
        results.append(self.study, {**row, "record": self.record}, self.folder)
        backup.unlink(missing_ok=True)
        _tell(_line(row))


def _compare(study, systems, seeds, jobs, on_run_end):
    """Train systems that share their data, with these seeds."""
    data = systems[0].data
    train, validation = (_cut(study.prepare(data, part)) for part in ("train", "validation"))
    on_run_end.data = f"{data} {digest(train, validation)}"
    variants = {}
    for system in systems:
        backup = _backup(study.name, system, seeds[0], on_run_end.data) if system.backup else None
        variants[system.name] = experiments.Variant(system.build, **_settings(system, backup))
    experiments.compare(
        variants,
        train,
        validation=validation,
        seeds=seeds,
        n_jobs=jobs,
        measure=Tested(study.prepare, data, systems[0].measure),
        on_run_end=on_run_end,
    )


def _settings(system, backup):
    # No report set a seed: Keras then draws a new order of the rows in each epoch
    settings = {"batch_size": system.batch_size, "shuffle": "each_epoch", "jit_compile": "repeated"}
    settings["epochs"] = system.epochs if _real() else 1
    if backup is not None and _real():
        return {**settings, "callbacks": partial(_and_resume, system.callbacks, backup)}
    return settings if system.callbacks is None else {**settings, "callbacks": system.callbacks}


def _and_resume(callbacks, backup):
    own = [] if callbacks is None else callbacks()
    return [*own, resume.Resume(backup, own)]


def _backup(study, system, seed, data):
    """Return the file in which a run is kept while it is under way."""
    return resume.path(f"{study}, {system.name}, seed {seed}, {data}")


def _cut(part):
    """Keep a few rows in smoke mode."""
    if part is None or _real():
        return part
    return keras.tree.map_structure(lambda array: array[:SMOKE_ROWS], part)


class Tested:
    """Evaluate a trained model on the test data, in the process that trained it.

    Parameters
    ----------
    prepare, data
        Of the `Study` and the `System`.
    measure : callable or None
        Of the `System`.
    """

    def __init__(self, prepare, data, measure):
        self.prepare, self.data, self.measure = prepare, data, measure

    def __call__(self, model):
        part = _cut(self.prepare(self.data, "test"))
        if part is None:
            return {}
        scores = model.evaluate(*part, batch_size=500, verbose=0, return_dict=True)
        found = {f"test_{name}": value for name, value in scores.items()}
        return found | ({} if self.measure is None else self.measure(model, *part))


def summarized(system, run, data):
    """Reduce the table of a run to the row that is kept.

    Parameters
    ----------
    system : System
    run : pandas.DataFrame
        The part of `experiments.compare`'s table that is this run's.
    data : str
        Name and digest of the data.

    Returns
    -------
    dict
        The columns of `labkit.audit.kept.ROWS` but ``record``.
    """
    last = run.iloc[-1]
    row = {
        "table": system.table,
        "system": system.name,
        "seed": int(last["seed"]),
        "data": data,
        "settings": json.dumps(system.settings) if system.settings else "",
        "epochs": len(run),
        "updates": int(last["steps"]),
        "parameters": int(last["parameters"]),
    }
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"):
        row[name] = _number(last.get(name))
    for name, best in (("val_accuracy", "idxmax"), ("val_loss", "idxmin")):
        known = name in run and run[name].notna().any()
        place = getattr(run[name], best)() if known else None
        row[f"best_{name}"] = _number(run.loc[place, name]) if known else ""
        row[f"best_{name}_epoch"] = int(run.loc[place, "epoch"]) if known else ""
    row["seconds"] = round(float(last["seconds"]), 1)
    usual = {*run.columns[: list(run.columns).index("error") + 1], *row}
    more = {name: _plain(last[name]) for name in run.columns if name not in usual}
    row["more"] = json.dumps(more) if more else ""
    return row


def _number(value):
    """Round to six digits; "" where there is none."""
    return "" if value is None or not np.isfinite(value) else float(f"{value:.6g}")


def _plain(value):
    if isinstance(value, (str, bool)):
        return value
    value = float(value)
    return None if not math.isfinite(value) else float(f"{value:.6g}")


def digest(*parts):
    """Return 12 hexadecimal digits that tell data apart: SHA-256 of shapes, types and bytes."""
    found = hashlib.sha256()
    for array in (array for part in parts if part is not None for array in part):
        for one in keras.tree.flatten(array):
            found.update(f"{one.shape} {one.dtype}".encode() + np.ascontiguousarray(one).data)
    return found.hexdigest()[:12]


def _again(study, folder):
    """Train one cheap system with seed 0, and see whether it lies where the kept runs lie."""
    from scipy import stats

    system = next(s for s in study.systems if s.name == study.again)
    system = replace(system, backup=False)
    have = kept.rows(study.name, folder)
    have = have[have["system"] == system.name]
    if _real() and (len(have) < 3 or have["seconds"].mean() > CHEAP):
        known = (
            f"{len(have)} kept, {have['seconds'].mean():.0f} s each" if len(have) else "none kept"
        )
        print(f"{system.name}: not tried: {known}; it takes three, of {CHEAP} s at most")
        return 0
    found = Last()
    _compare(study, [system], [0], 1, found)
    if found.run["error"].iloc[0]:
        sys.exit(f"{system.name}: {found.run['error'].iloc[0]}")
    if not _real():
        print(f"{system.name}: trained; smoke mode does not judge")
        return 0
    scores = ("test_accuracy", "val_accuracy", "test_loss")
    name = next(name for name in scores if have[name].notna().all())
    mean, sd, n = have[name].mean(), have[name].std(), len(have)
    half = stats.t.ppf(0.9995, n - 1) * sd * math.sqrt(1 + 1 / n)
    value = float(found.run[name].iloc[-1])
    inside = abs(value - mean) <= half
    print(
        f"{system.name}: {name.replace('_', ' ')} {value:.4f} today; {n} kept runs say "
        f"{mean - half:.4f} to {mean + half:.4f}: {'inside' if inside else 'OUTSIDE'}"
    )
    return 0 if inside else 1


class Last:
    """Hold the table of the last run."""

    def __call__(self, run):
        self.run = run


def _real():
    return mode.current() != "smoke"


def _line(row):
    scores = [
        f"{name} {row[name]:.4g}" for name in ("val_accuracy", "test_accuracy") if row[name] != ""
    ]
    return f"{row['system']}, seed {row['seed']}: {', '.join([*scores, str(row['seconds'])])} s"


def _tell(text):
    with contextlib.suppress(OSError):
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
