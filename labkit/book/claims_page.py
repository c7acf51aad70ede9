"""Where are the claims of the reports: the page that lists them, and links that lead there."""

import hashlib
from pathlib import Path

from docutils import nodes

AUDIT = "book/audit"  # the page that labkit.audit.page writes


def connect(app):
    """Write the page of claims, and give each claim an address."""
    app.connect("env-get-outdated", _notice_new_verdicts)
    app.connect("source-read", _write_claims)
    app.connect("doctree-read", _give_claims_addresses)
    app.connect("html-page-context", _add_filters)


def _notice_new_verdicts(app, env, added, changed, removed):
    """Read the page of claims again if what it is written from has changed."""
    if AUDIT not in env.found_docs:
        return []
    written = Path(env.doc2path(AUDIT)).read_text(encoding="utf-8")
    digest = hashlib.sha256(_with_claims(env, written).encode()).hexdigest()
    before, env.labkit_claims = getattr(env, "labkit_claims", digest), digest
    return [] if before == digest else [AUDIT]


def _write_claims(app, docname, source):
    if docname == AUDIT:
        source[0] = _with_claims(app.env, source[0])


def _with_claims(env, text):
    from labkit import audit
    from labkit.audit import page

    verdicts = [audit.verdict(claim) for claim in audit.CLAIMS]
    links = page.Links(
        labs={
            _number(name): f"../{name}.ipynb"
            for name in sorted(env.found_docs)
            if name.startswith("labs/")
        },
        evidence={
            report: f"evidence/report_{report.lower()}.ipynb"
            for report in {claim[0] for claim in audit.CLAIMS}
            if f"book/evidence/report_{report.lower()}" in env.found_docs
        },
        studies={
            path.stem: f"../studies/{path.name}"
            for path in sorted(Path(env.srcdir, "studies").glob("*.py"))
        },
    )
    return page.fill(text, verdicts, links)


def _number(docname):
    """Return the number of a lab: ``"05"`` of ``labs/05_optimizers``."""
    return docname.removeprefix("labs/").split("_")[0]


def _give_claims_addresses(app, doctree):
    """Let `[A4](audit.md#A4)` lead to a claim, and the numbers in the box of a lab."""
    docname = app.env.docname
    if AUDIT not in app.env.found_docs:
        return
    from labkit.audit import CLAIMS, show

    if docname == AUDIT:
        slugs = app.env.metadata[docname].setdefault("myst_slugs", {})
        slugs.update({claim: (None, claim, claim) for claim in CLAIMS})
    elif app.builder.format == "html":
        to = app.builder.get_relative_uri(docname, AUDIT)
        for node in list(doctree.findall(nodes.raw)):
            if show.BOX in node.astext():
                linked = show.link_numbers(node.astext(), to)
                node.replace_self(nodes.raw("", linked, format="html"))


def _add_filters(app, pagename, templatename, context, doctree):
    if pagename == AUDIT:
        app.add_js_file("audit.js", loading_method="defer")
