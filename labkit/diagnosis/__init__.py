"""Sick training runs to diagnose: which fault does a network have?

`patients` trains five networks, each with one fault of `FAULTS`, and keeps what a practitioner
would look at: learning curves, gradients and updates per layer, activations. It does not say which
network has which fault. `ask` puts the question into the page, `answer` checks an answer in code;
a wrong answer gets a hint and never the solution. Another seed gives other patients.

In a lab::

    ward = diagnosis.patients(train, validation, seed=0)     # {"patient 1": Patient, ...}
    patient = ward["patient 1"]
    plots.plot_history(patient.history)                      # also "accuracy"
    plots.plot_heat_map(patient.table, "gradient_rms")       # or "update_ratio"
    plots.plot_layers(patient.activations.query("epoch == 0"), "dead")   # or "saturated"
    diagnosis.ask(patient)                                   # radio buttons, no kernel needed
    diagnosis.answer(patient, "vanishing gradients")         # True or False, and a hint
"""

from labkit.diagnosis.faults import FAULTS
from labkit.diagnosis.quiz import answer, ask
from labkit.diagnosis.ward import Patient, patients

__all__ = ["FAULTS", "Patient", "answer", "ask", "patients"]
