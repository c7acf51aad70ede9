"""Questions as HTML: a fieldset with native inputs, and the script that answers them."""

import html
import re
from pathlib import Path

SOURCE = Path(__file__).with_name("predictions.js")  # the book serves this very file
# JupyterLab's shortcuts stay away from a control that has this: arrows, Enter and letters
CONTROL = 'data-lm-suppress-shortcuts="true"'
FIELDSET = """\
<fieldset class="{kind}" {attributes} style="border:1px solid;border-color:\
var(--pst-color-border,currentColor);border-radius:.3em;margin:.6em 0;min-width:0;padding:.4em 1em">
<legend style="float:none;font-size:1em;font-weight:600;margin:0;padding:0 .4em;width:auto">\
{question}</legend>
{inputs}
<p role="status" style="margin:.4em 0 0;min-height:1.5em">{status}</p>
</fieldset>
{script}"""
BUTTONS = f"""\
<p hidden style="margin:.6em 0 0"><button type="button" value="keep" {CONTROL}>Keep</button>
<button type="button" value="skip" {CONTROL}>Skip</button></p>"""


def script():
    """Return the script as an element, without its comments; every output carries a copy."""
    lines = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    code = "\n".join(re.sub(r" // .*", "", line) for line in lines if not line.startswith("//"))
    return f'<script class="labkit-predictions">{code}</script>'


def fieldset(kind, attributes, question, inputs, status):
    """Write a question.

    Parameters
    ----------
    kind : str
        Class of the fieldset.
    attributes : dict of str to str
        Its other attributes; those that are None are left out.
    question : str
        Plain text; it becomes the legend.
    inputs : str
        HTML.
    status : str
        Plain text that stands below until the script says something else.

    Returns
    -------
    str
        HTML that ends in the script.
    """
    return FIELDSET.format(
        kind=kind,
        attributes=written(attributes),
        question=html.escape(question),
        inputs=inputs,
        status=html.escape(status),
        script=script(),
    )


def written(attributes):
    """Write the attributes of an element, without those that are None."""
    given = {name: value for name, value in attributes.items() if value is not None}
    return " ".join(f'{name}="{html.escape(str(value))}"' for name, value in given.items())


def radio(group, label, **data):
    """Write one choice of a question; `data` become its ``data-`` attributes."""
    attributes = {"name": group, "value": label}
    attributes |= {f"data-{name}": value for name, value in data.items()}
    return (
        '<label style="display:block">'
        f'<input type="radio" {CONTROL} {written(attributes)}> {html.escape(label)}</label>'
    )


def field(kind, unit=""):
    """Write a field for a number or a text, with its unit."""
    number = kind == "number"
    attributes = 'type="number" step="any"' if number else 'type="text"'
    style = f"max-width:100%;width:{'8em' if number else '30em'}"
    return (
        f'<label>Your prediction: <input {attributes} autocomplete="off" {CONTROL} '
        f'style="{style}"> {html.escape(unit)}</label>'
    )
