"""Ask for the fault of a patient: in code, and in a page that has no kernel."""

import base64
import hashlib

from labkit.claims import page
from labkit.diagnosis.recipes import FAULTS
from labkit.diagnosis.replies import EXPLANATIONS, HINTS
from labkit.predictions import card

# As many columns as have room, so that a dozen questions fit on a page.
COLUMNS = '<div style="columns:13em;column-gap:.5em;font-size:.9em;line-height:1.4">\n{}\n</div>'


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
        Radio buttons, one a fault, and the script of `labkit.predictions`. The replies are
        encoded: who reads the page's source by chance does not read the solution.
    """
    name = "q" + hashlib.sha256(f"{patient.name}{patient.seal}".encode()).hexdigest()[:8]
    said = [base64.b64encode(_said(patient, fault).encode()).decode() for fault in FAULTS]
    options = [
        card.radio(f"{name}-fault", fault, **{"data-said": text})
        for fault, text in zip(FAULTS, said, strict=True)
    ]
    question = f"What is wrong with {patient.name}?"
    inputs = COLUMNS.format("\n".join(options))
    idle = "Choose one; the answer appears here."
    return card.fieldset("labkit-quiz", {"id": name}, question, inputs, idle)


def _said(patient, fault):
    return f"Right. {EXPLANATIONS[fault]}" if patient.has(fault) else f"No. {HINTS[fault]}"
