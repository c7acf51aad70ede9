"""Train like ``Model.fit``, epoch by epoch, on compiled loops."""

import time

import keras

from labkit import numbers, progress
from labkit.training.handover import HandOver, reason_for_model_fit


def fit(
    model,
    x=None,
    y=None,
    *,
    batch_size=None,
    epochs=1,
    verbose="auto",
    callbacks=None,
    validation_split=0.0,
    validation_data=None,
    shuffle=True,
    class_weight=None,
    sample_weight=None,
    initial_epoch=0,
    steps_per_epoch=None,
    validation_steps=None,
    validation_batch_size=None,
    validation_freq=1,
    jit_compile="auto",
):
    """Train a compiled Keras model on arrays: what ``model.fit`` does, in less time.

    Many steps run in one compiled program, which takes each batch from arrays in memory. The
    steps are the model's own ``train_step``, so losses, metrics, optimizers and regularizers are
    Keras'. After the same ``keras.utils.set_random_seed``, the rows come in the same order as in
    ``model.fit`` and the numbers agree with it within rounding.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x, y : array, or tuple, list or dict of arrays, shape (n_examples, ...)
        Inputs and targets. Floats are cast to ``keras.config.floatx()``; integers stay.
    batch_size : int, optional
        Rows of a step. As in Keras, leaving it out means 32.
    epochs : int
        Number of the last epoch.
    verbose : {"auto", 0, 1, 2}
        ``"auto"`` shows one bar over the epochs in a terminal or an open notebook, and nothing in
        a built page. 1 and 2 are Keras' own displays.
    callbacks : list of keras.callbacks.Callback, optional
        Those that act once an epoch keep the loop compiled.
    validation_split, validation_data, class_weight, sample_weight, initial_epoch, \
validation_batch_size, validation_freq
        As for ``model.fit``.
    shuffle : bool or "each_epoch"
        True visits the rows in the order that ``model.fit`` would. Keras' order, after
        ``set_random_seed``, is shuffled but *the same in every epoch* of a call;
        ``"each_epoch"`` draws a new one for each.
    steps_per_epoch, validation_steps : int, optional
        Hand the work to ``model.fit``.
    jit_compile : bool, "auto" or "repeated"
        Whether XLA compiles the loop. ``"auto"`` lets it where that changes no number and pays:
        where every operation of the step is known to give the same in XLA, the run is long (5,000
        steps: compiling takes a second or more), and the models that this process has compiled
        hold fewer than 300 trained variables (what XLA compiles stays in memory, some 2 MB a
        variable, until the process ends).
        ``"repeated"`` is ``"auto"`` for a run of any length whose compiled loop others will use.
        True compiles in any case; random numbers of dropout are then others. In smoke mode a run of
        fewer than 40 steps is not compiled, whatever is asked for, and validates up to 512 rows a
        step.

    Returns
    -------
    keras.callbacks.History
        With attributes more: ``seconds``, the wall time of this call; ``compile_seconds``, the
        part of it that went by until the loops were compiled (0 where ``Model.fit`` trains);
        and ``engine``: ``"XLA loop"``, ``"graph loop"``, ``"eager loop"`` (in smoke mode) or
        ``"Model.fit, because ..."``.

    Raises
    ------
    ValueError
        If the model is not compiled, numbers of rows differ, or labels do not fit the output.
    KeyboardInterrupt
        After Ctrl-C. As in ``model.fit``, callbacks are not told that training has ended; the
        model keeps what it has learned, and ``model.history`` the epochs that were finished.

    Notes
    -----
    What needs Keras' own steps is handed to ``model.fit``, with a line that says so unless
    `verbose` is 0: generators and ``tf.data`` sets, an own ``train_step``, callbacks after every
    batch, another backend than TensorFlow, ``run_eagerly``, limits of Keras, random numbers of
    ``tf.random``. The page of labkit.training lists all that can change numbers, and who serves it.
    """
    start = time.perf_counter()
    _check(model, shuffle, jit_compile)
    callbacks = _as_list(callbacks)
    given = {
        "batch_size": _whole_or_none("batch_size", batch_size, 1),
        "epochs": numbers.whole("epochs", epochs, 0),
        "verbose": verbose if isinstance(verbose, str) else int(verbose),
        "callbacks": callbacks,
        "validation_split": validation_split,
        "validation_data": validation_data,
        "class_weight": class_weight,
        "initial_epoch": numbers.whole("initial_epoch", initial_epoch, 0),
        "validation_batch_size": _whole_or_none("validation_batch_size", validation_batch_size, 1),
        "validation_freq": _frequency(validation_freq),
    }
    steps = {
        "steps_per_epoch": _whole_or_none("steps_per_epoch", steps_per_epoch, 1),
        "validation_steps": _whole_or_none("validation_steps", validation_steps, 1),
    }
    data = (x, y, sample_weight)
    reason = reason_for_model_fit(
        model, data, class_weight, validation_data, callbacks, steps=steps.values(), shuffle=shuffle
    )
    if reason is None and model.jit_compile and jit_compile == "auto" and _on_cpu():
        reason = "the model is compiled with jit_compile=True"
    if reason is None:
        try:
            history = _fit_in_loops(model, data, given, shuffle, jit_compile)
        except HandOver as found:
            reason = str(found)
    if reason is not None:
        history = _fit_by_keras(model, data, {**given, **steps}, shuffle, reason)
    history.seconds = time.perf_counter() - start
    return history


def _fit_in_loops(model, data, given, shuffle, jit_compile):
    from labkit.training.epochs import Training

    given = dict(given)
    epochs, initial_epoch = given.pop("epochs"), given.pop("initial_epoch")
    callbacks, verbose = given.pop("callbacks"), given.pop("verbose")
    batch_size = given.pop("batch_size") or 32
    given["validation_batch_size"] = given["validation_batch_size"] or batch_size
    training = Training(
        model,
        data,
        batch_size=batch_size,
        jit_compile=jit_compile,
        epochs=epochs - initial_epoch,
        **given,
    )
    history = training.run(callbacks, initial_epoch, epochs, verbose, shuffle)
    history.engine = training.engine
    history.compile_seconds = training.loops.compile_seconds
    return history


def _fit_by_keras(model, data, given, shuffle, reason):
    x, y, sample_weight = data
    if given["verbose"] != 0:
        print(f"Keras' Model.fit trains this model, because {reason}.")
    if given["verbose"] == "auto":
        given["verbose"] = 1 if progress.watched() else 0
    shuffle = shuffle if shuffle == "batch" else bool(shuffle)
    history = model.fit(x, y, sample_weight=sample_weight, shuffle=shuffle, **given)
    history.engine = f"Model.fit, because {reason}"
    history.compile_seconds = 0.0
    return history


def _as_list(callbacks):
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    return list(keras.tree.flatten(callbacks))


def _check(model, shuffle, jit_compile):
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"expected a compiled model, got {getattr(model, 'name', model)!r}; "
            "call model.compile(optimizer, loss) first"
        )
    if shuffle not in (True, False, "batch", "each_epoch"):
        raise ValueError(f'shuffle must be True, False or "each_epoch", got {shuffle!r}')
    if jit_compile not in (True, False, "auto", "repeated"):
        raise ValueError(
            f'jit_compile must be True, False, "auto" or "repeated", got {jit_compile!r}'
        )


def _whole_or_none(name, value, least):
    return None if value is None else numbers.whole(name, value, least)


def _frequency(validation_freq):
    """Return how often, or after which epochs, as Python's own numbers."""
    name = "validation_freq"
    if hasattr(validation_freq, "__iter__") and getattr(validation_freq, "ndim", 1):
        return [numbers.whole(f"{name}: an epoch", epoch, 1) for epoch in validation_freq]
    return numbers.whole(name, validation_freq, 1)


def _on_cpu():
    import tensorflow as tf

    return not tf.config.list_logical_devices("GPU")
