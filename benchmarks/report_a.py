"""Train report A's seven optimizer runs as they were really run, and time each.

784-128-64-10, 48,000 training and 12,000 validation images, 50 epochs, one seed: this is about
time, the labs compare accuracies over seeds. "Batch" and "single sample" stand under the batch
size that Keras really used (rows A4, A5, A9, A11, A12 of the book's audit).
"""

import time

import report
from labkit import data, training
from labkit.models import reports

import keras


def main():
    parser = report.arguments(__doc__, rounds=1)
    parser.add_argument("--epochs", type=int, default=50, help="epochs (%(default)s)")
    options = parser.parse_args()
    kept, held = data.hold_out(data.load("mnist").train, 0.2)
    x, held_x = kept.x.astype("float32") / 255, held.x.astype("float32") / 255
    rows = []
    for round_number in range(options.rounds):
        for name, (optimizer, batch_size, reported) in runs().items():
            keras.utils.set_random_seed(round_number)
            model = reports.report_a()
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(optimizer, loss, metrics=["accuracy"])
            start = time.perf_counter()
            history = training.fit(
                model,
                x,
                kept.y,
                batch_size=batch_size,
                epochs=options.epochs,
                validation_data=(held_x, held.y),
                verbose=0,
            )
            seconds = time.perf_counter() - start
            report.tell(f"{name}: {seconds:.1f} s, {history.engine}")
            rows.append(
                {
                    "run": name,
                    "batch": batch_size,
                    "updates": int(model.optimizer.iterations.numpy()),
                    "seconds": seconds,
                    "report's seconds": reported[0],
                    "validation accuracy": history.history["val_accuracy"][-1],
                    "report's": reported[1],
                }
            )
    total = {
        "run": "all",
        "batch": "",
        "updates": sum(row["updates"] for row in rows),
        "seconds": sum(row["seconds"] for row in rows),
        "report's seconds": sum(row["report's seconds"] for row in rows),
        "validation accuracy": "",
        "report's": "",
    }
    report.show("report A's optimizer runs", [*rows, total], as_json=options.json)


def runs():
    """Return name -> (optimizer, batch size, (the report's seconds, its validation accuracy))."""
    sgd, decayed = keras.optimizers.SGD, keras.optimizers.schedules.InverseTimeDecay
    return {
        "mini-batch SGD": (sgd(0.01), 64, (184.0, 0.9716)),
        '"batch" SGD': (sgd(0.01), 32, (338.0, 0.9731)),
        "single-sample SGD": (sgd(0.01), 1, (10324.0, 0.9830)),
        "mini-batch SGD, decay": (sgd(decayed(0.01, 1, 1e-6)), 64, (160.9, 0.9702)),
        "SGD, decay, momentum": (sgd(decayed(0.01, 1, 1e-6), 0.9), 1, (11553.5, 0.9699)),
        "Adam": (keras.optimizers.Adam(0.001), 32, (357.7, 0.9774)),
        "RMSprop": (keras.optimizers.RMSprop(0.001), 32, (346.5, 0.9812)),
    }


if __name__ == "__main__":
    main()
