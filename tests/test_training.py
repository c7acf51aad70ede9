"""What `training.fit` promises besides the numbers of ``Model.fit``."""

import _thread
import contextlib
import re
import signal
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from thorough import rows

from labkit import training
from labkit.training import internals, loop

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(40, 4)).astype("float32"), RANDOM.integers(0, 3, 40)


@pytest.fixture(autouse=True)
def _no_model_was_compiled_before(monkeypatch):
    """Let XLA compile: other tests of this process may have used up what it may."""
    monkeypatch.setitem(loop._COMPILED, "variables", 0)


def network(*inner, run_eagerly=False, metrics=None, kind=keras.Sequential):
    keras.utils.set_random_seed(0)
    model = kind([keras.Input((4,)), *inner, layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=metrics, run_eagerly=run_eagerly)
    return model


class RowCounter(layers.Layer):
    """Remember the rows in the order of the training steps that saw them, one row a step."""

    def build(self, shape):
        self.step = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.sums = self.add_weight(shape=(64,), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            place = keras.ops.one_hot(keras.ops.cast(self.step, "int32"), 64)
            self.sums.assign_add(place * x[0, 0])
            self.step.assign_add(1.0)
        return x * 1.0


def rows_seen(fit, shuffle, *, calls=1, epochs=2, rows=10):
    keras.utils.set_random_seed(4)
    counter = RowCounter()
    model = keras.Sequential([keras.Input((1,)), counter, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x = np.arange(rows, dtype="float32")[:, None]
    for _ in range(calls):
        fit(model, x, x, batch_size=1, epochs=epochs, shuffle=shuffle, verbose=0)
    seen = counter.sums.numpy()[: calls * epochs * rows]
    return seen.astype(int).reshape(calls * epochs, rows)


def test_rows_come_in_the_order_of_model_fit_call_after_call():
    ours = rows_seen(training.fit, True, calls=2)
    np.testing.assert_array_equal(ours, rows_seen(keras.Model.fit, True, calls=2))
    assert (np.sort(ours) == np.arange(10)).all()


def test_keras_order_is_the_same_in_every_epoch_and_each_epoch_is_not():
    first, second = rows_seen(training.fit, True)
    assert list(first) == list(second)
    first, second = rows_seen(training.fit, "each_epoch")
    assert list(first) != list(second)
    assert sorted(first) == sorted(second) == list(range(10))


@pytest.mark.slow
@pytest.mark.parametrize("shuffle", [True, "each_epoch"])
def test_the_same_seed_gives_the_same_numbers(shuffle):
    runs = []
    for _ in range(2):
        keras.utils.set_random_seed(0)  # the layers draw their seeds when they are made
        model = network(layers.Dense(5, activation="relu"), layers.Dropout(0.5))
        training.fit(model, X, Y, batch_size=7, epochs=2, shuffle=shuffle, verbose=0)
        runs.append(model.get_weights())
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_long_run_is_compiled_by_xla_and_a_short_one_is_not(monkeypatch):
    monkeypatch.setattr(loop, "WORTH_COMPILING", 50)
    model = network()
    assert training.fit(model, X, Y, epochs=2, verbose=0).engine == "graph loop"
    long = loop.WORTH_COMPILING // 2
    assert training.fit(model, X[:2], Y[:2], batch_size=1, epochs=long).engine == "XLA loop"


def test_smoke_mode_compiles_no_short_run_and_learns_the_same(monkeypatch):
    plan = {"batch_size": 7, "validation_data": (X[:9], Y[:9]), "verbose": 0}
    compiled, eager = network(layers.BatchNormalization()), network(layers.BatchNormalization())
    other = training.fit(compiled, X, Y, epochs=3, **plan)
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    history = training.fit(eager, X, Y, epochs=3, **plan)
    assert (other.engine, history.engine) == ("graph loop", "eager loop")
    for name, values in history.history.items():
        np.testing.assert_allclose(values, other.history[name], rtol=1e-5)
    assert training.fit(eager, X, Y, batch_size=1, epochs=1, verbose=0).engine == "graph loop"


SAFE_IN_XLA = {
    "a dense layer": ((layers.Dense(3, activation="tanh"),), "XLA loop"),
    "a function without random numbers": ((layers.Lambda(lambda x: x * x),), "XLA loop"),
    "batch normalization": ((layers.BatchNormalization(),), "XLA loop"),
    "dropout": ((layers.Dropout(0.1),), "graph loop"),
    "a convolution": (
        (layers.Reshape((4, 1)), layers.Conv1D(2, 2), layers.Flatten()),
        "graph loop",
    ),
    "numbers in bfloat16": ((layers.Dense(3, dtype="mixed_bfloat16"),), "graph loop"),
    "a table": ((layers.Lambda(lambda x: keras.ops.take(x, [0, 1], 1)),), "graph loop"),
    "numbers drawn in a function": (
        (layers.Lambda(lambda x: x + keras.random.normal((4,))),),
        "graph loop",
    ),
}


FEW = ("batch normalization", "a convolution", "numbers drawn in a function")


@pytest.mark.slow
@pytest.mark.parametrize("name", rows(SAFE_IN_XLA, FEW))
def test_xla_takes_only_what_it_computes_alike(name):
    inner, engine = SAFE_IN_XLA[name]
    history = training.fit(network(*inner), X, Y, jit_compile="repeated", verbose=0)
    assert history.engine == engine


@pytest.mark.slow
def test_validation_is_compiled_by_xla_where_the_training_is():
    options = {"validation_data": (X, Y), "jit_compile": "repeated", "verbose": 0, "batch_size": 8}
    for inner, engine in ((layers.Dense(3), "XLA loop"), (layers.Dropout(0.1), "graph loop")):
        model = network(inner)
        assert training.fit(model, X, Y, **options).engine == engine
        programs = model._labkit_loops.programs.values()
        assert {made.xla for made in programs} == {engine == "XLA loop"}


@pytest.mark.slow
def test_after_some_models_xla_is_left(monkeypatch):
    monkeypatch.setattr(loop, "MOST_COMPILED", 2 * len(network().trainable_variables))
    monkeypatch.setattr(loop, "WORTH_COMPILING", 0)
    models = [network() for _ in range(3)]
    engines = [training.fit(model, X, Y, verbose=0).engine for model in models]
    assert engines == ["XLA loop", "XLA loop", "graph loop"]
    assert training.fit(models[0], X, Y, verbose=0).engine == "XLA loop"  # compiled already


def test_where_xla_cannot_compile_the_graph_loop_serves(monkeypatch):
    import tensorflow as tf

    real = loop._function

    def broken(run, signature, xla=False):
        if not xla:
            return real(run, signature)

        def fail(*_):
            raise tf.errors.UnimplementedError(None, None, "XLA is not linked in")

        return fail

    monkeypatch.setattr(loop, "_function", broken)
    options = {"batch_size": 8, "epochs": 2, "verbose": 0, "jit_compile": True}
    history = training.fit(network(), X, Y, **options)
    assert history.engine == "graph loop"
    assert len(history.epoch) == 2


def test_compiling_again_starts_with_the_new_optimizer():
    model = network()
    training.fit(model, X, Y, verbose=0)
    model.compile(keras.optimizers.SGD(0.0), model.loss)
    before = model.get_weights()
    training.fit(model, X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_second_call_with_the_same_shapes_compiles_nothing_new():
    model = network()
    training.fit(model, X, Y, batch_size=8, verbose=0)
    programs = dict(model._labkit_loops.programs)
    training.fit(model, X, Y, batch_size=8, epochs=3, verbose=0)
    training.fit(model, X[:32], Y[:32], batch_size=8, verbose=0)
    assert model._labkit_loops.programs == programs


class DrawingMetric(keras.metrics.Mean):
    def update_state(self, y, y_pred, sample_weight=None):
        import tensorflow as tf

        super().update_state(tf.random.uniform([]))


def test_numbers_of_tf_random_in_a_metric_go_to_model_fit_in_every_call():
    model = network(metrics=[DrawingMetric()])
    for _ in range(2):
        history = training.fit(model, X, Y, batch_size=8, verbose=0)  # one program
        assert history.engine.startswith("Model.fit")  # Keras 3.9 gives another reason at last


@pytest.mark.slow
def test_a_second_call_may_bring_other_kinds_of_data():
    model = network()
    model.compile("sgd", model.loss)
    for y in (Y, Y.astype("float32"), Y[:, None], Y.astype("int8")):
        for weight in (None, np.ones(40)):
            other = network()  # Keras' own program takes one rank of labels
            other.compile("sgd", other.loss)
            other.set_weights(model.get_weights())
            options = {"sample_weight": weight, "shuffle": False, "verbose": 0}
            expected = other.fit(X, y, **options).history["loss"]
            got = training.fit(model, X, y, **options).history["loss"]
            np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", rows([True, False], [False]))
def test_many_sizes_of_the_data_are_no_reason_to_warn(jit_compile, tf_warnings):
    model = network()
    for n_rows in range(10, 16 if jit_compile else 20):
        training.fit(
            model, X[:n_rows], Y[:n_rows], batch_size=5, verbose=0, jit_compile=jit_compile
        )
    assert not [line for line in tf_warnings() if "retracing" in line]


@pytest.fixture
def tf_warnings(caplog):
    """Return a function that gives what TensorFlow has logged."""
    import tensorflow as tf

    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    yield lambda: [record.getMessage() for record in caplog.records]
    logger.removeHandler(caplog.handler)


def test_the_fixture_hears_tensorflow_warn_of_retracing(tf_warnings):
    import tensorflow as tf

    double = tf.function(lambda x: x + x)
    for n_rows in range(10):
        double(tf.zeros([n_rows]))
    assert [line for line in tf_warnings() if "retracing" in line]


def test_a_trained_model_can_be_saved_and_loaded(tmp_path):
    model = network()
    training.fit(model, X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_the_history_tells_the_seconds():
    assert 0 < training.fit(network(), X, Y, verbose=0).seconds < 60


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


class EachBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.batches = batch + 1


def generator():
    while True:
        yield X[:8], Y[:8]


HANDED_OVER = {
    "train_step": lambda: (network(kind=OwnStep), {"x": X, "y": Y}),
    "run_eagerly": lambda: (network(run_eagerly=True), {"x": X, "y": Y}),
    "EachBatch": lambda: (network(), {"x": X, "y": Y, "callbacks": EachBatch()}),
    "LambdaCallback": lambda: (
        network(),
        {
            "x": X,
            "y": Y,
            "callbacks": [keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: None)],
        },
    ),
    "generator": lambda: (network(), {"x": generator(), "steps_per_epoch": 2, "shuffle": False}),
    "steps_per_epoch": lambda: (network(), {"x": X, "y": Y, "steps_per_epoch": 1}),
    'shuffle="batch"': lambda: (network(), {"x": X, "y": Y, "shuffle": "batch"}),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("reason", HANDED_OVER)
def test_what_the_loop_cannot_do_goes_to_model_fit_and_says_so(reason, capsys):
    model, options = HANDED_OVER[reason]()
    history = training.fit(model, **options)
    assert reason in history.engine
    assert reason in capsys.readouterr().out
    assert len(history.history["loss"]) == 1
    assert history.seconds > 0


def test_a_callback_after_every_batch_is_called_after_every_batch():
    counter = EachBatch()
    training.fit(network(), X, Y, batch_size=8, callbacks=[counter], verbose=0)
    assert counter.batches == 5


class Stop(keras.callbacks.Callback):
    """Raise when the third epoch begins; note what was told."""

    def __init__(self, error):
        super().__init__()
        self.error, self.told = error, []

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2 and self.error is not None:
            raise self.error

    def on_epoch_end(self, epoch, logs=None):
        self.told.append(epoch)

    def on_train_end(self, logs=None):
        self.told.append("end")


ERRORS = [KeyboardInterrupt, RuntimeError, SystemExit, None]


@pytest.mark.parametrize("error", rows(ERRORS, [KeyboardInterrupt, None]))
def test_only_what_ends_well_is_told_to_have_ended_as_in_model_fit(error):
    told = []
    for fit in (training.fit, keras.Model.fit):
        model, stop = network(), Stop(error)
        with contextlib.suppress(KeyboardInterrupt, RuntimeError, SystemExit):
            fit(model, X, Y, epochs=4, callbacks=[stop], verbose=0)
        assert model.history.epoch == ([0, 1, 2, 3] if error is None else [0, 1])
        told.append(stop.told)
    assert told[0] == told[1]


@pytest.mark.parametrize("error", rows([KeyboardInterrupt, RuntimeError], [KeyboardInterrupt]))
def test_an_interrupted_training_goes_on_from_its_backup(error, tmp_path):
    epochs = []
    for fit in (training.fit, keras.Model.fit):
        folder = str(tmp_path / fit.__qualname__)
        for stop in (Stop(error), Stop(None)):
            callbacks = [keras.callbacks.BackupAndRestore(folder), stop]
            with contextlib.suppress(error):
                fit(network(), X, Y, epochs=4, callbacks=callbacks, verbose=0)
        epochs.append(stop.told)
    assert epochs[0] == epochs[1] == [2, 3, "end"]


def test_after_an_interrupt_the_model_trains_on():
    model = network()
    with pytest.raises(KeyboardInterrupt):
        training.fit(model, X, Y, epochs=9, callbacks=[Stop(KeyboardInterrupt)], verbose=0)
    assert training.fit(model, X, Y, epochs=3, initial_epoch=2, verbose=0).epoch == [2]


@pytest.fixture
def ctrl_c():
    """Python's own answer to Ctrl-C: nbmake, in the same process, leaves that of its event loop."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_is_heard_inside_a_long_epoch():
    model, options = network(), {"batch_size": 1, "verbose": 0, "jit_compile": True}
    training.fit(model, X, Y, **options)  # compiles what the long epoch runs
    x, y = np.repeat(X, 25_000, axis=0), np.repeat(Y, 25_000)
    threading.Timer(0.5, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):  # a million steps take many seconds
        training.fit(model, x, y, epochs=100, **options)
    assert np.isfinite(model.evaluate(X, Y, verbose=0))


@pytest.mark.parametrize("y", [Y + 1, Y - 1])
def test_labels_outside_the_output_are_refused(y):
    with pytest.raises(ValueError, match="class indices from 0 to 2"):
        training.fit(network(), X, y, verbose=0)


def test_labels_outside_the_output_are_refused_in_validation_too():
    with pytest.raises(ValueError, match="class indices from 0 to 2"):
        training.fit(network(), X, Y, validation_data=(X, Y + 1), verbose=0)


MISTAKES = {
    "same number of examples": {"y": Y[:-1]},
    "at least 1": {"x": X[:0], "y": Y[:0]},
    "batch_size must be": {"batch_size": 0},
    "epochs must be": {"epochs": -1},
    "shuffle must be": {"shuffle": "always"},
    "on both sides": {"validation_split": 0.999},
    "got both": {"class_weight": {0: 2.0}, "sample_weight": np.ones(40)},
}


@pytest.mark.parametrize("message", MISTAKES)
def test_bad_arguments_are_refused(message):
    with pytest.raises(ValueError, match=message):
        training.fit(network(), **{"x": X, "y": Y, "verbose": 0, **MISTAKES[message]})


def test_an_uncompiled_model_is_refused():
    with pytest.raises(ValueError, match="expected a compiled model"):
        training.fit(keras.Sequential([layers.Dense(3)]), X, Y)


def test_nobody_watching_means_no_output(capfd):
    training.fit(network(), X, Y, epochs=2)
    assert capfd.readouterr() == ("", "")


def test_keras_own_display_can_be_had(capsys):
    training.fit(network(metrics=["accuracy"]), X, Y, epochs=2, verbose=2)
    out = capsys.readouterr().out
    assert "Epoch 2/2" in out
    assert "accuracy" in out


def test_without_a_private_part_of_keras_model_fit_trains_and_a_warning_says_so_once(monkeypatch):
    monkeypatch.setattr(internals, "_OF_MODELS", ("_gone_in_this_test",))
    with pytest.warns(UserWarning, match="has no _gone_in_this_test any more"):
        history = training.fit(network(), X, Y, verbose=0)
    assert history.engine.startswith("Model.fit, because Keras")
    training.fit(network(), X, Y, verbose=0)  # a second warning would be an error here


def test_private_parts_of_keras_are_read_in_one_module():
    package = Path(training.__file__).parents[1]
    names = [*internals._OF_MODELS, "_learning_rate", "_compiled_trainable_state"]
    private = re.compile(rf"\.({'|'.join(names)})\b|from keras\.src|import keras\.src")
    found = {path.name for path in package.rglob("*.py") if private.search(path.read_text("utf-8"))}
    assert found == {"internals.py"}
