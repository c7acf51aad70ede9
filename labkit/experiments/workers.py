"""Carry runs to worker processes through joblib, and find the run that kills its worker."""

import contextlib
import pickle
import shutil
import tempfile
import time
import warnings
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import get_active_backend

from labkit import mode
from labkit.experiments import settings
from labkit.experiments.fingerprint import look_at
from labkit.experiments.run import failed, perform, process_name
from labkit.numbers import as_whole

OTHER_CODE = "other code"  # in place of a result: a worker would have run something else
PATIENCE = 15  # seconds after which a worker hands in what it has
DIED = "WorkerDied: the process ended without a result (out of memory, killed, or a crash)"


def perform_all(runs, arrays, n_jobs, given, looks):
    """Yield (index, result) for every run as they finish, in any order.

    Parameters
    ----------
    runs : list of Run
    arrays : tuple
        x, y, validation x and validation y, which go to the workers once, as memory maps.
    n_jobs : int
        1 does the runs here, unless another backend than joblib's own was chosen.
    given : dict
        Settings of this process, from `labkit.experiments.settings.capture`.
    looks : dict of str to Look
        At each variant, from `labkit.experiments.fingerprint.look_at`.

    Warns
    -----
    RuntimeWarning
        If a run had to be done here, as it cannot be sent to another process unchanged.

    Notes
    -----
    When a worker dies, joblib loses the whole pool. The runs that were under way at that moment
    are then tried again one at a time, and the one that dies alone is the culprit; the others go
    on together.
    """
    waiting = dict(enumerate(runs))
    if n_jobs > 1 or not own_processes():
        markers = Path(tempfile.mkdtemp(prefix="labkit-runs-"))
        try:
            for index, result in _apart(dict(waiting), arrays, n_jobs, markers, given, looks):
                del waiting[index]
                yield index, result
        finally:
            shutil.rmtree(markers, ignore_errors=True)
    for index, run in waiting.items():
        yield index, perform(run, *arrays, given)


def _apart(runs, arrays, n_jobs, markers, given, looks):
    """Yield what workers do as this process would; warn of the rest, which is left out."""
    common = {"markers": markers, "caller": process_name(), "given": given, "sent": {}}
    if not own_processes():
        common["given"] = settings.elsewhere(given)
        yield from _survive(runs, arrays, n_jobs, common)
        return
    reason = _cannot_travel(runs, given)
    if reason is None:
        # modules beside a notebook: a worker imports them, or has done so before they were edited
        common["sent"] = {name: told.digest for name, told in looks.items() if told.modules}
        for _ in range(2):
            for index, result in _survive(dict(runs), arrays, n_jobs, common):
                if result != OTHER_CODE:
                    del runs[index]
                    yield index, result
            if not runs:
                return
            get_reusable_executor().shutdown(kill_workers=True)  # new ones import what is there now
        changed = {name for run in runs.values() for name in looks[run.variant].modules}
        reason = f"{', '.join(sorted(changed))}: not what a new process would import"
    warnings.warn(
        f"{len(runs)} runs are done in this process, one after the other, because they cannot be "
        f"sent to another ({reason})",
        RuntimeWarning,
        stacklevel=4,
    )


def _cannot_travel(runs, given):
    """Say why a process cannot be sent what the runs need; None if it can."""
    parts = {run.variant: (run.build, run.settings, run.measure) for run in runs.values()}
    try:
        pickle.dumps(joblib.wrap_non_picklable_objects((parts, given)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def own_processes():
    """Tell whether joblib would use its own processes: no other backend was chosen."""
    return type(get_active_backend()[0]).__name__ == "LokyBackend"


def choose_n_jobs(n_jobs, n_runs):
    """Return the number of workers: as asked, as configured in joblib, or one a usable core.

    In smoke mode there is none but this process: a run takes less than the start of a worker.
    """
    if n_jobs is not None and not as_whole(n_jobs):
        raise ValueError(f"n_jobs must be a whole number other than 0, or None; got {n_jobs!r}")
    configured = get_active_backend()[1]
    if n_jobs is None:
        alone = mode.current() == "smoke" and own_processes()
        n_jobs = (1 if alone else -1) if configured in (None, 1) else configured
    return min(joblib.effective_n_jobs(as_whole(n_jobs)), n_runs)


def _survive(waiting, arrays, n_jobs, common):
    groups = _by_variant(waiting, n_jobs)
    while waiting:
        try:
            with contextlib.closing(_in_parallel(groups, arrays, n_jobs, common)) as results:
                for index, result in results:
                    del waiting[index]
                    yield index, result
        except Exception as error:
            if not _is_death(error):
                raise
            suspects = [i for i in waiting if (common["markers"] / str(i)).exists()]
            for index in suspects or list(waiting):
                yield index, _alone(waiting.pop(index), index, arrays, common)
        groups = [{index: run} for index, run in waiting.items()]


def _by_variant(runs, n_jobs):
    """Put the runs of a variant into one group; those of the last variants stay apart."""
    groups = {}
    for index, run in runs.items():
        groups.setdefault(run.variant, {})[index] = run
    groups = list(groups.values())
    whole = len(groups) - len(groups) % n_jobs
    rest = [{index: run} for group in groups[whole:] for index, run in group.items()]
    return groups[:whole] + rest


def _alone(run, index, arrays, common):
    """Do one run while nothing else is under way, so that its death has one cause."""
    try:
        # two workers, of which one has work: joblib would do a single job in this process
        [(_, result)] = _in_parallel([{index: run}], arrays, 2, common)
        return result
    except Exception as error:
        if not _is_death(error):
            raise
        return failed(DIED)


def _in_parallel(groups, arrays, n_jobs, common):
    """Yield (index, result) as groups finish; on the way out, no matter how, stop the rest."""
    for marker in common["markers"].iterdir():
        marker.unlink()
    parallel = joblib.Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    jobs = (joblib.delayed(_group)(group, arrays, **common) for group in groups)
    with warnings.catch_warnings():
        # a worker that has grown is replaced; a generator closed early tells so
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")
        results = parallel(jobs)
        try:
            for finished in results:
                yield from finished
        finally:
            results.close()


def _group(runs, arrays, markers, caller, given, sent):
    """Do runs one after the other, at least one; return those that were done in time."""
    start, done, changed = time.monotonic(), [], {}
    for index, run in runs.items():
        if run.variant in sent and run.variant not in changed:
            changed[run.variant] = look_at([run])[run.variant].digest != sent[run.variant]
        if changed.get(run.variant):
            done.append((index, OTHER_CODE))
            continue
        done.append((index, perform(run, *arrays, given, str(markers / str(index)), caller)))
        if time.monotonic() - start > PATIENCE:
            break
    return done


def _is_death(error):
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"
