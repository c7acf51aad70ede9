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


def trainable_may_have_changed(model):
    """Tell whether layers may have been frozen or freed since ``model.compile``.

    ``Model.fit`` goes on with what it has compiled before. Reads ``_compiled_trainable_state``,
    which older versions of Keras have not got; then nobody knows, and the answer is True.
    """
    before = getattr(model, "_compiled_trainable_state", None)
    if before is None:
        return True
    return any(layer.trainable != before.get(layer, layer.trainable) for layer in layers_of(model))


def missing(model):
    """Return the private attributes that a compiled model has not got in this version of Keras.

    `labkit.training.fit` then hands over to ``Model.fit``, and warns once.
    """
    return [name for name in _OF_MODELS if not hasattr(model, name)]


def global_state():
    """Return the module in which Keras keeps settings for each thread, or None if it is gone.

    No public function tells a setting that was never made from its default, counts names anew, or
    tells whether random numbers were drawn. Without it `labkit.experiments` carries over what
    `keras.config` tells, and shares no compiled loops, and a check of `labkit.exercises` may use up
    random numbers of Keras.
    """
    try:
        from keras.src.backend.common import global_state as found
    except ImportError:
        return None
    return found if hasattr(found, "set_global_attribute") else None


# Methods that a model may bring of its own, without a public name
STEPS = ("_make_function", "_get_metrics_result_or_logs", "_should_eval", "_symbolic_build")
_OF_MODELS = (
    "_flatten_layers",
    "_loss_tracker",
    "_compile_config",
    "_initial_epoch",
)


def _read(thing, name):
    try:
        return getattr(thing, name)
    except AttributeError:
        raise Gone(
            f"Keras {keras.__version__} has no {type(thing).__name__}.{name}, which labkit reads"
        ) from None
