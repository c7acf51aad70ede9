"""Time a training step: labkit.training.fit, Keras' Model.fit and an eager PyTorch loop.

Same network, data, batch size and optimizer, in turn, several rounds in one run. PyTorch is
optional (``pip install -e .[torch]``); it runs with one thread and with all, and the faster counts.
`training.fit` trains ten epochs a call, the slower ones a single epoch: what a call costs once is
spread over its steps as in real training.
"""

import functools

try:  # PyTorch's compiler first: loaded after XLA has run, it crashes the process
    import torch
    import torch._dynamo
except ImportError:
    torch = None

from benchmarks import report
from labkit import data, training  # labkit first: TensorFlow then starts silently
from labkit.models import reports

import keras
import numpy as np

GOALS = {  # name: (times faster than Model.fit, times faster than PyTorch)
    "784-128-64-10, batch 64": (5, 1.8),
    "784-128-64-10, batch 1": (40, 8),
    "4x50 relu, batch 32": (10, None),
    "CNN 32-32-64, batch 128": (0.95, None),
}


def main():
    parser = report.arguments(__doc__, rounds=7)
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    options = parser.parse_args()
    images = data.load("mnist").train
    rows = []
    for name, (build, batch_size, steps) in cases().items():
        if options.only in name:
            report.tell(f"{name}: {steps} steps a round, {options.rounds} rounds")
            x = images.x[: steps * batch_size].astype("float32") / 255
            y = images.y[: steps * batch_size]
            rows += measure(name, build, x, y, batch_size, steps, options.rounds)
    report.show("microseconds a training step", rows, as_json=options.json)


def cases():
    """Return name -> (function that builds a Keras model, batch size, steps a round)."""
    return {
        "784-128-64-10, batch 64": (reports.report_a, 64, 500),
        "784-128-64-10, batch 1": (reports.report_a, 1, 2000),
        "4x50 relu, batch 32": (lambda: reports.report_c("relu"), 32, 600),
        "CNN 32-32-64, batch 128": (small_cnn, 128, 12),
    }


def small_cnn():
    """Build a convolutional network of 3 layers, (28, 28) to 10 logits."""
    conv = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, **conv),
            layers.MaxPooling2D(),
            layers.Conv2D(32, **conv),
            layers.MaxPooling2D(),
            layers.Conv2D(64, **conv),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


def measure(name, build, x, y, batch_size, steps, rounds):
    """Time all engines on one case; return a row of microseconds and ratios for each."""
    engines, epochs = {}, {"training.fit": 1 if "CNN" in name else 10}
    for engine, fit in (("training.fit", training.fit), ("Model.fit", keras.Model.fit)):
        model = build()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])
        knobs = {"batch_size": batch_size, "epochs": epochs.get(engine, 1), "verbose": 0}
        engines[engine] = functools.partial(fit, model, x, y, **knobs)
    if "CNN" not in name:
        engines.update(torch_loops(model, x, y, batch_size))
    seconds = {
        engine: [value / epochs.get(engine, 1) for value in values]
        for engine, values in report.paired(engines, rounds).items()
    }
    own, goals = seconds["training.fit"], GOALS[name]
    loops = [engine for engine in seconds if engine.startswith("PyTorch")]
    goal_of = {"Model.fit": goals[0]}
    if loops:
        goal_of[min(loops, key=lambda engine: sum(seconds[engine]))] = goals[1]
    return [
        {
            "case": name,
            "engine": engine,
            "microseconds": float(np.median(values)) / steps * 1e6,
            "training.fit is faster, times": (ratio := report.times_faster(own, values))["median"],
            "lowest": ratio["lowest"],
            "highest": ratio["highest"],
            "goal": goal_of.get(engine) or "",
        }
        for engine, values in seconds.items()
    ]


def torch_loops(model, x, y, batch_size):
    """Return eager PyTorch loops over the same dense network, with one thread and with all."""
    if torch is None:
        report.tell("PyTorch is not installed: left out")
        return {}
    layers = []
    for dense in (layer for layer in model.layers if isinstance(layer, keras.layers.Dense)):
        layers += [torch.nn.Linear(*dense.kernel.shape), torch.nn.ReLU()]
    network = torch.nn.Sequential(torch.nn.Flatten(), *layers[:-1])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y.astype("int64"))

    def epoch(threads):
        torch.set_num_threads(threads)
        correct, total = torch.zeros((), dtype=torch.int64), torch.zeros(())
        for rows in torch.randperm(len(inputs)).split(batch_size):
            target = labels[rows]
            logits = network(inputs[rows])
            loss = torch.nn.functional.cross_entropy(logits, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
            correct += (logits.detach().argmax(1) == target).sum()
        return total.item() / len(inputs), correct.item() / len(inputs)

    threads = torch.get_num_threads()
    return {f"PyTorch, {n} threads": lambda n=n: epoch(n) for n in sorted({1, threads})}


if __name__ == "__main__":
    main()
