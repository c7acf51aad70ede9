"""What moves in the page: the arithmetic of its walks, and what the build measures for it."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from labkit import diagnostics
from labkit.book import depth, try_it

keras = pytest.importorskip("keras")
BOOK = Path(__file__).parent.parent / "book"
# Keras rounds a constant to 32 bits, which moves the sixth digit, unless it comes with 64;
# the rate has no digits to lose.
RATE, STEPS, MU = 1 / 64, 20, np.float64(0.8)
ADAM = {"beta_1": MU, "beta_2": np.float64(0.999)}
KERAS = {
    "SGD": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=MU),
    "Nesterov": partial(keras.optimizers.SGD, momentum=MU, nesterov=True),
    "AdaGrad": keras.optimizers.Adagrad,
    "RMSprop": partial(keras.optimizers.RMSprop, rho=np.float64(0.9)),
    "Adam": partial(keras.optimizers.Adam, **ADAM),
    "AdamW": partial(keras.optimizers.AdamW, **ADAM, weight_decay=np.float64(0.004)),
}
TURN = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
STEEP = np.array([1, 50])


def slope_in_hollows(w):
    near, far = w[0] + 4, w[0] - 4
    return np.array([near * (far**2 + 2) / 32 + near**2 * far / 32, 4 * w[1]])


SLOPES = {
    "ravine": lambda w: STEEP * w,
    "turned ravine": lambda w: TURN.T @ (STEEP * (TURN @ w)),
    "two hollows": slope_in_hollows,
}
WALKS = """([rate, mu, updates]) => {
    const { RULES, SURFACES, walk } = labkitOptimizers;
    const options = surface => ({rate, mu, updates, start: SURFACES[surface].start});
    const of = keys => make => Object.fromEntries(Object.keys(keys).map(key => [key, make(key)]));
    return of(RULES)(rule => of(SURFACES)(name => walk(name, rule, options(name)).places));
}"""
STEEPNESS = """() => Object.values(labkitOptimizers.SURFACES).flatMap(({height, slope, low}) =>
    [[-5, 2], [1, -1], low].flatMap(w => slope(w).map((g, i) => {
        const moved = sign => height(w.map((part, j) => part + sign * (i === j) * 1e-4));
        return [g, (moved(1) - moved(-1)) / 2e-4];
    })))"""


@pytest.fixture(scope="module")
def arithmetic(browser):
    """Give an empty page that has the scripts without the drawings."""
    page = browser.new_page()
    for name in ("optimizers.js", "backpropagation.js"):
        page.evaluate((BOOK / "_static" / name).read_text(encoding="utf-8"))
    yield page
    page.close()


@pytest.fixture(scope="module")
def walks(arithmetic):
    """Walk with every rule on every surface, in the browser."""
    return arithmetic.evaluate(WALKS, [RATE, float(MU), STEPS])


@pytest.mark.parametrize("rule", KERAS)
def test_the_page_walks_as_keras_does_to_six_digits(walks, rule):
    assert walks.keys() == KERAS.keys()
    assert walks[rule].keys() == SLOPES.keys()
    w = np.concatenate([places[0] for places in walks[rule].values()])
    theirs, optimizer = keras.Variable(w, dtype="float64"), KERAS[rule](RATE)
    for step in range(1, STEPS + 1):  # the rules look at each weight alone: all surfaces at once
        parts = zip(SLOPES.values(), w.reshape(-1, 2), strict=True)
        slopes = np.concatenate([slope(part) for slope, part in parts])
        optimizer.apply([keras.ops.convert_to_tensor(slopes)], [theirs])
        w = theirs.numpy()
        ours = np.concatenate([places[step] for places in walks[rule].values()])
        np.testing.assert_allclose(ours, w, rtol=1e-6, atol=1e-9)


def test_the_slope_of_a_surface_is_that_of_its_height(arithmetic):
    ours, measured = np.transpose(arithmetic.evaluate(STEEPNESS))
    np.testing.assert_allclose(ours, measured, rtol=1e-6, atol=1e-6)


def test_a_walk_ends_before_a_number_overflows(arithmetic):
    options = "{rate: 3, mu: 0.9, start: [-8, 1], updates: 200}"
    heights = arithmetic.evaluate(f"labkitOptimizers.walk('ravine', 'SGD', {options}).heights")
    assert len(heights) < 201
    assert np.isfinite(heights).all()


NETWORKS = [  # both units on; one off, as the page begins; x negative, the other class
    {"x": 1.5, "y": 1, "W11": 0.7, "W12": 1.1, "W21": -0.6, "W22": 0.9},
    {"x": 2, "y": 1, "W11": 1.5, "W12": -0.5, "W21": -0.4, "W22": 2},
    {"x": -1, "y": 0, "W11": -2, "W12": 0.3, "W21": 1.7, "W22": -3},
]
BACKWARDS = """([network, rate]) => {
    const { WEIGHTS, forward, backward, measure, update } = labkitBackpropagation;
    const down = backward(network);
    const measured = ["x", ...WEIGHTS].map(name => [down[name], measure(network, name)]);
    return [forward(network), down, measured, update(network, rate)];
}"""


@pytest.mark.parametrize("network", NETWORKS)
def test_the_page_goes_backwards_as_tensorflow_does_to_six_digits(arithmetic, network):
    tf = pytest.importorskip("tensorflow")
    up, down, measured, after = arithmetic.evaluate(BACKWARDS, [network, 0.3])
    w = {name: tf.Variable(value, dtype="float64") for name, value in network.items()}
    with tf.GradientTape() as tape:
        u1, u2 = w["x"] * w["W11"], w["x"] * w["W12"]
        h1, h2 = tf.nn.relu(u1), tf.nn.relu(u2)
        z = h1 * w["W21"] + h2 * w["W22"]
        loss = tf.nn.sigmoid_cross_entropy_with_logits(w["y"], z)
    inner = {"u1": u1, "u2": u2, "h1": h1, "h2": h2, "z": z}
    asked = {name: inner.get(name, w.get(name)) for name in down}
    slopes = {name: float(slope) for name, slope in tape.gradient(loss, asked).items()}
    assert down == pytest.approx(slopes, rel=1e-9, abs=1e-12)
    assert up["L"] == pytest.approx(float(loss), rel=1e-12)
    np.testing.assert_allclose(*np.transpose(measured), rtol=1e-6, atol=1e-9)
    moved = {name: network[name] - 0.3 * slopes[name] for name in after if name.startswith("W")}
    assert after == pytest.approx(network | moved)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("\N{MINUS SIGN}0,4 · 2", -0.8),
        ("-(1-.5)*3/2", -0.75),
        ("1 - -2", 3),
        ("", None),
        ("2 3", None),
        ("h1", None),
    ],
)
def test_an_answer_may_be_a_product_that_the_page_works_out(arithmetic, line, value):
    found = arithmetic.evaluate("line => labkitBackpropagation.calculate(line)", line)
    assert np.isnan(found) if value is None else found == pytest.approx(value)


@pytest.mark.parametrize(
    ("activation", "name", "initializer", "gain"),
    [("ReLU", "relu", "He", 1.0), ("GELU", "gelu", "orthogonal", 2.0)],
)
def test_the_networks_of_the_page_are_measured_as_by_diagnostics(
    activation, name, initializer, gain
):
    kernels = gain * depth.initial_kernels()[initializer][:5]
    x, y, head = depth.batch()
    model = keras.Sequential([keras.Input((depth.WIDTH,))])
    for _ in kernels:
        model.add(keras.layers.Dense(depth.WIDTH, name, use_bias=False))
    model.add(keras.layers.Dense(depth.CLASSES, use_bias=False))
    model.set_weights([*kernels, head])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    signal, gradient = depth.passed(activation, kernels)
    outputs = [*diagnostics.values(model, x)["activations"].values()][:-1]
    spreads = [values.reshape(depth.ROWS, -1).std(axis=0) for values in outputs]
    np.testing.assert_allclose(signal, [np.sqrt(np.mean(s**2)) for s in spreads], rtol=1e-3)
    expected = diagnostics.gradients(model, x, y).output_gradient_rms[:-1]
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-3)


def test_every_slope_is_that_of_its_activation():
    u = np.linspace(-3, 3, 60)  # not 0, where a ReLU has none
    for function, slope in depth.FUNCTIONS.values():
        measured = (function(u + 1e-5) - function(u - 1e-5)) / 2e-5
        np.testing.assert_allclose(slope(u), measured, atol=1e-8)


def test_the_build_writes_its_measurements_into_the_page(monkeypatch):
    monkeypatch.setattr(depth, "DEPTHS", (2, 3))
    page = [(BOOK / "try_depth.md").read_text(encoding="utf-8")]
    try_it.fill_in(None, "book/try_depth", page)
    measured = json.loads(page[0].split('id="try-depth-measured">')[1].split("</script>")[0])
    assert [len(measured[key]) for key in ("activations", "initializers", "gains")] == [5, 3, 17]
    for networks in measured["networks"]:
        for signal, gradients in (network for start in networks for network in start):
            assert len(signal) == 3
            assert [len(gradient) for gradient in gradients] == [2, 3]


def test_the_scripts_of_a_page_are_there():
    for page, scripts in try_it.PAGES.items():
        assert (BOOK.parent / f"{page}.md").exists()
        assert all((BOOK / "_static" / name).exists() for name in scripts)
