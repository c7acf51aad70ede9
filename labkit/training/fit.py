"""Train like ``Model.fit``, epoch by epoch, on compiled loops."""

import time

import keras

from labkit import progress
from labkit.training.handover import reason_for_model_fit


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
    jit_compile : bool or "auto"
        Whether XLA compiles the loop. ``"auto"`` picks the faster way for the model's layers and
        the number of steps: compiling takes a second or more, which a short run never wins back.

    Returns
    -------
    keras.callbacks.History
        With attributes more: ``seconds``, the wall time of this call; ``compile_seconds``, the
        part of it that went by until the loops were compiled (0 where ``Model.fit`` trains);
        and ``engine``: ``"XLA loop"``, ``"graph loop"`` or ``"Model.fit, because ..."``.

    Raises
    ------
    ValueError
        If the model is not compiled, numbers of rows differ, or labels do not fit the output.
    KeyboardInterrupt
        After Ctrl-C. The callbacks were told that training has ended, the model keeps what it has
        learned, and ``model.history`` the epochs that were finished.

    Notes
    -----
    Work that needs Python after every batch is handed to ``model.fit``, with a line that says so
    unless `verbose` is 0: generators and ``tf.data`` sets, an own ``train_step``, per-batch
    callbacks, another backend than TensorFlow, ``run_eagerly``.
    ``TerminateOnNaN`` stops at the end of the running part of an epoch (about a second).
    """
    start = time.perf_counter()
    callbacks = _as_list(callbacks)
    _check(model, epochs, batch_size, shuffle)
    arrays = (x, y, sample_weight)
    reason = reason_for_model_fit(
        model,
        arrays,
        validation_data,
        callbacks,
        steps=(steps_per_epoch, validation_steps),
        shuffle=shuffle,
    )
    if reason:
        if verbose != 0:
            print(f"Keras' Model.fit trains this model, because {reason}.")
        history = model.fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=(1 if progress.watched() else 0) if verbose == "auto" else verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=bool(shuffle) if shuffle != "batch" else shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
        )
        history.engine = f"Model.fit, because {reason}"
        history.compile_seconds = 0.0
    else:
        from labkit.training.epochs import Training

        training = Training(
            model,
            arrays,
            batch_size=batch_size or 32,
            validation_split=validation_split,
            validation_data=validation_data,
            validation_batch_size=validation_batch_size or batch_size or 32,
            validation_freq=validation_freq,
            class_weight=class_weight,
            jit_compile=jit_compile,
            epochs=epochs - initial_epoch,
        )
        history = training.run(callbacks, initial_epoch, epochs, verbose, shuffle)
        history.engine = training.engine
        history.compile_seconds = training.loops.compile_seconds
    history.seconds = time.perf_counter() - start
    return history


def _as_list(callbacks):
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    return list(keras.tree.flatten(callbacks))


def _check(model, epochs, batch_size, shuffle):
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"expected a compiled model, got {getattr(model, 'name', model)!r}; "
            "call model.compile(optimizer, loss) first"
        )
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value is not None and (value != int(value) or value < (1 if name != "epochs" else 0)):
            raise ValueError(f"{name} must be a whole number above 0, got {value!r}")
    if shuffle not in (True, False, "batch", "each_epoch"):
        raise ValueError(f'shuffle must be True, False or "each_epoch", got {shuffle!r}')
