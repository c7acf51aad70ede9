"""Train the reader: targets, losses and the two runs."""

import time

import keras
import numpy as np
from keras import ops

from labkit import progress, training
from labkit.clocks import networks, poses
from labkit.numbers import whole

_WEIGHTS = (1.0, 1.0, 0.8, 0.8, 0.8, 0.25, 0.25)  # a tilt moves the rim by a quarter as much


def direction_map(angle, angles=networks.ANGLES):
    """Write directions as distributions over a circle of equal steps.

    Parameters
    ----------
    angle : array of shape (n,)
        Radians clockwise from "up".
    angles : int
        Number of steps, the first at 0.

    Returns
    -------
    ndarray of shape (n, angles), float32
        The two steps beside the direction share it, the nearer one having more.
    """
    angles = whole("angles", angles, 1)
    place = np.asarray(angle) / (2 * np.pi) * angles % angles
    low = np.floor(place).astype(int)
    share, rows = (place - low).astype(np.float32), np.arange(len(place))
    maps = np.zeros((len(place), angles), np.float32)
    maps[rows, low % angles] += 1 - share
    maps[rows, (low + 1) % angles] += share
    return maps


def targets(pictures, angles=networks.ANGLES):
    """Return what the networks are to say about pictures whose pose is known.

    Parameters
    ----------
    pictures : labkit.clocks.Pictures
        With a pose.
    angles : int
        Steps of the maps.

    Returns
    -------
    place : ndarray of shape (n, 7), float32
        For the locator.
    maps : dict of str to ndarray of shape (n, angles), float32
        ``twelve``, ``hour`` and ``minute`` for the dial reader.

    Raises
    ------
    ValueError
        If the pictures come without pose.
    """
    if pictures.pose is None:
        raise ValueError("training the reader needs the pose of every dial; render pictures")
    place, turn = poses.split(pictures.pose)
    hour, minute = 2 * np.pi * pictures.y / 720, 2 * np.pi * pictures.y / 60
    angle = {"twelve": turn, "hour": turn + hour, "minute": turn + minute}
    return place, {name: direction_map(value, angles) for name, value in angle.items()}


@keras.saving.register_keras_serializable("labkit")
def place_loss(true, predicted):
    """Return how far the dial's place is off: quadratic below 1 % of a side, linear beyond.

    Parameters
    ----------
    true, predicted : tensor of shape (batch, 7)

    Returns
    -------
    tensor of shape (batch,)
    """
    off = 100 * ops.abs(true - predicted) * ops.convert_to_tensor(_WEIGHTS, "float32")
    return ops.mean(ops.where(off < 1, 0.5 * off * off, off - 0.5), axis=-1)


def train_reader(
    pictures,
    *,
    epochs=(16, 8),
    batch_size=64,
    learning_rate=3e-3,
    jitter=0.008,
    dtype=None,
    seed=0,
    verbose="auto",
):
    """Train a locator and a dial reader on rendered pictures, and put them together.

    Parameters
    ----------
    pictures : labkit.clocks.Pictures
        With a pose, 150 x 150.
    epochs : pair of int
        Of the locator, which sees each picture turned and mirrored at random, and of the dial
        reader, which gets the true place, moved at random.
    batch_size : int
    learning_rate : float
        Peak of one cycle, AdamW.
    jitter : float
        As for `labkit.clocks.layers.PolarPicture`.
    dtype : str, optional
        Keras' dtype policy, such as `labkit.training.quicker_policy` returns.
    seed : int
    verbose
        As for `labkit.training.fit`.

    Returns
    -------
    reader : keras.Model
        From `labkit.clocks.networks.reader`.
    seconds : float
        Wall time of all of it, compiling included.

    Raises
    ------
    ValueError
        If a number lies outside its range, or the pictures come without pose.
    """
    start = time.perf_counter()
    epochs = tuple(whole("epochs", count, 0) for count in epochs)
    batch_size, seed = whole("batch_size", batch_size, 1), whole("seed", seed)
    keras.utils.set_random_seed(seed)
    place, maps = targets(pictures)
    size, steps = pictures.x.shape[1], -(-len(pictures.y) // batch_size)
    settings = {"batch_size": batch_size, "verbose": verbose, "shuffle": "each_epoch"}

    def compiled(model, loss, epochs):
        cycle = training.OneCycle(learning_rate, max(steps * epochs, 2), warm_up=0.15)
        model.compile(keras.optimizers.AdamW(cycle, weight_decay=0.02), loss)
        return model

    finding = compiled(networks.locator(size, dtype=dtype), place_loss, epochs[0])
    rng = np.random.default_rng(seed)
    shown = verbose != 0
    with progress.bar(epochs[0], description="locator", unit="epoch", shown=shown) as bar:
        for _ in range(epochs[0]):
            training.fit(finding, *turned(pictures.x, place, rng), **settings | {"verbose": 0})
            bar.update()
    reading = networks.dial_reader(dtype=dtype)
    model = networks.unrolled(reading, size, jitter=jitter, dtype=dtype)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    compiled(model, dict.fromkeys(maps, loss), epochs[1])
    training.fit(model, [pictures.x, place], maps, epochs=epochs[1], **settings)
    return networks.reader(finding, reading, dtype=dtype), time.perf_counter() - start


def turned(x, place, rng):
    """Turn pictures by quarters and mirror some, with the places of their dials.

    An ellipse has no numerals, so that a locator may look at it from all sides.

    Parameters
    ----------
    x : ndarray of shape (n, size, size)
    place : ndarray of shape (n, 7)
        In the order of `labkit.clocks.poses.NUMBERS`.
    rng : numpy.random.Generator
        Draws one of the eight symmetries of a square for each picture.

    Returns
    -------
    x, place : ndarray
        Copies.
    """
    x, place = x.copy(), place.copy()
    right, down, across = rng.random((3, len(x))) < 0.5
    x[right] = x[right, :, ::-1]
    x[down] = x[down, ::-1]
    x[across] = x[across].transpose(0, 2, 1)
    for rows, centre, tilt in ((right, 0, 5), (down, 1, 6)):
        place[rows, centre] = 1 - place[rows, centre]
        place[rows, 3] *= -1
        place[rows, tilt] *= -1
    place[across] = place[across][:, [1, 0, 4, 3, 2, 6, 5]]
    return x, place
