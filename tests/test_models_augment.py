"""Random shifts: whole pixels, the edges, training only, and the compiled loop."""

import keras
import numpy as np
import pytest

from labkit import training
from labkit.models import RandomShift

PICTURE = np.arange(1, 21, dtype="float32").reshape(4, 5)
PAD = {
    "constant": {"mode": "constant"},
    "nearest": {"mode": "edge"},
    "reflect": {"mode": "reflect"},
}


def shifted(pictures, fill_mode, **arguments):
    layer = RandomShift(2, fill_mode, seed=1, **arguments)
    return keras.ops.convert_to_numpy(layer(pictures, training=True))


@pytest.mark.parametrize("fill_mode", PAD)
def test_a_shift_is_a_window_of_the_padded_picture_and_all_windows_occur(fill_mode):
    padded = np.pad(PICTURE, 2, **PAD[fill_mode])
    windows = {(y, x): padded[y : y + 4, x : x + 5] for y in range(5) for x in range(5)}
    found = set()
    for picture in shifted(np.repeat(PICTURE[None], 400, axis=0), fill_mode):
        places = [place for place, window in windows.items() if (window == picture).all()]
        assert places
        found.update(places)
    assert len(found) == 25


def test_channels_move_together_and_the_dtype_stays():
    colours = np.stack([PICTURE, PICTURE + 100], axis=-1)[None].astype("uint8")
    moved = shifted(np.repeat(colours, 8, axis=0), "reflect")
    assert moved.dtype == "uint8"
    np.testing.assert_array_equal(moved[..., 0] + 100, moved[..., 1])


def test_the_fill_value_comes_in_at_the_edge():
    moved = shifted(np.ones((50, 4, 5), "float32"), "constant", fill_value=-3.0)
    assert set(np.unique(moved)) == {-3.0, 1.0}


def test_in_inference_pictures_stay_where_they_are():
    layer = RandomShift(2)
    np.testing.assert_array_equal(layer(PICTURE[None]), PICTURE[None])
    np.testing.assert_array_equal(layer(PICTURE[None], training=False), PICTURE[None])


def test_a_saved_layer_shifts_as_before(tmp_path):
    model = keras.Sequential([keras.Input((4, 5)), RandomShift(1, "nearest", seed=3)])
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()


def test_the_compiled_loop_shifts_anew_in_every_step():
    layer = RandomShift(2, "nearest")
    model = keras.Sequential([keras.Input((4, 5)), layer, keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x, y = np.repeat(PICTURE[None], 8, axis=0), np.zeros((8, 1), "float32")
    keras.utils.set_random_seed(0)
    history = training.fit(model, x, y, epochs=4, batch_size=4, verbose=0)
    assert history.engine == "graph loop"
    assert len(set(history.history["loss"])) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pixels": 0}, "pixels must be a whole number, 1 or more; got 0"),
        ({"pixels": 1.5}, "got 1.5"),
        ({"pixels": 1, "fill_mode": "wrap"}, "fill_mode must be one of constant, nearest, reflect"),
    ],
)
def test_random_shift_rejects_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RandomShift(**arguments)


def test_random_shift_rejects_what_is_no_picture():
    with pytest.raises(ValueError, match="pictures of shape"):
        RandomShift(1)(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="larger than that"):
        RandomShift(4)(PICTURE[None])
