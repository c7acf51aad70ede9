"""Check a model of Keras: how it is built, and how often it is right."""

import numpy as np

from labkit.claims import judge, page
from labkit.exercises import generic
from labkit.exercises.hints import demand_hints
from labkit.exercises.quiet import quiet
from labkit.exercises.verdict import conclude
from labkit.numbers import as_whole, real, whole

BATCH = 512
QUANTITIES = ("parameters", "layers", "accuracy")


def check_model(
    statement, model, parameters=None, layers=None, accuracy=None, x=None, y=None, hints=()
):
    """Check a model of a student.

    Parameters
    ----------
    statement : str
        What is true once it is solved, one sentence; shown with the verdict.
    model : keras.Model
        What the student has built, and trained where `accuracy` is asked for.
    parameters : int or (int, int), optional
        How many numbers it has, or the least and the most of them; those that are not trained
        are counted, too.
    layers : int or list of str, optional
        How many layers have weights; or the classes of all layers but the input, in order:
        ``["Flatten", "Dense", "Dense"]``.
    accuracy : float, optional
        The least share of right answers on `x`, from 0 to 1. Smoke mode and stand-ins do not
        judge it.
    x, y : array-like, optional
        Inputs and classes, for `accuracy`. `y` holds class indices, or rows with one 1.
    hints : list of (quantity, relation, bound, str), optional
        `quantity` is ``"parameters"``, ``"layers"`` (how many have weights) or ``"accuracy"``;
        `relation` and `bound` as in `check`. The first that fits is said; without one, a general
        hint is given.

    Raises
    ------
    NotYet
        If it is not solved; its text is the hint.
    ValueError
        If the other arguments are not as above, or nothing is asked for.

    Examples
    --------
    >>> check_model("The network reads digits", model, parameters=101_770, accuracy=0.95,
    ...             x=test.x, y=test.y,
    ...             hints=[("parameters", "==", 101_632, "Where are the biases?")])
    Solved: The network reads digits
    """
    judge.demand_statement(statement)
    wanted = _demand(parameters, layers, accuracy, x, y)
    rules = [_rule(*rule, text) for rule, text in demand_hints(hints, 4)]
    excuse = page.excuse() if accuracy is not None else None
    with quiet():
        hint = _no_model(model) or _structure(model, wanted, rules)
        if not hint and accuracy is not None:
            hint = _answers(model, wanted, rules, excuse)
    conclude(statement, hint, excuse)


def _demand(parameters, layers, accuracy, x, y):
    """Return what is asked for in one form, or refuse it."""
    if parameters is layers is accuracy is None:
        raise ValueError("expected parameters, layers or accuracy to check")
    wanted = {}
    if parameters is not None:
        ends = parameters if isinstance(parameters, (list, tuple)) else (parameters, parameters)
        low, high = judge.bound_of(tuple(whole("parameters", end, 0) for end in ends), "between")
        wanted["parameters"] = low, high
    if isinstance(layers, (list, tuple)):
        if not layers or not all(isinstance(name, str) for name in layers):
            raise ValueError(f"layers must be a number or names of classes, got {layers!r}")
        wanted["classes"] = list(layers)
    elif layers is not None:
        wanted["layers"] = whole("layers", layers, 1)
    if accuracy is not None:
        wanted["accuracy"] = real("accuracy", accuracy, lambda a: 0 < a <= 1, "above 0, at most 1")
        if x is None or y is None or len(x) != len(y) or not len(x):
            raise ValueError("accuracy needs x and y of the same length")
        wanted["x"] = np.asarray(x) if isinstance(x, (list, tuple)) else x
        wanted["y"] = np.asarray(y)
    return wanted


def _rule(quantity, relation, bound, text):
    if quantity not in QUANTITIES:
        raise ValueError(f"a hint is about {', '.join(QUANTITIES)}, got {quantity!r}")
    judge.demand_relation(relation)
    bound = judge.bound_of(bound, relation)
    return quantity, lambda value: judge.RELATIONS[relation](value, bound), text


def _no_model(model):
    hint = generic.no_answer(model, "a model")
    if hint:
        return hint
    if isinstance(model, type):
        return f"`{model.__name__}` is a class, not a model: call it."
    if type(model).__name__ == "History":
        return "That is what `fit` returns; the model itself is asked for."
    if not (hasattr(model, "layers") and hasattr(model, "count_params")):
        return generic.of_type(model, "a model")
    if not model.built:
        return "It has no weights yet: tell it the shape of its input, with `keras.Input`."
    return None


def _structure(model, wanted, rules):
    """Say what is wrong with parameters and layers, if anything is."""
    weighted = [layer for layer in model.layers if layer.weights]
    if "layers" in wanted and len(weighted) != wanted["layers"]:
        more = "more" if len(weighted) < wanted["layers"] else "fewer"
        return _said(rules, "layers", len(weighted)) or (
            f"It has {len(weighted)} layers with weights; {more} are asked for."
        )
    if "classes" in wanted:
        names = [type(layer).__name__ for layer in model.layers]
        names = [name for name in names if name != "InputLayer"]
        if names != wanted["classes"]:
            return _said(rules, "layers", len(weighted)) or (
                f"Its layers are {', '.join(names) or 'none'}; that is not what is asked for."
            )
    if "parameters" in wanted:
        count, (low, high) = as_whole(model.count_params()), wanted["parameters"]
        if not low <= count <= high:
            return _said(rules, "parameters", count) or (
                f"It has {count:,} parameters, too {'few' if count < low else 'many'}."
            )
    return None


def _said(rules, quantity, value):
    return next((text for about, fits, text in rules if about == quantity and fits(value)), None)


def _answers(model, wanted, rules, excuse):
    """Say what is wrong with the answers of a model, if anything is."""
    try:
        outputs = _outputs(model, wanted["x"])
    except Exception as error:
        return f"The model stops on the data with {generic.said(error)}"
    answers, targets = _classes(outputs), _targets(wanted["y"])
    share = float(np.mean(answers == targets))
    if excuse or share >= wanted["accuracy"]:
        return None
    hint = _said(rules, "accuracy", share)
    if hint:
        return hint
    if not np.isfinite(outputs).all():
        return "Its outputs are NaN or infinite: training has diverged."
    if _untrained(model):
        return "The model has not been trained."
    if len(targets) > 1 and np.ptp(answers) == 0:
        return "It gives one answer for everything."
    return f"It is right in {100 * share:.1f} % of the cases; more is asked for."


def _outputs(model, x):
    """Return the outputs, a row an example; a batch at a time, as `predict` may write warnings."""
    from keras import ops

    batches = [x[start : start + BATCH] for start in range(0, len(x), BATCH)]
    outputs = [ops.convert_to_numpy(model(batch, training=False)) for batch in batches]
    return np.concatenate(outputs).astype("float64").reshape(len(x), -1)


def _classes(outputs):
    """Return the class of each row: the highest score, or the side of a single one."""
    if outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    shares = outputs.min() >= 0 and outputs.max() <= 1
    return (outputs[:, 0] > (0.5 if shares else 0)).astype("int64")


def _targets(y):
    return y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y))


def _untrained(model):
    optimizer = getattr(model, "optimizer", None)
    return optimizer is not None and int(np.asarray(optimizer.iterations)) == 0
