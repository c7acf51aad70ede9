"""Ask for the fault of a patient: in code, and in a page that has no kernel."""

import base64
import hashlib
import html

from labkit.claims import page
from labkit.diagnosis.faults import FAULTS, HINTS, REMEDIES

FORM = """\
<fieldset class="labkit-quiz" id="{name}" style="border:1px solid currentColor;padding:.6em 1em">
<legend style="padding:0 .4em">What is wrong with {patient}?</legend>
{options}
<p role="status" style="min-height:1.5em;margin:.6em 0 0">{idle}</p>
<script>
(() => {{
  const root = document.getElementById("{name}");
  root.addEventListener("change", (event) => {{
    const bytes = Uint8Array.from(atob(event.target.dataset.said), (c) => c.charCodeAt(0));
    root.querySelector("[role=status]").textContent = new TextDecoder().decode(bytes);
  }});
}})();
</script>
</fieldset>"""
OPTION = (
    '<label style="display:block"><input type="radio" name="{name}-fault" data-said="{said}"> '
    "{fault}</label>"
)


def answer(patient, fault):
    """Check an answer and show what is to be said about it; a wrong one gets a hint.

    Parameters
    ----------
    patient : Patient
    fault : str
        One of `FAULTS`.

    Returns
    -------
    bool
        Whether the patient has this fault.

    Raises
    ------
    ValueError
        If `fault` is not one of `FAULTS`.
    """
    right = patient.has(fault)
    text = f"{patient.name.capitalize()}: {_said(patient, fault)}"
    page.display(text, markdown=text)
    return right


def ask(patient):
    """Show the question with an answer to each choice; it needs no kernel.

    Parameters
    ----------
    patient : Patient
    """
    text = f"What is wrong with {patient.name}? " + "; ".join(FAULTS) + "."
    page.display(text, html=quiz_html(patient))


def quiz_html(patient):
    """Write the question as HTML.

    Parameters
    ----------
    patient : Patient

    Returns
    -------
    str
        Radio buttons, one a fault, and a few lines of JavaScript. The replies are encoded: who
        reads the page's source by chance does not read the solution.
    """
    name = "q" + hashlib.sha256(f"{patient.name}{patient.seal}".encode()).hexdigest()[:8]
    options = [
        OPTION.format(
            name=name,
            fault=html.escape(fault),
            said=base64.b64encode(_said(patient, fault).encode()).decode(),
        )
        for fault in FAULTS
    ]
    idle = "Choose one; the answer appears here."
    return FORM.format(
        name=name, patient=html.escape(patient.name), options="\n".join(options), idle=idle
    )


def _said(patient, fault):
    return f"Right. {REMEDIES[fault]}" if patient.has(fault) else f"No. {HINTS[fault]}"
