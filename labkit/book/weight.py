"""What does a page load: of the theme's files what the book uses, and nothing before its text.

The theme of the book brings every icon of Font Awesome twice, 1.5 MB as a script and 0.2 MB as a
font, styles for much that no page has, and the index of the search on each page. Here pages lose
that script and wait for no other one; code loses marks that change nothing; style sheets keep the
rules for what there is, and the font the icons that they show (the theme's own, cut by fontTools).
"""

import base64
import io
import re
from pathlib import Path

from labkit.book import aloud

FONT = "vendor/fontawesome/webfonts/fa-solid-900"
SHEET = "styles/pydata-sphinx-theme.css"
UNUSED = re.compile(r"scripts/fontawesome\.js|\.map$|fa-solid-900\.")  # of the theme's files
SOLID = re.compile(rf"url\([^)]*{FONT}[^)]*\)[^}}]*")
BLOCK = re.compile(r"([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}")  # a rule, or rules on a condition
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"]*)"[^>]*></script>')
# Names, punctuation and space in code: in both colour schemes they look as the code around them
PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
DROPPED = ("/fontawesome.js",)
SEARCH = ("/searchtools.js", "/language_data.js", "searchindex.js")  # needed on one page
AT_ONCE = ("/documentation_options.js",)  # lines in the head of a page use it


def connect(app):
    """Change the pages as they are written, and the theme's files at the end."""
    app.connect("builder-inited", _wrap)
    app.connect("build-finished", _cut)


def _wrap(app):
    """Let each page pass through what mends it; the theme's templates have no place for that."""
    if app.builder.format == "html" and (templates := getattr(app.builder, "templates", None)):
        render = templates.render
        templates.render = lambda name, context: lightened(
            aloud.named(render(name, context)), searches=context.get("pagename") == "search"
        )


def lightened(page, *, searches=False):
    """Drop the scripts and the marks in code that a page does not need; scripts wait for the text.

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

    return PLAIN.sub(r"\1", SCRIPT.sub(light, page))


def _cut(app, error):
    """Write the style sheets with what the book uses, and drop what nobody loads."""
    static = Path(app.outdir, "_static")
    if error or app.builder.format != "html" or not (static / SHEET).exists():
        return
    import myst_nb
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    notebooks = Path(myst_nb.__file__).parent / "static/mystnb.css"
    known = words(app.outdir)
    for written in static.glob("mystnb.*.css"):
        written.write_text(cut_sheet(notebooks.read_text(encoding="utf-8"), known), "utf-8")
    sheet = cut_sheet((theme / SHEET).read_text(encoding="utf-8"), known)
    icons = icons_in(sheet).union(*(icons_in(f.read_text("utf-8")) for f in static.glob("*.css")))
    font = base64.b64encode(cut_font(theme / f"{FONT}.ttf", icons)).decode()
    sheet = SOLID.sub(f'url(data:font/woff;base64,{font}) format("woff")', sheet, count=1)
    (static / SHEET).write_text(sheet, encoding="utf-8")
    for file in static.rglob("*"):
        if UNUSED.search(file.as_posix()):
            file.unlink()


def words(book):
    """List what may be the name of a class: those of the pages, and all words of the scripts.

    Parameters
    ----------
    book : path-like
        The folder of the pages.

    Returns
    -------
    set of str
    """
    found = set()
    for page in Path(book).rglob("*.html"):
        for names in set(re.findall(r'class="([^"]+)"', page.read_text(encoding="utf-8"))):
            found.update(names.split())
    for script in Path(book, "_static").rglob("*.js"):
        if not UNUSED.search(script.as_posix()):
            found.update(re.findall(r"[A-Za-z_][\w-]*", script.read_text(encoding="utf-8")))
    return found


def cut_sheet(sheet, known):
    """Drop the rules of a style sheet for classes that are not there.

    Parameters
    ----------
    sheet : str
    known : set of str
        The classes that are there.

    Returns
    -------
    str
    """

    def there(selector):
        names = CLASS.findall(re.sub(r":not\([^)]*\)|\[[^]]*\]", "", selector))
        return all(name in known or name.startswith("bs-") for name in names)  # Bootstrap's script

    def kept(rule):
        head, body = rule[1], rule[2]
        if re.match(r"\s*@(?:media|supports)", head):
            body = cut_sheet(body, known)
            return f"{head}{{{body}}}" if body.strip() else ""
        if head.lstrip().startswith("@"):
            return rule[0]
        selectors = [part for part in re.split(r",(?![^(]*\))", head) if there(part)]
        return f"{','.join(selectors)}{{{body}}}" if selectors else ""

    licences = re.findall(r"/\*!.*?\*/", sheet, flags=re.DOTALL)
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return "".join([*licences, BLOCK.sub(kept, rules)])


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
