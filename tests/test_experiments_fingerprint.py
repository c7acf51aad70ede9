"""What a stored run is recognised by: every edit is noticed, and nothing but edits."""

import copy
import functools
import importlib
import io
import re
import sys
import threading
import types

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.experiments.describe import Unsure
from labkit.experiments.fingerprint import fingerprint

# A notebook in which each $NAME is a number that `build` depends on, on another road each.
NOTEBOOK = """
import collections, dataclasses, enum, functools, typing
import helper
from helper import imported_by_name

CONSTANT = $CONSTANT
NESTED = {"a": [1, (2, {"b": $CONTAINER})]}

class Base:
    inherited = $INHERITED

class Config(Base):
    units = $CLASS_ATTRIBUTE
    class Inner:
        units = $INNER_CLASS
    @staticmethod
    def static():
        return $STATICMETHOD
    @classmethod
    def of_class(cls):
        return $CLASSMETHOD
    @property
    def asked(self):
        return $PROPERTY
    def method(self):
        return super().__init__() or $METHOD

class Slots:
    __slots__ = ("held",)
    def __init__(self):
        self.held = $SLOT

class Holder:
    def __init__(self):
        self.calls = {"f": [lambda: $FUNCTION_IN_OBJECT]}
        self.value = $OBJECT_ATTRIBUTE

class Kind(enum.Enum):
    ONE = $ENUM

class Point(typing.NamedTuple):
    x: int = $NAMED_TUPLE

@dataclasses.dataclass
class Data:
    x: int = $DATACLASS
    y: list = dataclasses.field(default_factory=lambda: [$FACTORY])

def twice(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return $DECORATOR * function(*arguments)
    return wrapper

@twice
def decorated():
    return $DECORATED

@functools.lru_cache
def cached():
    return $CACHED

def added(a, b):
    return a + b + $PARTIAL_FUNCTION

def closing(value):
    def inner():
        return value
    return inner

def recursive(n):
    return again(n - 1) if n else $RECURSION

def again(n):
    return recursive(n)

closed, holder, slots, point = closing($CLOSURE), Holder(), Slots(), Point()
part = functools.partial(added, 1, b=$PARTIAL_ARGUMENT)
bound, subclassed = Config().method, type("Sub", (Config,), {"more": $MADE_CLASS})
attributed = lambda: None
attributed.value = $FUNCTION_ATTRIBUTE

def f(units=$DEFAULT, *, more=$KEYWORD_DEFAULT):
    from helper import local as beside
    literal = $LITERAL
    numbers = [CONSTANT + $COMPREHENSION for _ in range(3)]
    class Local:
        units = $LOCAL_CLASS
    def nested():
        return [NESTED, lambda: $NESTED_LAMBDA]
    things = Config.Inner.units, Config.static(), Slots, slots, holder, Kind.ONE, point, Data()
    calls = decorated(), cached(), part(), closed(), bound(), subclassed, recursive(3), attributed
    modules = helper.UNITS, helper.make(), helper.Made.units, imported_by_name, beside.UNITS
    return things, calls, modules
"""
HELPER = """
UNITS = $MODULE_GLOBAL
imported_by_name = [$MODULE_LIST]
HIDDEN = $GLOBAL_OF_A_MODULE_FUNCTION
unused = 0

class Made:
    units = $MODULE_CLASS

def make():
    return HIDDEN + $MODULE_FUNCTION
"""
LOCAL = "UNITS = $LOCAL_IMPORT"
ROADS = sorted(set(re.findall(r"\$([A-Z_]+)", NOTEBOOK + HELPER + LOCAL)))


def module(name, text):
    made = types.ModuleType(name)
    made.__package__, made.__path__ = name, []
    exec(compile(text, f"{name}.py", "exec"), vars(made))
    return made


def opened(numbers, place=("notebook.py", 0), more=""):
    """Run the notebook with these numbers, as a fresh session would, and return its `f`."""

    def filled(text):
        return re.sub(r"\$([A-Z_]+)", lambda found: repr(numbers.get(found[1], 1)), text)

    helper, local = module("helper", filled(HELPER) + more), module("helper.local", filled(LOCAL))
    helper.local = local
    sys.modules.update({"helper": helper, "helper.local": local})
    scope = {"__name__": "__main__"}
    path, line = place
    exec(compile("\n" * line + filled(NOTEBOOK), path, "exec"), scope)
    return scope["f"]


@pytest.fixture(autouse=True)
def no_helper_stays(monkeypatch):
    for name in ("helper", "helper.local"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))


def test_the_notebook_has_many_roads():
    assert len(ROADS) > 35
    assert all(road.isupper() for road in ROADS)


QUICK = settings(derandomize=True, deadline=None, database=None, max_examples=40)
NUMBER = st.one_of(st.integers(-9, 9), st.floats(-9, 9), st.text("ab", max_size=2))


@pytest.mark.parametrize("road", ROADS)
def test_an_edit_on_any_road_is_noticed(road):
    assert fingerprint(opened({road: 2})) != fingerprint(opened({}))


@QUICK
@given(st.dictionaries(st.sampled_from(ROADS), NUMBER, max_size=3), st.sampled_from(ROADS), NUMBER)
def test_any_edit_is_noticed_and_nothing_but_edits(numbers, road, other):
    before = fingerprint(opened(numbers))
    elsewhere = opened(numbers, ("another.py", 7), "\nanother = 3\ndef added_later(): pass")
    assert fingerprint(elsewhere) == before
    edited = {**numbers, road: other}
    same = repr(edited[road]) == repr(numbers.get(road, 1))
    assert (fingerprint(opened(edited)) == before) == same


# objects


def made(text, **names):
    scope = {"__name__": "__main__", "keras": keras, **names}
    exec(text, scope)
    return scope["made"]


SAME = {
    "a schedule": "made = [keras.callbacks.LearningRateScheduler(lambda epoch: {})]",
    "a callback's class": "class made(keras.callbacks.Callback):\n    rate = {}",
    "a callback": "class C(keras.callbacks.Callback):\n    rate = {}\nmade = C()",
    "a regularizer": "made = keras.regularizers.L2({})",
    "a loss": "made = keras.losses.Huber(delta={})",
    "a metric": "made = keras.metrics.AUC(num_thresholds=2 + {})",
    "a layer": "made = keras.layers.Dense({}, kernel_initializer='zeros')",
    "an optimizer": "made = keras.optimizers.AdamW(weight_decay={})",
    "a rate": "made = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, {}))",
    "an initializer": "made = keras.initializers.HeNormal(seed={})",
    "a policy": "made = keras.dtype_policies.DTypePolicy(['', 'float32', 'mixed_bfloat16'][{}])",
    "a name that was given": "made = keras.layers.Dense(1, 'relu', name='layer_{}',"
    " kernel_initializer='zeros')",
    "an array": "import numpy\nmade = numpy.arange(3) * {}",
    "an array of objects": "import numpy\nmade = numpy.array(['a', {}], dtype=object)",
    "a tensor": "made = keras.ops.ones(3) * {}",
    "a pattern": "import re\nmade = re.compile('{}')",
    "a kind of number": "import numpy\nmade = [numpy.float32, 0, numpy.float64][2 * {} - 2]",
}


@pytest.mark.parametrize("name", SAME)
def test_an_object_made_anew_is_the_same_and_an_edited_one_is_not(name):
    one, again, two = (fingerprint(made(SAME[name].format(number))) for number in (1, 1, 2))
    assert one == again != two


class Asked:
    """A class of the user's own, whose objects measure."""

    def __call__(self, model):
        return {"share": 0.5}


def test_what_pickle_notes_in_a_class_does_not_count():
    told = fingerprint(Asked())
    copy.copy(Asked())  # Python notes __slotnames__ in the class
    assert "__slotnames__" in vars(Asked)
    assert fingerprint(Asked()) == told


def test_weights_and_tables_are_content():
    first, second = (keras.layers.Normalization() for _ in range(2))
    data = np.arange(6, dtype="float32").reshape(3, 2)
    first.adapt(data)
    second.adapt(data * 2)
    assert fingerprint(first) != fingerprint(second)
    layer = keras.layers.Dense(2)
    layer.build((None, 2))
    before = fingerprint(layer)
    layer.kernel.assign_add(keras.ops.ones((2, 2)))
    assert fingerprint(layer) != before
    layer.trainable = False
    assert fingerprint(layer) != before


def generator():
    yield 1


@pytest.mark.parametrize(
    "value",
    [
        lambda: np.random.default_rng(0),
        generator,
        threading.Lock,
        lambda: io.StringIO("a file"),
        lambda: keras.random.SeedGenerator(1),
        lambda: keras.layers.StringLookup(vocabulary=["a"]),
        lambda: made("made = lambda: open('weights.npy').read()"),
        lambda: lambda: keras.models.load_model("model.keras"),
        lambda: made("import os\nmade = lambda: os.environ['UNITS']"),
        lambda: made("made = lambda: eval('3')"),
    ],
)
def test_what_a_description_would_miss_is_not_described(value):
    met = value()
    with pytest.raises(Unsure):
        fingerprint({"nested": [functools.partial(print, met)]})


def test_the_random_numbers_that_each_run_seeds_may_be_used():
    text = "import numpy, random\nmade = lambda: numpy.random.normal() + random.random()"
    assert fingerprint(made(text)) == fingerprint(made(text))


def test_installed_code_counts_by_version(monkeypatch):
    before = fingerprint(keras.layers.Dense)
    monkeypatch.setattr("labkit.experiments.homes.version", lambda name: "another")
    assert fingerprint(keras.layers.Dense) != before


def test_a_replaced_part_of_an_installed_module_is_noticed(monkeypatch):
    build = made("made = lambda: keras.activations.relu(3)")
    before = fingerprint(build)
    monkeypatch.setattr(keras.activations, "relu", lambda value: value)
    assert fingerprint(build) != before


def test_a_package_that_is_imported_inside_is_looked_into(monkeypatch):
    build, seen = made("def made():\n    import pack.age\n    return pack.UNITS"), []
    for units in (1, 22):
        monkeypatch.setitem(sys.modules, "pack", module("pack", f"UNITS = {units}"))
        monkeypatch.setitem(sys.modules, "pack.age", module("pack.age", ""))
        seen.append(fingerprint(build))
    assert seen[0] != seen[1]


def test_a_module_on_disk_is_looked_into_when_it_is_imported_inside(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    build, seen = made("def made():\n    from beside_it import UNITS\n    return UNITS"), []
    for units in (1, 22):
        (tmp_path / "beside_it.py").write_text(f"UNITS = {units}", encoding="utf-8")
        monkeypatch.delitem(sys.modules, "beside_it", raising=False)
        importlib.invalidate_caches()
        seen.append(fingerprint(build))
    assert seen[0] != seen[1]
