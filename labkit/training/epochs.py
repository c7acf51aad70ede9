"""Run epochs of compiled steps, and tell Keras' callbacks about them."""

import time

import keras

from labkit import progress
from labkit.training import arrays, internals
from labkit.training.handover import has_code_of_others
from labkit.training.loop import EAGER, kinds_in_loss, loops_of, refuse_numbers_by_place

QUICK, SLOW = 0.25, 1.0  # seconds: parts of an epoch grow below and shrink above
MOST_AT_ONCE = 512  # rows of an untraced validation step


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
        steps = epochs * -(-arrays.count_rows(self.data) // batch_size)
        self.loops = loops_of(model, jit_compile, steps)
        if self.loops.wanted == EAGER:  # an untraced step costs some 10 ms, however few its rows
            self.held_batch_size = max(validation_batch_size, MOST_AT_ONCE)
        self.part_size = 32
        if not self.loops.programs and has_code_of_others(model):
            refuse_numbers_by_place(kinds_in_loss(model, self.data, batch_size))

    @property
    def engine(self):
        """Name of the loop that ran."""
        if self.loops.wanted == EAGER:
            return "eager loop"
        return "XLA loop" if self.loops.xla else "graph loop"

    def run(self, callbacks, initial_epoch, epochs, verbose, shuffle):
        """Train; return the History.

        After an exception or Ctrl-C the callbacks hear nothing more, as in ``Model.fit``: only
        what ended well has ended, and ``BackupAndRestore`` keeps its file.
        """
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
        first = internals.first_epoch(model) or initial_epoch
        bar = progress.bar(
            epochs - first, description=model.name, unit="epoch", shown=verbose == "auto"
        )
        with bar:
            for epoch in range(first, epochs):
                logs = self._epoch(epoch, next(order), told)
                bar.set_postfix(_shortened(_flat(logs)), refresh=False)
                bar.update()
                if model.stop_training:
                    break
        if model.optimizer is not None and epochs > 0:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        told.on_train_end(logs)
        return model.history

    def _epoch(self, epoch, order, told):
        self.model.reset_metrics()
        told.on_epoch_begin(epoch)
        steps = -(-arrays.count_rows(self.data) // self.batch_size)
        if self.model.stop_training:
            steps = 1  # Keras looks at it after the first batch
        for start, stop in self._parts(steps):
            told.on_train_batch_begin(start)
            self.loops.train(self.data, order, start, stop, self.batch_size)
            told.on_train_batch_end(stop - 1, self._results())
            if self.model.stop_training:
                break
        logs = dict(self._results())
        if self.held is not None and self._is_time_to_validate(epoch):
            logs.update({f"val_{name}": value for name, value in self._validate(told).items()})
        told.on_epoch_end(epoch, logs)
        return logs

    def _validate(self, told):
        self.model.stop_evaluating = False
        told.on_test_begin()
        self.model.reset_metrics()
        steps = -(-arrays.count_rows(self.held) // self.held_batch_size)
        if self.model.stop_evaluating:
            steps = 1
        self.loops.test(self.held, 0, steps, self.held_batch_size)
        logs = _flat(self._results())
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
        return self.model.get_metrics_result()

    def _is_time_to_validate(self, epoch):
        if isinstance(self.held_freq, int):
            return (epoch + 1) % self.held_freq == 0
        return epoch + 1 in self.held_freq


def _flat(results):
    """Flatten results as Keras does for callbacks: sorted, without the names of dicts."""
    flat = {}
    for name, value in sorted(results.items()):
        if isinstance(value, dict):
            flat.update(_flat(value))
        else:
            flat[name] = float(value) if getattr(value, "shape", None) == () else value
    return flat


def _shortened(logs):
    return {name: f"{value:.4g}" for name, value in logs.items() if isinstance(value, float)}
