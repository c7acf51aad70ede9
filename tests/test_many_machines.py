"""The code of book/many_machines.md, run by two worker processes on 127.0.0.1; both die."""

import functools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import keras
import numpy as np
import optuna
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState

from labkit import experiments, training
from labkit.models import mlp

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes by POSIX signals"),
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore"),  # of dask, about connections that are cut
]
ALONE = ["--no-nanny", "--no-dashboard", "--nthreads", "1", "--memory-limit", "0"]


def compare_on(address, *arguments, **settings):
    """Compare on the workers of a dask scheduler."""
    with Client(address), joblib.parallel_config(backend="dask"):
        return experiments.compare(*arguments, **settings)


def shared_study(path):
    """Open the study that is kept in a file, or begin it."""
    storage = JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path)))
    return optuna.create_study(storage=storage, study_name="rates", load_if_exists=True)


def search(path, objective, enough):
    """Add trials to the shared study until it has enough that are complete."""
    study = shared_study(path)
    stop = MaxTrialsCallback(enough, states=[TrialState.COMPLETE])
    study.optimize(objective, callbacks=[stop])


def try_again(study):
    """Queue the trials that dead processes have left behind; nobody may be searching."""
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)


def network(rate):
    # dask draws from Python's random numbers, too: seeds of their own keep the first weights
    weights = keras.initializers.GlorotUniform(seed=0)
    model = mlp(4, 2, hidden=(3,), kernel_initializer=weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate), loss, run_eagerly=True)  # nothing to compile
    return model


def loss_of(trial, x, y):
    """Train with the rate that the trial suggests."""
    trial.set_user_attr("process", os.getpid())
    keras.utils.set_random_seed(0)
    model = network(trial.suggest_float("rate", 1e-4, 1, log=True))
    history = training.fit(model, x, y, epochs=1, batch_size=8)
    return history.history["loss"][-1]


@pytest.fixture(scope="module")
def data():
    """64 rows of 4 numbers; the class is the sign of the first."""
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Two worker processes that have joined a scheduler; its address, and the processes."""
    folder = str(tmp_path_factory.mktemp("workers"))
    here = {"PYTHONPATH": str(Path(__file__).parent), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with LocalCluster(
        n_workers=0, host="127.0.0.1", scheduler_port=0, dashboard_address=None, silence_logs=50
    ) as cluster:
        join = [sys.executable, "-m", "dask", "worker", cluster.scheduler_address, *ALONE]
        workers = [
            subprocess.Popen(
                [*join, "--local-directory", folder],
                env={**os.environ, **here},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        try:
            with Client(cluster) as client:
                client.wait_for_workers(2, timeout=90)
            yield cluster.scheduler_address, {worker.pid: worker for worker in workers}
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()


def wait_for(value, seconds=90):
    """Call `value` until it gives something, and return that."""
    end = time.monotonic() + seconds
    while not (found := value()):
        assert time.monotonic() < end, f"nothing came in {seconds} s"
        time.sleep(0.02)
    return found


@pytest.mark.slow
def test_a_comparison_loses_no_run_with_a_worker(machines, data, tmp_path):
    address, workers = machines

    def build(rate):
        (tmp_path / str(os.getpid())).touch()
        time.sleep(0.2)  # long enough to be killed in
        return network(rate)

    def kill_the_first_that_trains():
        first = wait_for(lambda: list(tmp_path.iterdir()))[0]
        workers[int(first.name)].kill()

    variants = {str(rate): functools.partial(build, rate) for rate in (0.01, 0.1, 1.0)}
    killer = threading.Thread(target=kill_the_first_that_trains)
    killer.start()
    frame = compare_on(address, variants, data, seeds=2, measure=who)
    killer.join()
    [dead] = [pid for pid, worker in workers.items() if worker.poll() is not None]
    assert set(frame["process"]) <= set(workers) - {dead}
    assert set(frame["error"]) == {""}
    plain = {str(rate): functools.partial(network, rate) for rate in (0.01, 0.1, 1.0)}
    alone = experiments.compare(plain, data, seeds=2, n_jobs=1)
    there = frame.drop(columns=["seconds", "process"])
    pd.testing.assert_frame_equal(there, alone.drop(columns="seconds"), rtol=1e-4)


def who(model):
    return {"process": os.getpid()}


@pytest.mark.slow
def test_a_shared_study_keeps_its_trials_when_a_process_dies(machines, data, tmp_path):
    address, workers = machines
    path = str(tmp_path / "study.log")
    objective = functools.partial(loss_of, x=data[0], y=data[1])
    study = shared_study(path)

    def complete():
        return study.get_trials(states=[TrialState.COMPLETE])

    def stopped_in_a_trial():
        """Stop a worker; return it and its trial if it was in the middle of one."""
        for trial in study.get_trials(states=[TrialState.RUNNING]):
            pid = trial.user_attrs.get("process")
            if pid in workers and trial.params:
                os.kill(pid, signal.SIGSTOP)
                time.sleep(0.05)
                writes = list(tmp_path.glob("*.lock*"))
                if study.trials[trial.number].state == TrialState.RUNNING and not writes:
                    return pid, trial
                os.kill(pid, signal.SIGCONT)
        return None

    with Client(address) as client:
        search_there = client.submit(search, path, objective, 10_000)
        wait_for(complete)  # a worker searches
        search(path, objective, 5)  # this process joins in
        pid, trial = wait_for(stopped_in_a_trial)
        before = {t.number: t.value for t in complete()}
        workers[pid].kill()
        search_there.cancel()
    try_again(study)
    search(path, objective, len(before) + 2)
    values = {t.number: t.value for t in complete()}
    assert before.items() <= values.items()
    assert len(values) == len(before) + 2
    assert study.trials[trial.number].state == TrialState.FAIL
    assert trial.params in [t.params for t in complete()]
    assert {t.user_attrs["process"] for t in complete()} == {pid, os.getpid()}
