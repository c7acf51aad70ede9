"""The networks of the five student reports A to E, as the reports describe them; clocks apart.

Each factory builds one network, uncompiled and with logits; optimizer, batch size and epochs
stand in the docstring, because the labs choose them. Where a report leaves something out or
writes what cannot be meant, the docstring says what we build instead.
"""

import math

import keras

from labkit.models.convolutional import cnn
from labkit.models.dense import mlp, softmax_regression
from labkit.numbers import real, whole

__all__ = [
    "REPORT_B_CNNS",
    "REPORT_C_RUNGS",
    "report_a",
    "report_a_regularized",
    "report_b",
    "report_b_cnn",
    "report_c",
    "report_d",
    "report_e",
    "report_e_cnn",
    "softmax_regression",
]

REPORT_B_CNNS = {
    "initial": ((32,), (64,)),
    "intermediate": ((32, 32), (64, 64)),
    "advanced": ((32, 32), (64, 64), (128, 128)),
}
REPORT_C_RUNGS = ("sigmoid", "he_normal", "relu", "elu", "batch_norm", "dropout")


def report_a(input_shape=(28, 28), n_classes=10):
    """Build report A's network: hidden layers of 128 and 64 ReLU units.

    109,386 parameters on 28 x 28 pixels, 402,250 on 32 x 32 x 3. The report trained it for 50
    epochs: SGD 0.01 (batch 64, and 1), Adam and RMSprop 0.001; on CIFAR-10 SGD 0.01, batch 128.

    Parameters
    ----------
    input_shape, n_classes
        As for `labkit.models.mlp`.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).
    """
    return mlp(input_shape, n_classes, hidden=(128, 64), name="report_a")


def report_a_regularized(
    input_shape=(32, 32, 3), n_classes=10, *, l2=0.0, dropout=0.0, batch_norm=False
):
    """Build report A's network with the changes of its second part, on CIFAR-10.

    The report changed one thing at a time: an L2 penalty on the second hidden layer (it does
    not say how strong), dropout of 0.2, 0.3 or 0.5 after the second, batch normalization after
    the first (which adds 256 trained and 256 tracked numbers). Here they may be combined.

    Parameters
    ----------
    input_shape, n_classes
        As for `labkit.models.mlp`.
    l2 : float
        Factor of the L2 penalty on the kernel of ``hidden_2``, 0 for none.
    dropout : float
        Dropout rate after ``hidden_2``, 0 for none.
    batch_norm : bool
        Whether batch normalization follows the activation of ``hidden_1``.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).

    Raises
    ------
    ValueError
        If `l2` is negative or `dropout` lies outside [0, 1).
    """
    return mlp(
        input_shape,
        n_classes,
        hidden=(128, 64),
        batch_norm=("after" if batch_norm else None, None),
        dropout=(0.0, dropout),
        kernel_regularizer=(None, _penalty(0.0, l2)),
        name="report_a_regularized",
    )


def report_b(
    input_shape=(28, 28), n_classes=10, *, hidden=(256, 128), activation="relu", dropout=0.2
):
    """Build report B's network: 256 and 128 units, each layer followed by dropout.

    Its three versions are ``hidden=(128, 64)``, ``(256, 128)`` and ``(256, 128, 64)``; its grid
    went through relu and tanh and dropout of 0.05 to 0.3, with Adam and RMSprop at 0.00005 to
    0.001. Best row: relu, Adam 0.0005, dropout 0.2. The report does not say which layers drop
    out (here: every hidden one). Its data was Fashion-MNIST, though its table says MNIST.

    Parameters
    ----------
    input_shape, n_classes, hidden, activation, dropout
        As for `labkit.models.mlp`.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).
    """
    return mlp(
        input_shape,
        n_classes,
        hidden=hidden,
        activation=activation,
        dropout=dropout,
        name="report_b",
    )


def report_b_cnn(version="advanced", input_shape=(32, 32, 3), n_classes=10, *, dropout=0.3):
    """Build one of report B's three convolutional networks.

    "initial": 32 and 64 filters; "intermediate": two blocks of two convolutions, with 32, 32, 64
    and 64 filters; "advanced": a third block of 128 and 128. The report calls the last one "three
    blocks of three", but lists six convolutions. On CIFAR-10 its best row is the "improved"
    network with SGD 0.005, dropout 0.3 and validation accuracy 78.54 %; "advanced" with momentum
    0.9 comes closest to that name. It says nothing of kernels, dense layers and where dropout
    stands; here kernels are 3 x 3, dropout follows each pooling, and logits follow the blocks.

    Parameters
    ----------
    version : {"initial", "intermediate", "advanced"}
        Which of `REPORT_B_CNNS`.
    input_shape, n_classes, dropout
        As for `labkit.models.cnn`.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).

    Raises
    ------
    ValueError
        If `version` is not one of the three.
    """
    if version not in REPORT_B_CNNS:
        raise ValueError(f"version must be one of {', '.join(REPORT_B_CNNS)}; got {version!r}")
    return cnn(
        input_shape,
        n_classes,
        filters=REPORT_B_CNNS[version],
        dropout=dropout,
        name=f"report_b_cnn_{version}",
    )


def report_c(rung="sigmoid", input_shape=(28, 28), n_classes=10):
    """Build one of the six networks that report C climbs: four hidden layers of 50 units.

    47,410 parameters on 28 x 28 pixels (48,210 with batch normalization, of which 47,810 are
    trained). Raw pixels from 0 to 255, 100 epochs. From rung to rung the report changed more
    than it named:

    ============  ===========================  ================  =====
    rung          network                      optimizer         batch
    ============  ===========================  ================  =====
    "sigmoid"     sigmoid, Glorot uniform      SGD 0.001         256
    "he_normal"   sigmoid, He normal (logits   SGD 0.001         32
                  too)
    "relu"        relu, Glorot uniform again   SGD 0.001         32
    "elu"         elu                          Adam 0.001        32
    "batch_norm"  elu, batch normalization     Adam 0.001        32
                  before each activation
    "dropout"     elu, dropout 0.2 after each  Adam 0.001        32
                  hidden layer, no batch norm
    ============  ===========================  ================  =====

    Parameters
    ----------
    rung : str
        One of `REPORT_C_RUNGS`. The report calls "elu" its step to Adam.
    input_shape, n_classes
        As for `labkit.models.mlp`.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).

    Raises
    ------
    ValueError
        If `rung` is not one of the six.
    """
    if rung not in REPORT_C_RUNGS:
        raise ValueError(f"rung must be one of {', '.join(REPORT_C_RUNGS)}; got {rung!r}")
    activation = {"sigmoid": "sigmoid", "he_normal": "sigmoid", "relu": "relu"}.get(rung, "elu")
    return mlp(
        input_shape,
        n_classes,
        hidden=(50, 50, 50, 50),
        activation=activation,
        kernel_initializer="he_normal" if rung == "he_normal" else "glorot_uniform",
        batch_norm="before" if rung == "batch_norm" else None,
        dropout=0.2 if rung == "dropout" else 0.0,
        name=f"report_c_{rung}",
    )


def report_d(
    input_shape=(28, 28),
    n_classes=10,
    *,
    regularized=False,
    l1=1e-6,
    l2=1e-4,
    max_norm=0.5,
    dropout=(0.6, 0.5),
):
    """Build report D's network: hidden layers of 1024 and 512 ReLU units, plain or regularized.

    1,333,770 parameters on 28 x 28 pixels, with or without. Adam 0.00025, batch 512; 15 epochs
    plain, up to 50 with early stopping (patience 5) when regularized.

    Parameters
    ----------
    input_shape, n_classes
        As for `labkit.models.mlp`.
    regularized : bool
        Whether the penalties, the norm limit and dropout below are put on. Without it they
        are not used.
    l1, l2 : float
        Factors of the L1 and L2 penalties on both hidden kernels. The report prints "1^-6" and
        "1^-4", which are both 1; 1e-6 and 1e-4 must be meant.
    max_norm : float or None
        Largest norm of the weights into one unit, in both hidden layers; None for no limit.
        The report gives 0.5 for the first and nothing for the second. 0.5 is below the norm
        that Glorot's initialization starts with (about 0.9), so it cuts every unit at the
        first step; the dropout paper uses 3 to 4.
    dropout : float or sequence of float
        Rates after the first and the second hidden layer.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).

    Raises
    ------
    ValueError
        If a factor is negative, `max_norm` is not positive, or a rate lies outside [0, 1).

    References
    ----------
    Srivastava et al., "Dropout", JMLR 15, 2014.
    """
    penalty, limit = _penalty(l1, l2), None
    if max_norm is not None:
        limit = real("max_norm", max_norm, lambda norm: norm > 0, "above 0, or None for no limit")
        limit = keras.constraints.MaxNorm(limit)
    return mlp(
        input_shape,
        n_classes,
        hidden=(1024, 512),
        dropout=dropout if regularized else 0.0,
        kernel_regularizer=penalty if regularized else None,
        kernel_constraint=limit if regularized else None,
        name="report_d_regularized" if regularized else "report_d",
    )


def report_e(input_shape=(28, 28), n_classes=10, *, hidden=(768,), dropout=0.3):
    """Build report E's MLP, the winner of its grid: 768 ReLU units and dropout 0.3.

    610,570 parameters on 28 x 28 pixels. Data: Fashion-MNIST. Its first trials were
    ``hidden`` of (32,), (128,), (256,), (128, 64) and (256, 128) with dropout 0.2; its grid
    went from (384,) to (768, 512, 256) with 0.2, 0.25 and 0.3. Adam 0.001, batch 128, up to 300
    epochs with early stopping. Its baseline is `labkit.models.softmax_regression`.

    Parameters
    ----------
    input_shape, n_classes, hidden, dropout
        As for `labkit.models.mlp`.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).
    """
    return mlp(input_shape, n_classes, hidden=hidden, dropout=dropout, name="report_e")


def report_e_cnn(
    input_shape=(28, 28), n_classes=10, *, n_layers=3, first=128, batch_norm=True, dropout=0.25
):
    """Build report E's convolutional network: 128, 256 and 512 filters, each layer a block.

    A block is a 3 x 3 convolution with ReLU, batch normalization, pooling that keeps odd edges,
    and dropout; the logits follow the last one. 1,562,122 parameters on 28 x 28 pixels, scaled
    to 0 to 1. Adam 0.001, batch 256, up to 300 epochs, early stopping with patience 20, the rate
    divided by ten after 10 epochs without progress. Its grid lists `n_layers` 3 and 4, `first` of
    32, 64 and 128, and dropout of 0.2, 0.25 and 0.3, and prints the nine cells with three layers.
    Its first trials had 8 filters, one layer or more.

    Parameters
    ----------
    input_shape, n_classes, dropout
        As for `labkit.models.cnn`.
    n_layers : int
        Number of blocks; each has twice the filters of the one before.
    first : int
        Filters of the first block.
    batch_norm : bool
        Whether batch normalization follows each convolution.

    Returns
    -------
    keras.Sequential
        Logits of shape (batch, n_classes).

    Raises
    ------
    ValueError
        If `n_layers` or `first` is no positive whole number, or as `labkit.models.cnn`.
    """
    n_layers, first = whole("n_layers", n_layers, 1), whole("first", first, 1)
    return cnn(
        input_shape,
        n_classes,
        filters=[(first * 2**depth,) for depth in range(n_layers)],
        batch_norm="after" if batch_norm else None,
        pool_padding="same",
        dropout=dropout,
        name="report_e_cnn",
    )


def _penalty(l1, l2):
    """Return the regularizer for two factors, or None if both are 0."""
    l1 = real("l1", l1, lambda factor: 0 <= factor < math.inf, "0 or more and finite")
    l2 = real("l2", l2, lambda factor: 0 <= factor < math.inf, "0 or more and finite")
    if l1 and l2:
        return keras.regularizers.L1L2(l1=l1, l2=l2)
    if l1:
        return keras.regularizers.L1(l1)
    return keras.regularizers.L2(l2) if l2 else None
