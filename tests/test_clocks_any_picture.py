"""A picture may come as a file, from Pillow, or as an array: the same grey values come out."""

import io
import tempfile
import warnings
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence

from labkit.clocks.any_picture import each_of, grey

ROWS, COLUMNS = np.mgrid[:40, :60]
COLOUR = np.stack([4 * COLUMNS, 6 * ROWS, 255 - 2 * (ROWS + COLUMNS)], axis=-1).astype(np.uint8)
GREY = np.asarray(Image.fromarray(COLOUR).convert("L"))
DEEP = GREY.astype(np.uint16) * 257  # 16 bits
ALPHA = np.where(COLUMNS < 30, 255, 5 * ROWS).astype(np.uint8)
OVER_WHITE = (GREY * (ALPHA / 255) + 255 * (1 - ALPHA / 255)).astype(np.float32)


def greys(images):
    return [grey(picture, f"image {number}") for number, picture in enumerate(each_of(images))]


def distance(images, wanted):
    """Return the mean difference of the only picture, in greys of 255."""
    (found,) = greys(images)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).mean())


def picture(mode):
    """Return the picture in a mode of Pillow, with its transparency where the mode has it."""
    image = Image.fromarray(COLOUR)
    if mode.startswith("I;16"):
        kind = ">u2" if mode == "I;16B" else "<u2"
        return Image.frombytes(mode, image.size, DEEP.astype(kind).tobytes())
    if mode == "F":
        return Image.fromarray(GREY / np.float32(255))
    if mode == "PA":
        image = image.quantize(256).convert("PA")
        image.putalpha(Image.fromarray(ALPHA))
        return image
    if mode in ("RGBA", "RGBa", "LA", "La"):
        image = Image.fromarray(np.dstack([COLOUR, ALPHA]))
        return image.convert("LA").convert(mode) if mode == "La" else image.convert(mode)
    return image.quantize(256) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "near"),
    [
        ("L", 0.6),
        ("RGB", 0.6),
        ("RGBX", 0.6),
        ("CMYK", 0.6),
        ("YCbCr", 2),
        ("LAB", 2),
        ("HSV", 2),
        ("P", 3),
        ("I", 0.6),
        ("F", 0.6),
        ("I;16", 0.6),
        ("I;16L", 0.6),
        ("I;16B", 0.6),
        ("LA", 0.6),
        ("RGBA", 0.6),
        ("RGBa", 1.5),
        ("La", 1.5),
        ("PA", 3),
    ],
)
def test_a_picture_of_any_mode_keeps_its_greys(mode, near):
    wanted = OVER_WHITE if mode in ("RGBA", "RGBa", "LA", "La", "PA") else GREY
    assert distance(picture(mode), wanted) < near
    assert distance([picture(mode)], wanted) < near


def test_black_and_white_stay_so():
    image = picture("1")
    assert distance(image, np.asarray(image.convert("L"), np.float32)) == 0
    assert distance(np.asarray(image), np.asarray(image.convert("L"), np.float32)) == 0


@pytest.mark.parametrize(
    ("suffix", "mode", "near"),
    [
        ("png", "L", 0.6),
        ("png", "P", 3),
        ("png", "RGB", 0.6),
        ("png", "RGBA", 0.6),
        ("png", "LA", 0.6),
        ("png", "I;16", 0.6),
        ("tiff", "I;16", 0.6),
        ("tiff", "I;16B", 0.6),
        ("tiff", "F", 0.6),
        ("tiff", "CMYK", 0.6),
        ("tiff", "LAB", 2),
        ("gif", "RGB", 9),
        ("gif", "L", 0.6),
        ("jpg", "RGB", 3),
        ("jpg", "CMYK", 3),
        ("jpg", "L", 3),
        ("bmp", "RGB", 0.6),
        ("bmp", "P", 3),
        ("webp", "RGB", 4),
        ("webp", "RGBA", 4),
        ("ppm", "RGB", 0.6),
        ("pgm", "I;16", 0.6),
        ("tga", "RGBA", 0.6),
        ("ico", "RGBA", 0.6),
    ],
)
def test_a_file_of_any_format_keeps_its_greys(suffix, mode, near, tmp_path):
    path = tmp_path / f"clock.{suffix}"
    if suffix == "pgm" and mode == "I;16":  # which Pillow reads, but has not always written
        path.write_bytes(b"P5 60 40 65535\n" + DEEP.astype(">u2").tobytes())
    else:
        picture(mode).save(path, **({"sizes": [(60, 40)]} if suffix == "ico" else {}))
    wanted = OVER_WHITE if mode.endswith("A") else GREY
    assert distance(path, wanted) < near
    assert distance(str(path), wanted) < near
    with Image.open(path) as opened:
        assert distance(opened, wanted) < near


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "I;16"])
def test_a_colour_that_is_declared_transparent_is_white(mode, tmp_path):
    image = picture(mode)
    image.putpixel((3, 5), image.getpixel((0, 0)))
    key = image.getpixel((0, 0))
    image.save(tmp_path / "clock.png", transparency=key)
    (found,) = greys(tmp_path / "clock.png")
    assert found[0, 0] == found[5, 3] == 255
    assert found[30, 50] < 250


def test_a_palette_with_half_transparent_colours_is_laid_over_white(tmp_path):
    image = Image.new("P", (40, 40), 1)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.save(tmp_path / "clock.png", transparency=bytes([255, 128]))
    (found,) = greys(tmp_path / "clock.png")
    assert found[0, 0] == pytest.approx(127, abs=1)


def test_a_photograph_is_turned_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    turned = picture("RGB").transpose(Image.Transpose.ROTATE_90)
    for name in ("clock.jpg", "clock.png", "clock.webp", "clock.tiff"):
        turned.save(tmp_path / name, exif=exif)
        assert distance(tmp_path / name, GREY) < 4


def test_damaged_notes_of_the_camera_leave_the_picture_as_it_lies(tmp_path):
    picture("RGB").save(tmp_path / "clock.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09nothing")
    assert distance(tmp_path / "clock.jpg", GREY) < 3


def test_of_several_frames_the_first_or_the_one_in_view_is_read(tmp_path):
    frames = [Image.new("L", (30, 30), level) for level in (0, 100, 200)]
    for name in ("clock.gif", "clock.tiff", "clock.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        (found,) = greys(tmp_path / name)
        assert found[0, 0] == 0
        with Image.open(tmp_path / name) as opened:
            assert [each[0, 0] for each in greys(ImageSequence.Iterator(opened))] == [0, 100, 200]
            opened.seek(1)
            assert greys(opened)[0][0, 0] == 100


@pytest.mark.parametrize("flag", [cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE, cv2.IMREAD_UNCHANGED])
def test_what_other_libraries_read_is_read_alike(flag, tmp_path):
    import matplotlib.image

    picture("L").save(tmp_path / "grey.png")
    picture("RGBA").save(tmp_path / "clear.png")
    assert distance(cv2.imread(str(tmp_path / "grey.png"), flag), GREY) < 0.6
    assert distance(matplotlib.image.imread(tmp_path / "grey.png"), GREY) < 0.6
    assert distance(matplotlib.image.imread(tmp_path / "clear.png"), OVER_WHITE) < 0.6
    mirrored = cv2.imread(str(tmp_path / "clear.png"), cv2.IMREAD_UNCHANGED)  # blue comes first
    assert distance(mirrored[..., [2, 1, 0, 3]], OVER_WHITE) < 0.6


def test_arrays_of_any_kind_are_taken():
    import tensorflow as tf

    class Read(np.ndarray):  # as imageio returns them
        meta = None

    for same in (
        GREY,
        GREY[..., None],
        GREY.view(Read),
        GREY.astype(np.int64),
        GREY.astype(np.float16),
        GREY / 255,
        np.asfortranarray(GREY),
        np.repeat(GREY, 2, axis=1)[:, ::2],
        np.ma.masked_array(GREY),
        memoryview(GREY),
        pd.DataFrame(GREY),
        tf.constant(GREY),
        GREY.tolist(),
        tuple(map(tuple, GREY.tolist())),
        COLOUR.tolist(),
        np.dstack([COLOUR, np.full_like(GREY, 255)]),
        np.dstack([COLOUR, np.full_like(GREY, 255)]) / 255,
    ):
        assert distance(same, GREY) < 0.6
        assert distance([same], GREY) < 0.6


def test_invisible_pixels_of_an_array_do_not_count():
    assert distance(np.dstack([COLOUR, ALPHA]), OVER_WHITE) < 0.6
    assert distance(np.dstack([COLOUR, ALPHA]) / 255, OVER_WHITE) < 0.6
    assert distance(np.dstack([COLOUR, np.zeros_like(GREY)]), np.full(GREY.shape, 255.0)) == 0


def test_pictures_of_all_kinds_are_mixed_in_any_iterable(tmp_path):
    picture("L").save(tmp_path / "clock.png")
    kinds = [
        tmp_path / "clock.png",
        str(tmp_path / "clock.png"),
        picture("RGB"),
        GREY,
        COLOUR / 255,
    ]
    for several in (kinds, tuple(kinds), iter(kinds), (kind for kind in kinds), pd.Series(kinds)):
        found = greys(several)
        assert len(found) == 5
        assert max(np.abs(each - GREY).max() for each in found) <= 1
    assert len(greys(np.array([str(tmp_path / "clock.png")] * 3))) == 3
    assert len(greys(sorted(tmp_path.iterdir()))) == 1
    assert greys([]) == greys(()) == greys(GREY[None][:0]) == []


@pytest.mark.parametrize(
    ("shape", "count"),
    [((40, 50), 1), ((40, 50, 3), 1), ((40, 50, 4), 1), ((3, 40, 50), 3), ((2, 40, 50, 3), 2)],
)
def test_the_axes_of_an_array_say_how_many_pictures_it_holds(shape, count):
    found = greys(np.full(shape, 200))
    assert [each.shape for each in found] == [(40, 50)] * count


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((40, 40, 2)), r"an array of shape \(40, 40, 2\)"),
        (np.zeros((40, 40, 5)), r"an array of shape \(40, 40, 5\)"),
        ([np.zeros((40, 40, 2))], "laid over white"),
        (np.zeros((2, 3, 40, 40)), "channels come last"),
        ([[[0] * 30] * 30, [[0] * 30] * 29], "rows of equal length"),
        ([[0] * 30, [0] * 29], "rows of equal length"),
        ([GREY, None], "image 1 must be arrays of pixels; got NoneType; cv2.imread returns None"),
        (None, "must be arrays of pixels; got NoneType"),
        ({"a": GREY}, "must be arrays of pixels; got dict"),
        ([{"a": GREY}], "must be arrays of pixels; got dict"),
        (b"\x89PNG", r"got bytes; PIL.Image.open reads a file"),
        ([b"\x89PNG"], r"got bytes; PIL.Image.open reads a file"),
        ([io.BytesIO()], r"got BytesIO; PIL.Image.open reads a file"),
        ([1, 2, 3], r"image 0 must be \(height, width\)"),
        (DEEP, "got values from .* to .*; divide 16 bits by 257"),
        (Image.fromarray(DEEP.astype(np.int32)), "of mode I, must be numbers from 0 to 255"),
        (Image.fromarray(GREY.astype(np.float32) * 9), "of mode F, must be numbers from 0 to 255"),
        (GREY / 255 * 1.2, "which says neither: clip them to 1"),
        (np.dstack([COLOUR, np.ones_like(GREY)]), "transparency on one scale"),
        (np.dstack([COLOUR / 255, ALPHA]), "transparency on one scale"),
        (np.ma.masked_equal(GREY, GREY[0, 0]), "without a mask"),
        (GREY.astype(object), "got object"),
        (GREY.astype("datetime64[s]"), "got datetime64"),
        (Image.new("L", (0, 0)), "at least 24 pixels"),
        (Image.new("RGB", (60, 8)), r"at least 24 pixels high and wide; got \(8, 60\)"),
    ],
)
def test_what_leaves_its_meaning_open_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        greys(images)


def test_a_float_may_lie_above_one_by_a_rounding():
    found = GREY.astype(np.float32) / 255
    found[0, 0] = np.nextafter(np.float32(1), np.float32(2))
    assert greys(found)[0].max() == 255


def written(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def encoded(mode="RGB", file_format="PNG", **options):
    stream = io.BytesIO()
    picture(mode).save(stream, file_format, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be a picture that PIL can read"),
        (b"not a picture", "must be a picture that PIL can read"),
        (encoded()[:100], "cannot be read"),
        (encoded(file_format="JPEG")[:700], "cannot be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\n", "a drawing, EPS"),
    ],
)
def test_a_file_that_is_no_whole_picture_is_named(content, message, tmp_path):
    path = written(tmp_path, "clock.png", content)
    for images in (path, [GREY, str(path)]):
        with pytest.raises(ValueError, match=message) as caught:
            greys(images)
        assert str(path) in str(caught.value)
        assert f"image {len(images) - 1 if isinstance(images, list) else 0}" in str(caught.value)


def test_a_picture_of_pillow_that_is_cut_off_or_closed_is_refused():
    broken = Image.open(io.BytesIO(encoded()[:100]))
    with pytest.raises(ValueError, match="image 0 cannot be read"):
        greys(broken)
    with Image.open(io.BytesIO(encoded())) as closed:
        pass
    with pytest.raises(ValueError, match="image 1 cannot be read"):
        greys([GREY, closed])


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("none.png", FileNotFoundError, r"image 0 \(none.png\) is missing"),
        (Path("no/such.png"), FileNotFoundError, r"is missing: there is no such file"),
        (".", ValueError, "cannot be read; Is a directory"),
        ("", ValueError, "cannot be read"),
        ("nul\0byte.png", ValueError, "cannot be read"),
        ("x" * 5000, ValueError, "cannot be read"),
        ("http://example.org/clock.png", ValueError, "labkit downloads no pictures"),
        ("data:image/png;base64,AAAA", ValueError, "labkit downloads no pictures"),
    ],
)
def test_a_name_without_a_picture_is_named(name, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        greys(name)
    with pytest.raises(error):
        greys([name])


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    for side, factor in ((1500, 1), (1000, 2)):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", side)
        path = written(tmp_path, f"{factor}.png", encoded())
        with pytest.raises(ValueError, match=r"must have at most 1,\d00 pixels"):
            greys(path)


def test_nothing_is_changed_closed_or_left_open(tmp_path):
    path = written(tmp_path, "clock.gif", encoded("P", "GIF"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with tempfile.TemporaryFile() as stream:
            stream.write(path.read_bytes())
            with Image.open(stream) as opened:
                first, again = greys([opened, opened])
                assert np.array_equal(first, again)
                assert opened.mode == "P"
                assert opened.getpixel((0, 0)) is not None
        greys([path] * 3)
    path.unlink()
