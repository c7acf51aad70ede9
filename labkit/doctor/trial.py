"""A few real training steps, in a process of their own: where they crash, the doctor goes on."""

import functools
import importlib.util
import json
import signal
import subprocess
import sys

PATIENCE = 300  # seconds
CRASHES = {
    "SIGILL": (
        "TensorFlow needs instructions (AVX) that this processor lacks",
        "take another computer",
    ),
    "SIGKILL": ("the system ended it, as a rule for want of memory", "free memory, then try again"),
}


@functools.cache
def run():
    """Train in a new process.

    Returns
    -------
    dict
        What `train` returns; or ``trouble``, a sentence, and perhaps ``todo``.
    """
    for name in ("numpy", "tensorflow", "keras"):
        if importlib.util.find_spec(name) is None:
            return {"trouble": f"not tried: {name} is missing"}
    command = [sys.executable, "-m", "labkit.doctor.trial"]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"trouble": f"no end after {PATIENCE} s", "todo": " ".join(command)}
    if child.returncode == 0:
        return json.loads(child.stdout.splitlines()[-1])
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        trouble, todo = CRASHES.get(name, (f"it crashed ({name})", ""))
        return {"trouble": trouble, "todo": todo}
    said = child.stderr.strip().splitlines() or [f"it ended with {child.returncode}"]
    return {"trouble": said[-1]}


def train():
    """Train a small network on pictures that labkit draws: no file and no network is needed.

    Returns
    -------
    dict
        ``losses`` of the first and the last epoch, the number of ``steps``, ``gpus`` by name.
    """
    import keras

    from labkit import data, models, training

    pictures, labels = data.stand_in("mnist", 500, 10).train
    keras.utils.set_random_seed(0)
    model = models.mlp((28, 28), hidden=(32,), rescale=1 / 255)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    history = training.fit(model, pictures, labels, batch_size=50, epochs=3, verbose=0)
    losses = history.history["loss"]
    gpus = keras.distribution.list_devices("gpu")
    return {"losses": [losses[0], losses[-1]], "steps": 30, "gpus": gpus}


if __name__ == "__main__":
    print(json.dumps(train()))
