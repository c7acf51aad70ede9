"""What of this process could change a run's numbers, to be carried to the one that trains."""

import contextlib
import functools
import os

from labkit.experiments.homes import is_fixed

# Every function of keras.config that sets something, and the setting below that follows it.
KERAS_SETTERS = {
    "set_floatx": "floatx",
    "set_epsilon": "epsilon",
    "set_image_data_format": "image_data_format",
    "set_dtype_policy": "dtype_policy",
    "enable_flash_attention": "flash_attention",
    "disable_flash_attention": "flash_attention",
    "set_max_epochs": "max_epochs",
    "set_max_steps_per_epoch": "max_steps_per_epoch",
    "enable_traceback_filtering": "traceback_filtering",
    "disable_traceback_filtering": "traceback_filtering",
    "enable_interactive_logging": "interactive_logging",
    "disable_interactive_logging": "interactive_logging",
    "enable_unsafe_deserialization": "safe_mode_saving",
    "set_backend": "backend",  # compared: a process keeps the one that it has loaded
}
# Kept by Keras for each thread, without a public way to tell "as it was" from a value.
KEPT_BY_THREAD = (
    "dtype_policy",
    "flash_attention",
    "safe_mode_saving",
    "custom_objects_scope_dict",
)
WITHOUT_EFFECT = ("traceback_filtering", "interactive_logging", "environment", "folder")


def capture():
    """Return the settings of this process and thread.

    Returns
    -------
    dict of str to object
        Those of `keras.config`, custom objects, what TensorFlow lets change (functions run
        eagerly, deterministic operations, TF32, its optimizer, soft placement), NumPy's handling
        of errors, the environment, and the folder. All can be pickled if the custom objects can.
    """
    found = _read_all()
    policy = found["dtype_policy"]
    if policy is not None and policy.name == found["floatx"]:
        found["dtype_policy"] = None  # Keras writes down the default when a layer asks for it
    found["custom_objects_scope_dict"] = found["custom_objects_scope_dict"] or None
    return found


def elsewhere(settings):
    """Return the settings that make sense elsewhere: all but the environment and the folder."""
    return {name: settings[name] for name in settings if name not in ("environment", "folder")}


def fingerprinted(settings):
    """Return the settings that could change a number, for the key of a kept run.

    Parameters
    ----------
    settings : dict
        From `capture`.

    Returns
    -------
    dict of str to object
        Of the environment, only labkit's mode is left: code that reads more of it is told by its
        names.
    """
    kept = {name: value for name, value in settings.items() if name not in WITHOUT_EFFECT}
    objects = settings["custom_objects"].items()  # what is installed is there when it is imported
    kept["custom_objects"] = {k: v for k, v in objects if not is_fixed(v.__module__)}
    kept["mode"] = (settings["mode"] or "").strip() or "class"
    return kept


@contextlib.contextmanager
def applied(settings):
    """Use settings of another process for a while, with Keras' names counted from the beginning.

    Parameters
    ----------
    settings : dict
        From `capture`; what is missing stays as it is.

    Raises
    ------
    RuntimeError
        If this process has loaded another backend of Keras.
    """
    before, counted = _read_all(), _read_local("object_name_uids")
    try:
        _write_local("object_name_uids", None)
        _change(settings)
        yield
    finally:
        _change(before)
        _write_local("object_name_uids", counted)


def _read_all():
    return {name: read() for name, (read, _) in _settings().items()}


def keras_draws():
    """Tell whether Keras has drawn random numbers without a generator of a layer's own."""
    unknown = _global_state() is None
    return unknown or _read_local("global_seed_generator") is not None


def _change(settings):
    for name, (read, write) in _settings().items():
        if name in settings and read() != settings[name]:
            write(settings[name])


def _settings():
    """Return a function that reads and one that writes, for each setting."""
    import keras
    import numpy as np

    config = keras.config
    found = {
        "backend": (keras.backend.backend, _refuse_backend),
        "floatx": (config.floatx, config.set_floatx),
        "epsilon": (config.epsilon, config.set_epsilon),
        "image_data_format": (config.image_data_format, config.set_image_data_format),
        "traceback_filtering": _switch(config, "traceback_filtering"),
        "interactive_logging": _switch(config, "interactive_logging"),
        "custom_objects": (_custom_objects, _set_custom_objects),
        "numpy_errors": (np.geterr, lambda kinds: np.seterr(**kinds)),
        "environment": (lambda: dict(os.environ), _set_environment),
        "mode": (lambda: os.environ.get("LABKIT_MODE"), _set_mode),
        "folder": (os.getcwd, _enter),
    }
    found.update(_kept_by_thread(config))
    for name in ("max_epochs", "max_steps_per_epoch"):
        if hasattr(config, name):  # from Keras 3.11
            found[name] = getattr(config, name), getattr(config, f"set_{name}")
    if keras.backend.backend() == "tensorflow":
        found.update(_of_tensorflow())
    return found


def _of_tensorflow():
    import tensorflow as tf

    config = tf.config
    found = {
        "run_functions_eagerly": (config.functions_run_eagerly, config.run_functions_eagerly),
        "tf32": (
            config.experimental.tensor_float_32_execution_enabled,
            config.experimental.enable_tensor_float_32_execution,
        ),
        "soft_placement": (config.get_soft_device_placement, config.set_soft_device_placement),
        "jit": (config.optimizer.get_jit, lambda value: config.optimizer.set_jit(value or False)),
        "optimizer": (
            config.optimizer.get_experimental_options,
            config.optimizer.set_experimental_options,
        ),
    }
    with contextlib.suppress(ImportError, AttributeError):  # no public way reads or undoes it
        from tensorflow.python.framework import config as private

        def determine(wanted):
            (private.enable_op_determinism if wanted else private.disable_op_determinism)()

        found["determinism"] = private.is_op_determinism_enabled, determine
    return found


def _switch(config, name):
    def write(on):
        getattr(config, f"{'enable' if on else 'disable'}_{name}")()

    return getattr(config, f"is_{name}_enabled"), write


def _kept_by_thread(config):
    if _global_state() is None:  # then what is public has to do
        return {
            "dtype_policy": (
                config.dtype_policy,
                lambda policy: config.set_dtype_policy(policy or config.floatx()),
            ),
            "flash_attention": _switch(config, "flash_attention"),
            "custom_objects_scope_dict": (dict, lambda nothing: None),
        }
    return {
        name: (functools.partial(_read_local, name), functools.partial(_write_local, name))
        for name in KEPT_BY_THREAD
    }


def _read_local(name):
    kept = _global_state()
    return None if kept is None else kept.get_global_attribute(name)


def _write_local(name, value):
    kept = _global_state()
    if kept is not None:
        kept.set_global_attribute(name, value)


def _global_state():
    from labkit.training import internals

    return internals.global_state()


def _refuse_backend(wanted):
    import keras

    raise RuntimeError(
        f"this worker has loaded Keras with {keras.backend.backend()}, the caller with {wanted}; "
        f"set KERAS_BACKEND={wanted} before the workers start, or train with n_jobs=1"
    )


def _custom_objects():
    import keras

    return dict(keras.saving.get_custom_objects())


def _set_custom_objects(wanted):
    import keras

    keras.saving.get_custom_objects().update(wanted)


def _set_mode(wanted):
    os.environ.pop("LABKIT_MODE", None)
    if wanted is not None:
        os.environ["LABKIT_MODE"] = wanted


def _set_environment(wanted):
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)


def _enter(folder):
    with contextlib.suppress(OSError):  # it is gone, or lies on another machine
        os.chdir(folder)
