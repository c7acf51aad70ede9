"""Run epochs of compiled steps, and tell Keras' callbacks about them."""

import time

import keras
import tensorflow as tf

from labkit import progress
from labkit.training import arrays
from labkit.training.loop import loops_of

QUICK, SLOW = 0.25, 1.0  # seconds: parts of an epoch grow below and shrink above


class Training:
    """One call of `labkit.training.fit`: its tensors, its loops, its epochs."""

    def __init__(
        self,
        model,
        data,
        *,
        batch_size,
        validation_split,
        validation_data,
        validation_batch_size,
        validation_freq,
        class_weight,
        jit_compile,
        epochs,
    ):
        if validation_split and validation_data is None:
            data, validation_data = arrays.split_validation(data, validation_split)
        self.model, self.batch_size = model, batch_size
        self.data = arrays.to_tensors(*data, class_weight)
        self.held = None if validation_data is None else arrays.to_tensors(*validation_data)
        self.held_batch_size, self.held_freq = validation_batch_size, validation_freq
        _build(model, self.data, batch_size)
        for part in (self.data, self.held):
            _check_labels(model, part)
        steps = epochs * -(-arrays.count_rows(self.data) // batch_size)
        self.loops = loops_of(model, jit_compile, steps)
        self.part_size = 32

    @property
    def engine(self):
        """Name of the loop that ran."""
        return "XLA loop" if self.loops.jit else "graph loop"

    def run(self, callbacks, initial_epoch, epochs, verbose, shuffle):
        """Train; return the History. After Ctrl-C, end in good order and raise again."""
        model, rows = self.model, arrays.count_rows(self.data)
        told = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose not in (0, "auto"),
            verbose=0 if verbose == "auto" else verbose,
            epochs=epochs,
            steps=-(-rows // self.batch_size),
            model=model,
        )
        model.stop_training = False
        told.on_train_begin()
        logs, order = None, arrays.orders(rows, shuffle)
        # BackupAndRestore sets the epoch to go on with when it hears that training begins
        first = getattr(model, "_initial_epoch", None) or initial_epoch
        bar = progress.bar(
            epochs - first, description=model.name, unit="epoch", shown=verbose == "auto"
        )
        try:
            with bar:
                for epoch in range(first, epochs):
                    logs = self._epoch(epoch, next(order), told)
                    bar.set_postfix(_shortened(logs), refresh=False)
                    bar.update()
                    if model.stop_training:
                        break
        finally:
            if model.optimizer is not None and epochs > 0:
                model.optimizer.finalize_variable_values(model.trainable_weights)
            told.on_train_end(logs)
        return model.history

    def _epoch(self, epoch, order, told):
        self.model.reset_metrics()
        told.on_epoch_begin(epoch)
        steps = -(-arrays.count_rows(self.data) // self.batch_size)
        for start, stop in self._parts(steps):
            told.on_train_batch_begin(start)
            self.loops.train(self.data, order, start, stop, self.batch_size)
            told.on_train_batch_end(stop - 1, self._results())
            if self.model.stop_training:
                break
        logs = self._results()
        if self.held is not None and self._is_time_to_validate(epoch):
            logs.update({f"val_{name}": value for name, value in self._validate(told).items()})
        told.on_epoch_end(epoch, logs)
        return logs

    def _validate(self, told):
        told.on_test_begin()
        self.model.reset_metrics()
        steps = -(-arrays.count_rows(self.held) // self.held_batch_size)
        self.loops.test(self.held, 0, steps, self.held_batch_size)
        logs = self._results()
        told.on_test_end(logs)
        return logs

    def _parts(self, steps):
        """Cut an epoch into parts of under a second; Ctrl-C and callbacks act between them."""
        start = 0
        while start < steps:
            stop, before = min(start + self.part_size, steps), time.perf_counter()
            yield start, stop
            seconds = time.perf_counter() - before
            if seconds < QUICK and stop - start == self.part_size:
                self.part_size *= 4
            elif seconds > SLOW and start > 0:  # the first part may have waited for the compiler
                self.part_size = max(1, self.part_size // 2)
            start = stop

    def _results(self):
        return {
            name: float(value) if getattr(value, "shape", None) == () else value
            for name, value in self.model.get_metrics_result().items()
        }

    def _is_time_to_validate(self, epoch):
        if isinstance(self.held_freq, int):
            return (epoch + 1) % self.held_freq == 0
        return epoch + 1 in self.held_freq


def _build(model, data, batch_size):
    """Create the variables of layers, loss, metrics and optimizer, as Keras does."""
    batch = keras.tree.map_structure(lambda t: t[:batch_size], data)
    if hasattr(model, "_symbolic_build"):
        model._symbolic_build(data_batch=batch)
    else:
        model.test_on_batch(*batch)
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _check_labels(model, data):
    """Refuse class indices outside the output; inside XLA they would turn into NaN silently."""
    if data is None or len(data) < 2 or not tf.is_tensor(data[1]) or not data[1].dtype.is_integer:
        return
    name = getattr(model.loss, "name", model.loss)
    if name != "sparse_categorical_crossentropy" or keras.tree.is_nested(model.output_shape[-1]):
        return
    classes = model.output_shape[-1]
    low, high = int(tf.reduce_min(data[1])), int(tf.reduce_max(data[1]))
    if classes and (low < 0 or high >= classes):
        raise ValueError(
            f"expected class indices from 0 to {classes - 1}, as the model has {classes} outputs, "
            f"got labels from {low} to {high}"
        )


def _shortened(logs):
    return {name: f"{value:.4g}" for name, value in logs.items() if isinstance(value, float)}
