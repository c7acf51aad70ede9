"""Write the page of all claims: counts, filters and a card a claim, as MyST Markdown.

The page itself is written by hand. Its lines ``% audit: counts``, ``% audit: filters`` and, for
each report, ``% audit: A`` are replaced by what the verdicts give.
"""

import html
import re
from typing import NamedTuple

from labkit.audit.claim import WORDS
from labkit.audit.show import label

MARK = re.compile(r"^% audit: (\w+)$", flags=re.MULTILINE)


class Links(NamedTuple):
    """What a card may link to, as paths from the page; what is missing is named without a link.

    Attributes
    ----------
    labs, evidence, studies : dict of str to str
        By number of the lab, by letter of the report, and by name of the study.
    """

    labs: dict
    evidence: dict
    studies: dict


NO_LINKS = Links({}, {}, {})


def fill(text, verdicts, links=NO_LINKS):
    """Replace the marked lines of a page.

    Parameters
    ----------
    text : str
        MyST Markdown.
    verdicts : list of labkit.audit.claim.Verdict
        By number of the claim.
    links : Links, optional

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the page lacks one of the lines.
    """
    reports = _by_report(verdicts)
    parts = {name: _cards(some, links) for name, some in reports.items()}
    parts |= {"counts": _counts(verdicts), "filters": _filters(verdicts)}
    missing = parts.keys() - set(MARK.findall(text))
    if missing:
        raise ValueError(f"the page needs a line '% audit: {min(missing)}'")
    return MARK.sub(lambda match: parts.get(match[1], ""), text)


def _by_report(verdicts):
    reports = {}
    for verdict in verdicts:
        reports.setdefault(verdict.claim[0], []).append(verdict)
    return reports


def _counts(verdicts):
    """Return a sentence and a table: a row a verdict, a column a report."""
    reports = _by_report(verdicts)
    columns = [*reports.values(), verdicts]
    n_open = sum(v.word == "open" for v in verdicts)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("verdict", *reports, "all"))
    rows = [(label(word), [_count(some, word) for some in columns]) for word in WORDS]
    rows.append(("all", [len(some) for some in columns]))
    body = "\n".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{n}</td>" for n in counts)}</tr>'
        for name, counts in rows
    )
    return (
        f"Of {len(verdicts)} claims, {len(verdicts) - n_open} are decided and {n_open} are open.\n"
        '\n<table class="labkit-counts">\n<caption>Claims by verdict and report</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
    )


def _count(verdicts, word):
    return sum(verdict.word == word for verdict in verdicts)


def _filters(verdicts):
    """Return the form that the script of the page shows; without the script it stays away."""
    reports = {name: len(some) for name, some in _by_report(verdicts).items()}
    words = {word: _count(verdicts, word) for word in WORDS}
    return (
        '<form class="labkit-filter" hidden>\n'
        f"{_choices('report', reports)}\n{_choices('verdict', words)}\n"
        '<p><span role="status"></span> <button type="reset">Show all</button></p>\n</form>\n'
    )


def _choices(name, counts):
    boxes = "\n".join(
        f'<label><input type="checkbox" name="{name}" value="{value}"> {value} ({count})</label>'
        for value, count in counts.items()
    )
    return f"<fieldset>\n<legend>Show only these {name}s</legend>\n{boxes}\n</fieldset>"


def _cards(verdicts, links):
    return "\n".join(_card(verdict, links) for verdict in verdicts)


def _card(verdict, links):
    """Return a card; its text is Markdown, so that the search of the book finds it."""
    facts = "".join(
        f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in _facts(verdict)
    )
    return "\n".join(
        [
            f'<div class="labkit-card" id="{verdict.claim}"'
            f' data-report="{verdict.claim[0]}" data-verdict="{verdict.word}">',
            f'<h3><a href="#{verdict.claim}">{verdict.claim}</a> {label(verdict.word)}</h3>\n',
            f"**{plain(verdict.said)}**\n",
            f"{plain(verdict.sentence)}\n",
            *([f"<dl>{facts}</dl>\n"] if facts else []),
            f"{' · '.join(_sources(verdict, links))}\n",
            "</div>\n",
        ]
    )


def plain(text):
    """Escape a plain text for Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def _facts(verdict):
    """Return what stands in the small print: names and texts."""
    facts = [("Reported", verdict.reported), ("Ours", verdict.ours)]
    if verdict.seeds:
        facts.append(("Runs", f"{_scale(verdict)}; {_cost(verdict)}"))
    elif not verdict.study and verdict.word != "open":
        facts.append(("Runs", "none, arithmetic decides"))
    return [(name, text) for name, text in facts if text]


def _scale(verdict):
    seeds = "one seed" if verdict.seeds == 1 else f"at least {verdict.seeds} seeds"
    return f"{seeds} for each network, up to {verdict.updates:,} updates a run"


def _cost(verdict):
    device = re.sub(r"\((?:R|TM)\)| CPU(?= @)", "", verdict.device)
    return f"{duration(verdict.seconds)} of training on {device}"


def duration(seconds):
    """Write a time with its unit: ``"41 s"``, ``"12 min"``, ``"3.4 h"``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def _sources(verdict, links):
    report, study, lab = verdict.claim[0], verdict.study, verdict.lab
    if report in links.evidence:
        yield f"[Evidence for report {report}]({links.evidence[report]})"
    if study:
        name = f"studies/{study}.py"
        at = links.studies.get(study)
        yield f"{{download}}`{name} <{at}>`" if at else f"`{name}`"
    if lab:
        yield f"Lab {lab}: []({links.labs[lab]})" if lab in links.labs else f"Lab {lab}"
    if verdict.cite:
        yield f"{{cite:p}}`{','.join(verdict.cite)}`"
