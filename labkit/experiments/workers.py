"""Carry runs to worker processes through joblib, and find the run that kills its worker."""

import contextlib
import shutil
import tempfile
import time
import warnings
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import joblib
from joblib.parallel import get_active_backend

from labkit.experiments.run import failed, perform, process_name

PATIENCE = 15  # seconds after which a worker hands in what it has
DIED = "WorkerDied: the process ended without a result (out of memory, killed, or a crash)"


def perform_all(runs, arrays, n_jobs):
    """Yield (index, result) for every run as they finish, in any order.

    Parameters
    ----------
    runs : list of Run
    arrays : tuple
        x, y, validation x and validation y, which go to the workers once, as memory maps.
    n_jobs : int
        1 does the runs here, unless another backend than joblib's own was chosen.

    Notes
    -----
    When a worker dies, joblib loses the whole pool. The runs that were under way at that moment
    are then tried again one at a time, and the one that dies alone is the culprit; the others go
    on together.
    """
    if n_jobs == 1 and own_processes():
        for index, run in enumerate(runs):
            yield index, perform(run, *arrays)
        return
    markers = Path(tempfile.mkdtemp(prefix="labkit-runs-"))
    try:
        yield from _survive(dict(enumerate(runs)), arrays, n_jobs, markers)
    finally:
        shutil.rmtree(markers, ignore_errors=True)


def own_processes():
    """Tell whether joblib would use its own processes: no other backend was chosen."""
    return type(get_active_backend()[0]).__name__ == "LokyBackend"


def choose_n_jobs(n_jobs, n_runs):
    """Return the number of workers: as asked, as configured in joblib, or one a usable core."""
    if n_jobs is not None and (not isinstance(n_jobs, int) or n_jobs == 0):
        raise ValueError(f"n_jobs must be a whole number other than 0, or None; got {n_jobs!r}")
    configured = get_active_backend()[1]
    if n_jobs is None:
        n_jobs = -1 if configured in (None, 1) else configured
    return min(joblib.effective_n_jobs(n_jobs), n_runs)


def _survive(waiting, arrays, n_jobs, markers):
    groups = _by_variant(waiting, n_jobs)
    while waiting:
        try:
            with contextlib.closing(_in_parallel(groups, arrays, n_jobs, markers)) as results:
                for index, result in results:
                    del waiting[index]
                    yield index, result
        except Exception as error:
            if not _is_death(error):
                raise
            suspects = [i for i in waiting if (markers / str(i)).exists()] or list(waiting)
            for index in suspects:
                yield index, _alone(waiting.pop(index), index, arrays, markers)
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


def _alone(run, index, arrays, markers):
    """Do one run while nothing else is under way, so that its death has one cause."""
    try:
        # two workers, of which one has work: joblib would do a single job in this process
        [(_, result)] = _in_parallel([{index: run}], arrays, 2, markers)
        return result
    except Exception as error:
        if not _is_death(error):
            raise
        return failed(DIED)


def _in_parallel(groups, arrays, n_jobs, markers):
    """Yield (index, result) as groups finish; on the way out, no matter how, stop the rest."""
    for marker in markers.iterdir():
        marker.unlink()
    parallel = joblib.Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    jobs = (joblib.delayed(_group)(group, arrays, markers, process_name()) for group in groups)
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


def _group(runs, arrays, markers, caller):
    """Do runs one after the other, at least one; return those that were done in time."""
    start, done = time.monotonic(), []
    for index, run in runs.items():
        done.append((index, perform(run, *arrays, str(markers / str(index)), caller)))
        if time.monotonic() - start > PATIENCE:
            break
    return done


def _is_death(error):
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"
