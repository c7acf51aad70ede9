"""What does a page load: of the theme's files what the book uses, and nothing before its text.

The theme of the book brings every icon of Font Awesome twice, 1.5 MB as a script and 0.2 MB as a
font, and loads the index of the search on each page. Here pages lose that script, wait for no
other one, and get a font with the icons that they name (the theme's own, cut by fontTools).
"""

import base64
import io
import re
from pathlib import Path

FONT = "vendor/fontawesome/webfonts/fa-solid-900"
SHEET = "styles/pydata-sphinx-theme.css"
UNUSED = re.compile(r"scripts/fontawesome\.js|\.map$|fa-solid-900\.")  # of the theme's files
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\(\w+)"\}')
SOLID = re.compile(rf"url\([^)]*{FONT}[^)]*\)[^}}]*")
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"]*)"[^>]*></script>')
DROPPED = ("/fontawesome.js",)
SEARCH = ("/searchtools.js", "/language_data.js", "searchindex.js")  # needed on one page
AT_ONCE = ("/documentation_options.js",)  # lines in the head of a page use it


def connect(app):
    """Change the pages as they are written, and the theme's files at the end."""
    app.connect("builder-inited", _wrap)
    app.connect("build-finished", _cut)


def _wrap(app):
    """Let each page pass through `lightened`; the theme's templates have no place for that."""
    if app.builder.format == "html" and (templates := getattr(app.builder, "templates", None)):
        render = templates.render
        templates.render = lambda name, context: lightened(
            render(name, context), searches=context.get("pagename") == "search"
        )


def lightened(page, *, searches=False):
    """Drop the scripts that a page does not need; the others wait until it is read.

    Parameters
    ----------
    page : str
        Its HTML.
    searches : bool
        Whether it is the page of the search.

    Returns
    -------
    str
    """
    dropped = DROPPED if searches else DROPPED + SEARCH

    def light(tag):
        file = tag[1].partition("?")[0]
        if file.endswith(dropped):
            return ""
        waits = " defer" in tag[0] or file.endswith(AT_ONCE)
        return tag[0] if waits else tag[0].replace("<script", "<script defer", 1)

    return SCRIPT.sub(light, page)


def _cut(app, error):
    """Write the theme's style sheet with the icons that pages name, and drop what nobody loads."""
    static = Path(app.outdir, "_static")
    if error or app.builder.format != "html" or not (static / SHEET).exists():
        return
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    named = set()
    for page in Path(app.outdir).rglob("*.html"):
        named |= set(re.findall(r"\bfa-[\w-]+", page.read_text(encoding="utf-8")))
    sheet, icons = cut_sheet((theme / SHEET).read_text(encoding="utf-8"), named)
    for file in static.rglob("*.css"):
        if file != static / SHEET:
            icons |= icons_in(file.read_text(encoding="utf-8"))
    font = base64.b64encode(cut_font(theme / f"{FONT}.ttf", icons)).decode()
    sheet = SOLID.sub(f'url(data:font/woff;base64,{font}) format("woff")', sheet, count=1)
    (static / SHEET).write_text(sheet, encoding="utf-8")
    for file in static.rglob("*"):
        if UNUSED.search(file.as_posix()):
            file.unlink()


def cut_sheet(sheet, named):
    """Drop the rules of icons that no page names.

    Parameters
    ----------
    sheet : str
        The theme's style sheet.
    named : set of str
        Classes of icons, ``"fa-bars"`` say.

    Returns
    -------
    sheet : str
    icons : set of int
        The characters that it still shows.
    """

    def kept(rule):
        return rule[0] if named.intersection(re.findall(r"fa-[\w-]+", rule[1])) else ""

    sheet = RULE.sub(kept, sheet)
    return sheet, icons_in(sheet)


def icons_in(sheet):
    """List the characters for private use that a style sheet shows, written out or by number."""
    written = {ord(letter) for letter in sheet if "\ue000" <= letter <= "\uf8ff"}
    return written | {int(code, 16) for code in re.findall(r'"\\([ef][0-9a-f]{3})"', sheet)}


def cut_font(file, icons):
    """Keep some characters of a font.

    Parameters
    ----------
    file : path-like
    icons : set of int

    Returns
    -------
    bytes
        A WOFF file.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    made = io.BytesIO()
    with TTFont(file) as font:
        cutter = Subsetter(Options(layout_features=[]))
        cutter.populate(unicodes=icons)
        cutter.subset(font)
        font.flavor = "woff"
        font.save(made)
    return made.getvalue()
