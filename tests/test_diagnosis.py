"""The sick networks: each shows the symptoms of its fault, and nobody gives it away."""

import base64
import re
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from labkit import diagnosis, plots
from labkit.diagnosis import recipes, ward
from labkit.diagnosis.network import Network
from labkit.diagnosis.quiz import quiz_html
from labkit.diagnosis.recipes import Recipe
from labkit.diagnosis.replies import EXPLANATIONS, HINTS
from labkit.diagnosis.ward import Patient, sealed


def pictures(rows, seed):
    """Short bars, lying or standing, and none, on noise."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(rows) % 3)
    x = rng.integers(0, 170, (rows, 12, 12)).astype("uint8")
    x[y == 0, 4:8, 6] += 100
    x[y == 1, 6, 4:8] += 100
    return x, y


TRAIN, HELD = pictures(600, 0), pictures(400, 1)
RNG = np.random.default_rng(0)


def patient(fault="overfitting", name="patient 1"):
    return Patient(name, {}, None, None, sealed(name, fault))


@pytest.fixture(scope="module")
def trained():
    kept = {}

    def train(fault):
        if fault not in kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(ward.random.Random, "sample", lambda self, faults, count: [fault])
                kept[fault] = diagnosis.patients(TRAIN, HELD, count=1, epochs=6)["patient 1"]
        return kept[fault]

    return train


def step_back(patient):
    """What one hidden layer multiplies the gradient by, going back, before the first step."""
    sizes = patient.layers.gradient
    return (sizes[1] / sizes[5]) ** (1 / 4)


SYMPTOMS = {
    "augmentation at test time": lambda p: p.vitals["validation"] != p.vitals["validation again"],
    "dead units": lambda p: p.vitals["dead units"] > 0.4,
    "exploding gradients": lambda p: step_back(p) > 1.3,
    "frozen layer": lambda p: list(p.layers["update"] == 0)[1:4] == [True, True, False],
    "inputs not scaled": lambda p: p.layers.signal[0] > 10,
    "labels shuffled": lambda p: p.vitals["in use"] < 0.6,
    "last batch lost": lambda p: p.vitals["classes answered"] == 2,
    "learning rate too large": lambda p: p.layers["update"].min() > 2e-2,
    "learning rate too small": lambda p: p.layers["update"].max() < 1e-4,
    "overfitting": lambda p: p.history["loss"][-1] < 0.5 * p.history["val_loss"][-1],
    "pixels scaled twice": lambda p: p.layers.signal[0] < 0.01,
    "test rows in training": lambda p: p.vitals["validation"] > p.vitals["in use"] + 0.02,
    "vanishing gradients": lambda p: step_back(p) < 0.5,
    "wrong loss for the output": lambda p: p.history["loss"][-1] > np.log(1 + 2 / np.e) - 1e-3,
}


@pytest.mark.parametrize("fault", diagnosis.FAULTS)
def test_a_patient_has_the_symptoms_of_its_fault(trained, fault):
    assert SYMPTOMS[fault](trained(fault))
    assert trained(fault).has(fault)


@pytest.mark.parametrize("fault", diagnosis.FAULTS)
def test_some_remedy_makes_a_recipe_healthy_but_for_what_no_longer_harms(fault):
    sick = recipes.recipe_of(fault)
    healed = [recipes.treated(sick, remedy) for remedy in diagnosis.REMEDIES]
    harmless = {"longer": 1, "moved": False, "activation": "relu", "gain": 2.0}
    assert any(one != sick and replace(one, **harmless) == Recipe() for one in healed)


def test_the_right_remedy_heals_and_a_wrong_one_may_change_nothing(trained):
    sick = trained("pixels scaled twice")
    same = diagnosis.treat(sick, "train all layers")
    assert same.history == sick.history
    healed = diagnosis.treat(sick, "scale the pixels once")
    assert healed.vitals["in use"] > sick.vitals["in use"] + 0.2
    assert (healed.name, healed.seal) == (sick.name, sick.seal)
    with pytest.raises(ValueError, match="expected one of draw smaller"):
        diagnosis.treat(sick, "pray")


@pytest.mark.parametrize("fault", ["inputs not scaled", "dead units", "overfitting"])
def test_a_chart_describes_itself(trained, fault):
    text = plots.description(diagnosis.chart(trained(fault)))
    assert text.startswith("patient 1: loss at step 0 ")
    assert "Loss by epoch, 0 to" in text
    assert "signal" in text


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(softmax_twice=True, activation="tanh")])
def test_the_gradients_are_those_of_the_loss(recipe):
    network = Network([4, 5, 3], recipe, 0)
    for part in network.kernels:
        part *= 0.5
    network.kernels = [part.astype("float64") for part in network.kernels]
    x, y = np.random.default_rng(0).normal(size=(6, 4)), np.arange(6) % 3
    found = network.gradients(x, y)[0][0][1, 2]
    losses = []
    for way in (1, -1):
        network.kernels[0][1, 2] += way * 1e-5
        losses.append(network.evaluate(x, y)[0])
        network.kernels[0][1, 2] -= way * 1e-5
    assert found == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-3)


def test_a_healthy_network_starts_near_the_loss_of_a_guess_and_learns():
    network = Network([144, 50, 50, 3], Recipe(), 0)
    x = recipes.scaler(Recipe(), TRAIN[0])(TRAIN[0])
    start = network.evaluate(x, TRAIN[1])
    for _ in range(8):
        network.train(x, TRAIN[1], RNG, 32)
    assert abs(start[0] - np.log(3)) < 1
    assert network.evaluate(x, TRAIN[1])[1] > 0.95


def test_moved_pictures_hold_the_same_pixels():
    x = TRAIN[0][:50]
    other = recipes.moved(x, np.random.default_rng(0))
    assert (np.sort(other.reshape(50, -1)) == np.sort(x.reshape(50, -1))).all()
    assert (other != x).any()


def test_validation_rows_slip_into_training_without_changing_its_size():
    x, y = recipes.spoiled(Recipe(shared=True), TRAIN, HELD, RNG)
    assert len(x) == len(y) == len(TRAIN[1])
    assert (x[: len(HELD[1])] == HELD[0]).all()


def test_a_patient_takes_one_core_for_itself(monkeypatch):
    used = []

    def by_heart(*_):
        used.extend(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")
        return 1.0

    monkeypatch.setattr(ward, "_by_heart", by_heart)
    diagnosis.patients(TRAIN, HELD, count=1, epochs=1)
    assert set(used) == {1}


def test_a_ward_holds_different_faults_and_does_not_name_them(monkeypatch):
    def train(name, recipe, parts, epochs, seed, seal):
        return Patient(name, {}, None, None, seal)

    monkeypatch.setattr(ward, "_trained", train)
    found = diagnosis.patients(TRAIN, HELD, seed=3)
    assert list(found) == [f"patient {number}" for number in range(1, 13)]
    faults = []
    for one in found.values():
        faults += [fault for fault in diagnosis.FAULTS if one.has(fault)]
        assert faults[-1] not in repr(one)
    assert len(set(faults)) == 12
    others = diagnosis.patients(TRAIN, HELD, seed=4)
    assert [one.seal for one in others.values()] != [one.seal for one in found.values()]


def test_a_right_answer_is_explained_and_a_wrong_one_gets_a_hint_only(capsys):
    assert diagnosis.answer(patient("overfitting"), "overfitting") is True
    assert EXPLANATIONS["overfitting"] in capsys.readouterr().out
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
    with pytest.raises(ValueError, match="expected one of augmentation"):
        diagnosis.answer(patient(), "bad luck")
    with pytest.raises(ValueError, match="from 1 to 14, got 15"):
        diagnosis.patients(TRAIN, HELD, count=15)
    with pytest.raises(ValueError, match="above 0, got 0"):
        diagnosis.patients(TRAIN, HELD, epochs=0)


def test_every_fault_has_a_hint_and_an_explanation():
    assert set(HINTS) == set(EXPLANATIONS) == set(diagnosis.FAULTS)
