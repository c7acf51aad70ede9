"""Questions as HTML: a fieldset with native inputs, and the script that answers them."""

import html
import re
from pathlib import Path

SOURCE = Path(__file__).with_name("predictions.js")  # the book serves this very file
# JupyterLab's shortcuts stay away from a control that has this: arrows, Enter and letters.
CONTROL = 'data-lm-suppress-shortcuts="true"'
# The legend floats, so that a long question stands in the box and not across its border.
FIELDSET = """\
<fieldset class="{kind}" {attributes} style="border:1px solid;\
border-color:var(--pst-color-border,var(--jp-border-color1,currentColor));border-radius:.3em;\
margin:.6em 0;min-width:0;padding:.6em 1em">
<legend style="float:left;font-size:1em;font-weight:600;margin:0 0 .2em;padding:0;width:100%">\
{question}</legend>
<div style="clear:both">
{inputs}
<div style="align-items:baseline;display:flex;flex-wrap:wrap;gap:.3em .8em;margin-top:.4em">
{buttons}<span role="status" style="min-height:1.5em">{status}</span>
</div>
</div>
</fieldset>
{script}"""
BUTTON = (
    f'<button type="button" value="{{}}" {CONTROL} style="background:none;border:1px solid;'
    'border-radius:.3em;color:inherit;font:inherit;padding:.1em .8em">{}</button>'
)
# The script shows them: without it they would do nothing.
BUTTONS = f"<span hidden>{BUTTON.format('keep', 'Keep')} {BUTTON.format('skip', 'Skip')}</span>\n"


def script():
    """Return the script as an element, without its comments; every output carries a copy."""
    lines = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    code = [re.sub(" // .*", "", line) for line in lines if line and not line.startswith("//")]
    return '<script class="labkit-predictions">' + "\n".join(code) + "</script>"


def fieldset(kind, attributes, question, inputs, status, *, buttons=""):
    """Write a question.

    Parameters
    ----------
    kind : str
        Class of the fieldset.
    attributes : dict of str to object
        Its other attributes; those that are None are left out.
    question : str
        Plain text; it becomes the legend.
    inputs : str
        HTML.
    status : str
        Plain text that stands below until the script says something else.
    buttons : str, optional
        HTML that stands before the status.

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
        buttons=buttons,
        status=html.escape(status),
        script=script(),
    )


def written(attributes):
    """Write the attributes of an element, without those that are None."""
    given = {name: value for name, value in attributes.items() if value is not None}
    return " ".join(f'{name}="{html.escape(str(value))}"' for name, value in given.items())


def radio(group, label, **attributes):
    """Write one choice of a question."""
    attributes = written({"name": group, "value": label, **attributes})
    return (
        f'<label style="display:block"><input type="radio" {CONTROL} {attributes}> '
        f"{html.escape(label)}</label>"
    )


def field(kind, unit=""):
    """Write a field for a ``"number"`` or a ``"text"``, with its unit."""
    width = "8em" if kind == "number" else "30em"
    attributes = {
        "type": kind,
        "step": "any" if kind == "number" else None,
        "autocomplete": "off",
        "style": f"font:inherit;max-width:100%;width:{width}",
    }
    return (
        '<label style="display:block">Your prediction: '
        f"<input {written(attributes)} {CONTROL}> {html.escape(unit)}</label>"
    )
