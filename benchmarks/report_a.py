"""Train report A's seven optimizer runs as they were really run, and time them.

784-128-64-10, 48,000 training and 12,000 validation images, 50 epochs, one seed: this is about
time, the labs compare accuracies over seeds. "Batch" and "single sample" stand under the batch
size that Keras really used. `experiments.compare` keeps all cores busy, one run a core; the last
line is the wall time of all runs together.
"""

import time
from functools import partial

from benchmarks import report
from labkit import data, experiments  # labkit first: TensorFlow then starts silently
from labkit.models import reports

import keras

REPORTED = {  # name: (seconds, last validation accuracy)
    "SGD, decay, momentum": (11553.5, 0.9699),
    "single-sample SGD": (10324.0, 0.9830),
    "mini-batch SGD": (184.0, 0.9716),
    '"batch" SGD': (338.0, 0.9731),
    "mini-batch SGD, decay": (160.9, 0.9702),
    "Adam": (357.7, 0.9774),
    "RMSprop": (346.5, 0.9812),
}


def main():
    parser = report.arguments(__doc__, rounds=1)
    parser.add_argument("--epochs", type=int, default=50, help="epochs (%(default)s)")
    options = parser.parse_args()
    kept, held = data.hold_out(data.load("mnist").train, 0.2)
    kept, held = ((part.x.astype("float32") / 255, part.y) for part in (kept, held))
    start = time.perf_counter()
    runs = experiments.compare(
        variants(), kept, validation=held, epochs=options.epochs, seeds=options.rounds
    )
    seconds = time.perf_counter() - start
    rows = [
        {
            "run": run.variant,
            "updates": run.steps,
            "seconds": run.seconds,
            "report's seconds": REPORTED[run.variant][0],
            "validation accuracy": run.val_accuracy,
            "report's": REPORTED[run.variant][1],
        }
        for run in experiments.final(runs).itertuples()
    ]
    total = {
        "run": "all, wall time",
        "updates": sum(row["updates"] for row in rows),
        "seconds": seconds,
        "report's seconds": sum(row["report's seconds"] for row in rows),
        "validation accuracy": "",
        "report's": "",
    }
    report.show("report A's optimizer runs", [*rows, total], as_json=options.json)


def variants():
    """Return name -> Variant; the longest come first, so that no core waits at the end."""
    sgd, adam, rmsprop = (getattr(keras.optimizers, name) for name in ("SGD", "Adam", "RMSprop"))
    settings = {
        "SGD, decay, momentum": (partial(decayed_sgd, momentum=0.9), 1),
        "single-sample SGD": (partial(sgd, 0.01), 1),
        "mini-batch SGD": (partial(sgd, 0.01), 64),
        '"batch" SGD': (partial(sgd, 0.01), 32),
        "mini-batch SGD, decay": (decayed_sgd, 64),
        "Adam": (partial(adam, 0.001), 32),
        "RMSprop": (partial(rmsprop, 0.001), 32),
    }
    return {
        name: experiments.Variant(partial(build, optimizer), batch_size=batch_size)
        for name, (optimizer, batch_size) in settings.items()
    }


def decayed_sgd(momentum=0.0):
    """Build SGD with the old ``decay=1e-6``: the rate is divided by 1 + 1e-6 times the update."""
    return keras.optimizers.SGD(
        keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 1e-6), momentum
    )


def build(optimizer):
    """Build and compile report A's network with a new optimizer."""
    model = reports.report_a()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


if __name__ == "__main__":
    main()
