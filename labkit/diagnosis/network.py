"""A small dense network in NumPy: it trains in a quarter of a second, without TensorFlow."""

from itertools import pairwise

import numpy as np

FUNCTIONS = {  # the function, and its slope from its output
    "relu": (lambda z: np.maximum(z, 0), lambda h: h > 0),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
}
MOMENTUM = 0.9
WATCHED_STEP = 10


class Network:
    """Dense layers from pixels to logits, trained by SGD with momentum.

    Parameters
    ----------
    widths : sequence of int
        Inputs, units of each hidden layer, classes.
    recipe : labkit.diagnosis.recipes.Recipe
        Activation, first weights and biases, what the loss takes, which layers are frozen.
    seed : int
        For the first weights.
    """

    def __init__(self, widths, recipe, seed):
        rng = np.random.default_rng(seed)
        self.recipe = recipe
        self.function, self.slope = FUNCTIONS[recipe.activation]
        sizes = list(pairwise(widths))
        spreads = [np.sqrt(recipe.gain / n_in) for n_in, _ in sizes[:-1]]
        spreads.append(np.sqrt(1 / sizes[-1][0]))  # of the logits
        self.kernels = [
            (spread * rng.standard_normal(size)).astype("float32")
            for spread, size in zip(spreads, sizes, strict=True)
        ]
        self.biases = [np.full(n_out, recipe.bias, "float32") for _, n_out in sizes]
        self.biases[-1][:] = 0
        self.velocity = [np.zeros_like(part) for part in [*self.kernels, *self.biases]]

    def forward(self, x):
        """Return what enters each layer, then the logits."""
        signals = [x]
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            signals.append(self.function(signals[-1] @ kernel + bias))
        return [*signals, signals[-1] @ self.kernels[-1] + self.biases[-1]]

    def evaluate(self, x, y):
        """Return the mean loss and the share of right answers."""
        logits = self.forward(x)[-1]
        return self._loss(logits, y)[0], float(np.mean(logits.argmax(axis=1) == y))

    def gradients(self, x, y):
        """Return the gradients of the kernels and of the biases."""
        *signals, logits = self.forward(x)
        _, error = self._loss(logits, y)
        kernels, biases = [], []
        for place in range(len(signals) - 1, -1, -1):
            kernels.insert(0, signals[place].T @ error)
            biases.insert(0, error.sum(axis=0))
            if place:
                error = (error @ self.kernels[place].T) * self.slope(signals[place])
        return kernels, biases

    def step(self, x, y):
        """Make one update."""
        parts = [*self.kernels, *self.biases]
        kernels, biases = self.gradients(x, y)
        for place, (part, gradient) in enumerate(zip(parts, [*kernels, *biases], strict=True)):
            if place % len(self.kernels) not in self.recipe.frozen:
                self.velocity[place] *= MOMENTUM
                self.velocity[place] -= self.recipe.learning_rate * gradient
                part += self.velocity[place]

    def train(self, x, y, rng, batch_size):
        """Make the updates of one epoch, the rows in a new order.

        Returns
        -------
        list of float
            For each layer the norm of update number `WATCHED_STEP` over that of its weights.
        """
        order, ratios = rng.permutation(len(x)), []
        for count, start in enumerate(range(0, len(x), batch_size)):
            rows = order[start : start + batch_size]
            self.step(x[rows], y[rows])
            if count <= WATCHED_STEP:
                ratios = [
                    float(np.linalg.norm(change) / np.linalg.norm(kernel))
                    for change, kernel in zip(self.velocity, self.kernels, strict=False)
                ]
        return ratios

    def answers(self, x):
        """Return the class of each row."""
        return self.forward(x)[-1].argmax(axis=1)

    def _loss(self, logits, y):
        """Return the mean cross-entropy and its gradient by the logits."""
        shares = _softmax(logits)
        scores = _softmax(shares) if self.recipe.softmax_twice else shares
        rows = np.arange(len(y))
        loss = -np.mean(np.log(np.maximum(scores[rows, y], 1e-30)))
        error = scores.copy()
        error[rows, y] -= 1
        if self.recipe.softmax_twice:
            error = shares * (error - (error * shares).sum(axis=1, keepdims=True))
        return float(loss), error / len(y)


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
