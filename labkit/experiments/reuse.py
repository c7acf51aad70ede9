"""Let a run take over the compiled loops of an earlier run of the same architecture."""

import collections
import contextlib
import functools
import re
import types
import warnings

from labkit.experiments.fingerprint import fingerprint

PLAIN = (bool, int, float, str, set, re.Pattern)
FIXED = ("keras.", "labkit.")  # code that stays as it is while a process runs
PASSED_OVER = ("build", "built", "_called")  # the class, or whether it was used, decides them
MOST = 8  # models that one process keeps
_KEPT = collections.OrderedDict()


@contextlib.contextmanager
def compiled_once(fresh):
    """Give a model that trains as `fresh` would, and whose loops may be compiled already.

    Compiling the loops takes seconds, often longer than the training. A model that differs from
    an earlier one of this process by its weights and its learning rate alone does not need new
    loops: the earlier model gets the state of the new one, and is given in its place.

    Parameters
    ----------
    fresh : keras.Model
        Compiled, not trained. Unless it is built, and made of layers of Keras or labkit, it is
        given back.

    Yields
    ------
    keras.Model
    """
    key = _architecture(fresh)
    kept = _KEPT.pop(key, None)  # out of reach while it trains
    if kept is not None and _architecture(kept) == key:
        _take_state(kept, fresh)
        model = kept
    else:
        model = fresh
    yield model
    if key is not None:  # after a failure it is forgotten
        _KEPT[key] = model
    while len(_KEPT) > MOST:
        _KEPT.popitem(last=False)


def shareable(model):
    """Tell whether a later model may take over what is compiled for this one."""
    return _architecture(model) is not None


def _architecture(model):
    """Return a text shared by models for which the same program is compiled; None if unsure."""
    layers = list(model._flatten_layers())
    if not model.built or model.optimizer is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lambdas cannot be saved: nothing is saved here
            return fingerprint(_described(model, layers))
    except Exception:
        return None  # a part that has no configuration, or not one to rely on


def _described(model, layers):
    import keras

    compiled = _known({**model._compile_config.config, "optimizer": None})
    constants = [_constants(layer) for layer in layers]
    config = _without_initializers(model.get_config())
    return [keras.config.floatx(), config, _optimizer(model.optimizer), compiled, constants]


def _optimizer(optimizer):
    import keras

    rate = optimizer._learning_rate
    parts = [_constants(optimizer)]
    if isinstance(rate, keras.Variable):
        config = optimizer.get_config()
        del config["learning_rate"]
        return [*parts, config]
    kind = f"{type(rate).__module__}.{type(rate).__qualname__}"
    if not kind.startswith(FIXED):
        raise TypeError(f"{kind} may be edited and come again under the same name")
    return [*parts, kind, _known(vars(rate))]


def _known(value):
    """Return `value` if its configuration or its own value tells all; refuse it otherwise.

    What is not Keras' own may hold anything: a loss that closes over a number, a constraint
    without a configuration.
    """
    import keras

    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [_known(part) for part in value]
    if isinstance(value, dict):
        return {key: _known(part) for key, part in value.items()}
    if isinstance(value, functools.partial):
        return [_known(part) for part in (value.func, value.args, value.keywords)]
    home = value.__module__ if callable(value) and hasattr(value, "__module__") else ""
    kind = type(value).__module__
    if isinstance(value, types.FunctionType) and home.startswith("keras."):
        return f"{home}.{value.__qualname__}"
    if kind.startswith("keras.") and not isinstance(value, keras.layers.Lambda):
        return [f"{kind}.{type(value).__qualname__}", value.get_config()]
    raise TypeError(f"{value!r} is not Keras' own")


def _constants(thing):
    """Return the class and the attributes that become constants of a compiled program."""
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if not kind.startswith(FIXED) or kind.endswith(".Lambda"):
        raise TypeError(f"{kind} may be edited and come again under the same name")
    parts = (*PLAIN, types.FunctionType, functools.partial, *_rules())
    state = {key: value for key, value in vars(thing).items() if isinstance(value, parts)}
    return [kind, {key: _known(value) for key, value in state.items() if key not in PASSED_OVER}]


def _rules():
    import keras

    return keras.regularizers.Regularizer, keras.constraints.Constraint


def _without_initializers(config):
    if isinstance(config, dict):
        kept = {key: part for key, part in config.items() if not key.endswith("_initializer")}
        return {key: _without_initializers(part) for key, part in kept.items()}
    return list(map(_without_initializers, config)) if isinstance(config, list) else config


def _take_state(model, other):
    """Copy weights, random states and the optimizer's variables of `other`; forget metrics."""
    if not other.optimizer.built:
        other.optimizer.build(other.trainable_variables)
    ours = [*model.variables, *model.optimizer.variables]
    theirs = [*other.variables, *other.optimizer.variables]
    for mine, new in zip(ours, theirs, strict=True):
        mine.assign(new)
    model.reset_metrics()
    model.stop_training = False
