"""What is to be compared: variants, seeds and settings, checked before anything is trained."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from labkit.numbers import as_whole, whole

RESERVED = ("variant", "seed", "epoch", "seconds", "parameters", "steps", "error")


class Variant:
    """One way to train: a function that builds the model, and settings of its own.

    Parameters
    ----------
    build : callable
        Takes nothing and returns a compiled Keras model.
    **settings
        Arguments of `labkit.training.fit` that replace those given to `compare`, for this
        variant alone: ``epochs``, ``batch_size``, ``callbacks``, ``class_weight``, ...

    Raises
    ------
    ValueError
        If `build` cannot be called, or a setting is data, which all variants share.

    Examples
    --------
    >>> from labkit.experiments import Variant
    >>> Variant(lambda: None, batch_size=256).settings
    {'batch_size': 256}
    """

    def __init__(self, build, **settings):
        if not callable(build):
            raise ValueError(
                "build must be a function that takes nothing and returns a compiled model; "
                f"got {build!r}"
            )
        self.build = build
        self.settings = check_settings(settings)


class Run(NamedTuple):
    """One training: a variant with one seed."""

    variant: str
    seed: int
    build: Any
    settings: dict
    measure: Any
    repeats: int  # seeds of the variant


def plan_runs(variants, seeds, settings, measure):
    """Return the runs, all variants of one seed before the next seed, so that faults show early."""
    if not isinstance(variants, Mapping) or not variants:
        raise ValueError(f"variants must map a name to a build function; got {variants!r}")
    if measure is not None and not callable(measure):
        raise ValueError(f"measure must be a function of a model, or None; got {measure!r}")
    check_settings(settings)
    checked = {}
    for name, variant in variants.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"the name of a variant must be a text; got {name!r}")
        variant = variant if isinstance(variant, Variant) else Variant(variant)
        merged = {**settings, **variant.settings}
        for key in ("epochs", "batch_size"):
            merged[key] = whole(key, merged[key], 1)
        checked[name] = (variant.build, merged)
    seeds = _as_seeds(seeds)
    return [
        Run(name, seed, build, merged, measure, len(seeds))
        for seed in seeds
        for name, (build, merged) in checked.items()
    ]


def check_settings(settings):
    """Refuse settings that are data."""
    shared = {"x", "y", "validation_data", "model"} & set(settings)
    if shared:
        raise ValueError(
            f"{', '.join(sorted(shared))}: all variants share the data; "
            "give it to compare as train and validation"
        )
    return settings


def check_data(name, data):
    """Return `data` as the pair (x, y), of equal and positive length; y may be a dict."""
    try:
        x, y = data
        sizes = len(x), *map(len, y.values() if isinstance(y, Mapping) else [y])
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must be a pair (x, y) of arrays; got {type(data).__name__}"
        ) from None
    if len(set(sizes)) != 1 or len(sizes) < 2 or sizes[0] == 0:
        raise ValueError(
            f"{name} must have as many rows in x as in y, at least one; "
            f"got {' and '.join(map(str, sizes))}"
        )
    return x, y


def _as_seeds(seeds):
    if as_whole(seeds) is not None:
        return list(range(whole("seeds", seeds, 1)))
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise ValueError(f"seeds must be a number of seeds, or the seeds themselves; got {seeds!r}")
    given = list(seeds)
    seeds = [as_whole(seed) for seed in given]
    if not seeds or not all(seed is not None and 0 <= seed < 2**32 for seed in seeds):
        raise ValueError(
            f"seeds must be whole numbers from 0 to 2**32 - 1, at least one; got {given!r}"
        )
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must differ, or runs are counted twice; got {given!r}")
    return seeds
