"""Set the words of a report beside what was measured."""

import html

from labkit.claims import page

# Each label is white on its colour: at least 4.5 to 1, on light pages as on dark ones.
VERDICTS = {
    "right": "#2b7a3b",
    "wrong": "#b3261e",
    "wrong cause": "#8f5400",
    "unsupported": "#6a4c93",
    "open": "#1c5fa8",
}
NOT_JUDGED = "#5c5f66"
CELL = "text-align:left;vertical-align:top"  # Jupyter sets its tables to the right
BOX_TITLE = "What the report said, what we measured"


def report_box(rows):
    """Show what a report said beside what the lab has measured.

    In smoke mode, and on stand-ins, every row says *not judged* instead of its verdict.

    Parameters
    ----------
    rows : iterable of (str, str, str)
        What the report said; what was measured, its numbers taken from the run; and the verdict:
        ``"right"``, ``"wrong"``, ``"wrong cause"`` (the number holds, the explanation does not),
        ``"unsupported"`` (no number or protocol was given) or ``"open"`` (this run does not
        decide it).

    Raises
    ------
    ValueError
        If there is no row, a row is not made of three texts, or a verdict is another word.
    """
    rows = [_box_row(row) for row in rows]
    if not rows:
        raise ValueError("expected at least one row (said, measured, verdict), got none")
    excuse = page.excuse()
    if excuse:
        rows = [(said, measured, f"not judged: {excuse}") for said, measured, _ in rows]
    paragraphs = [
        f"- the report: {said}\n  measured:   {measured}\n  verdict:    {verdict}"
        for said, measured, verdict in rows
    ]
    page.display("\n".join([BOX_TITLE, *paragraphs]), html=_box_html(rows))


def _box_row(row):
    texts = () if isinstance(row, str) else tuple(row)
    if len(texts) != 3 or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError(f"expected three texts (said, measured, verdict) in a row, got {row!r}")
    if texts[2] not in VERDICTS:
        raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {texts[2]!r}")
    return texts


def _box_html(rows):
    names = ("The report", "Measured", "Verdict")
    head = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in names)
    cells = [(html.escape(said), html.escape(found), _label(word)) for said, found, word in rows]
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in cells)
    return (
        f'<table class="labkit-report"><caption>{BOX_TITLE}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def _cell(content):
    return f'<td style="{CELL}">{content}</td>'


def _label(verdict):
    style = (
        f"background:{VERDICTS.get(verdict, NOT_JUDGED)};color:#fff;"
        "border-radius:0.3em;padding:0.1em 0.5em;white-space:nowrap"
    )
    return f'<span class="labkit-verdict" style="{style}">{html.escape(verdict)}</span>'
