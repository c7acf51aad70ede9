"""Tell readers where the pictures came from, in a way that they cannot miss."""

import html
import sys
import textwrap

# The publishing workflow looks for this word in the pages it is about to publish.
MARK = "labkit-stand-in"

_STYLE = (
    "border:4px solid #c92a2a;border-radius:4px;background:#fff3bf;color:#000;"
    "padding:0.8em 1em;margin:1em 0;font-size:1.1em"
)


def announce(dataset, passed_over=""):
    """Print the one line of a load: name, counts, origin, verified or not.

    Parameters
    ----------
    dataset : Dataset
        What was loaded.
    passed_over : str, optional
        Why the folder that the reader named did not give it; said in the same line.
    """
    origin = {
        "folder": "from the folder LABKIT_DATA",
        "cache": "from labkit's cache",
        "download": "downloaded",
        "stand-in": "rendered by labkit",
    }[dataset.source]
    if not dataset.real:
        state = "not real data"
    elif dataset.verified:
        state = "verified byte by byte"
    else:
        state = "not verified byte by byte (shapes, class counts and means are right)"
    n_train, n_test = len(dataset.train.y), len(dataset.test.y)
    if passed_over:
        origin += f" ({passed_over})"
    print(
        f"{dataset.title}: {n_train:,} training and {n_test:,} test pictures, {origin}, {state}",
        flush=True,
    )


def warn_of_stand_in(dataset, reasons, remedy):
    """Show the box that says that these pictures are not the real ones.

    Parameters
    ----------
    dataset : Dataset
        The stand-in.
    reasons : list of str
        Why each source of real data failed.
    remedy : str
        How to place the real file by hand.
    """
    head = f"THESE ARE NOT THE REAL PICTURES: {dataset.title}"
    body = [
        "labkit rendered them itself, so no number below says anything about the real data.",
        "Why: " + "; ".join(reasons) + ".",
        "What to do: " + remedy,
    ]
    if _in_notebook():
        _show_html(head, body)
    else:
        print(_framed(head, body), file=sys.stderr, flush=True)


def _in_notebook():
    """Tell whether output goes to a Jupyter page."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _show_html(head, body):
    """Display the box in the notebook, with the framed text for plain readers."""
    from IPython.display import display

    lines = "".join(f"<p style='margin:0.3em 0'>{html.escape(line)}</p>" for line in body)
    box = (
        f'<div class="{MARK}" role="alert" style="{_STYLE}">'
        f"<strong>{html.escape(head)}</strong>{lines}</div>"
    )
    display({"text/html": box, "text/plain": _framed(head, body)}, raw=True)


def _framed(head, body, width=78):
    """Return the text in a frame of asterisks."""
    lines = [head.center(width), ""]
    for paragraph in body:
        lines += textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)
    edge = "*" * (width + 4)
    return "\n".join(["", edge, *(f"* {line:<{width}} *" for line in lines), edge, ""])
