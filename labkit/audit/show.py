"""Show verdicts as a box in a lab; `labkit.audit.page` writes the page of all claims."""

import html
import re

from labkit.audit.claim import WORDS
from labkit.claims import page

# Each label is white on its colour: at least 4.5 to 1, on light pages as on dark ones.
COLOURS = dict(zip(WORDS, ("#2b7a3b", "#b3261e", "#8f5400", "#6a4c93", "#1c5fa8"), strict=True))
BOX = '<table class="labkit-report">'
CELL = "text-align:left;vertical-align:top"  # Jupyter sets its tables to the right
TITLE = "What the reports claim, what came out at their scale"


def box(verdicts):
    """Show some verdicts as a table, folded, on a Jupyter page; as text anywhere else.

    Parameters
    ----------
    verdicts : list of labkit.audit.claim.Verdict
    """
    paragraphs = [f"- {v.claim}: {said(v)}\n  {v.word}: {v.sentence}" for v in verdicts]
    page.display("\n".join([TITLE, *paragraphs]), html=_box_html(verdicts))


def said(verdict):
    """Return the claim, with its number if that is not in it."""
    missing = verdict.reported and verdict.reported not in verdict.said
    return f"{verdict.said.rstrip('.')} ({verdict.reported})." if missing else verdict.said


def _box_html(verdicts):
    names = ("No.", "Claim", "Verdict", "Reason")
    head = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in names)
    rows = (
        (f"<b>{v.claim}</b>", html.escape(said(v)), label(v.word), html.escape(v.sentence))
        for v in verdicts
    )
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    count = f"{len(verdicts)} claim{'s' if len(verdicts) > 1 else ''}"
    return (
        f"<details><summary>{TITLE} ({count})</summary>\n{BOX}\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></details>"
    )


def link_numbers(box, page):
    """Let each number in a box lead to its claim on the page of all claims.

    Parameters
    ----------
    box : str
        What `box` shows on a Jupyter page.
    page : str
        Address of the page.

    Returns
    -------
    str
    """
    return re.sub(r"<b>(\w+)</b>", rf'<a href="{page}#\1">\1</a>', box)


def _cell(content):
    return f'<td style="{CELL}">{content}</td>'


def label(word):
    """Return a verdict as a coloured label, HTML."""
    style = (
        f"background:{COLOURS[word]};color:#fff;"
        "border-radius:0.3em;padding:0.1em 0.5em;white-space:nowrap"
    )
    return f'<span class="labkit-verdict" style="{style}">{html.escape(word)}</span>'
