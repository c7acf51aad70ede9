"""Let a run take over the compiled loops of an earlier run of the same architecture."""

import collections
import contextlib
import hashlib
import random
import warnings

import numpy as np

from labkit.experiments import settings
from labkit.experiments.describe import Unsure
from labkit.experiments.homes import is_fixed
from labkit.experiments.keras_objects import KerasDescriber

MOST = 8  # models that one process keeps
# Variables, which are copied, and how often something was used
STATE = frozenset(("_variables", "_trainable_variables", "_non_trainable_variables", "_metrics"))
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
        Compiled, not trained. Unless it is built, made of layers of Keras or labkit, and all that
        these hold is known, it is given back.

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
    before = _randomness()
    yield model
    # After a failure it is forgotten, also if Python drew numbers that are constants by now
    if key is not None and before is not None and _randomness() == before:
        _KEPT[key] = model
    while len(_KEPT) > MOST:
        _KEPT.popitem(last=False)


def shareable(model):
    """Tell whether a later model may take over what is compiled for this one."""
    return _architecture(model) is not None


def _architecture(model):
    """Return a text shared by models for which the same program is compiled; None if unsure."""
    if not model.built or model.optimizer is None:
        return None
    describe = _ProgramDescriber()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lambdas cannot be saved: nothing is saved here
            around = settings.fingerprinted(settings.capture())
            parts = [describe(model), describe(around)]
    except Exception:
        return None  # an attribute of Keras that is gone, a part without a configuration
    return None if describe.doubts else hashlib.sha256(repr(parts).encode()).hexdigest()


def _randomness():
    """Return the states that a program does not update; None if Keras' own has come into use."""
    if settings.keras_draws():
        return None
    _, words, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), words.tobytes(), *rest


class _ProgramDescriber(KerasDescriber):
    """Describes what becomes part of a compiled program: all but the content of variables."""

    def function(self, value):
        if not is_fixed(value.__globals__.get("__name__")):
            raise Unsure(f"{value.__qualname__} may be edited and come again under its name")
        return super().function(value)

    def kind(self, value):
        if not is_fixed(value.__module__):
            raise Unsure(f"{value.__qualname__} may be edited and come again under its name")
        return super().kind(value)

    def keras_object(self, value, passed_over=frozenset()):
        import keras

        if isinstance(value, keras.layers.Lambda):
            raise Unsure("a Lambda layer may hold any code")
        return super().keras_object(value, passed_over | STATE)

    def name(self, value):
        return value.name  # some optimizers tell weights apart by it

    def attributes_of(self, value):
        import keras

        held = super().attributes_of(value)
        if isinstance(value, (keras.optimizers.Optimizer, keras.metrics.Metric)):
            held = {key: part for key, part in held.items() if not _is_state(part)}
        return {key: part for key, part in held.items() if not key.endswith("_initializer")}

    def config(self, model):
        return self(_without_initializers(model.get_config()))

    def variable(self, value):
        held = super().attributes_of(value)
        return ["variable", *([key, self(held[key])] for key in sorted(held) if key != "_value")]

    def seeds(self, value):
        return ["seeds", self(type(value))]


def _is_state(part):
    """Tell whether an attribute holds variables alone, which are made at the first step."""
    import keras

    leaves = keras.tree.flatten(part) if isinstance(part, (list, dict, keras.Variable)) else [part]
    told = [leaf for leaf in leaves if not isinstance(leaf, keras.Variable)]
    return not told or (isinstance(part, list) and all(leaf is None for leaf in told))


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
