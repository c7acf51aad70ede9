"""Reading any pictures with a reader: what goes in, what comes out, what is refused."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from labkit import clocks, training
from labkit.clocks import networks, reader, recipe


@pytest.fixture(scope="module")
def untrained():
    """A small reader with random weights, and pictures: what it reads is wrong, but the same."""
    keras.utils.set_random_seed(0)
    reading = networks.dial_reader(filters=(4, 4, 4, 8), context=(8,))
    model = networks.reader(networks.locator(filters=(4, 4, 4, 4, 4)), reading)
    return model, clocks.render(12, "upright", n_jobs=1)


def test_every_picture_gets_a_time_and_a_confidence(untrained):
    model, pictures = untrained
    readings = clocks.read(pictures.x, model)
    assert readings.times.shape == readings.confidences.shape == (12,)
    assert readings.times.dtype == np.int32
    assert readings.times.min() >= 0
    assert readings.times.max() < 720
    assert np.all((readings.confidences > 0) & (readings.confidences <= 1))


def test_one_picture_several_and_a_list_are_read_alike(untrained):
    model, pictures = untrained
    several = clocks.read(pictures.x[:3], model)
    assert clocks.read(pictures.x[0], model).times.tolist() == several.times[:1].tolist()
    as_list = clocks.read(list(pictures.x[:3]), model)
    assert np.array_equal(as_list.times, several.times)
    assert clocks.read(pictures.x[:0], model).times.shape == (0,)
    assert clocks.read([], model).confidences.shape == (0,)


def test_colour_floats_and_an_alpha_channel_change_nothing(untrained):
    model, pictures = untrained
    grey = pictures.x[:4]
    wanted = clocks.read(grey, model)
    colour = np.repeat(grey[..., None], 3, axis=-1)
    alpha = np.concatenate([colour, np.full_like(colour[..., :1], 255)], axis=-1)
    for same in (colour, alpha, grey[..., None], grey.astype("float64"), grey / 255):
        found = clocks.read(same, model)
        assert np.array_equal(found.times, wanted.times)
        assert np.allclose(found.confidences, wanted.confidences, atol=1e-3)


def test_a_file_and_a_picture_of_pillow_are_read_like_their_pixels(untrained, tmp_path):
    from PIL import Image

    model, pictures = untrained
    wanted = clocks.read(pictures.x[0], model)
    Image.fromarray(pictures.x[0]).save(tmp_path / "clock.gif")
    with Image.open(tmp_path / "clock.gif") as opened:
        for same in (tmp_path / "clock.gif", str(tmp_path / "clock.gif"), opened, [opened]):
            found = clocks.read(same, model)
            assert found.times.tolist() == wanted.times.tolist()
            assert np.allclose(found.confidences, wanted.confidences)
    with pytest.raises(FileNotFoundError, match=r"image 1 .* is missing"):
        clocks.read([pictures.x[0], tmp_path / "none.png"], model)


def test_pictures_of_any_sizes_are_scaled_into_squares(untrained):
    model, pictures = untrained
    small = pictures.x[0, ::2, ::2]
    wide = np.pad(pictures.x[1], ((0, 0), (40, 40)), mode="edge")
    assert len(clocks.read([small, wide, pictures.x[2]], model).times) == 3
    square = reader._square(wide.astype(np.float32), 150)
    assert square.shape == (150, 150)
    assert abs(float(square.mean()) - float(wide.mean())) < 8
    same = pictures.x[0]
    assert np.array_equal(reader._square(same.astype(np.float32), 150), same)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (b"clock.png", "must be arrays of pixels; got bytes"),
        (7, "must be arrays of pixels; got int"),
        (np.zeros(30), "shape \\(30,\\)"),
        (np.zeros((2, 3, 30, 30, 3)), "got an array of shape"),
        (np.zeros((20, 40)), "at least 24 pixels"),
        ([np.zeros((40, 40)), np.zeros((40, 40, 2))], "image 1 must be"),
        (np.full((40, 40), np.nan), "image 0 must be numbers from 0 to 255; got values from nan"),
        (np.full((40, 40), 256.0), "got values from 256.0 to 256.0"),
        (np.full((40, 40), -1), "got values from -1 to -1"),
        (np.full((40, 40), "a"), "numbers from 0 to 255; got <U1"),
        (np.zeros((40, 40), complex), "numbers from 0 to 255; got complex128"),
    ],
)
def test_what_is_no_picture_is_refused(untrained, images, message):
    with pytest.raises(ValueError, match=message):
        clocks.read(images, untrained[0])


def test_what_is_no_reader_is_refused():
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="reader must be a model from"):
        clocks.read(np.zeros((40, 40)), other)


def test_a_saved_reader_reads_the_same(untrained, tmp_path):
    model, pictures = untrained
    model.save(tmp_path / "reader.keras")
    loaded = clocks.load_reader(tmp_path / "reader.keras")
    before, after = (clocks.read(pictures.x[:5], each) for each in (model, loaded))
    assert np.array_equal(before.times, after.times)
    assert np.allclose(before.confidences, after.confidences, atol=1e-5)


@pytest.mark.slow
def test_a_trained_reader_is_loaded_in_another_process(tmp_path):
    finding, reading = networks.locator(48, filters=(4, 4)), networks.dial_reader(filters=(4,) * 4)
    for part in (finding, reading):
        part.compile(keras.optimizers.AdamW(training.OneCycle(0.1, 10)), recipe.place_loss)
    networks.reader(finding, reading).save(tmp_path / "reader.keras")
    code = (
        "import sys, numpy; from labkit import clocks; "
        "print(len(clocks.read(numpy.zeros((2, 50, 50)), clocks.load_reader(sys.argv[1])).times))"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "reader.keras")]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "2\n"


def test_the_reader_lies_where_the_benchmark_saves_it(untrained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_build").mkdir()
    untrained[0].save(tmp_path / reader.FILE)
    assert len(clocks.read(untrained[1].x[:2]).times) == 2


def test_a_missing_reader_says_how_to_train_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python -m benchmarks\.clock"):
        clocks.load_reader(tmp_path / "none.keras")


def test_another_file_is_no_reader(tmp_path):
    (tmp_path / "bad.keras").write_text("not a model")
    with pytest.raises(ValueError, match="must be a saved clock reader"):
        clocks.load_reader(tmp_path / "bad.keras")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    other.save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="reader must be"):
        clocks.load_reader(tmp_path / "other.keras")


def test_a_damaged_reader_is_named_whatever_is_wrong_with_it(untrained, tmp_path, monkeypatch):
    path = tmp_path / "reader.keras"
    untrained[0].save(path)
    whole = path.read_bytes()
    flipped = whole.replace(b"clock_reader", b"clock_reades")
    listed = b"PK\x01\x02\x14\x03\x14\0"  # of a part: the way to compress it follows
    unknown = whole.replace(listed + b"\0\0\0\0", listed + b"\0\0\x61\0")
    encrypted = whole.replace(listed + b"\0\0", listed + b"\x01\0")
    for content in (b"", whole[:1000], whole[:-100], flipped, unknown, encrypted):
        assert content != whole
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"reader\.keras must be a saved clock reader"):
            clocks.load_reader(path)
    path.write_bytes(whole)
    monkeypatch.setattr(reader, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="its size is damaged"):
        clocks.load_reader(path)


def test_a_folder_is_no_reader(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no trained reader"):
        clocks.load_reader(tmp_path)


@pytest.mark.parametrize("shape", [(None, None), (40, 30)])
def test_a_model_for_no_squares_is_no_reader(shape):
    pixels = keras.Input(shape)
    flat = keras.layers.GlobalAveragePooling1D()(keras.layers.Reshape((-1, 1))(pixels))
    other = keras.Model(pixels, {"time": keras.layers.Dense(720)(flat)})
    with pytest.raises(ValueError, match="reader must be a model from"):
        clocks.read(np.zeros((40, 40)), other)


def test_code_that_comes_with_a_reader_is_not_run(tmp_path):
    pixels = keras.Input((24, 24))
    hidden = keras.layers.Lambda(lambda x: x)(pixels)
    model = keras.Model(pixels, {"time": keras.layers.Dense(720)(keras.layers.Flatten()(hidden))})
    model.save(tmp_path / "reader.keras")
    with pytest.raises(ValueError, match="must be a saved clock reader"):
        clocks.load_reader(tmp_path / "reader.keras")
