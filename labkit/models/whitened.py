"""A small convolutional network that reaches a good score in few epochs."""

import keras
import numpy as np
from keras import layers

from labkit.models import parts
from labkit.models.augment import RandomShift
from labkit.numbers import real

MOST_PICTURES = 5000  # of which the statistics are taken: all as floats may fill the memory


def airbench(
    x,
    n_classes=10,
    *,
    filters=(64, 256, 256),
    shift=2,
    mirror=True,
    activation="relu",
    dtype=None,
    name="airbench",
):
    """Build an uncompiled CNN after airbench94, for pictures such as `x`, to logits.

    The parts, in order: pixels with mean 0 and variance 1 (``standardize``); in training a random
    shift and mirror image (``shift``, ``mirror``); a frozen convolution that whitens 2 x 2 patches
    (``whiten``, see `whitening_kernel`); three stages of two 3 x 3 convolutions, each with batch
    normalization and activation, the first of them halving height and width (``conv_1_1``,
    ``pool_1``, ``batch_norm_1_1``, ``activation_1_1``, ``conv_1_2`` and so on); the largest value
    of each filter over the picture (``global_pool``); dense ``logits`` without bias.

    The source adds what is left out here: a learning-rate boost of the biases, a look-ahead
    average of the weights, and its own scaling of the logits.

    Parameters
    ----------
    x : ndarray, shape (n, height, width) or (n, height, width, channels)
        Training pictures: their shape, mean, deviation and patches are built in. Of more than
        5,000 pictures every second, every third and so on is taken for that.
    n_classes : int
        Number of logits.
    filters : sequence of int
        Filters of each stage.
    shift : int
        Largest random shift in pixels, the edge reflected; 0 for none.
    mirror : bool
        Whether half of the pictures are mirrored, left to right.
    activation : str or callable
        Of every convolution. The source has GELU, which takes twice the time of ReLU on a CPU.
    dtype : str, optional
        Keras' dtype policy of all layers but the logits, which are float32: ``"mixed_bfloat16"``.
        Otherwise the global policy.
    name : str
        Name of the model.

    Returns
    -------
    keras.Sequential
        Built and uncompiled; output of shape (batch, n_classes), float32, no softmax.

    Raises
    ------
    ValueError
        If `x` is not pictures, all its pixels are equal, a picture is too small for the stages, or
        a size is no positive whole number.

    References
    ----------
    Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024. arXiv:2404.00498
    """
    x = _pictures(x)
    filters = parts.widths("filters", filters)
    n_classes = parts.size("n_classes", n_classes)
    if min(x.shape[1:3]) < 2 ** len(filters) + 1:
        raise ValueError(
            f"{len(filters)} stages need pictures of {2 ** len(filters) + 1} pixels or more in "
            f"height and width; got {x.shape[1:3]}"
        )
    sample = x[:: -(-len(x) // MOST_PICTURES)]  # evenly, since a set may be sorted
    center, spread = float(sample.mean()), float(sample.std())
    if spread == 0:
        raise ValueError("all pixels of x are equal: there is nothing to learn from")
    kernel = whitening_kernel((sample - center) / spread)

    model = keras.Sequential([keras.Input(x.shape[1:])], name=name)
    model.add(
        layers.Rescaling(1 / spread, offset=-center / spread, dtype=dtype, name="standardize")
    )
    if shift:
        model.add(RandomShift(shift, "reflect", dtype=dtype, name="shift"))
    if x.ndim == 3:
        model.add(layers.Reshape((*x.shape[1:], 1), dtype=dtype, name="channels"))
    if mirror:
        model.add(layers.RandomFlip("horizontal", dtype=dtype, name="mirror"))
    whiten = layers.Conv2D(kernel.shape[-1], 2, activation=activation, dtype=dtype, name="whiten")
    model.add(whiten)
    whiten.set_weights([kernel, np.zeros(kernel.shape[-1], "float32")])
    whiten.trainable = False
    for stage, width in enumerate(filters, start=1):
        for place in (1, 2):
            end = f"{stage}_{place}"
            model.add(
                layers.Conv2D(
                    width, 3, padding="same", use_bias=False, dtype=dtype, name=f"conv_{end}"
                )
            )
            if place == 1:
                model.add(layers.MaxPooling2D(dtype=dtype, name=f"pool_{stage}"))
            norm = {"scale": False, "momentum": 0.9, "name": f"batch_norm_{end}"}
            model.add(layers.BatchNormalization(dtype=dtype, **norm))
            model.add(layers.Activation(activation, dtype=dtype, name=f"activation_{end}"))
    model.add(layers.GlobalMaxPooling2D(dtype=dtype, name="global_pool"))
    model.add(layers.Dense(n_classes, use_bias=False, dtype="float32", name="logits"))
    return model


def whitening_kernel(x, *, size=2, floor=5e-4):
    """Return the kernel of a convolution whose outputs are uncorrelated, with equal variance.

    The eigenvectors of the covariance of the patches, each divided by the root of its eigenvalue;
    then the same with the other sign, so that ReLU loses nothing.

    Parameters
    ----------
    x : ndarray, shape (n, height, width) or (n, height, width, channels)
        Pictures, standardized as the convolution will get them.
    size : int
        Height and width of a patch, in pixels.
    floor : float
        Added to each eigenvalue, so that directions without variance are not blown up.

    Returns
    -------
    ndarray, float32, shape (size, size, channels, 2 * size * size * channels)

    Raises
    ------
    ValueError
        If `x` is not pictures, or they are smaller than a patch, or `size` is no positive
        whole number, or `floor` is negative.

    References
    ----------
    Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024. arXiv:2404.00498
    """
    x = _pictures(x)
    size = parts.size("size", size)
    floor = real("floor", floor, lambda floor: 0 <= floor < np.inf, "0 or more and finite")
    if min(x.shape[1:3]) < size:
        raise ValueError(f"pictures of {x.shape[1:3]} pixels hold no patch of {size} x {size}")
    x = x.reshape(*x.shape[:3], -1)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    patches = np.moveaxis(windows, 3, -1)[:, ::3, ::3].reshape(-1, size * size * x.shape[3])
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False))
    kernel = vectors / np.sqrt(np.maximum(values, 0) + floor)
    kernel = np.concatenate([kernel, -kernel], axis=1)
    return kernel.reshape(size, size, x.shape[3], -1).astype("float32")


def _pictures(x):
    x = np.asarray(x)
    if x.ndim not in (3, 4) or not len(x):
        raise ValueError(
            "x must be pictures of shape (n, height, width) or (n, height, width, channels), at "
            f"least one; got shape {x.shape}"
        )
    return x
