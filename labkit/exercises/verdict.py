"""What a check says: one quiet line when it is solved, a hint and nothing else when it is not."""

import html

from labkit.claims import judge, page

STYLE = "border-left:0.3em solid {};padding:0.2em 0.8em;margin:0.4em 0"
SOLVED, UNJUDGED = "var(--pst-color-success, #2f9e44)", "var(--pst-color-text-muted, #868e96)"


class NotYet(AssertionError):
    """An exercise is not solved yet; in Jupyter the hint stands in the place of the traceback."""

    def __init__(self, hint):
        super().__init__(f"Not yet. {hint}")

    def _render_traceback_(self):
        """Return the lines that IPython shows."""
        return [str(self)]


def demand_statement(statement):
    """Refuse what is not a sentence of text."""
    judge.demand_statement(statement)


def conclude(statement, hint, excuse=None):
    """Show that a check is solved, or why it is not judged; raise `NotYet` for a hint."""
    if hint:
        raise NotYet(hint)
    head = f"Not judged ({excuse})" if excuse else "Solved"
    kind, bar = ("not judged", UNJUDGED) if excuse else ("solved", SOLVED)
    page.display(
        f"{head}: {statement}",
        html=f'<div class="labkit-exercise" data-verdict="{kind}" style="{STYLE.format(bar)}">'
        f"<strong>{head}:</strong> {html.escape(statement)}</div>",
    )
