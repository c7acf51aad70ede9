"""The 23 networks that report B trained to tell the time: 18 of its table, and five variations.

`REPORT_B_CLOCKS` holds them by name, in the report's order. All are fed with grey pictures and
trained with plain stochastic gradient descent. Where the report leaves something out, or may be
read in two ways, the docstring of `report_b_clock` says what we build. Parameters, by size of the
pictures:

==========================================  ==========  ==========
network                                          75x75     150x150
==========================================  ==========  ==========
classes, 2 patterns, 2 hidden               11,314,352  45,556,912
classes, 2 patterns, 3 hidden               11,577,008  45,819,568
classes, 3 patterns, 3 hidden                6,490,032  22,415,280
number, strides 1x1                          5,505,505  22,626,785
number, strides 2x2                            213,473     262,625
number, strides 2x1 and 1x2                    606,689   1,524,193
hour number, minute class                    5,520,925  22,642,205
hour class, minute class                     5,523,752  22,645,032
hour number, minute number                   5,505,762  22,627,042
hour class, minute number                    5,508,589  22,629,869
both angles                                  5,604,324  22,725,604
hour angle                                   5,456,098  22,577,378
hour angle, a layer more per head            5,460,194  22,581,474
hour angle, kernels 6x6                      5,650,498  22,771,778
hour angle, pictures halved                  1,474,786   5,456,098
hour class, minute class, a layer per head   5,655,336  22,776,616
hour class, minute class, 3 patterns         3,090,984  11,053,608
==========================================  ==========  ==========

Each classifier has its row three times, ending in "rate 0.1", "rate 0.05" and "rate 0.01".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import keras
from keras import layers

from labkit.clocks import codes
from labkit.clocks.time_code import TimeCode
from labkit.models import parts

DROPOUT = 0.25
_POOLING = {"": None, "average": layers.AveragePooling2D, "maximum": layers.MaxPooling2D}


@dataclass(frozen=True)
class ReportBClock:
    """One network of report B, and how it was trained.

    Attributes
    ----------
    name : str
        Its key in `REPORT_B_CLOCKS`.
    build : callable
        ``build(size)`` makes the uncompiled network for pictures of ``size`` x ``size`` pixels;
        see `report_b_clock`.
    code : TimeCode
        What its outputs mean.
    learning_rate : float
        Of plain stochastic gradient descent.
    batch_size, epochs : int
    said : int or None
        Mean common-sense error that the report gives for 150 x 150 pixels, minutes: it says 2:14
        for 134. None for the variations: it gives four numbers for the five of them.
    """

    name: str
    build: Callable = field(repr=False)
    code: TimeCode
    learning_rate: float = 0.01
    batch_size: int = 32
    epochs: int = 150
    said: int | None = None


def report_b_clock(
    size,
    code,
    *,
    filters=(32, 64),
    strides=((1, 1), (1, 1)),
    kernel_size=3,
    halved="",
    batch_norm=False,
    pattern_dropout=DROPOUT,
    hidden=(256, 256, 256),
    branch=(),
    name="report_b_clock",
):
    """Build a network of report B: patterns of convolutions, hidden layers, a branch per output.

    A pattern is two convolutions with ReLU and the largest of each 2 x 2 pixels. The report does
    not say, or says in two ways, and we build:

    - padding: "same", and pooling drops the last row and column of an odd size;
    - pixels: divided by 255, in the network;
    - dropout: 0.25 between hidden layers, none behind the last; after each pooling too, but not in
      the classifiers, where the report speaks of hidden layers alone;
    - strides: on both convolutions of a pattern; "2x1 and 1x2" is the first and the second;
    - patterns of the regressors: two, as in the report's table; its text says "thrice";
    - the number of the regressors: hours, 0 to 12; minutes, 0 to 720, diverge at this rate, and
      hours may;
    - two heads fork behind the last hidden layer; their numbers are hour / 12 and minute / 60, for
      minutes of 0 to 59 diverge at this rate within a few updates;
    - angles: every cosine and every sine is a linear unit with a branch of its own, so that one
      hand makes the "two heads" of the report and both hands make its four; those are read
      together (`labkit.clocks.codes.joint_time`), where the report does not say how;
    - a layer more per head: 32 units for angles, half of the layer before; 256 for classes;
    - 2 x 2 pixels in front of the convolutions: their average, as the report plans it; its
      results speak of the maximum.

    Parameters
    ----------
    size : int
        Height and width of the pictures, pixels.
    code : TimeCode
        Its heads are the outputs.
    filters : tuple of int
        Filters of both convolutions, pattern by pattern.
    strides : tuple of two pairs of int
        Strides, down and across, of the first and of the second convolution of every pattern.
    kernel_size : int
        Height and width of every kernel.
    halved : {"", "average", "maximum"}
        What is taken of each 2 x 2 pixels first; "" for the picture as it is.
    batch_norm : bool
        Whether batch normalization stands between each convolution and its ReLU, which the
        report never has.
    pattern_dropout : float
        Dropout rate after each pooling, 0 for none.
    hidden, branch : tuple of int
        Units of the ReLU layers that all outputs share, and of those that each has to itself.
    name : str
        Of the model.

    Returns
    -------
    keras.Model
        Uncompiled. Input of shape (batch, size, size), grey pixels from 0 to 255, uint8 or float;
        output a dict of the code's heads, each of shape (batch, units): logits, numbers, or
        cosine and sine.

    Raises
    ------
    ValueError
        If the pictures are too small for the patterns, or a number lies outside its range.
    """
    size, kernel_size = parts.size("size", size), parts.size("kernel_size", kernel_size)
    filters, hidden = parts.widths("filters", filters), parts.widths("hidden", hidden)
    strides = tuple(parts.widths("strides", pair) for pair in strides)
    branch, (pattern_dropout,) = (
        parts.widths("branch", branch),
        parts.dropout_rates([pattern_dropout]),
    )
    if halved not in _POOLING:
        raise ValueError(f"halved must be one of {sorted(_POOLING)}, got {halved!r}")
    _check_size(size, len(filters), strides, halved)
    pictures = keras.Input((size, size), name="pictures")
    x = layers.Rescaling(1 / 255, name="rescale")(pictures)
    x = layers.Reshape((size, size, 1), name="channels")(x)
    if halved:
        x = _POOLING[halved](2, name="halve")(x)
    for number, width in enumerate(filters, start=1):
        for place, stride in enumerate(strides, start=1):
            label = f"{number}_{place}"
            convolution = partial(layers.Conv2D, width, kernel_size, strides=stride, padding="same")
            if batch_norm:
                x = convolution(use_bias=False, name=f"conv_{label}")(x)
                x = layers.BatchNormalization(name=f"normalize_{label}")(x)
                x = layers.ReLU(name=f"relu_{label}")(x)
            else:
                x = convolution(activation="relu", name=f"conv_{label}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)
        if pattern_dropout:
            x = layers.Dropout(pattern_dropout, name=f"dropout_{number}")(x)
    x = _dense(layers.Flatten(name="flatten")(x), hidden, first=True)
    outputs = {head.name: _head(x, head, branch) for head in code.heads}
    return keras.Model(pictures, outputs, name=name)


def compile_as_reported(row, model):
    """Compile a network the report's way: plain gradient descent, one loss for each head.

    In full: ``model.compile(keras.optimizers.SGD(row.learning_rate), row.code.losses())``, then
    ``fit`` with ``row.batch_size`` and ``row.epochs``. The losses are cross-entropy for classes
    and mean squared error for numbers and angles, and are added up.

    Parameters
    ----------
    row : ReportBClock
    model : keras.Model
        From ``row.build(size)``.

    Returns
    -------
    keras.Model
        The same model.
    """
    model.compile(keras.optimizers.SGD(row.learning_rate), row.code.losses())
    return model


def _check_size(size, n_patterns, strides, halved):
    """Refuse pictures of which pooling would leave nothing."""
    for axis in (0, 1):
        left = size // 2 if halved else size
        for _ in range(n_patterns):
            for stride in strides:
                left = -(-left // stride[axis])
            left //= 2
        if left < 1:
            raise ValueError(
                f"{n_patterns} patterns with strides {strides} leave nothing of a picture of "
                f"{size} x {size} pixels; take larger pictures"
            )


def _dense(x, widths, name="", *, first=False):
    """Add ReLU layers with dropout between them; also before them if they are not the first."""
    for place, units in enumerate(widths, start=1):
        if place > 1 or not first:
            x = layers.Dropout(DROPOUT, name=f"{name}hidden_dropout_{place}")(x)
        x = layers.Dense(units, activation="relu", name=f"{name}hidden_{place}")(x)
    return x


def _head(x, head, branch):
    """Add an output: one layer, or for an angle a branch for its cosine and one for its sine."""
    if head.kind != "angle":
        return layers.Dense(head.units, name=head.name)(_dense(x, branch, f"{head.name}_"))
    both = [
        layers.Dense(1, name=f"{head.name}_{part}")(_dense(x, branch, f"{head.name}_{part}_"))
        for part in ("cosine", "sine")
    ]
    return layers.Concatenate(name=head.name)(both)


def _row(name, code, *, said=None, learning_rate=0.01, batch_size=32, epochs=150, **knobs):
    label = "report_b_" + "".join(c if c.isalnum() else "_" for c in name)
    build = partial(report_b_clock, code=code, name=label, **knobs)
    return ReportBClock(name, build, code, learning_rate, batch_size, epochs, said)


def _classifier(filters, n_hidden, learning_rate, batch_size):
    return _row(
        f"classes, {len(filters)} patterns, {n_hidden} hidden, rate {learning_rate:g}",
        codes.classes(720),
        said=134,
        learning_rate=learning_rate,
        batch_size=batch_size,
        filters=filters,
        pattern_dropout=0.0,
        hidden=(512,) * n_hidden,
    )


def _two_heads(hour, minute, said):
    return _row(f"hour {hour}, minute {minute}", codes.two_heads(hour, minute), said=said)


_ANGLE = {"code": codes.hour_angle(), "hidden": (256,), "branch": (128, 64)}
_CLASSES = {"code": codes.two_heads("class", "class")}
_ROWS = [
    *(
        _classifier(filters, n_hidden, *pace)
        for filters, n_hidden in (((32, 64), 2), ((32, 64), 3), ((32, 64, 128), 3))
        for pace in ((0.1, 256), (0.05, 128), (0.01, 64))
    ),
    _row("number, strides 1x1", codes.number("hours"), said=134),
    _row("number, strides 2x2", codes.number("hours"), said=134, strides=((2, 2), (2, 2))),
    _row("number, strides 2x1 and 1x2", codes.number("hours"), said=89, strides=((2, 1), (1, 2))),
    _two_heads("number", "class", 96),
    _two_heads("class", "class", 27),
    _two_heads("number", "number", 134),
    _two_heads("class", "number", 120),
    _row("both angles", **_ANGLE | {"code": codes.both_angles(), "hidden": (256, 256)}, said=80),
    _row("hour angle", **_ANGLE, said=20),
    _row("hour angle, a layer more per head", **_ANGLE | {"branch": (128, 64, 32)}, epochs=300),
    _row("hour angle, kernels 6x6", **_ANGLE, epochs=300, kernel_size=6),
    _row("hour angle, pictures halved", **_ANGLE, epochs=300, halved="average"),
    _row("hour class, minute class, a layer per head", **_CLASSES, epochs=300, branch=(256,)),
    _row("hour class, minute class, 3 patterns", **_CLASSES, epochs=300, filters=(32, 64, 128)),
]
#: The 23 networks by name, in the order of the report: the 18 rows of its table, then five
#: variations.
REPORT_B_CLOCKS = {row.name: row for row in _ROWS}
