"""Listen to the layers of a model while a batch passes through it."""

import contextlib

import keras

# Layers that are nothing but an activation, and the name of that activation in Keras.
ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
}


def leaves(model):
    """Yield the layers of a model and of the models inside it, from the input on."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def matrices(layer):
    """List a layer's trainable weights of rank 2 or more: no biases, no batch-norm vectors."""
    return [weight for weight in layer.trainable_weights if len(weight.shape) > 1]


@contextlib.contextmanager
def tapped(layers):
    """Keep what goes through layers within the block.

    A layer that is called several times is heard at its last call.

    Parameters
    ----------
    layers : iterable of keras.Layer

    Yields
    ------
    dict
        By ``id(layer)``, for each layer that was called, a dict: its (first) ``"output"``, and,
        if it has an activation of its own, or is one, what ``"entered"`` that.
    """
    heard, patched = {}, []
    for layer in layers:
        own = vars(layer)
        patched.append((own, "call", own.get("call")))
        own["call"] = _heard_call(layer, heard)
        if callable(own.get("activation")):
            patched.append((own, "activation", own["activation"]))
            own["activation"] = _heard_activation(layer, heard)
    try:
        yield heard
    finally:
        for own, name, before in patched:
            del own[name]
            if before is not None:
                own[name] = before


def _heard_call(layer, heard):
    call = layer.call

    def listening(*args, **kwargs):
        kept = heard[id(layer)] = {}
        if type(layer).__name__ in ACTIVATION_LAYERS:
            kept["entered"] = keras.tree.flatten((args, kwargs))[0]
        result = call(*args, **kwargs)
        kept["output"] = keras.tree.flatten(result)[0]
        return result

    return listening


def _heard_activation(layer, heard):
    activation = layer.activation

    def listening(inputs, *args, **kwargs):
        heard[id(layer)]["entered"] = inputs
        return activation(inputs, *args, **kwargs)

    return listening


def check_model(model):
    """Raise a ValueError unless `model` is a built Sequential or Functional model."""
    if not isinstance(model, keras.Model) or not model.built or not getattr(model, "inputs", None):
        raise ValueError(
            "expected a built Sequential or Functional model, got "
            f"{getattr(model, 'name', model)!r}; give it an Input, or call it once"
        )


def check_batch(x, y=()):
    """Raise a ValueError unless all arrays in `x` and `y` have as many rows, one or more."""
    counts = [len(leaf) for leaf in keras.tree.flatten((x, y))]
    if len(set(counts)) != 1 or counts[0] == 0:
        raise ValueError(f"expected a batch with as many labels as examples, got {counts} rows")
