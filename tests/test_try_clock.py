"""The page that reads a clock: what npm brings, the exported reader, the browser's arithmetic."""

import base64
import gzip
import io
import os
import shutil
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labkit.book import clock_model, onnx_runtime, try_clock

STATIC = Path(__file__).parent.parent / "book/_static"
PAGE = (STATIC.parent / "try_clock.md").read_text(encoding="utf-8")
READING = {"png": "", "level": "wild", "shown": 80, "read": 79, "confidence": 0.5}
CONTENT = {name: name.encode() for name in (onnx_runtime.LOADER, *onnx_runtime.PACKED.values())}


def archive(path):
    """Write a package as npm has it, with the names of its files for content."""
    with tarfile.open(path, "w:gz") as files:
        for name, content in CONTENT.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a program of the test in the place of npm."""
    if os.name != "posix":
        pytest.skip("a script in the place of npm needs a shebang")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def write(code):
        program = tmp_path / "bin/npm"
        program.write_text(f"#!{sys.executable}\nimport shutil, sys, time\n{code}\n", "utf-8")
        program.chmod(0o755)

    return write


def test_what_npm_brings_is_checked_and_kept(npm, tmp_path, monkeypatch):
    package = archive(tmp_path / "some.tgz")
    npm(f"shutil.copy({str(package)!r}, '.')\nassert '--ignore-scripts' in sys.argv")
    with pytest.raises(onnx_runtime.Unavailable, match="SHA-512 is another"):
        onnx_runtime.engine()
    monkeypatch.setattr(onnx_runtime, "INTEGRITY", onnx_runtime.integrity(package))
    script = onnx_runtime.engine()
    assert script.startswith(onnx_runtime.LOADER)
    wasm = script.split('wasm:"')[1].split('"')[0]
    assert gzip.decompress(base64.b64decode(wasm)) == CONTENT[onnx_runtime.PACKED["wasm"]]
    (tmp_path / "bin/npm").unlink()
    assert onnx_runtime.engine() == script


@pytest.mark.parametrize(
    ("code", "longest", "words"),
    [
        (None, 60, "npm is missing"),
        ("sys.exit(1)", 60, "`npm pack onnxruntime-web@"),
        ("time.sleep(60)", 0.5, "within 0.5 s"),
    ],
)
def test_a_book_without_the_runtime_says_so_and_shows_readings(
    code, longest, words, npm, monkeypatch, capsys
):
    if code:
        npm(code)
    monkeypatch.setattr(onnx_runtime, "LONGEST", longest)
    monkeypatch.setattr(clock_model, "files", lambda: {"model": "", "readings": [READING]})
    builder = SimpleNamespace(format="html")
    env, made = SimpleNamespace(found_docs={try_clock.PAGE}), {}
    assert try_clock.prepare(SimpleNamespace(builder=builder), env, made) == [try_clock.PAGE]
    assert try_clock.prepare(SimpleNamespace(builder=builder), env, made) == []
    assert words in capsys.readouterr().out.splitlines()[0]
    text = try_clock.filled(PAGE, made)
    assert words in text
    assert 'id="try-clock"' not in text
    assert "Your task" not in text
    assert "<b>1:19</b>, confidence 0.50: not sure. It shows 1:20." in text


def test_a_book_with_the_runtime_tells_the_size_of_what_it_loads():
    made = {"scripts": {"a.js": 6_900_000 * "a"}, "version": "abc", "readings": [READING]}
    text = try_clock.filled(PAGE, made)
    assert "Start the reader (7 MB)" in text
    assert 'data-version="abc"' in text
    assert "% clock" not in text


SHAPES = [(150, 150), (450, 450), (151, 150), (97, 64), (300, 211), (613, 409), (24, 1000)]


def pictures():
    """Return rendered clocks of odd sizes in odd colours, each second one transparent."""
    import cv2

    from labkit import clocks

    rng, made = np.random.default_rng(0), []
    greys = clocks.render(len(SHAPES), "wild", size=200, seed=5).x
    for number, (grey, shape) in enumerate(zip(greys, SHAPES, strict=True)):
        picture = cv2.resize(grey, shape[::-1], interpolation=cv2.INTER_CUBIC)
        picture = picture[..., None] * rng.uniform(0.5, 1, 4)
        picture[..., 3] = rng.uniform(128, 255, shape) if number % 2 else 255
        made.append(np.rint(picture).astype(np.uint8))
    return made


def test_the_page_scales_pictures_as_labkit_does(browser):
    from labkit.clocks import any_picture, reader

    page = browser.new_page()
    page.evaluate((STATIC / "clock_reader.js").read_text(encoding="utf-8"))
    scale = """([text, width, height]) => {
        const rgba = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const rows = (top, count) => rgba.subarray(4 * width * top, 4 * width * (top + count));
        return labkitClock.square(width, height, rows).join(" ");
    }"""
    for picture in pictures():
        height, width = picture.shape[:2]
        text = base64.b64encode(picture.tobytes()).decode()
        ours = np.fromstring(page.evaluate(scale, [text, width, height]), sep=" ").reshape(150, 150)
        theirs = reader._square(any_picture.grey(picture, "it"), 150).astype(int)
        off = np.abs(ours - theirs)
        assert off.max() <= 1  # where a sum lies on a half
        assert np.mean(off) < 0.001, picture.shape
    page.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder with an empty page and what a book holds for the reader, or skip the test."""
    pytest.importorskip("onnx")
    try:
        engine, model = onnx_runtime.engine(), clock_model.files()["model"]
    except onnx_runtime.Unavailable as why:
        pytest.skip(f"no reader for browsers: {why}")
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(STATIC / "clock_reader.js", folder)
    (folder / try_clock.ENGINE).write_text(engine, encoding="utf-8")
    (folder / try_clock.MODEL).write_text(try_clock._model_script(model), encoding="utf-8")
    (folder / "page.html").write_text("<script src=clock_reader.js></script>", encoding="utf-8")
    return folder


READ = """async files => {
    await labkitClock.load("");
    const found = [];
    for (const text of files) {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const bitmap = await labkitClock.opened(new Blob([bytes]));
        const { time, confidence } = await labkitClock.read(labkitClock.ofBitmap(bitmap));
        found.push([time, confidence]);
    }
    return found;
}"""


@pytest.mark.slow
def test_the_browser_reads_files_as_labkit_does(browser, folder):
    from PIL import Image

    from labkit import clocks

    sample = [*pictures(), *clocks.render(24, "everything", seed=6).x]
    files = []
    for number, picture in enumerate(sample):
        stream, image = io.BytesIO(), Image.fromarray(picture)
        if number in (1, 4, 9):  # as a telephone that was held upright keeps it
            turned = Image.Exif()
            turned[0x0112] = 6
            image.convert("RGB").save(stream, "JPEG", exif=turned, quality=95)
        else:
            image.save(stream, "PNG")
        files.append(stream)
    reader = clocks.load_reader()
    times, confidences = clocks.read([Image.open(stream) for stream in files], reader)
    page = browser.new_page()
    page.goto((folder / "page.html").as_uri())  # a folder is enough: no server
    texts = [base64.b64encode(stream.getvalue()).decode() for stream in files]
    found = np.array(page.evaluate(READ, texts))
    page.close()
    np.testing.assert_array_equal(found[:, 0], times)
    off = np.abs(found[:, 1] - confidences)
    # a canvas keeps colours times transparency in 8 bits
    assert np.delete(off, (3, 5)).max() < 1e-3
    assert off[[3, 5]].max() < 0.05


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")  # Keras asks for it
def test_the_exported_reader_says_what_keras_says(tmp_path):
    onnx = pytest.importorskip("onnx.reference")
    pytest.importorskip("tf2onnx")
    from labkit import clocks

    reader, path = clocks.load_reader(), tmp_path / "reader.onnx"
    clock_model.export(reader, path)
    evaluator = onnx.ReferenceEvaluator(str(path))
    for picture in clocks.render(2, "wild", seed=7).x.astype(np.float32):
        outputs = evaluator.run(None, {"picture": picture[None]})
        found = dict(zip(evaluator.output_names, outputs, strict=True))
        for name, value in reader.predict(picture[None], verbose=0).items():
            scale = max(1, np.abs(value).max())
            np.testing.assert_allclose(found[name], value, atol=1e-4 * scale, err_msg=name)
