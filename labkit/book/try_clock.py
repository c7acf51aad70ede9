"""The page on which the reader that comes with labkit reads a clock in the browser.

The build makes the network's file and asks npm for the program that runs it. Where one of them
cannot be had, the page says so, and shows what the reader says in Python.
"""

import hashlib
from pathlib import Path

from labkit.book import clock_model, onnx_runtime

PAGE = "book/try_clock"
ENGINE, MODEL = "clock_engine.js", "clock_model.js"  # in the folder of the page's scripts
BEGINS, ENDS, READINGS = (f"% clock: {what}\n" for what in ("demo begins", "demo ends", "readings"))
SIZE, VERSION = "MEGABYTES", "VERSION-OF-THE-FILES"
SURE = 0.9  # as on the page of the clocks
WITHOUT = (
    "```{{admonition}} No reader for the browser\nHere would be a clock to drag, which the reader "
    "reads, and pictures of your own. This build of the book has none: {}.\n```\n\n"
)


def connect(app):
    """Prepare before pages are read, write the page, and put the big files beside its scripts."""
    made = {}
    app.connect("env-get-outdated", lambda app, env, *_: prepare(app, env, made))
    app.connect("source-read", lambda app, name, source: _write(name, source, made))
    app.connect("build-finished", lambda app, error: error or _put(app, made))


def prepare(app, env, made):
    """Fill `made` with what the page shows; name the page if it was written of something else.

    Parameters
    ----------
    app, env : Sphinx
    made : dict
        Gets ``readings``; ``scripts``, the text by name of what is loaded on demand, or none;
        ``why`` there are none; and ``version``, which tells these from others.

    Returns
    -------
    list of str
        Pages to read again.
    """
    if PAGE not in env.found_docs or app.builder.format != "html":
        return []
    files = clock_model.files()
    made.clear()
    made.update(readings=files["readings"], scripts={}, why=None)
    try:
        if files["model"] is None:
            raise onnx_runtime.Unavailable("tf2onnx is missing; `make install` brings it")
        made["scripts"][ENGINE] = onnx_runtime.engine()
        made["scripts"][MODEL] = _model_script(files["model"])
    except onnx_runtime.Unavailable as error:
        made["scripts"], made["why"] = {}, str(error)
        print(f"labkit: {PAGE} has no reader for the browser: {error}")
    made["version"] = hashlib.sha256(repr(made).encode()).hexdigest()[:8]
    known = getattr(env, "labkit_try_clock", None)
    env.labkit_try_clock = made["version"]
    return [PAGE] if known != made["version"] else []


def filled(text, made):
    """Return the page with the demo or the reason why there is none, and with the readings.

    Parameters
    ----------
    text : str
        Markdown.
    made : dict
        From `prepare`.

    Returns
    -------
    str
    """
    before, rest = text.split(BEGINS)
    demo, after = rest.split(ENDS)
    if made["scripts"]:
        size = sum(map(len, made["scripts"].values())) / 1e6
        demo = demo.replace(SIZE, f"{size:.0f}").replace(VERSION, made["version"])
    else:
        demo = WITHOUT.format(made["why"])
    return before + demo + after.replace(READINGS, _gallery(made["readings"]))


def _write(name, source, made):
    if name == PAGE and made:
        source[0] = filled(source[0], made)


def _put(app, made):
    folder = Path(app.outdir, "_static")
    for name, text in made.get("scripts", {}).items():
        (folder / name).write_text(text, encoding="utf-8")


def _model_script(model):
    return f'globalThis.labkitClockFiles={{...globalThis.labkitClockFiles,model:"{model}"}};\n'


def _gallery(readings):
    figures = "\n".join(map(_figure, readings))
    return f'<div class="labkit-clock-readings">\n{figures}\n</div>\n'


def _figure(reading):
    from labkit import clocks

    shown, read = clocks.as_text([reading["shown"], reading["read"]])
    sure = "sure" if reading["confidence"] >= SURE else "not sure"
    alt = f"A rendered clock of the level {reading['level']} that shows {shown}."
    said = f"<b>{read}</b>, confidence {reading['confidence']:.2f}: {sure}"
    return (
        f'<figure data-shown="{reading["shown"]}"><img width="150" height="150" alt="{alt}" '
        f'src="data:image/png;base64,{reading["png"]}">'
        f"<figcaption>{said}. It shows {shown}.</figcaption></figure>"
    )
