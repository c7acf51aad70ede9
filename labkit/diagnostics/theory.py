"""What theory expects of a gradient on its way back through a random network."""

import numpy as np
from scipy.special import erf

from labkit.numbers import real

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _logistic(u):
    return 0.5 * (1 + np.tanh(u / 2))  # no overflow, unlike 1 / (1 + exp(-u))


def _normal_density(u):
    return np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)


_DERIVATIVES = {
    "linear": np.ones_like,
    "sigmoid": lambda u: _logistic(u) * _logistic(-u),
    "tanh": lambda u: 1 - np.tanh(u) ** 2,
    "softsign": lambda u: 1 / (1 + np.abs(u)) ** 2,
    "hard_sigmoid": lambda u: (np.abs(u) < 3) / 6,
    "relu": lambda u: (u > 0) * 1.0,
    "leaky_relu": lambda u: np.where(u > 0, 1.0, 0.2),  # the slope that Keras takes by name
    "elu": lambda u: np.exp(np.minimum(u, 0)),
    "selu": lambda u: _SELU_SCALE * np.where(u > 0, 1.0, _SELU_ALPHA * np.exp(np.minimum(u, 0))),
    "softplus": _logistic,
    "silu": lambda u: _logistic(u) * (1 + u * _logistic(-u)),
    "gelu": lambda u: 0.5 * (1 + erf(u / np.sqrt(2))) + u * _normal_density(u),
}
ACTIVATIONS = tuple(_DERIVATIVES)


def mean_field_factor(weight_variance, width, preactivation_variance, activation="sigmoid"):
    """Predict by how much one layer multiplies the rms of the gradient that passes back.

    In a wide layer with independent random weights, the gradient with respect to the inputs u
    of one activation follows from that of the next layer's by the factor
    ``sqrt(width * weight_variance * E[f'(u)**2])``, where u is normal with mean 0. Below 1,
    the gradient shrinks by that factor at every layer: it vanishes with depth.

    Parameters
    ----------
    weight_variance : float
        Variance of one weight of the matrix that the gradient crosses; Glorot's is
        ``2 / (fan_in + fan_out)``, He's ``2 / fan_in``.
    width : int
        Units that the gradient comes from: the columns of that matrix (its fan out).
    preactivation_variance : float
        Variance of u, the square of ``pre_std`` in `labkit.diagnostics.activations`.
    activation : str, optional
        A name of Keras, one of `ACTIVATIONS`.

    Returns
    -------
    float
        Factor per layer, no unit.

    Raises
    ------
    ValueError
        If the activation is unknown, or a number is negative or not finite.

    Notes
    -----
    The expectation is an integral over a normal density, taken by Gauss-Legendre quadrature on
    either side of 0, where the derivatives of ReLU and its relatives jump.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010. Schoenholz et al., "Deep Information Propagation", 2017. arXiv:1611.01232

    Examples
    --------
    >>> round(mean_field_factor(1 / 50, 50, 0.0, "sigmoid"), 3)  # at u = 0 the slope is 1/4
    0.25
    """
    if activation not in _DERIVATIVES:
        raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {activation!r}")
    weight_variance, width, preactivation_variance = (
        real(name, number, lambda value: 0 <= value < np.inf, "a finite number, 0 or more")
        for name, number in {
            "weight_variance": weight_variance,
            "width": width,
            "preactivation_variance": preactivation_variance,
        }.items()
    )
    slope = _mean_squared_slope(_DERIVATIVES[activation], np.sqrt(preactivation_variance))
    return float(np.sqrt(width * weight_variance * slope))


def _mean_squared_slope(derivative, spread, n_nodes=400, end=12.0):
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    half = (nodes + 1) * end / 2  # from 0 to `end` standard deviations
    z = np.concatenate([-half, half])
    density = np.concatenate([weights, weights]) * end / 2 * _normal_density(z)
    return np.sum(density * derivative(spread * z) ** 2)
