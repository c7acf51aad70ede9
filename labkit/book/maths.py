"""How are formulas written into a page: as MathML, by the build.

No script is loaded and no page waits for one; a screen reader reads the formula itself. The
letters come from ``labkit-math.woff``, cut from STIX Two Math.
"""

import re

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number

SCRIPT = {"L": "&#x02112;", "N": "&#x1D4A9;"}  # the letters that the font has
THIN = "0.167em"
POINT = re.compile(r"[.,;:!?)\]…\u2019\u201d]+")
FUNCTION = re.compile(r"<mi>(ln|log|exp|sin|cos|tan|tanh)</mi>|<mo>([A-Za-z]{2,})</mo>")
READ = (  # LaTeX that latex2mathml takes otherwise
    (r"{(?:aligned|split)}", "{align*}"),
    (r"\\operatorname\*{(\w+)\\,(\w+)}_{?(\w)}?", r"\\underset{\3}{\\text{\1 \2}}"),
)
MENDED = (  # what latex2mathml writes, and what browsers understand
    (r'"negativethinmathspace"', f'"-{THIN}"'),
    (r'<mi mathvariant="script">([A-Z])</mi>', lambda found: f"<mi>{SCRIPT[found[1]]}</mi>"),
    (r"<mi>(&#x000[4-7][0-9A-F];</mi>)", r'<mi mathvariant="normal">\1'),  # upright letters
    (r"<mo>&#x0005E;</mo>", '<mo stretchy="false">&#x002C6;</mo>'),  # a hat
    (r'<mo accent="true">&#x02015;</mo>', "<mo>&#x000AF;</mo>"),  # a mean
    (r"<mo>&#x02202;</mo>", "<mi>&#x02202;</mi>"),  # no space beside what is differentiated,
    (r"<mo>&#x0002F;</mo>", '<mo lspace="0" rspace="0">&#x0002F;</mo>'),  # nor beside a slash,
    (r"(<mo[^>]*>(?:&#x00028;|,|=|&#x0003D;)</mo>)<mo>&#x02212;", r'\1<mo form="prefix">&#x02212;'),
    (
        r"<msup>((?:(?!<msup).)*?)<mi>&#x02032;</mi></msup>",
        r'\1<mo lspace="0" rspace="0">&#x02032;</mo>',
    ),
    (r'(<mstyle displaystyle="false" scriptlevel="0") />(<munder>.*?</munder>)', r"\1>\2</mstyle>"),
    (r' columnalign="(left|right)"', r' class="labkit-\1"'),
    (r' (?:columnspacing|rowspacing|xmlns)="[^"]*"| display="inline"', ""),
)


def connect(app):
    """Make this the way of writing formulas."""
    app.add_html_math_renderer("labkit", (_write_inline, None), (_write_block, None))
    app.connect("config-inited", _choose)
    app.connect("doctree-resolved", keep_points)


def _choose(app, config):
    config.html_math_renderer = config.html_math_renderer or "labkit"


def keep_points(app, doctree, docname):
    """Let no line begin with the comma that follows a formula."""
    for node in list(doctree.findall(nodes.math)):
        after = node.next_node(descend=False, siblings=True)
        point = POINT.match(after) if isinstance(after, nodes.Text) else None
        if point:
            node["labkit-point"] = point[0]
            after.parent.replace(after, nodes.Text(after[point.end() :]))


def mathml(tex, *, display=False):
    """Turn LaTeX into MathML.

    Parameters
    ----------
    tex : str
    display : bool
        Whether the formula stands by itself.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the LaTeX is not understood, or has a command that latex2mathml leaves as it is.
    """
    from latex2mathml.converter import convert

    for pattern, written in READ:
        tex = re.sub(pattern, written, tex)
    try:
        text = convert(tex, display="block" if display else "inline")
    except Exception as error:
        raise ValueError(f"{type(error).__name__} in the formula {tex!r}") from error
    if "\\" in text:
        raise ValueError(f"no MathML for a command in the formula {tex!r}")
    for pattern, written in MENDED:
        text = re.sub(pattern, written, text)
    return FUNCTION.sub(_spaced, text)


def _spaced(found):
    """Keep a function apart from a factor before it, and from an argument without brackets."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    left = THIN if re.search(r"</(?!mo>)\w+>$", before) else "0"
    right = THIN if re.match(r"<m(?:i|n|sub|sup|frac|sqrt|text|row)\b", after) else "0"
    return f'<mo lspace="{left}" rspace="{right}">{found[1] or found[2]}</mo>'


def _write_inline(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(f"{_converted(node)}{node.get('labkit-point', '')}</span>")
    raise nodes.SkipNode


def _write_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(f"{_converted(node, display=True)}</div>\n")
    raise nodes.SkipNode


def _converted(node, **how):
    try:
        return mathml(node.astext().strip(), **how)
    except ValueError as error:
        raise ExtensionError(f"labkit: {node.source}:{node.line}: {error}") from error
