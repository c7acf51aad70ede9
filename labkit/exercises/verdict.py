"""What a check says: one quiet line when it is solved, a hint and nothing else when it is not."""

import html

from labkit.claims import page

STYLE = "border-left:0.3em solid {};padding:0.2em 0.8em;margin:0.4em 0"
SOLVED, UNJUDGED = "var(--pst-color-success, #2f9e44)", "var(--pst-color-text-muted, #868e96)"


class NotYet(AssertionError):
    """An exercise is not solved yet; in Jupyter the hint stands in the place of the traceback.

    Parameters
    ----------
    hint : str
        What to look at. The text of the error is "Not yet." and the hint.
    """

    def __init__(self, hint):
        super().__init__(f"Not yet. {hint}")

    def _render_traceback_(self):
        """Return the lines that IPython shows."""
        return [str(self)]


def conclude(statement, hint, excuse=None):
    """Raise `NotYet` if there is a hint; else show that the check is solved, or is not judged.

    Parameters
    ----------
    statement : str
    hint : str or None
    excuse : str or None
        Why nothing can be judged, from `labkit.claims.page.excuse`.

    Raises
    ------
    NotYet
    """
    if hint:
        raise NotYet(hint)
    head = f"Not judged ({excuse})" if excuse else "Solved"
    kind, bar = ("not judged", UNJUDGED) if excuse else ("solved", SOLVED)
    page.display(
        f"{head}: {statement}",
        html=f'<div class="labkit-exercise" data-verdict="{kind}" style="{STYLE.format(bar)}">'
        f"<strong>{head}:</strong> {html.escape(statement)}</div>",
    )
