"""Which dtype policy is quicker on this machine."""

import functools
import time

GAIN = 1.3  # so much faster bfloat16 has to be
STEPS = 4


@functools.cache
def quicker_policy():
    """Return "mixed_bfloat16" where a convolution trains faster in it, else "float32".

    Processors with instructions for bfloat16 multiply about twice as many of these numbers as of
    float32 in a second; all others have to convert back and forth. So it is measured: four steps
    of one small convolution in each, best of four. Takes about a second, once a process.

    Returns
    -------
    {"mixed_bfloat16", "float32"}
        For the argument `dtype` of a Keras layer or of the factories in `labkit.models`: computes
        in bfloat16 (8 bits of precision), keeps the weights in float32.

    Notes
    -----
    Wide layers and large batches gain: 784-1024-512-10 at batch 512 takes about two thirds of the
    time. Small dense networks are bound by the number of their steps, and gain nothing.

    References
    ----------
    Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019. arXiv:1905.12322
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return "float32"
    seconds = {dtype: min(_step_seconds(dtype)) for dtype in ("float32", "bfloat16")}
    return "mixed_bfloat16" if seconds["float32"] > GAIN * seconds["bfloat16"] else "float32"


def _step_seconds(dtype):
    """Return the seconds of a few forward and backward passes."""
    import tensorflow as tf

    pictures = tf.ones((64, 16, 16, 64), dtype)
    kernel = tf.ones((3, 3, 64, 64), dtype)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            tape.watch([pictures, kernel])
            total = tf.reduce_sum(tf.nn.conv2d(pictures, kernel, 1, "SAME"))
        return tape.gradient(total, [pictures, kernel])

    step()
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()[1].numpy()
        seconds.append(time.perf_counter() - start)
    return seconds
