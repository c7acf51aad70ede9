"""One worker and two give equal numbers: kinds of model, every layer that Keras preprocesses with.

Only the second seed is compared: a worker trains it on loops that the first one has compiled.
"""

import inspect

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as kl

from labkit.experiments import compare

SIDE = 8
_RNG = np.random.default_rng(0)
NUMBERS = _RNG.uniform(0, 5, (24, 4)).astype("float32")
PICTURES = _RNG.uniform(0, 255, (24, SIDE, SIDE, 3)).astype("float32")
WORDS = np.array(["a b", "b c a", "d"] * 8, dtype=object)
LABELS = (np.arange(24) % 2).astype("int32")
CLASSIFY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class Own(keras.layers.Dense):
    """A layer whose code Keras does not know."""

    def call(self, inputs):
        return keras.random.dropout(super().call(inputs), 0.2)


def through(*made, optimizer="sgd", loss=CLASSIFY, metrics=None, last=None, shape=(4,), dtype=None):
    """Return a function that builds a network of layers, given by functions that make them."""

    def build():
        inputs = keras.Input(shape, dtype=dtype)
        values = inputs
        for make in made:
            values = make()(values)
        values = kl.Flatten()(values) if len(values.shape) > 2 else values
        model = keras.Model(inputs, (last or (lambda: kl.Dense(2)))()(values))
        chosen = optimizer if isinstance(optimizer, str) else optimizer()
        model.compile(chosen, loss, metrics=None if metrics is None else metrics())
        return model

    return build


def adapted(scale):
    layer = kl.Normalization()
    layer.adapt(NUMBERS * scale)
    return layer


def whole():
    return kl.Lambda(lambda values: keras.ops.cast(values, "int32"))


def first_two():
    return kl.Lambda(lambda values: tuple(keras.ops.split(values[:, :2], 2, axis=1)))


def many_hot():
    return kl.CategoryEncoding(5, output_mode="multi_hot")


def frozen():
    layer = kl.Dense(3)
    layer.trainable = False
    return layer


def inner():
    return keras.Sequential([keras.Input((4,)), kl.Dense(3, "tanh"), kl.BatchNormalization()])


def picky():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["dense/kernel"])
    return optimizer


def averaging():
    return keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True, clipnorm=1.0)


def decaying():
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 3))


ON_NUMBERS = {
    "normalized": through(lambda: adapted(1)),
    "normalized by a fifth": through(lambda: adapted(0.2)),
    "normalized by a tenth": through(lambda: adapted(0.1)),
    "Rescaling": through(lambda: kl.Rescaling(np.arange(4.0))),
    "Discretization": through(lambda: kl.Discretization([1.0, 2.0]), lambda: kl.Rescaling(0.5)),
    "CategoryEncoding": through(whole, many_hot),
    "Hashing": through(whole, lambda: kl.Hashing(3, output_mode="multi_hot")),
    "HashedCrossing": through(
        whole, first_two, lambda: kl.HashedCrossing(3, output_mode="one_hot")
    ),
    "IntegerLookup": through(
        whole, lambda: kl.IntegerLookup(vocabulary=[1, 3], output_mode="multi_hot")
    ),
    "embedded": through(whole, lambda: kl.Embedding(5, 2)),
    "batch and dropout": through(
        lambda: kl.Dense(3), kl.BatchNormalization, lambda: kl.Dropout(0.3)
    ),
    "noisy": through(lambda: kl.GaussianNoise(0.5)),
    "recurrent": through(lambda: kl.Reshape((2, 2)), lambda: kl.SimpleRNN(2)),
    "frozen": through(frozen),
    "a model in a model": through(inner),
    "a layer of one's own": through(lambda: Own(3)),
    "an own function": through(lambda: kl.Dense(3, lambda v: 2 * v)),
    "decay with exceptions": through(optimizer=picky),
    "averaged weights": through(optimizer=averaging),
    "schedule": through(optimizer=decaying),
    "counted metric": through(
        loss="binary_crossentropy",
        last=lambda: kl.Dense(1, "sigmoid"),
        metrics=lambda: [keras.metrics.AUC()],
    ),
}
# Keras 3.9 shuffles a list of a class, so that no seed decides; and refuses a layer in a network.
BROKEN = {"RandAugment", "RandomGrayscale"} if keras.__version__.startswith("3.9.") else set()
ON_PICTURES = [
    {"Pipeline": {"layers": [kl.Rescaling(0.5), kl.Rescaling(2.0)]}, "Rescaling": {"scale": 0.5}},
    {"Resizing": {"height": 7, "width": 8}, "CenterCrop": {"height": 6, "width": 5}},
    {"AutoContrast": {}, "Solarization": {}},
    {"Equalization": {}},
    {"ContrastLimitedAdaptiveHistogramEqualization": {}},
    {"AugMix": {"num_chains": 1, "chain_depth": 1}},
    {"RandAugment": {"num_ops": 1}},
    {"CutMix": {}, "MixUp": {}, "RandomErasing": {}, "RandomInvert": {}, "RandomGrayscale": {}},
    {
        "RandomBrightness": {"factor": 0.3},
        "RandomContrast": {"factor": 0.3},
        "RandomColorDegeneration": {"factor": 0.5},
        "RandomColorJitter": {"brightness_factor": 0.3},
        "RandomHue": {"factor": 0.3},
        "RandomPosterization": {"factor": 4},
        "RandomSaturation": {"factor": 0.3},
        "RandomSharpness": {"factor": 0.5},
    },
    {
        "RandomFlip": {},
        "RandomRotation": {"factor": 0.2},
        "RandomShear": {"x_factor": 0.2},
        "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
        "RandomZoom": {"height_factor": 0.2},
    },
    {"RandomElasticTransform": {}, "RandomGaussianBlur": {}, "RandomPerspective": {}},
    {"RandomCrop": {"height": 8, "width": 8}},
]
ON_SOUND = [
    {"MelSpectrogram": {"sequence_length": 8, "sequence_stride": 4, "fft_length": 8}},
    {
        "Reshape": {"target_shape": (8, 1)},
        "STFTSpectrogram": {"frame_length": 4, "frame_step": 2, "fft_length": 4},
    },
]
ON_WORDS = [
    {"TextVectorization": {"vocabulary": ["a", "b"], "output_mode": "multi_hot"}},
    {"StringLookup": {"vocabulary": ["a b", "d"], "output_mode": "one_hot"}},
]
ELSEWHERE = {
    "MaxNumBoundingBoxes": "takes boxes beside pictures",
    "Normalization": "above",
    "CategoryEncoding": "above",
    "Discretization": "above",
    "HashedCrossing": "above",
    "Hashing": "above",
    "IntegerLookup": "above",
}


def chained(groups, *before, **settings):
    """Return variants: each chains some layers of Keras, which are named with their arguments."""

    def make(name, arguments):
        return lambda: getattr(kl, name)(**arguments)

    there = [
        {name: group[name] for name in group if hasattr(kl, name) and name not in BROKEN}
        for group in groups
    ]
    return {
        f"{next(iter(group))} and {len(group) - 1} more": through(
            *before, *(make(name, arguments) for name, arguments in group.items()), **settings
        )
        for group in filter(None, there)
    }


def both_ways(variants, x):
    """Return the losses of the second seed by two workers, after the first, and in this process."""
    settings = {"batch_size": 12, "jit_compile": False}
    apart = compare(variants, (x, LABELS), seeds=2, n_jobs=2, **settings)
    here = compare(variants, (x, LABELS), seeds=[1], n_jobs=1, **settings)
    return apart[apart["seed"] == 1].reset_index(drop=True), here


def assert_equal(apart, here):
    pd.testing.assert_frame_equal(
        apart.drop(columns="seconds"), here.drop(columns="seconds"), rtol=1e-5
    )
    assert set(here["error"]) == {""}


@pytest.mark.thorough
def test_two_workers_give_the_numbers_of_one_for_kinds_of_models():
    assert_equal(*both_ways(ON_NUMBERS, NUMBERS))


@pytest.mark.thorough
def test_two_workers_give_the_numbers_of_one_for_layers_on_pictures():
    variants = chained(ON_PICTURES, shape=(SIDE, SIDE, 3))
    assert_equal(*both_ways(variants, PICTURES))


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "x"), [(ON_SOUND, PICTURES[:, 0, :, 0]), (ON_WORDS, WORDS)])
def test_two_workers_give_the_numbers_of_one_for_layers_on_sound_and_words(groups, x):
    shape, dtype = x.shape[1:], "string" if x is WORDS else None
    assert_equal(*both_ways(chained(groups, shape=shape, dtype=dtype), x))


def test_every_preprocessing_layer_is_among_them():
    named = {name for group in [*ON_PICTURES, *ON_SOUND, *ON_WORDS] for name in group}
    assert named | set(ELSEWHERE) >= {
        name
        for name, layer in vars(kl).items()
        if inspect.isclass(layer) and ".preprocessing." in layer.__module__
    }
