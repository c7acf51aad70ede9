"""Race the reports' headlines: our seconds to a score, theirs, and those of their recipe here.

For each headline: what the report says; what our recipe reaches on the test set, and in how many
seconds of training with `labkit.training.fit`, compiling included; and what the report's recipe
costs on this machine with Keras' `Model.fit`: run to its end where that takes under ten minutes,
else its seconds an epoch. Scores are of one seed unless --rounds asks for more.
"""

import dataclasses
import time
from collections.abc import Callable
from functools import partial

from benchmarks import report
from labkit import data, training  # labkit first: TensorFlow then starts silently
from labkit.models import RandomShift, airbench, mlp, reports

import keras
import numpy as np
from keras import layers

LIMIT = 600  # seconds that a report's recipe may take
PROBE = 6000  # rows that tell how long an epoch would take


@dataclasses.dataclass
class Headline:
    """One headline: the report's words, our recipe, and the report's."""

    dataset: str
    said: str
    goal: str
    ours: Callable  # takes the training data; returns a compiled model and settings of fit
    theirs: Callable  # the same, for the report's own recipe
    n_train: int  # rows on which the report trained
    epochs: int | None  # that the report trained; None: it does not say
    n_ours: int | None = None  # rows on which we train; None: all
    mirror: bool = False  # whether our answer is the mean over the picture and its mirror image


def main():
    parser = report.arguments(__doc__, rounds=1)
    parser.add_argument("--only", nargs="+", choices=HEADLINES, help="some headlines (all)")
    parser.add_argument("--ours", action="store_true", help="leave the reports' recipes out")
    options = parser.parse_args()
    rows = []
    for name in options.only or HEADLINES:
        headline = HEADLINES[name]
        loaded = data.load(headline.dataset)
        report.tell(f"{name}: our recipe")
        row = {"headline": name, "the report": headline.said, "goal": headline.goal}
        row |= our_row(headline, loaded, options.rounds)
        if not options.ours:
            report.tell(f"{name}: the report's recipe")
            row |= their_row(headline, loaded)
        rows.append(row)
    report.show("time to accuracy", rows, as_json=options.json)


def our_row(headline, loaded, rounds):
    """Train our recipe `rounds` times; return mean and worst score, and mean seconds."""
    train = data.subset(loaded.train, headline.n_ours or len(loaded.train.y))
    scores, seconds = [], []
    for seed in range(rounds):
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        model, settings = headline.ours(train)
        targets = keras.utils.to_categorical(train.y, 10)
        history = training.fit(model, train.x, targets, verbose=0, **settings)
        seconds.append(history.seconds)
        scores.append(accuracy(model, loaded.test, mirror=headline.mirror))
    return {
        "our test accuracy": f"{np.mean(scores):.4f}",
        "worst seed": f"{min(scores):.4f} of {rounds}",
        "our seconds": float(np.mean(seconds)),
    }


def their_row(headline, loaded):
    """Train the report's recipe with `Model.fit` if a part of an epoch promises that it ends."""
    train = data.subset(loaded.train, headline.n_train)
    part = data.subset(train, min(PROBE, headline.n_train))
    model, settings = headline.theirs(train)
    _fit(model, part, epochs=1, **settings)  # compiles
    each = _fit(model, part, epochs=1, **settings) * len(train.y) / len(part.y)
    if headline.epochs is None:
        return _theirs("epochs not said", f"{each:.3g} an epoch")
    if each * headline.epochs > LIMIT:
        cost = f"{each:.3g} an epoch, {each * headline.epochs:,.0f} in all"
        return _theirs("not run", cost)
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model, settings = headline.theirs(train)
    seconds = _fit(model, train, epochs=headline.epochs, **settings)
    return _theirs(f"{accuracy(model, loaded.test):.4f}", f"{seconds:,.1f}")


def _theirs(score, seconds):
    return {"its recipe's test accuracy": score, "its recipe's seconds": seconds}


def _fit(model, train, **settings):
    start = time.perf_counter()
    model.fit(train.x, train.y, verbose=0, **settings)
    return time.perf_counter() - start


def accuracy(model, test, *, mirror=False):
    """Return the share of test pictures that are read right."""
    logits = model.predict(test.x, batch_size=500, verbose=0)
    if mirror:
        logits = logits + model.predict(test.x[:, :, ::-1], batch_size=500, verbose=0)
    return float((logits.argmax(axis=1) == test.y).mean())


def in_front(train, network, *augmentation):
    """Put standardization and augmentation in front of a network."""
    center, spread = train.x.mean(), train.x.std()
    scaling = layers.Rescaling(1 / spread, offset=-center / spread)
    return keras.Sequential([keras.Input(train.x.shape[1:]), scaling, *augmentation, network])


def one_cycle(
    model, optimizer, peak, train, *, epochs, batch_size, smoothing=0.0, warm_up=0.3, **settings
):
    """Compile a model for one cycle of the learning rate; return it with the settings of fit."""
    steps = epochs * -(-len(train.y) // batch_size)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    model.compile(optimizer(training.OneCycle(peak, steps, warm_up=warm_up), **settings), loss)
    return model, {"epochs": epochs, "batch_size": batch_size, "shuffle": "each_epoch"}


def as_reported(model, optimizer, batch_size):
    """Compile a report's network the report's way."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model, {"batch_size": batch_size}


def scaled(network):
    """Put the division by 255, which most reports do first, in front of a network."""
    return keras.Sequential(
        [keras.Input(network.input_shape[1:]), layers.Rescaling(1 / 255), network]
    )


def our_a(train):
    model = in_front(train, reports.report_a())
    return one_cycle(model, keras.optimizers.Adam, 4e-3, train, epochs=8, batch_size=128)


def their_a(train):
    return as_reported(scaled(reports.report_a()), keras.optimizers.RMSprop(0.001), 32)


def our_c(train):
    model = in_front(train, mlp((28, 28), hidden=(50,) * 4, activation="elu"))
    return one_cycle(model, keras.optimizers.Adam, 5e-3, train, epochs=10, batch_size=60)


def their_c(train):
    return as_reported(reports.report_c("batch_norm"), keras.optimizers.Adam(0.001), 32)


def our_d(train, *, epochs, peak, shifts=()):
    settings = {"kernel_initializer": "he_normal", "dtype": training.quicker_policy()}
    model = in_front(
        train,
        mlp((28, 28), hidden=(1024, 512), **settings),
        *[RandomShift(pixels) for pixels in shifts],
    )
    settings = {"epochs": epochs, "batch_size": 512, "smoothing": 0.1}
    return one_cycle(model, keras.optimizers.Adam, peak, train, **settings)


def their_d(train):
    return as_reported(scaled(reports.report_d()), keras.optimizers.Adam(2.5e-4), 512)


def our_e(train):
    network = mlp((28, 28), hidden=(1024,), dropout=0.3, dtype=training.quicker_policy())
    model = in_front(train, network)
    settings = {"epochs": 40, "batch_size": 256, "smoothing": 0.1, "weight_decay": 0.004}
    return one_cycle(model, keras.optimizers.AdamW, 2e-3, train, **settings)


def their_e(train):
    return as_reported(scaled(reports.report_e()), keras.optimizers.Adam(0.001), 128)


def our_cnn(train, *, filters, epochs):
    model = airbench(train.x, filters=filters, dtype=training.quicker_policy())
    settings = {"epochs": epochs, "batch_size": 256, "smoothing": 0.1, "warm_up": 0.25}
    settings |= {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
    return one_cycle(model, keras.optimizers.SGD, 0.2, train, **settings)


def their_e_cnn(train):
    return as_reported(scaled(reports.report_e_cnn()), keras.optimizers.Adam(0.001), 256)


def their_b(train):
    optimizer = keras.optimizers.SGD(0.005, momentum=0.9)
    return as_reported(scaled(reports.report_b_cnn("advanced")), optimizer, 32)


HEADLINES = {
    "A": Headline(
        dataset="mnist",
        said=".9812 validation (RMSprop), 346 s",
        goal=".9830 in 3 s",
        ours=our_a,
        theirs=their_a,
        n_train=48_000,
        epochs=50,
    ),
    "C": Headline(
        dataset="mnist",
        said=".9643 test",
        goal=".9600 in 5 s",
        ours=our_c,
        theirs=their_c,
        n_train=13_860,
        epochs=100,
        n_ours=13_860,
    ),
    "D": Headline(
        dataset="mnist",
        said=".9837 test",
        goal=".9840 in 10 s",
        ours=partial(our_d, epochs=5, peak=3e-3),
        theirs=their_d,
        n_train=60_000,
        epochs=15,
    ),
    "E, MLP": Headline(
        dataset="fashion_mnist",
        said=".9035 test",
        goal=".9040 in 120 s",
        ours=our_e,
        theirs=their_e,
        n_train=48_000,
        epochs=47,
    ),
}
HEADLINES["D, with shifts"] = dataclasses.replace(
    HEADLINES["D"], goal=".9900 in 60 s", ours=partial(our_d, epochs=30, peak=2e-3, shifts=(2,))
)
HEADLINES["E, CNN"] = Headline(
    dataset="fashion_mnist",
    said=".9361 test",
    goal=".9400 in 600 s",
    ours=partial(our_cnn, filters=(32, 64, 128), epochs=28),
    theirs=their_e_cnn,
    n_train=48_000,
    epochs=None,
    mirror=True,
)
HEADLINES["B"] = Headline(
    dataset="cifar10",
    said=".7854 validation",
    goal=".8000 in 90 s",
    ours=partial(our_cnn, filters=(16, 64, 64), epochs=4),
    theirs=their_b,
    n_train=45_000,
    epochs=None,
    mirror=True,
)
HEADLINES["B, longer"] = dataclasses.replace(
    HEADLINES["B"],
    goal=".9000 in 900 s",
    ours=partial(our_cnn, filters=(32, 128, 128), epochs=12),
)


if __name__ == "__main__":
    main()
