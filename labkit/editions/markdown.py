"""Write the MyST Markdown of a lab in plain Markdown, which any front end shows.

markdown-it finds the blocks, with the plug-ins that the book uses. What stands inside a line is
found by one scan that steps over code spans and maths. A mark that has no plain form here is an
error: a student must not meet it.
"""

import functools
import html
import re
from pathlib import Path

from labkit.editions import references

WORDS = "Words"  # heading of the closing section
NOTES = ("note", "tip", "important", "warning", "caution", "attention", "danger", "seealso")
FOLDED = ("hint", "dropdown")
CODE = ("func", "class", "meth", "mod", "attr", "data", "exc", "code")

INLINE = re.compile(
    r"""
    (?P<kept> \\. | \$\$.+?\$\$ | \$[^$]+\$ )
  | \{(?P<role>[\w:.+-]+)\} (?P<ticks>`+) (?P<inside>.+?) (?<!`)(?P=ticks)(?!`)
  | (?P<code>`+) .+? (?<!`)(?P=code)(?!`)
  | (?<!!)\[ (?P<shown>(?:[^\[\]]|\[[^\[\]]*\])*) \]\( (?P<target>[^()\s]+) \)
  | (?P<bad> \{\{ | \{[\w:.+-]+\}(?=`) | \]\{[.\#] )
    """,
    flags=re.VERBOSE | re.DOTALL,
)


class Plain:
    """The plain text of one lab; it remembers which words it has explained.

    Parameters
    ----------
    path : path-like
        The lab. The book's pages, glossary and bibliography lie in ``book`` beside its folder.
    exercises : dict
        Label to (number, title) of each exercise of the lab.
    link : str
        Where another lab lies, seen from this one; ``{lab}`` stands for its name.
    """

    def __init__(self, path, exercises, link="{lab}.ipynb"):
        self.path, self.exercises, self.link = Path(path), exercises, link
        self.book = self.path.parent.parent / "book"
        self.explained = {}  # word of the glossary to its definition, by first use

    def text(self, source):
        """Return a whole cell, or the inside of a block, in plain Markdown."""
        lines, new, done = source.split("\n"), [], 0
        for begin, end, write in self._changes(source, lines):
            if begin >= done:
                new += [*lines[done:begin], *write()]
                done = end
        return "\n".join(new + lines[done:]).strip("\n")

    def words(self):
        """Return the closing section, which explains the words used so far; or ""."""
        entries = sorted(self.explained.items(), key=lambda entry: entry[0].lower())
        lines = [
            f'- <a id="{_address(word)}"></a>**{word}**: {self._definition(text)}'
            for word, text in entries
        ]
        return "\n".join([f"## {WORDS}", "", *lines]) if lines else ""

    def heading(self, label):
        """Return ``"Exercise 2: title"`` for the label of an exercise."""
        number, title = self.exercises[label]
        return f"Exercise {number}: {self.line(title)}"

    def _changes(self, source, lines):
        """Yield first line, line after the last, and a function that writes what is new."""
        for token in _parser().parse(source):
            if token.map is None:
                continue
            begin, end = token.map
            if token.type in ("fence", "colon_fence") and token.info.strip().startswith("{"):
                indent = re.match(r"[\s>]*", lines[begin])[0]
                block = functools.partial(self._block, token, indent)
                yield begin, end, block
            elif token.type in ("myst_target", "myst_line_comment", "myst_block_break"):
                yield begin, end, list
            elif token.type == "inline":
                part = "\n".join(lines[begin:end])
                yield begin, end, lambda part=part: self.line(part).split("\n")
            elif token.type == "dl_open":
                raise self._error("a definition list")

    def _block(self, token, indent):
        name, title = re.fullmatch(r"\{([\w:.-]+)\}\s*(.*)", token.info.strip()).groups()
        text, options = _without_options(token.content)
        written = self._directive(name, title, text, options)
        return [f"{indent}{line}".rstrip() for line in written.split("\n")] if written else []

    def _directive(self, name, title, text, options):
        """Return a block of MyST in plain Markdown."""
        if name == "exercise":
            return f"### {self.heading(options['label'])}\n\n{self.text(text)}"
        if name in ("solution", "solution-start"):
            number, _ = self.exercises[title]
            return f"#### Solution of exercise {number}\n\n{self.text(text)}".rstrip() + "\n"
        if name == "solution-end":
            return ""
        if name in FOLDED or (name == "admonition" and "dropdown" in options.get("class", "")):
            return fold(title or name.capitalize(), self.text(text))
        if name == "admonition":
            return _quoted(f"**{self.line(title)}**\n\n{self.text(text)}")
        if name in NOTES:
            text = f"{title}\n{text}".strip("\n")
            name = "see also" if name == "seealso" else name
            return _quoted(f"**{name.capitalize()}.** {self.text(text)}")
        if name == "math":
            return f"$$\n{text.strip()}\n$$"
        if name in ("code-block", "code"):
            return f"```{title}\n{text.rstrip()}\n```"
        raise self._error(f"the block {{{name}}}")

    def line(self, text):
        """Return running text in plain Markdown."""
        return INLINE.sub(self._inline, text)

    def _inline(self, match):
        if match["bad"]:
            raise self._error(match["bad"])
        if match["role"]:
            return self._role(match["role"], " ".join(match["inside"].split()))
        if match["target"]:
            return self._link(match["shown"], match["target"])
        return match[0]

    def _role(self, name, inside):
        shown, target = _shown_and_target(inside)
        if name == "term":
            return self._term(shown, target)
        if name in ("cite:p", "cite:t", "cite"):
            keys = [key.strip() for key in inside.split(",")]
            cited = [references.cite(self.book, key, textual=name == "cite:t") for key in keys]
            return f"({'; '.join(cited)})" if name != "cite:t" else _listed(cited)
        if name.removeprefix("py:") in CODE:
            return f"`{shown.removeprefix('~')}`"
        if name == "math":
            return f"${inside}$"
        if name in ("ref", "doc"):
            return self._link(
                shown if shown != target else "", f"#{target}" if name == "ref" else target
            )
        raise self._error(f"{{{name}}}")

    def _term(self, shown, word):
        word, text = references.define(self.book, word)
        if word in self.explained:
            return shown
        self.explained[word] = text
        return f"[{shown}](#{_address(word)})"

    def _definition(self, text):
        """Return a definition without links to other words."""
        text = re.sub(r"\{term\}`([^`]+)`", lambda m: _shown_and_target(m[1])[0], text)
        return self.line(text)

    def _link(self, shown, target):
        """Link to another lab or to the web; a page of the book is named."""
        if re.match(r"[a-z]+:", target):
            return f"[{self.line(shown)}]({target})"
        place, _, label = target.partition("#")
        if not place and label not in self.exercises:
            raise self._error(f"a link to #{label}")
        if not place:
            shown = self.line(shown) or f"exercise {self.exercises[label][0]}"
            return f"[{shown}](#{_slug(self.heading(label))})"
        file, title = self._title(place)
        if file.suffix == ".ipynb" and file.parent == self.path.parent:
            return f"[{self.line(shown) or title}]({self.link.format(lab=file.stem)})"
        return f"{self.line(shown)} (in the book)" if shown else f'"{title}" (in the book)'

    def _title(self, place):
        written = self.path.parent / place
        for file in (written, Path(f"{written}.ipynb"), Path(f"{written}.md")):
            if file.is_file():
                return file, references.title(file)
        raise self._error(f"a link to {place}, which does not exist")

    def _error(self, what):
        return ValueError(
            f"{self.path.name} has {what}, which has no plain form; write it otherwise, or give it "
            "one in labkit/editions/markdown.py"
        )


def fold(summary, text):
    """Return text that unfolds when its summary is clicked on."""
    return f"<details>\n<summary><b>{html.escape(summary)}</b></summary>\n\n{text}\n\n</details>"


@functools.cache
def _parser():
    from markdown_it import MarkdownIt
    from mdit_py_plugins import amsmath, colon_fence, deflist, dollarmath, myst_blocks

    parser = MarkdownIt("commonmark").enable("table")
    parser.use(dollarmath.dollarmath_plugin).use(amsmath.amsmath_plugin)
    parser.use(colon_fence.colon_fence_plugin).use(deflist.deflist_plugin)
    return parser.use(myst_blocks.myst_block_plugin)


def _without_options(content):
    """Split the inside of a block into its text and its options."""
    lines, options = content.split("\n"), {}
    while lines and (option := re.fullmatch(r":([\w-]+):\s*(.*)", lines[0].strip())):
        options[option[1]] = option[2].strip()
        lines.pop(0)
    return "\n".join(lines).strip("\n"), options


def _shown_and_target(inside):
    """Split ``"epochs <epoch>"`` into what is shown and what is meant."""
    parts = re.fullmatch(r"(.+?)\s*<([^<>]+)>", inside)
    return parts.groups() if parts else (inside, inside)


def _listed(parts):
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _quoted(text):
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _address(word):
    return "word-" + re.sub(r"\W+", "-", word.lower()).strip("-")


def _slug(heading):
    """Return the address that JupyterLab gives a heading."""
    return re.sub(r"\s", "-", heading)
