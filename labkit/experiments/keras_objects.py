"""Describe what belongs to Keras: layers, models, losses, metrics, optimizers, variables."""

import re
import sys

from labkit.experiments.describe import Describer, Unsure

# Attributes that Keras keeps its books with: no number depends on them beside the others.
BOOKS = frozenset(
    """
    _tracker _tracked _auto_config _lock _call_signature _losses _loss_ids _losses_override
    _inbound_nodes _outbound_nodes _path _parent_path _called built build quantize
    _saved_model_inputs_spec _saved_model_arg_spec _model params _trainable_variables_indices
    _exclude_from_weight_decay_cache _built
    """.split()  # noqa: SIM905
)
# Attributes of a model that follow from its configuration, its layers and what it compiles.
DERIVED = frozenset(
    """
    train_function test_function predict_function history stop_training stop_evaluating
    _labkit_loops _functional _nodes _nodes_by_depth _operations _operations_by_depth _inputs
    _outputs _inputs_struct _outputs_struct _layers _compile_config _compile_loss
    _compile_metrics _loss_tracker _metrics optimizer loss _initial_epoch _build_shapes_dict
    """.split()  # noqa: SIM905
)
_CONTAINERS = ("keras.src.utils.tracking", "tensorflow.python.trackable", "wrapt")


class KerasDescriber(Describer):
    """Describes objects of Keras by their attributes; their weights are content."""

    def parts(self, value):
        if str(type(value).__module__).startswith(_CONTAINERS):  # Keras' and TensorFlow's own lists
            for kind in (list, tuple, dict, set):
                if isinstance(value, kind):
                    return super().parts(kind(value))
        if type(value).__name__ == "_DefaultDistributionStrategy":
            return ["no strategy"]
        return super().parts(value)

    def special(self):
        if "keras" not in sys.modules:
            return super().special()
        import keras

        kinds = [
            (keras.Variable, self.variable),
            (keras.random.SeedGenerator, self.seeds),
            (keras.Model, self.model),
            (_saveable(keras), self.keras_object),
        ]
        if "tensorflow" in sys.modules:
            import tensorflow as tf

            kinds.append(((tf.Tensor, tf.Variable), self.tensor))
        return (*super().special(), *kinds)

    def keras_object(self, value, passed_over=frozenset()):
        held = {k: part for k, part in self.attributes_of(value).items() if k not in passed_over}
        if "name" in held:
            held["name"] = self.name(value)
        return ["keras", self(type(value)), [[key, self(held[key])] for key in sorted(held)]]

    def attributes_of(self, value):
        """Return the attributes that say what an object does, without Keras' books."""
        held = vars(value).items()
        return {k: part for k, part in held if k not in BOOKS and not k.startswith("_self_")}

    def name(self, value):
        """Return a name that was given; a name that Keras counted up says nothing."""
        kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(value).__name__)
        kind = re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()
        return "" if re.fullmatch(rf"{kind}(_\d+)?", str(value.name)) else value.name

    def model(self, value):
        from labkit.training import internals  # which loads Keras

        layers = [layer for layer in internals.layers_of(value) if layer is not value]
        compiled = self(internals.compile_arguments(value)) if value.compiled else ""
        own = self.keras_object(value, DERIVED)
        return [own, self.config(value), compiled, [self(layer) for layer in layers]]

    def config(self, model):
        return self(model.get_config())

    def variable(self, value):
        return ["variable", value.dtype, value.trainable, self(value.numpy())]

    def seeds(self, value):
        raise Unsure("a SeedGenerator changes when it is used")

    def tensor(self, value):
        try:
            return ["tensor", value.dtype.name, self(value.numpy())]
        except Exception as error:  # a symbol, or the handle of something
            raise Unsure(f"{type(value).__name__}: {error}") from None


def _saveable(keras):
    return (
        keras.layers.Layer,
        keras.losses.Loss,
        keras.metrics.Metric,
        keras.optimizers.Optimizer,
        keras.callbacks.Callback,
    )
