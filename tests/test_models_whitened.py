"""A quick CNN with a whitening front: sizes by hand, white patches, precision, bad pictures."""

import keras
import numpy as np
import pytest

from labkit.models import airbench, whitening_kernel

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (40, 12, 12), dtype="uint8")
COLOUR = np.repeat(RNG.integers(0, 256, (60, 9, 9, 1)), 3, axis=3) + RNG.normal(
    0, (5, 20, 40), (60, 9, 9, 3)
)


def test_parameters_are_the_sum_done_by_hand():
    model = airbench(GREY, 7, filters=(4, 6))
    convolutions = 9 * (8 * 4 + 4 * 4 + 4 * 6 + 6 * 6)
    shifts_of_norms, their_averages = 2 * (4 + 6), 2 * 2 * (4 + 6)
    trained = convolutions + shifts_of_norms + 6 * 7
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == trained
    assert model.count_params() == trained + their_averages + 4 * 8 + 8


def test_the_first_half_of_the_kernel_whitens_and_the_second_is_its_negative():
    kernel = whitening_kernel(COLOUR, floor=0)
    assert kernel.shape == (2, 2, 3, 24)
    out = keras.ops.convert_to_numpy(keras.ops.conv(COLOUR.astype("float32"), kernel, strides=3))
    covariance = np.cov(out[..., :12].reshape(-1, 12), rowvar=False)
    np.testing.assert_allclose(covariance, np.eye(12), atol=0.03)
    np.testing.assert_array_equal(kernel[..., 12:], -kernel[..., :12])


def test_the_whitening_stays_as_it_is_in_training():
    model = airbench(GREY, 2, filters=(4,))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_layer("whiten").get_weights(), model.get_layer("conv_1_1").get_weights()
    model.fit(GREY, RNG.integers(0, 2, len(GREY)), verbose=0)
    after = model.get_layer("whiten").get_weights(), model.get_layer("conv_1_1").get_weights()
    np.testing.assert_array_equal(before[0][0], after[0][0])
    assert not np.array_equal(before[1][0], after[1][0])


def test_in_bfloat16_the_logits_are_float32_and_near_those_in_float32():
    exact = airbench(GREY, filters=(4, 4))
    quick = airbench(GREY, filters=(4, 4), dtype="mixed_bfloat16")
    quick.set_weights(exact.get_weights())
    assert quick.get_layer("conv_1_1").compute_dtype == "bfloat16"
    found, expected = quick.predict(GREY, verbose=0), exact.predict(GREY, verbose=0)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())


def test_a_saved_network_gives_the_same_logits(tmp_path):
    model = airbench(COLOUR, filters=(4,))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        loaded.predict(COLOUR, verbose=0), model.predict(COLOUR, verbose=0)
    )


@pytest.mark.parametrize(
    ("x", "settings", "message"),
    [
        (np.zeros((4, 784)), {}, "pictures of shape"),
        (np.zeros((0, 28, 28)), {}, "at least one"),
        (np.zeros((4, 28, 28)), {}, "all pixels of x are equal"),
        (GREY, {"filters": (8, 8, 8, 8)}, "17 pixels or more"),
        (GREY, {"filters": 8}, "filters must list a width"),
        (GREY, {"n_classes": 0}, "n_classes must hold positive whole numbers"),
        (GREY, {"shift": -1}, "pixels must be a whole number"),
    ],
)
def test_what_cannot_be_built_is_refused(x, settings, message):
    with pytest.raises(ValueError, match=message):
        airbench(x, **settings)


def test_pictures_smaller_than_a_patch_are_refused():
    with pytest.raises(ValueError, match="hold no patch of 4 x 4"):
        whitening_kernel(np.ones((2, 3, 3)), size=4)


def test_the_statistics_come_from_all_parts_of_a_sorted_set():
    dark, bright = np.zeros((6000, 5, 5), "uint8"), np.full((6000, 5, 5), 200, "uint8")
    layer = airbench(np.concatenate([dark, bright]), filters=(2, 2)).get_layer("standardize")
    np.testing.assert_allclose([layer.scale, layer.offset], [0.01, -1], rtol=1e-6)
