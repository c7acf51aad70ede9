"""`training.fit` against ``Model.fit``: same seed, same data, same numbers."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, losses, optimizers, regularizers
from thorough import rows

from labkit import training

ROWS, FEATURES, CLASSES, BATCH = 48, 6, 3, 16
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, FEATURES)).astype("float32")
Y = RANDOM.integers(0, CLASSES, ROWS).astype("int32")
Y[:CLASSES] = range(CLASSES)
ONE_HOT = np.eye(CLASSES, dtype="float32")[Y]
WEIGHTS = RANDOM.uniform(0.5, 2, ROWS).astype("float32")
IMAGES = RANDOM.integers(0, 256, (ROWS, 8, 8, 1)).astype("uint8")
SPARSE = losses.SparseCategoricalCrossentropy(from_logits=True)


def stack(*inner, shape=(FEATURES,), units=CLASSES, activation=None):
    return lambda: keras.Sequential(
        [keras.Input(shape), *(make() for make in inner), layers.Dense(units, activation)]
    )


def hidden(**options):
    return lambda: layers.Dense(8, activation="relu", **options)


PLAIN = stack(hidden())


def two_outputs():
    inputs = keras.Input((FEATURES,), name="features")
    middle = layers.Dense(8, activation="tanh")(inputs)
    kind = layers.Dense(CLASSES, name="kind")(middle)
    size = layers.Dense(1, name="size")(middle)
    return keras.Model(inputs, {"kind": kind, "size": size})


def two_inputs():
    left, right = keras.Input((FEATURES,), name="left"), keras.Input((2,), name="right")
    middle = layers.Concatenate()([left, right])
    return keras.Model([left, right], layers.Dense(CLASSES)(middle))


def train(fit, build, compile_options, fit_options, *, calls=1):
    """Return the weights, the history and the optimizer's state after training from seed 1."""
    keras.utils.set_random_seed(1)
    model = build()
    options = {"loss": SPARSE, "metrics": ["accuracy"], "optimizer": "sgd", **compile_options}
    for part in ("optimizer", "metrics"):
        if callable(options[part]):
            options[part] = options[part]()
    model.compile(**options)
    options = {"x": X, "y": Y, "batch_size": BATCH, "epochs": 3, "verbose": 0, **fit_options}
    if "callbacks" in options:
        options["callbacks"] = [make() for make in options["callbacks"]]
    for _ in range(calls):
        history = fit(model, **options)
    model.run_of_fit = history
    state = [np.asarray(variable) for variable in model.optimizer.variables]
    return model.get_weights() + state, history


@pytest.fixture(autouse=True)
def runs_too_short_for_xla_use_it_all_the_same(monkeypatch):
    monkeypatch.setattr("labkit.training.loop.WORTH_COMPILING", 0)
    monkeypatch.setattr("labkit.training.loop.MOST_COMPILED", 10**6)


def check(
    build=PLAIN, compile_options=None, fit_options=None, *, tolerance=2e-5, engines=1, **more
):
    """Compare `training.fit` (2 engines: and without XLA) with ``Model.fit``."""
    compile_options, fit_options = compile_options or {}, fit_options or {}
    wanted, expected = train(keras.Model.fit, build, compile_options, fit_options, **more)
    choices = [{}, {"jit_compile": False}][:engines]
    for choice in choices:
        got, history = train(
            training.fit, build, compile_options, {**fit_options, **choice}, **more
        )
        assert not history.engine.startswith("Model.fit"), history.engine
        assert history.epoch == expected.epoch
        assert list(history.history) == list(expected.history)
        for name, values in expected.history.items():
            np.testing.assert_allclose(
                history.history[name], values, rtol=tolerance, atol=tolerance, err_msg=name
            )
        for ours, theirs in zip(got, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=10 * tolerance, atol=tolerance)
    return history


OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "Nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "clipped": lambda: optimizers.SGD(0.1, clipnorm=0.1),
    "globally clipped": lambda: optimizers.SGD(0.1, global_clipnorm=0.1),
    "weight decay": lambda: optimizers.SGD(0.1, weight_decay=0.01),
    "exponential decay": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
    "cosine decay": lambda: optimizers.Adam(optimizers.schedules.CosineDecay(0.01, 8)),
    "RMSprop": lambda: optimizers.RMSprop(0.01, centered=True),
    "Adagrad": lambda: optimizers.Adagrad(0.1),
    "Adadelta": lambda: optimizers.Adadelta(1.0),
    "Adam": lambda: optimizers.Adam(0.01),
    "AMSGrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "AdamW": lambda: optimizers.AdamW(0.01, weight_decay=0.05),
    "Adamax": lambda: optimizers.Adamax(0.01),
    "Nadam": lambda: optimizers.Nadam(0.01),
    "Ftrl": lambda: optimizers.Ftrl(0.1),
    "Lion": lambda: optimizers.Lion(0.001),
    "moving average of weights": lambda: optimizers.Adam(0.01, use_ema=True),
    "accumulated gradients": lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("name", rows(OPTIMIZERS, ()))
def test_every_optimizer_takes_the_same_steps(name):
    check(compile_options={"optimizer": OPTIMIZERS[name]})


SOFTMAX = stack(hidden(), activation="softmax")
LOSSES = {
    "sparse, from logits": (PLAIN, SPARSE, Y),
    "sparse, from probabilities": (SOFTMAX, "sparse_categorical_crossentropy", Y),
    "one-hot, from logits": (PLAIN, losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
    "one-hot, from probabilities": (SOFTMAX, "categorical_crossentropy", ONE_HOT),
    "label smoothing": (PLAIN, losses.CategoricalCrossentropy(True, 0.1), ONE_HOT),
    "focal": (SOFTMAX, losses.CategoricalFocalCrossentropy(), ONE_HOT),
    "binary": (stack(units=1, activation="sigmoid"), "binary_crossentropy", (Y > 0)[:, None]),
    "squared error": (stack(units=1), "mse", WEIGHTS),
    "absolute error": (stack(units=1), "mae", WEIGHTS[:, None]),
    "Huber": (stack(units=1), losses.Huber(), WEIGHTS[:, None]),
    "divergence": (SOFTMAX, "kl_divergence", ONE_HOT * 0.8 + 0.1),
    "own function": (PLAIN, lambda y, p: keras.ops.mean((y - p) ** 2, -1), ONE_HOT),
}


@pytest.mark.parametrize("name", rows(LOSSES, ()))
def test_every_loss_has_the_same_value(name):
    build, loss, y = LOSSES[name]
    check(build, {"loss": loss, "metrics": []}, {"y": y})


METRICS = {
    "sparse": (["accuracy", "sparse_top_k_categorical_accuracy"], Y),
    "one-hot": (["accuracy", keras.metrics.F1Score(), keras.metrics.AUC(20)], ONE_HOT),
    "weighted": ([], ONE_HOT),
}


@pytest.mark.parametrize("name", rows(METRICS, ("one-hot",)))
def test_every_metric_has_the_same_value(name):
    metrics, y = METRICS[name]

    def new():  # a metric that was used keeps its state: Keras resets it from the second epoch on
        return [
            m if isinstance(m, str) else keras.metrics.deserialize(keras.metrics.serialize(m))
            for m in metrics
        ]

    loss = SPARSE if y is Y else "categorical_crossentropy"
    options = {"loss": loss, "metrics": new}
    if name == "weighted":
        options["weighted_metrics"] = ["accuracy"]
    build = PLAIN if y is Y else SOFTMAX
    check(build, options, {"y": y, "sample_weight": WEIGHTS, "validation_split": 0.3})


MODELS = {
    "L1": stack(hidden(kernel_regularizer=regularizers.L1(0.01))),
    "L2": stack(hidden(kernel_regularizer=regularizers.L2(0.01), bias_regularizer="l1")),
    "activity": stack(hidden(activity_regularizer=regularizers.L2(0.01))),
    "max-norm": stack(hidden(kernel_constraint=keras.constraints.MaxNorm(0.5))),
    "batch norm": stack(hidden(), layers.BatchNormalization),
    "layer norm": stack(hidden(), layers.LayerNormalization),
    "dropout": stack(hidden(), lambda: layers.Dropout(0.4)),
    "noise": stack(lambda: layers.GaussianNoise(0.5), hidden()),
    "frozen layer": stack(hidden(trainable=False)),
    "nested model": stack(PLAIN),
    "no hidden layer": stack(),
}


@pytest.mark.parametrize("name", rows(MODELS, ()))
def test_every_kind_of_layer_trains_the_same(name):
    check(MODELS[name], {"optimizer": lambda: optimizers.SGD(0.1)}, {"batch_size": 20}, engines=2)


def test_a_convolutional_network_on_bytes_trains_the_same():
    inner = (
        lambda: layers.Rescaling(1 / 255),
        lambda: layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D,
        layers.Flatten,
    )
    options = {"x": IMAGES, "validation_data": (IMAGES, Y)}
    history = check(stack(*inner, shape=(8, 8, 1)), None, options)
    assert history.engine == "graph loop"


@pytest.mark.slow
def test_several_outputs_train_the_same():
    options = {
        "loss": {"kind": SPARSE, "size": "mse"},
        "loss_weights": {"kind": 1.0, "size": 0.5},
        "metrics": {"kind": ["accuracy"], "size": ["mae"]},
    }
    y = {"kind": Y, "size": WEIGHTS[:, None]}
    data = {"y": y, "sample_weight": WEIGHTS, "validation_data": (X, y), "batch_size": 20}
    check(two_outputs, options, data, engines=2)


def test_several_inputs_train_the_same():
    check(two_inputs, None, {"x": [X, X[:, :2]], "validation_split": 0.25})


DATA = {
    "held rows": {"validation_data": (X[:20], Y[:20])},
    "held rows with weights": {"validation_data": (X[:20], Y[:20], WEIGHTS[:20])},
    "last rows held": {"validation_split": 0.25, "sample_weight": WEIGHTS},
    "other batch for validation": {"validation_split": 0.5, "validation_batch_size": 7},
    "validation every second epoch": {"validation_split": 0.5, "validation_freq": 2},
    "validation after named epochs": {"validation_split": 0.5, "validation_freq": [1, 3]},
    "class weights": {"class_weight": {0: 3.0, 2: 0.5}},
    "a short last batch": {"batch_size": 20},
    "short batches in validation": {"validation_data": (X[:21], Y[:21]), "batch_size": 10},
    "one row a step": {"batch_size": 1},
    "whole batches": {"batch_size": 11},
    "one batch": {"batch_size": 100},
    "default batch": {"batch_size": None},
    "order of the data": {"shuffle": False},
    "later epochs": {"initial_epoch": 1},
    "float64 and a column of labels": {"x": X.astype("float64"), "y": Y[:, None].astype("int64")},
    "pandas": {"x": pd.DataFrame(X), "y": pd.Series(Y)},
    "tensors": {"x": keras.ops.convert_to_tensor(X), "y": keras.ops.convert_to_tensor(Y)},
}


@pytest.mark.parametrize("name", rows(DATA, ()))
def test_data_and_weights_are_used_in_the_same_way(name):
    check(fit_options=DATA[name])


def test_class_weights_work_with_one_hot_labels():
    loss = losses.CategoricalCrossentropy(from_logits=True)
    check(PLAIN, {"loss": loss}, {"y": ONE_HOT, "class_weight": {1: 4.0}})


def test_a_second_call_continues_the_first():
    check(compile_options={"optimizer": lambda: optimizers.Adam(0.01)}, calls=2)


class Own(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["own"] = 2.0 * logs["val_loss"]
        self.model.optimizer.learning_rate.assign(0.1 / (epoch + 1))


CALLBACKS = {
    "early stopping": lambda: keras.callbacks.EarlyStopping(
        patience=1, min_delta=0.5, restore_best_weights=True
    ),
    "plateau": lambda: keras.callbacks.ReduceLROnPlateau(patience=0, min_delta=1, factor=0.3),
    "schedule": lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.5**epoch),
    "own": Own,
    "function": lambda: keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
}


@pytest.mark.parametrize("name", rows(CALLBACKS, ("early stopping",)))
def test_callbacks_that_act_once_an_epoch_act_the_same(name):
    options = {"callbacks": [CALLBACKS[name]], "validation_split": 0.3, "epochs": 5}
    check(fit_options=options)


# a row each of the tables above, so that many are seen in few trainings
MIXTURES = [
    ("L2", "SGD", "held rows with weights", "plateau"),
    ("max-norm", "momentum", "last rows held", "own"),
    ("batch norm", "clipped", "validation after named epochs", "schedule"),
    ("dropout", "cosine decay", "class weights", "function"),
    ("nested model", "Adam", "a short last batch", None),
    ("one-hot, from probabilities", "AdamW", "one row a step", None),
    ("squared error", "accumulated gradients", "order of the data", None),
    ("own function", "Adam", "later epochs", "function"),
]


@pytest.mark.parametrize("parts", MIXTURES, ids=lambda parts: ", ".join(filter(None, parts)))
def test_a_mixture_trains_the_same(parts):
    network, optimizer, data, callback = parts
    build, loss, y = LOSSES.get(network) or (MODELS[network], SPARSE, Y)
    compile_options = {"optimizer": OPTIMIZERS[optimizer], "loss": loss}
    if y is not Y:
        compile_options["metrics"] = []
    fit_options = {"y": y, "epochs": 4, **DATA[data]}
    if callback:
        fit_options["callbacks"] = [CALLBACKS[callback]]
    check(build, compile_options, fit_options, engines=1 + (network in ("batch norm", "dropout")))


def test_not_a_number_stops_the_training_in_the_same_epoch():
    options = {"callbacks": [keras.callbacks.TerminateOnNaN], "epochs": 5, "x": X * 1e20}
    got = train(training.fit, stack(units=1), {"loss": "mse", "metrics": []}, options)[1]
    expected = train(keras.Model.fit, stack(units=1), {"loss": "mse", "metrics": []}, options)[1]
    assert got.epoch == expected.epoch
    assert len(got.epoch) < 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # CSVLogger's file
def test_checkpoint_and_log_files_hold_the_same(tmp_path):
    kept = {}
    for name, fit in (("keras", keras.Model.fit), ("labkit", training.fit)):
        weights, log = tmp_path / f"{name}.weights.h5", tmp_path / f"{name}.csv"
        options = {
            "validation_split": 0.3,
            "callbacks": [
                lambda path=weights: keras.callbacks.ModelCheckpoint(
                    path, save_best_only=True, save_weights_only=True
                ),
                lambda path=log: keras.callbacks.CSVLogger(path),
            ],
        }
        train(fit, PLAIN, {}, options)
        model = PLAIN()
        model.load_weights(weights)
        kept[name] = (model.get_weights(), pd.read_csv(log))
    for ours, theirs in zip(kept["labkit"][0], kept["keras"][0], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    pd.testing.assert_frame_equal(kept["labkit"][1], kept["keras"][1], rtol=1e-5)


def test_float64_agrees_to_many_digits():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        history = check(compile_options={"loss": loss}, tolerance=1e-12, engines=2)
        assert history.model.layers[0].kernel.dtype == "float64"
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_agrees(policy):
    keras.config.set_dtype_policy(policy)
    try:
        check(compile_options={"optimizer": "adam"}, tolerance=2e-2)
    finally:
        keras.config.set_dtype_policy("float32")
