"""Sick training runs to diagnose: which fault does a network have, and what heals it?

`patients` trains small networks, each with one fault of `FAULTS`, and keeps what a practitioner
would look at: learning curves, signal, gradient and update of every layer, and a few vital signs.
It does not say which network has which fault. `ask` puts the question into the page, `answer`
checks an answer in code; a wrong answer gets a hint and never the solution. `treat` trains a
patient once more with one of `REMEDIES`. Another seed gives other patients.

In a lab::

    ward = diagnosis.patients(train, validation, seed=0)     # {"patient 1": Patient, ...}
    patient = ward["patient 1"]
    plots.show(diagnosis.chart(patient))
    diagnosis.ask(patient)                                   # radio buttons, no kernel needed
    diagnosis.answer(patient, "vanishing gradients")         # True or False, and a hint
    treated = diagnosis.treat(patient, "scale the pixels once")
    treated.vitals["in use"]                                 # share of new pictures
"""

from labkit.diagnosis.chart import chart
from labkit.diagnosis.quiz import answer, ask
from labkit.diagnosis.recipes import FAULTS, REMEDIES
from labkit.diagnosis.ward import Patient, patients, treat

__all__ = ["FAULTS", "REMEDIES", "Patient", "answer", "ask", "chart", "patients", "treat"]
