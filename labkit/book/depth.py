"""What is left of a signal and of a gradient in deep random networks: what "Try it" draws.

The networks are untrained: `WIDTH` units a layer, biases 0, one draw of weights for each
initializer, an output layer with ten classes; inputs and classes are random. They are so many that
they are multiplied here with NumPy; a test measures some with `labkit.diagnostics`.
"""

import json

import numpy as np
from scipy.special import erf, expit, softmax

WIDTH, ROWS, CLASSES = 50, 100, 10
DEPTHS = (5, 10, 20, 40)
GAINS = 2 ** (np.arange(-4, 13) / 4)  # from 0.5 to 8; four steps double
ROUNDING = 1e-12  # differences smaller than this share of the outputs are those of rounding
NOTHING = 1e-99  # in place of 0: the figure is logarithmic


def _normal_density(u):
    return np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)


def _normal_share(u):
    return (1 + erf(u / np.sqrt(2))) / 2


FUNCTIONS = {  # name: function, slope
    "sigmoid": (expit, lambda u: expit(u) * expit(-u)),
    "tanh": (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
    "ReLU": (lambda u: np.maximum(u, 0), lambda u: (u > 0) * 1.0),
    "leaky ReLU": (lambda u: np.where(u > 0, u, 0.2 * u), lambda u: np.where(u > 0, 1, 0.2)),
    "GELU": (
        lambda u: u * _normal_share(u),
        lambda u: _normal_share(u) + u * _normal_density(u),
    ),
}


def batch():
    """Draw the inputs, their classes, and the weights of the output layer.

    Returns
    -------
    x, y, head : ndarray of shapes (ROWS, WIDTH), (ROWS,) and (WIDTH, CLASSES)
    """
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, WIDTH)), rng.integers(CLASSES, size=ROWS)
    return x, y, rng.normal(0, WIDTH**-0.5, (WIDTH, CLASSES))


def initial_kernels():
    """Draw the weights of as many layers as the deepest network has, by initializer.

    Returns
    -------
    dict of str to ndarray of shape (n_layers, WIDTH, WIDTH)
        Glorot's and He's are the same normal numbers, of variance 1 and 2 over `WIDTH`.
    """
    drawn = np.random.default_rng(1).normal(size=(max(DEPTHS), WIDTH, WIDTH))
    return {
        "Glorot": drawn / np.sqrt(WIDTH),
        "He": drawn * np.sqrt(2 / WIDTH),
        "orthogonal": np.linalg.qr(drawn)[0],
    }


def passed(activation, kernels):
    """Send the batch up through the layers, and its error down from each of `DEPTHS`.

    Parameters
    ----------
    activation : str
        A name in `FUNCTIONS`.
    kernels : ndarray of shape (n_layers, WIDTH, WIDTH)
        Weights of the hidden layers, times their gain.

    Returns
    -------
    signal : list of float
        For each layer, how far a unit's output differs between inputs: root mean square, over the
        units, of its standard deviation; 0 where rounding hides it.
    gradient : list of list of float
        For each depth up to the number of layers, for each layer: root mean square, over inputs
        and units, of the derivative of one input's loss by the layer's output.
    """
    function, slope = FUNCTIONS[activation]
    h, y, head = batch()
    outputs, slopes = [], []
    for kernel in kernels:
        u = h @ kernel
        h = function(u)
        outputs.append(h)
        slopes.append(slope(u))
    signal = [_spread(output) for output in outputs]
    gradient = []
    for depth in (depth for depth in DEPTHS if depth <= len(kernels)):
        errors = [(softmax(outputs[depth - 1] @ head, axis=1) - np.eye(CLASSES)[y]) @ head.T]
        for layer in range(depth - 1, 0, -1):
            errors.append((errors[-1] * slopes[layer]) @ kernels[layer].T)
        gradient.append([_rms(error) for error in errors[::-1]])
    return signal, gradient


def measure():
    """Measure every network that a reader can choose.

    Returns
    -------
    dict
        ``activations``, ``initializers``, ``gains``, ``depths``: the choices. ``networks``: by
        activation, initializer and gain, what `passed` returns, as hundredths of powers of ten.
    """
    start = initial_kernels()
    return {
        "activations": list(FUNCTIONS),
        "initializers": list(start),
        "gains": [float(f"{gain:.3g}") for gain in GAINS],
        "depths": DEPTHS,
        "networks": [
            [
                [_hundredths(passed(name, gain * kernels)) for gain in GAINS]
                for kernels in start.values()
            ]
            for name in FUNCTIONS
        ],
    }


def as_json():
    """Return what `measure` returns, as one line that may stand in a page."""
    return json.dumps(measure(), separators=(",", ":"))


def _spread(output):
    spread = _rms(output.std(axis=0))
    return spread if spread > ROUNDING * _rms(output) else 0.0


def _rms(values):
    return float(np.sqrt(np.mean(values**2)))


def _hundredths(values):
    if isinstance(values, float):
        return round(100 * np.log10(max(values, NOTHING)))
    return [_hundredths(value) for value in values]
