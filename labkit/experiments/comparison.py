"""Train variants over seeds and return one tidy table."""

import contextlib
import warnings

from labkit import progress as progress_bar
from labkit.experiments import settings
from labkit.experiments.fingerprint import look_at
from labkit.experiments.plan import check_data, plan_runs
from labkit.experiments.store import Store
from labkit.experiments.tables import to_frame
from labkit.experiments.workers import choose_n_jobs, perform_all


def compare(
    variants,
    train,
    *,
    validation=None,
    epochs=1,
    batch_size=32,
    seeds=3,
    measure=None,
    store=None,
    n_jobs=None,
    progress="auto",
    on_run_end=None,
    **fit_kwargs,
):
    """Train every variant with every seed, in parallel, and return the learning curves.

    Parameters
    ----------
    variants : dict of str to callable or Variant
        Each function takes nothing and returns a compiled Keras model. It is called right after
        ``keras.utils.set_random_seed(seed)``, in the process that trains.
    train : pair of arrays (x, y)
        Training data, shape (n_examples, ...), shared by all variants. For models of several
        outputs y is a dict of arrays.
    validation : pair of arrays (x, y), optional
        Evaluated after every epoch, for the columns ``val_...``.
    epochs, batch_size : int
        For all variants that do not bring their own in a `Variant`.
    seeds : int or iterable of int
        How many (0, 1, 2, ...), or which.
    measure : callable, optional
        Called with each trained model, in the process that trained it; returns a dict of single
        values, which become columns.
    store : path, optional
        A folder that keeps every run that succeeded. The same call finds them there and trains
        only what is missing. See Notes for when a run counts as the same.
    n_jobs : int, optional
        Worker processes; by default one a usable core, but no more than runs. 1 trains here, as
        smoke mode does unless told otherwise.
    progress : "auto" or bool
        Whether a bar counts the runs; it is never shown where nobody watches.
    on_run_end : callable, optional
        Called in this process as soon as a run is done or found in `store`, with its part of the
        table that is returned: to keep or to show what is there while the rest trains.
    **fit_kwargs
        Further arguments of `labkit.training.fit` for all variants. Callbacks act on copies in
        the workers; a function that returns a list of callbacks gives each run new ones.

    Returns
    -------
    pandas.DataFrame
        A row per variant, seed and epoch, in that order: ``variant``, ``seed``, ``epoch`` (from
        1), the metrics (``loss``, ``accuracy``, ``val_loss``, ...; one with a value a class as
        ``f1_score_0``, ``f1_score_1``, ...), ``seconds`` (wall time of the run's training, without
        compiling), ``parameters``, ``steps`` (optimizer updates of the run), ``error`` ("" if all
        went well), and what `measure` returned. A run that raised, or whose process died, is one
        row with epoch 0, NaN for numbers, and the reason in ``error``.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, or a build function returns something other than
        a compiled model.
    KeyboardInterrupt
        After Ctrl-C: the workers are stopped; what was stored stays.

    Warns
    -----
    RuntimeWarning
        If a run failed, could not be kept, or could not be sent to a worker.

    Notes
    -----
    Each worker uses one TensorFlow thread, so two runs on two cores take as long as one alone. The
    first comparison of a session waits some seconds while workers load TensorFlow; later ones
    find them ready. Workers get the arrays once, as read-only memory maps. A worker compiles
    models that differ by weights and learning rate alone only once, and takes the seeds of a
    variant one after the other for that reason. With three seeds or more, XLA compiles what it
    can. A backend chosen with ``joblib.parallel_config`` (dask, threading) is used as it is;
    threads share one state of random numbers, so there seeds do not repeat a run exactly.

    Workers use the settings of this process: those of ``keras.config``, custom objects, what
    TensorFlow and NumPy let change, the environment and the folder (elsewhere than on this
    machine, labkit's mode alone). A run leaves none of its own behind, and names are counted from
    the beginning in each. What cannot be sent, or would be another version of a module there, is
    trained in this process, with a warning. A worker takes compiled programs over only if all
    that the model holds is known to be the same.

    A stored run is the same if these are: name of the variant, seed, the data, settings, the code
    of `build` and `measure` and all that it reaches (objects, classes and their attributes,
    defaults, decorators, modules beside the notebook), the settings of this process, the mode,
    and the versions of Python and of what is installed; of labkit, its source. Where that is not
    certain, a run is trained again and not kept: code that reads files or the environment, states
    of random numbers, iterators, lookup tables, whatever pickle refuses. Not looked at: clocks,
    and what a build changes for the next one.
    """
    runs = plan_runs(
        variants, seeds, {"epochs": epochs, "batch_size": batch_size, **fit_kwargs}, measure
    )
    x, y = check_data("train", train)
    validation_x, validation_y = _check_validation(validation)
    if on_run_end is not None and not callable(on_run_end):
        raise ValueError(f"on_run_end must be a function of a table, or None; got {on_run_end!r}")
    if progress not in (True, False, "auto"):
        raise ValueError(f'progress must be "auto", True or False; got {progress!r}')
    arrays = (x, y, validation_x, validation_y)
    n_jobs, given = choose_n_jobs(n_jobs, len(runs)), settings.capture()
    looks = look_at(runs)
    kept = Store(store, arrays, given, looks)
    results = [kept.find(run) for run in runs]

    def tell(index):
        if on_run_end is not None:
            on_run_end(to_frame([runs[index]], [results[index]], variants))

    open_ = [index for index, result in enumerate(results) if result is None]
    shown = bool(progress)
    with progress_bar.bar(len(runs), description="runs", unit="run", shown=shown) as bar:
        for index in sorted(set(range(len(runs))) - set(open_)):
            tell(index)
            bar.update()
        todo = perform_all([runs[index] for index in open_], arrays, n_jobs, given, looks)
        with contextlib.closing(todo) as arriving:  # stops the workers on every way out
            for position, result in arriving:
                if "misuse" in result:
                    raise ValueError(result["misuse"])
                index = open_[position]
                results[index] = result
                kept.keep(runs[index], result)
                tell(index)
                bar.update()
    _warn_of_failures(runs, results)
    return to_frame(runs, results, variants)


def _check_validation(validation):
    return (None, None) if validation is None else check_data("validation", validation)


def _warn_of_failures(runs, results):
    failures = [(run, r["error"]) for run, r in zip(runs, results, strict=True) if r["error"]]
    if failures:
        run, error = failures[0]
        warnings.warn(
            f"{len(failures)} of {len(runs)} runs failed, for example {run.variant!r} with seed "
            f"{run.seed}: {error} (see column 'error')",
            RuntimeWarning,
            stacklevel=3,
        )
