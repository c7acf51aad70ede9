"""Train a Keras model under KERAS_BACKEND=jax with an epoch in one compiled program.

The data stays on the device as it is (uint8 pictures, say), and each step gathers its batch from
there. On a GPU a step then costs what its arithmetic costs, not a millisecond or two of Python. On
a CPU XLA is slow at convolutions inside a loop: take TensorFlow and `labkit.training.fit` there.
"""

import time
from typing import NamedTuple

import numpy as np


class Trained(NamedTuple):
    """What a training did: epochs that were finished, wall seconds, and the last epoch's loss.

    ``seconds`` includes compiling, which took ``compile_seconds`` of them.
    """

    epochs: int
    seconds: float
    compile_seconds: float
    loss: float


def fit(model, x, y, *, batch_size=32, epochs=1, seed=0, limit=None):
    """Train a compiled model: the updates of ``Model.fit``, in a new order of rows each epoch.

    Parameters
    ----------
    model : keras.Model
        Compiled with a dict of loss objects; its output is a dict with the same keys.
    x : ndarray, shape (n, ...)
    y : dict of str to ndarray, shape (n, ...)
        Targets, by output.
    batch_size, epochs : int
        The last batch of an epoch may be smaller, as in Keras.
    seed : int
        Of the order of rows.
    limit : float, optional
        Seconds from the call on; no epoch is begun that would end later. One is always done.

    Returns
    -------
    Trained
        A loss that is no finite number ends the training, and is returned.
    """
    import jax

    start = time.perf_counter()
    rng = np.random.default_rng(seed)
    x, y = jax.device_put((x, y))
    state = _state(model)
    run = jax.jit(_epoch_of(model)).lower(state, x, y, *_batches(rng, len(x), batch_size))
    run = run.compile()
    compiled = time.perf_counter()
    for done in range(1, epochs + 1):
        state, loss = run(state, x, y, *_batches(rng, len(x), batch_size))
        loss = float(loss)  # waits for the device
        now = time.perf_counter()
        each = (now - compiled) / done
        if not np.isfinite(loss) or (limit is not None and now + each > start + limit):
            break
    _put_back(model, state)
    return Trained(done, time.perf_counter() - start, compiled - start, loss)


def _state(model):
    """Return trained variables, the others (seeds of dropout, say), and the optimizer's."""
    model.optimizer.build(model.trainable_variables)
    groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    return tuple([variable.value for variable in group] for group in groups)


def _put_back(model, state):
    groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    for group, values in zip(groups, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _batches(rng, n, batch_size):
    """Draw an order of n rows: their numbers, batch by batch, and the weight of each.

    The last batch is filled up with rows of weight 0, and its own rows weigh more, so that the
    mean over the full size is the mean over its own.
    """
    steps = -(-n // batch_size)
    rows = np.zeros(steps * batch_size, "int32")
    rows[:n] = rng.permutation(n)
    weights = np.ones(len(rows), "float32")
    last = n - (steps - 1) * batch_size
    weights[len(rows) - batch_size :] = batch_size / last
    weights[n:] = 0
    return rows.reshape(steps, batch_size), weights.reshape(steps, batch_size)


def _epoch_of(model):
    """Return the function of an epoch: state, data, rows, weights -> state, mean loss."""
    import jax

    def loss_of(trained, others, x, y, weights):
        outputs, others, extra = model.stateless_call(
            trained, others, x, training=True, return_losses=True
        )
        losses = [
            loss(y[name], outputs[name], sample_weight=weights) for name, loss in model.loss.items()
        ]
        return sum(losses) + sum(extra), others

    gradients_of = jax.value_and_grad(loss_of, has_aux=True)

    def epoch(state, x, y, rows, weights):
        def step(state, batch):
            trained, others, optimizer = state
            rows, weights = batch
            picked = jax.tree.map(lambda array: array[rows], (x, y))
            (loss, others), gradients = gradients_of(trained, others, *picked, weights)
            trained, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trained)
            return (trained, others, optimizer), loss

        state, losses = jax.lax.scan(step, state, (rows, weights))
        return state, losses.mean()

    return epoch
