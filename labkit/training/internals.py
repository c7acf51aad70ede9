"""What labkit reads of Keras that Keras keeps to itself, in one place.

Each function names the public way that is missing, and what happens when the attribute is gone.
"""

import keras


class Gone(AttributeError):
    """A private attribute of Keras that this version has not got."""


def layers_of(model):
    """Return a model's layers at every depth, the model and those inside layers among them.

    ``Model.layers`` lists the outermost alone. Reads ``_flatten_layers``.
    """
    return list(_read(model, "_flatten_layers")())


def compile_marker(model):
    """Return an object that is another after each ``model.compile``.

    Keras has no counter of compilations. Reads ``_loss_tracker``, which each makes anew.
    """
    return _read(model, "_loss_tracker")


def compile_arguments(model):
    """Return the arguments of ``model.compile`` as they were given, as a dict.

    ``get_compile_config`` gives them serialized, and fails where one cannot be. Reads
    ``_compile_config``.
    """
    return dict(_read(model, "_compile_config").config)


def build(model, batch):
    """Create the variables of layers, loss, metrics and optimizer without a step on data.

    ``Model.build`` leaves out loss and metrics. Reads ``_symbolic_build``, as ``Model.fit`` does.
    """
    _read(model, "_symbolic_build")(data_batch=batch)


def learning_rate(optimizer):
    """Return the variable or the schedule that an optimizer's learning rate comes from.

    ``optimizer.learning_rate`` gives a schedule's value alone. Reads ``_learning_rate``.
    """
    return _read(optimizer, "_learning_rate")


def first_epoch(model):
    """Return the epoch that ``BackupAndRestore`` found to go on with; 0 if there is none.

    Nothing public tells it. Reads ``_initial_epoch``.
    """
    return _read(model, "_initial_epoch") or 0


def missing():
    """Return the private attributes that this version of Keras lacks, as a tuple of names.

    `labkit.training.fit` hands over to ``Model.fit`` if there are any, and says so once.
    """
    probe = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    probe.compile("sgd", "mse")
    wanted = [(probe, name) for name in _OF_MODELS] + [(probe.optimizer, "_learning_rate")]
    return tuple(name for thing, name in wanted if not hasattr(thing, name))


_OF_MODELS = (
    "_flatten_layers",
    "_loss_tracker",
    "_compile_config",
    "_symbolic_build",
    "_initial_epoch",
)


def _read(thing, name):
    try:
        return getattr(thing, name)
    except AttributeError:
        raise Gone(
            f"Keras {keras.__version__} has no {type(thing).__name__}.{name}, which labkit reads"
        ) from None
