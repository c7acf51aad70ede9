"""Describe Python values, and code with all that it reads, as short texts."""

import builtins
import collections
import copyreg
import functools
import hashlib
import importlib
import importlib.util
import io
import pathlib
import random
import sys
import types

import numpy as np

from labkit.experiments import homes, names

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
SEQUENCES = (list, tuple, collections.deque)
# What a class holds beside what it was given
BOOKKEEPING = frozenset(
    """
    __dict__ __weakref__ __module__ __qualname__ __firstlineno__ __static_attributes__
    __annotate__ __annotate_func__ _abc_impl __abstractmethods__ __parameters__ __orig_bases__
    __slotnames__
    """.split()  # noqa: SIM905
)


class Unsure(TypeError):
    """A part whose description would not tell all that could change a number."""


class Describer:
    """Turns values into short texts, the same for what is equal; a new one for each fingerprint.

    Attributes
    ----------
    versions : dict of str to str
        The installed packages that were met.
    modules : dict of str to module
        The modules of the user's own that were met.
    doubts : list of str
        What cannot be described, as reasons; a text that was given in spite of them tells less
        than all.
    """

    def __init__(self):
        self.versions, self.modules, self.doubts = {}, {}, []
        self._known, self._open = {}, []

    def __call__(self, value):
        """Return a text for a value: itself if it is short and plain, else a digest."""
        if type(value) in PLAIN:
            return f"{type(value).__name__} {value!r}"
        if id(value) in self._known:
            return self._known[id(value)][0]
        if id(value) in self._open:
            return f"{len(self._open) - self._open.index(id(value))} levels up"
        self._open.append(id(value))
        try:
            told = hashlib.sha256(repr(self.parts(value)).encode()).hexdigest()
        except RecursionError:
            raise
        except Exception as doubt:  # also from the objects themselves, which may do what they like
            self.doubts.append(f"{type(value).__name__}: {doubt}")
            told = "unsure"
        self._open.pop()
        self._known[id(value)] = told, value  # kept alive, or another could get its id
        return told

    def parts(self, value):
        """Return what a value consists of, as nested lists of texts."""
        kind = type(value)
        if kind in SEQUENCES:
            return [kind.__name__, *map(self, value)]
        if kind in (set, frozenset):
            return [kind.__name__, *sorted(map(self, value))]
        if kind in (dict, types.MappingProxyType, collections.OrderedDict):
            return ["dict", *([self(key), self(item)] for key, item in value.items())]
        if any(value is state for state in _SEEDED):
            return ["the random numbers that each run seeds"]
        for kinds, method in self.special():
            if isinstance(value, kinds):
                return method(value)
        return self.object(value)

    def special(self):
        """Return kinds of values with the methods that describe them."""
        return (
            (types.CodeType, self.code),
            (types.FunctionType, self.function),
            (types.MethodType, lambda v: ["method", self(v.__func__), self(v.__self__)]),
            (types.ModuleType, self.module),
            (type, self.kind),
            ((staticmethod, classmethod), lambda v: [type(v).__name__, self(v.__func__)]),
            (property, lambda v: ["property", self(v.fget), self(v.fset), self(v.fdel)]),
            (functools.cached_property, lambda v: ["cached_property", self(v.func)]),
            (functools._lru_cache_wrapper, lambda v: ["lru_cache", self(v.__wrapped__)]),
            (_BUILT_IN, self.built_in),
            (_DESCRIPTORS, lambda v: [type(v).__name__, v.__name__]),
            (pathlib.PurePath, lambda v: ["path", str(v)]),
            (types.CellType, lambda v: ["cell", *_contents(v, self)]),
            ((np.ndarray, np.generic), self.array),
            (_UNSURE, _refuse),
        )

    def code(self, value):
        constants = [self(constant) for constant in value.co_consts]
        counts = value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount
        variables = value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars
        table = getattr(value, "co_exceptiontable", b"").hex()
        return [value.co_code.hex(), table, value.co_flags, counts, variables, constants]

    def function(self, value):
        home = value.__globals__.get("__name__")
        self.meet(home)
        if homes.is_fixed(home):
            if _stands_for(home, value):
                return ["function", home, value.__qualname__]
            around = []  # made inside a function of a package: its own globals are fixed
        else:
            around = self.around(value)
        given = (value.__defaults__, value.__kwdefaults__, value.__closure__, vars(value))
        return ["function", value.__name__, self(value.__code__), *map(self, given), around]

    def around(self, function):
        """Describe what code of the user's own reads from its module and imports."""
        code, scope = function.__code__, function.__globals__
        outside = names.reaches_outside(code)
        if outside:
            raise Unsure(f"{function.__qualname__} may read from outside: {outside!r}")
        told = [[*chain, self.chain(chain, scope)] for chain in names.chains(code)]
        for name, level, taken in names.imports(code):
            if level:
                name = importlib.util.resolve_name("." * level + name, scope.get("__package__"))
            told.append(["import", name, [self(part) for part in _imported(name, taken)]])
            self.meet(name)
        return told

    def chain(self, chain, scope):
        """Describe what a name stands for; in a module, what the attributes after it stand for."""
        name, *rest = chain
        if name not in scope:
            if name in names.BUILTINS:
                raise Unsure(f"{name} may read from outside")
            return self(vars(builtins)[name]) if name in vars(builtins) else "not there"
        value = scope[name]
        while rest and isinstance(value, types.ModuleType) and rest[0] in vars(value):
            self.meet(value.__name__)
            value = vars(value)[rest.pop(0)]
        return self(value)

    def module(self, value):
        if homes.is_fixed(value.__name__):
            self.meet(value.__name__)
            return ["module", value.__name__]
        self.meet(value.__name__)
        held = {key: item for key, item in vars(value).items() if not key.startswith("__")}
        return ["module", *([key, self(held[key])] for key in sorted(held))]

    def kind(self, value):
        home = value.__module__
        self.meet(home)
        if homes.is_fixed(home) and _stands_for(home, value):
            return ["class", home, value.__qualname__]
        held = {key: item for key, item in vars(value).items() if key not in BOOKKEEPING}
        bases = [self(base) for base in (type(value), *value.__bases__)]
        return ["class", value.__name__, bases, [[key, self(held[key])] for key in sorted(held)]]

    def built_in(self, value):
        owner = getattr(value, "__self__", None)
        owner = getattr(value, "__module__", None) if owner is None else owner
        if isinstance(owner, types.ModuleType):
            owner = owner.__name__
        return ["built in", value.__qualname__, self(owner)]

    def array(self, value):
        if value.dtype.hasobject:
            return ["array", value.shape, self(np.asarray(value, object).tolist())]
        content = np.ascontiguousarray(value)
        digest = hashlib.sha256(content.view("u1").data if content.size else b"").hexdigest()
        return ["array", str(value.dtype.descr), value.shape, digest]

    def object(self, value):
        """Describe an object by its class, its attributes, and what pickle would take of it."""
        parts = ["object", self(type(value)), self.attributes(value)]
        if homes.is_fixed(type(value).__module__) and _pickles_in_python(type(value)):
            return parts  # such a class is written in Python: its attributes are all there is
        return [*parts, self.pickled(value)]

    def attributes(self, value):
        held = {}
        for kind in type(value).__mro__:
            slots = vars(kind).get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                private = slot.startswith("__") and not slot.endswith("__")
                slot = f"_{kind.__name__.lstrip('_')}{slot}" if private else slot
                if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                    held[slot] = getattr(value, slot)
        held.update(getattr(value, "__dict__", {}))
        return [[key, self(held[key])] for key in sorted(held, key=str)]

    def pickled(self, value):
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            reduced = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception as error:
            raise Unsure(f"{type(value).__name__}: {error}") from None
        if isinstance(reduced, str):
            return [reduced, str(getattr(value, "__module__", ""))]
        return [self(list(p) if isinstance(p, collections.abc.Iterator) else p) for p in reduced]

    def meet(self, name):
        """Note a module: an installed one by its version, another to be carried to workers."""
        if homes.is_fixed(name):
            top = name.partition(".")[0]
            if top not in self.versions:
                self.versions[top] = homes.version(top)
        elif name in sys.modules and name != "__main__":
            self.modules[name] = sys.modules[name]


_SEEDED = (
    random.random.__self__,
    np.random.normal.__self__,
)  # keras.utils.set_random_seed sets them
_BUILT_IN = (types.BuiltinFunctionType, types.MethodWrapperType)
_DESCRIPTORS = (
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_UNSURE = (  # what changes when it is used, so that it was another for each run
    collections.abc.Iterator,
    collections.abc.Coroutine,
    io.IOBase,
    random.Random,
    np.random.Generator,
    np.random.RandomState,
    np.random.BitGenerator,
)


def _refuse(value):
    raise Unsure(f"a {type(value).__name__} changes when it is used")


def _stands_for(home, value):
    """Tell whether the name of something installed says what it is: nobody replaced it."""
    name = value.__qualname__
    if "<" in name:  # a lambda, or made inside a function
        return False
    found = sys.modules.get(home)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found is None or getattr(found, "__func__", found) is value


def _imported(name, taken):
    """Return what is taken from a module; if it is bound whole, itself and what it lies in."""
    parts = name.split(".")
    try:
        found = [importlib.import_module(".".join(parts[: n + 1])) for n in range(len(parts))]
        if not taken or "*" in taken:
            return found
        for part in taken:
            if not hasattr(found[-1], part):
                importlib.import_module(f"{name}.{part}")
        return [getattr(found[-1], part) for part in taken]
    except Exception as error:
        raise Unsure(f"the module {name}: {error}") from None


def _contents(cell, describe):
    try:
        return [describe(cell.cell_contents)]
    except ValueError:
        return []  # nothing was put into it yet


def _pickles_in_python(kind):
    names = ("__reduce_ex__", "__reduce__", "__getstate__")
    found = [next((vars(c)[n] for c in kind.__mro__ if n in vars(c)), None) for n in names]
    return any(isinstance(method, types.FunctionType) for method in found)
