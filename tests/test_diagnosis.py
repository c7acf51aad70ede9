"""The sick networks: each shows the symptoms of its fault, and nobody gives it away."""

import base64
import re
import time

import joblib
import numpy as np
import pytest

from labkit import diagnosis
from labkit.diagnosis.faults import HINTS, REMEDIES
from labkit.diagnosis.quiz import quiz_html
from labkit.diagnosis.ward import Patient, _trained, sealed


def pictures(rows, seed):
    """Faint bars in one of three places, on noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, rows)
    x = rng.integers(0, 200, (rows, 6, 6)).astype("uint8")
    x[np.arange(rows), :, 2 * y] += 50
    return x, y


TRAIN, HELD = pictures(600, 0), pictures(200, 1)


def patient(fault="overfitting", name="patient 1"):
    return Patient(name, {}, None, None, sealed(name, fault))


def layers_of(table, column, epoch=0):
    at = table[(table.epoch == epoch) & table.layer.str.startswith("hidden")]
    return at.set_index("layer")[column]


def step_back(table):
    """What one layer multiplies the gradient by, going back, before the first step."""
    sizes = layers_of(table, "gradient_rms")
    return (sizes.iloc[1] / sizes.iloc[-1]) ** (1 / 6)


SYMPTOMS = {
    "dead units": lambda p: layers_of(p.activations, "dead").max() == 1,
    "exploding gradients": lambda p: step_back(p.table) > 1.3,
    "inputs not scaled": lambda p: (
        layers_of(p.activations, "saturated").iloc[0] > 0.8
        and layers_of(p.activations, "saturated").iloc[1:].max() < 0.4
    ),
    "labels do not belong to the inputs": lambda p: p.history["val_accuracy"][-1] < 0.6,
    "learning rate too large": lambda p: layers_of(p.table, "update_ratio").min() > 1e-2,
    "learning rate too small": lambda p: layers_of(p.table, "update_ratio").max() < 1e-5,
    "overfitting": lambda p: p.history["loss"][-1] < 0.5 * p.history["val_loss"][-1],
    "vanishing gradients": lambda p: step_back(p.table) < 0.4,
}


@pytest.fixture(scope="module")
def trained():
    kept = {}

    def train(fault):
        if fault not in kept:
            epochs = 15 if fault == "overfitting" else 2
            kept[fault] = _trained("somebody", fault, TRAIN, HELD, epochs, 0)
        return kept[fault]

    return train


@pytest.mark.parametrize("fault", diagnosis.FAULTS)
def test_a_patient_has_the_symptoms_of_its_fault(trained, fault):
    assert SYMPTOMS[fault](trained(fault))
    assert trained(fault).has(fault)


def test_a_ward_holds_different_faults_and_does_not_name_them(monkeypatch):
    told = []

    def train(name, fault, *rest):
        told.append(fault)
        return patient(fault, name)

    monkeypatch.setattr("labkit.diagnosis.ward._trained", train)
    ward = diagnosis.patients(TRAIN, HELD, seed=3)
    assert list(ward) == [f"patient {number}" for number in range(1, 6)]
    assert len(set(told)) == 5
    for one, fault in zip(ward.values(), told, strict=True):
        assert [name for name in diagnosis.FAULTS if one.has(name)] == [fault]
        assert fault not in repr(one)
    first, told = told, []
    diagnosis.patients(TRAIN, HELD, seed=4)
    assert told != first


def test_patients_that_are_trained_side_by_side_keep_their_names(monkeypatch):
    def train(name, fault, *rest):
        time.sleep(0.05 * (name == "patient 1"))  # the others are done first
        return patient(fault, name)

    monkeypatch.setattr("labkit.diagnosis.ward._trained", train)
    alone = diagnosis.patients(TRAIN, HELD, seed=3)
    with joblib.parallel_config("threading"):
        together = diagnosis.patients(TRAIN, HELD, seed=3, n_jobs=2)
    assert list(together) == list(alone)
    assert [one.seal for one in together.values()] == [one.seal for one in alone.values()]


def test_a_right_answer_is_explained_and_a_wrong_one_gets_a_hint_only(capsys):
    assert diagnosis.answer(patient("overfitting"), "overfitting") is True
    assert REMEDIES["overfitting"] in capsys.readouterr().out
    assert diagnosis.answer(patient("overfitting"), "dead units") is False
    said = capsys.readouterr().out
    assert said == f"Patient 1: No. {HINTS['dead units']}\n"


def test_a_hint_is_the_same_whatever_the_patient_has(capsys):
    for fault in ("overfitting", "vanishing gradients"):
        diagnosis.answer(patient(fault), "dead units")
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_the_page_has_a_reply_to_every_choice_and_no_solution_in_plain_text():
    page = quiz_html(patient("overfitting"))
    said = re.findall(r'data-said="([^"]+)"> ([^<]+)<', page)
    assert [fault for _, fault in said] == list(diagnosis.FAULTS)
    replies = {fault: base64.b64decode(text).decode() for text, fault in said}
    assert replies.pop("overfitting").startswith("Right.")
    assert all(text == f"No. {HINTS[fault]}" for fault, text in replies.items())
    assert "Right" not in page
    assert page.count('type="radio" data-lm-suppress-shortcuts="true"') == len(diagnosis.FAULTS)


def test_the_questions_of_two_patients_do_not_share_their_buttons():
    names = [
        set(re.findall(r'name="([^"]+)"', quiz_html(patient(name=name)))) for name in ("a", "b")
    ]
    assert len(names[0]) == 1
    assert not names[0] & names[1]


def test_an_unknown_fault_and_a_bad_count_are_refused():
    with pytest.raises(ValueError, match="expected one of dead units"):
        diagnosis.answer(patient(), "bad luck")
    with pytest.raises(ValueError, match="from 1 to 8, got 9"):
        diagnosis.patients(TRAIN, HELD, count=9)
    with pytest.raises(ValueError, match="above 0, got 0"):
        diagnosis.patients(TRAIN, HELD, epochs=0)


def test_every_fault_has_a_hint_and_a_remedy():
    assert set(HINTS) == set(REMEDIES) == set(diagnosis.FAULTS)
