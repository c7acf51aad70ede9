"""Checks of arrays, functions and models."""

import random

import numpy as np
import pytest

from labkit import data, exercises

RIGHT = np.array([[1.0, 2.0, 3.5], [4.0, 5.0, 7.0]])


def hint_of(check, *arguments, **options):
    """Return what an answer is told that does not solve the exercise."""
    with pytest.raises(exercises.NotYet) as caught:
        check("It is so", *arguments, **options)
    return str(caught.value).removeprefix("Not yet. ")


@pytest.mark.parametrize(
    "value",
    [
        RIGHT,
        RIGHT.tolist(),
        RIGHT.astype("float32"),
        RIGHT * (1 + 5e-5),
        tuple(map(tuple, RIGHT)),
    ],
)
def test_a_right_array_is_taken_in_any_form(value, capsys):
    assert exercises.check_array("It is so", value, RIGHT) is None
    assert tuple(capsys.readouterr()) == ("Solved: It is so\n", "")


def test_a_wrong_way_of_a_run_may_lead_to_the_right_array_by_accident():
    hints = [(RIGHT * 1.00001, "An accident."), (2 * RIGHT, "Half of it.")]
    with pytest.raises(ValueError, match="for the right answer"):
        exercises.check_array("It is so", RIGHT, RIGHT, hints=hints)
    exercises.check_array("It is so", RIGHT, RIGHT, hints=hints, measured=True)
    said = hint_of(exercises.check_array, 2 * RIGHT, RIGHT, hints=hints, measured=True)
    assert said == "Half of it."


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_tensors_and_variables_of_keras_are_arrays(dtype):
    import keras

    right = np.array([1.0, 0.5, -2.0])
    exercises.check_array("So", keras.ops.convert_to_tensor(right, dtype), right)
    exercises.check_array("So", keras.Variable(right, dtype=dtype), right)
    told = hint_of(exercises.check_array, keras.KerasTensor((3,)), right)
    assert told == "That is of type KerasTensor; an array of numbers is asked for."


def test_entries_near_0_are_judged_by_the_size_of_the_largest():
    exercises.check_array("So", [0.1 + 0.2 - 0.3, 1.0], [0.0, 1.0])
    hint_of(exercises.check_array, [1e-4, 1.0], [0.0, 1.0])
    hint_of(exercises.check_array, [1.001, 1.0], [1.0, 1.0])
    exercises.check_array("So", [1.001, 1.0], [1.0, 1.0], rtol=0.01)


def test_one_number_may_come_in_any_shape():
    exercises.check_array("So", [[3.0]], 3)
    exercises.check_array("So", 3, [3.0])
    assert hint_of(exercises.check_array, 2, [3.0]) == "It is too small."


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "That is None, not an array. Does a function lack its `return`?"),
        (..., "Put your answer in the place of the stub."),
        (np.sum, "That is a function, not an array: call it."),
        ([[1], [2, 3]], "That is no array: its rows are of different lengths."),
        ([["1", "2"]], "That holds texts. Write numbers without quotation marks."),
        ({}, "That is of type dict; an array of numbers is asked for."),
        (RIGHT.T, "Its shape is (3, 2), and (2, 3) is asked for: transpose it."),
        (RIGHT.ravel(), "Its shape is (6,), and (2, 3) is asked for: reshape it."),
        (
            RIGHT[None],
            "Its shape is (1, 2, 3), and (2, 3) is asked for: an axis of length 1 is too many.",
        ),
        (RIGHT[0], "Its shape is (3,), and (2, 3) is asked for."),
        (
            np.where(RIGHT > 4, np.nan, RIGHT),
            "It has 2 NaN or infinite of 6: was something divided by 0?",
        ),
        (-RIGHT, "It has the wrong sign."),
        (RIGHT * 2.5, "It differs by a constant factor."),
        (RIGHT - 0.5, "It differs by a constant offset."),
        (RIGHT[::-1], "Its numbers are right, their order is not."),
        (RIGHT * 0 + 3, "All its numbers are the same."),
        (
            RIGHT.astype(int),
            "It holds whole numbers: were they rounded, or kept as integers?",
        ),
        (
            RIGHT + 0.003 * (RIGHT > 2),
            "It is close, but not within the tolerance: was something rounded on the way?",
        ),
        (
            RIGHT + (RIGHT > 4),
            "4 of its 6 numbers are right; look at the one at [1, 1].",
        ),
        (RIGHT**2 + 1, "None of its 6 numbers is right."),
    ],
)
def test_a_wrong_array_gets_a_general_hint(value, told):
    assert hint_of(exercises.check_array, value, RIGHT) == told


def test_a_square_array_may_be_transposed():
    square = np.array([[1.0, 2.0], [3.0, 5.0]])
    assert hint_of(exercises.check_array, square.T, square) == "It is transposed."


def test_the_hint_for_a_wrong_array_comes_before_a_general_one():
    hints = [(RIGHT * 2, "Halve it."), (RIGHT.T, "Turn it."), (RIGHT * np.nan, "Overflow?")]
    for value, told in [(RIGHT * 2, "Halve it."), (RIGHT.T, "Turn it."), (RIGHT - 1, "It differs")]:
        assert hint_of(exercises.check_array, value, RIGHT, hints=hints).startswith(told)
    assert hint_of(exercises.check_array, RIGHT * np.nan, RIGHT, hints=hints) == "Overflow?"


@pytest.mark.parametrize(
    ("reference", "options", "complaint"),
    [
        ("abc", {}, "reference must be an array of numbers"),
        ([], {}, "reference must be an array of numbers"),
        ([np.nan], {}, "reference must be finite"),
        ([1.0], {"rtol": -1}, "rtol must be at least 0 and below 1"),
        ([1.0], {"hints": [("x", "No.")]}, "a hint must be an array of numbers"),
        ([1.0], {"hints": [([2.0], 3, "No.")]}, "expected hints of 2 entries"),
        ([1.0], {"hints": [([1.0], "No.")]}, "hint is for the right answer: 'No.'"),
    ],
)
def test_what_an_author_gets_wrong_about_an_array_is_refused(reference, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        exercises.check_array("So", [1.0], reference, **options)


def test_a_run_that_is_too_small_or_changed_may_make_a_hint_right(monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_CLAIMS", "show")
    exercises.check_array("So", [1.0], [1.0], hints=[([1.0], "No.")])
    monkeypatch.setenv("LABKIT_MODE", "smoke")
    exercises.check_array("So", [1.0], [np.nan])
    assert capsys.readouterr().out == "Solved: So\nNot judged (smoke mode): So\n"


def slope(x):
    return np.where(x > 0, 1.0, 0.1)


X = np.array([-2.0, -1.0, 3.0])


def test_a_right_function_is_solved_on_copies_of_its_inputs(capsys):
    x = X.copy()
    exercises.check_function("It is so", lambda x: 0.1 + 0.9 * (x > 0), slope, [(x,), (1,)])
    assert x.tolist() == X.tolist()
    assert tuple(capsys.readouterr()) == ("Solved: It is so\n", "")


def stub(x):
    raise NotImplementedError


def in_place(x):
    x *= 2
    return x


def silent(x):
    slope(x)


def broken(x):
    return x + "a\nb"[len(x) :].join(missing)  # noqa: F821


def two(x):
    return slope(x), slope(x)


def words(x):
    return ["steep"] * len(x)


def one_for_all(x):
    return np.full_like(x, 0.1)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (None, "That is None, not a function."),
        (3, "That is of type int; a function is asked for."),
        (stub, "`stub` is not written yet."),
        (lambda: 1, "The function stops with TypeError: "),
        (broken, "`broken` stops with NameError: name 'missing' is not defined"),
        (in_place, "`in_place` changes its argument in place: let it work on a copy."),
        (silent, "`silent` returns None: its `return` is missing, or empty."),
        (two, "`two` returns 2 values; 1 asked for."),
        (words, "`words` returns no numbers. That holds texts."),
        (np.sign, "What `sign(array([-2., -1., 3.]))` returns is wrong."),
        (one_for_all, "What `one_for_all(array([-2., -1., 3.]))` returns is wrong. All its"),
    ],
)
def test_a_wrong_function_gets_a_general_hint(function, told, capfd):
    assert hint_of(exercises.check_function, function, slope, [(X,)]).startswith(told)
    assert capfd.readouterr().err == ""


def double(x):
    return 2 * x


def size(x):
    return 2 * abs(x)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x: 3 * x, "What the function returns for 3 inputs is wrong. It differs by a cons"),
        (lambda x: 1.0, "What the function returns for 3 inputs is wrong. All its numbers are"),
        (size, "What `size(-1.0)` returns is wrong. It has the wrong sign."),
        (lambda x: [x, x], "What the function returns for input 1 of 3 is wrong. Its shape is (2,"),
    ],
)
def test_numbers_for_several_inputs_are_judged_together(function, told):
    inputs = [(np.float64(-1),), (2.0,), (5.0,)]
    assert hint_of(exercises.check_function, function, double, inputs).startswith(told)


def test_a_function_may_return_several_values():
    def reference(x):
        return x, [1.0, 2.0]

    exercises.check_function("So", lambda x: [x, np.array([1, 2])], reference, [(X,)])
    exercises.check_function("So", lambda x: (1, 2.0), lambda x: np.array([1, 2]), [(X,)])
    exercises.check_function("So", lambda x: (x, X[:2]), lambda x: [x, x[:2]], [(X,)])
    told = hint_of(exercises.check_function, lambda x: (x, [1, 3]), reference, [(X,)])
    assert told.startswith("Value 2 of what the function returns for input 1 of 1 is wrong. 1 of")
    told = hint_of(exercises.check_function, lambda x: x, reference, [(X,)])
    assert told == "The function returns 1 value; 2 asked for."


def test_a_function_that_is_to_change_its_argument_may_do_so():
    exercises.check_function("So", in_place, in_place, [(X.copy(),)])
    nested = [({"w": X.copy()}, [X.copy()])]

    def inner(weights, rest):
        weights["w"] += 1
        return 1

    told = hint_of(exercises.check_function, inner, lambda weights, rest: 1, nested)
    assert told.startswith("`inner` changes its argument")
    assert nested[0][0]["w"].tolist() == X.tolist()


def test_the_hint_for_a_wrong_function_comes_before_a_general_one():
    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    def naive(x):
        return np.exp(x) / np.exp(x).sum()

    hints = [(naive, "Try large inputs."), (np.exp, "Divide by the sum."), (len, "Odd.")]
    inputs = [(np.array([0.0, 1.0]),), (np.array([1000.0, 0.0]),)]
    told = [
        hint_of(exercises.check_function, given, softmax, inputs, hints=hints)
        for given in (naive, np.exp, lambda x: len(x))
    ]
    assert told == ["Try large inputs.", "Divide by the sum.", "Odd."]


def test_a_function_that_draws_leaves_the_random_numbers_as_they_were():
    def draws(x):
        return x + random.random() + np.random.rand()  # noqa: NPY002

    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    hint_of(exercises.check_function, draws, double, [(X,)])
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


@pytest.mark.parametrize(
    ("reference", "inputs", "hints", "complaint"),
    [
        (3, [(X,)], [], "expected a function, got 3"),
        (double, [X], [], "list of tuples of arguments"),
        (double, [], [], "list of tuples of arguments"),
        (double, [(X,)], [(3, "No.")], "expected a function, got 3"),
        (double, [(X,)], [(lambda x: x + x, "No.")], "hint is for the right answer"),
        (lambda x: "a", [(X,)], [], "what the reference returns must be an array of numbers"),
        (lambda x: x / 0, [(X,)], [], "the reference must return finite numbers"),
    ],
)
def test_what_an_author_gets_wrong_about_a_function_is_refused(reference, inputs, hints, complaint):
    with pytest.raises(ValueError, match=complaint):
        exercises.check_function("So", double, reference, inputs, hints=hints)


CLASSES = np.arange(40) % 4
PICTURES = np.eye(4, dtype="float32")[CLASSES]


def network(*widths, gain=1.0, built=True):
    """A network whose outputs are its inputs, times a gain."""
    import keras

    layers = [keras.layers.Dense(width) for width in widths]
    model = keras.Sequential([*([keras.Input((4,))] if built else []), *layers])
    for layer in layers if built else []:
        layer.set_weights([gain * np.eye(*layer.kernel.shape), np.zeros(layer.units)])
    return model


def test_a_right_model_is_solved(capsys):
    model = network(4, 4)
    scores = {"accuracy": 0.9, "x": PICTURES, "y": CLASSES}
    exercises.check_model("So", model, parameters=40, layers=2, **scores)
    exercises.check_model("So", model, parameters=(30, 50), layers=["Dense", "Dense"])
    exercises.check_model("So", model, accuracy=1, x=PICTURES.tolist(), y=PICTURES)
    exercises.check_model("So", network(1), accuracy=1, x=PICTURES, y=(CLASSES == 0).astype(int))
    assert tuple(capsys.readouterr()) == ("Solved: So\n" * 4, "")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: None, "That is None, not a model. Does a function lack its `return`?"),
        (lambda: ..., "Put your answer in the place of the stub."),
        (lambda: 3, "That is of type int; a model is asked for."),
        (lambda: network, "That is a function, not a model: call it."),
        (lambda: type(network(1)), "`Sequential` is a class, not a model: call it."),
        (lambda: network(4, built=False), "It has no weights yet: tell it the shape of its input"),
        (lambda: network(3), "It has 15 parameters, too few."),
        (lambda: network(4, 4), "It has 2 layers with weights; fewer are asked for."),
        (lambda: network(4, gain=0), "It gives one answer for everything."),
        (lambda: network(4, gain=-1), "It is right in 0.0 % of the cases; more is asked for."),
        (lambda: network(4, gain=np.nan), "Its outputs are NaN or infinite: training has div"),
    ],
)
def test_a_wrong_model_gets_a_general_hint(make, told, capfd):
    scores = {"accuracy": 0.9, "x": PICTURES, "y": CLASSES}
    options = {"parameters": 20, "layers": 1, **scores}
    assert hint_of(exercises.check_model, make(), **options).startswith(told)
    assert capfd.readouterr().err == ""


def test_what_fit_returns_is_no_model_and_a_compiled_model_may_be_untrained():
    model = network(4, gain=-1)
    model.compile("sgd", "mse")
    scores = {"accuracy": 0.9, "x": PICTURES, "y": CLASSES}
    assert hint_of(exercises.check_model, model, **scores) == "The model has not been trained."
    history = model.fit(PICTURES, PICTURES, verbose=0)
    told = "That is what `fit` returns; the model itself is asked for."
    assert hint_of(exercises.check_model, history, **scores) == told
    assert "more is asked for" in hint_of(exercises.check_model, model, **scores)


def test_layers_and_shapes_of_another_kind_are_named():
    told = hint_of(exercises.check_model, network(4), layers=["Flatten", "Dense"])
    assert told == "Its layers are Dense; that is not what is asked for."
    told = hint_of(exercises.check_model, network(4), accuracy=0.5, x=PICTURES[:, :3], y=CLASSES)
    assert told.startswith("The model stops on the data with ")
    assert "\n" not in told


def test_the_hints_for_a_wrong_model_come_before_a_general_one():
    hints = [
        ("parameters", "==", 15, "How many classes are there?"),
        ("layers", ">", 1, "One layer will do."),
        ("accuracy", "<", 0.1, "Is the sign right?"),
    ]
    options = {"parameters": 20, "layers": 1, "accuracy": 0.9, "x": PICTURES, "y": CLASSES}
    models = network(3), network(4, 4), network(4, gain=-1)
    told = [hint_of(exercises.check_model, model, hints=hints, **options) for model in models]
    assert told == [text for *_, text in hints]


def test_smoke_mode_and_stand_ins_judge_the_structure_of_a_model_alone(capsys):
    data.stand_in("mnist", 20, 10)
    options = {"accuracy": 0.9, "x": PICTURES, "y": CLASSES}
    exercises.check_model("So", network(4, gain=0), parameters=20, **options)
    assert capsys.readouterr().out == "Not judged (stand-in data): So\n"
    hint_of(exercises.check_model, network(4, gain=0), parameters=21, **options)
    exercises.check_model("So", network(4), parameters=20)
    assert capsys.readouterr().out == "Solved: So\n"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "expected parameters, layers or accuracy"),
        ({"parameters": 2.5}, "parameters must be a whole number"),
        ({"parameters": (3, 2)}, "above the high end"),
        ({"layers": 0}, "layers must be a whole number, 1 or more"),
        ({"layers": [1]}, "names of classes"),
        ({"accuracy": 97, "x": [1], "y": [1]}, "accuracy must be above 0, at most 1"),
        ({"accuracy": 0.9, "x": [1]}, "x and y of the same length"),
        ({"layers": 1, "hints": [("loss", "<", 1, "No.")]}, "a hint is about parameters, layers"),
        ({"layers": 1, "hints": [("layers", "=", 1, "No.")]}, "relation must be one of"),
    ],
)
def test_what_an_author_gets_wrong_about_a_model_is_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        exercises.check_model("So", None, **options)
