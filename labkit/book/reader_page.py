"""How well does the reader that comes with labkit read: tables on the page of the clocks."""

PAGE = "book/clocks"
LEVELS, KINDS = "% reader: levels", "% reader: kinds"  # lines that a table takes the place of
NAMES = {
    "face_shape": "dial",
    "style": "hands",
    "second_kind": "hand for the seconds",
    "marking": "marks",
}
SHARES = ("within_1", "sure", "sure_within_1")
HEAD = "| clocks | mean error | within 1 | sure | of these within 1 |"
MOST = 10  # kinds of clocks, the weakest


def connect(app):
    """Fill the page as it is read, from the record beside the reader's weights."""
    app.connect("source-read", _write_tables)


def _write_tables(app, docname, source):
    from labkit.clocks import shipped

    if docname == PAGE:
        app.env.note_dependency(str(shipped.RECORD))
        source[0] = filled(source[0], shipped.record())


def filled(text, record):
    """Return the text with its tables.

    Parameters
    ----------
    text : str
        Markdown with a line for each table.
    record : dict
        From `labkit.clocks.shipped.record`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a line is missing, or is there twice.
    """
    kinds = {_in_words(name): row for name, row in record["wild kinds"].items()}
    weakest = dict(sorted(kinds.items(), key=lambda kind: kind[1]["within_1"])[:MOST])
    for mark, rows in ((LEVELS, record["levels"]), (KINDS, weakest)):
        if text.count(f"\n{mark}\n") != 1:
            raise ValueError(f"the page needs a line '{mark}', once")
        text = text.replace(f"{mark}\n", _table(rows))
    return text


def _in_words(kind):
    what, _, value = kind.partition(": ")
    if what == "roman":
        return "numerals: " + ("none or Arabic", "Roman, IV", "Roman, IIII")[int(value)]
    return f"{NAMES.get(what, what)}: {value}"


def _table(rows):
    lines = [HEAD, "|---|" + 4 * "---:|"]
    for name, row in rows.items():
        shares = " | ".join(f"{100 * row[share]:.1f}" for share in SHARES)
        lines.append(f"| {name} | {row['mean']:.2f} | {shares} |")
    return "\n".join(lines) + "\n"
