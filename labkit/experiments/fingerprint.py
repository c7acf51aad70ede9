"""A text that stays the same while a function would do the same, also in another session."""

import dis
import functools
import hashlib
import types

import joblib

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))


def fingerprint(value):
    """Return a hash of a function's code and of the values it uses, or of a plain value.

    Parameters
    ----------
    value : object
        A function, or settings: numbers, texts, lists, dicts, arrays, Keras objects.

    Returns
    -------
    str
        SHA-256 in hexadecimal. File names and line numbers play no part, so a notebook may be
        opened again, or gain a cell. Functions and classes of *other* modules count by name only,
        and compiled code differs between versions of Python.
    """
    describe = _Describer(getattr(value, "__module__", None))
    return hashlib.sha256(repr(describe(value, frozenset())).encode()).hexdigest()


class _Describer:
    """Turns a value into nested lists of texts; looks into code of one module, and notebooks."""

    def __init__(self, home):
        self.homes = (home, "__main__")

    def __call__(self, value, inside):
        if isinstance(value, _PLAIN):
            return repr(value)
        if id(value) in inside:
            return "itself"
        inside = inside | {id(value)}
        if isinstance(value, (list, tuple)):
            return [type(value).__name__, *(self(item, inside) for item in value)]
        if isinstance(value, (set, frozenset)):
            return ["set", *sorted(str(self(item, inside)) for item in value)]
        if isinstance(value, dict):
            return ["dict", *([self(k, inside), self(v, inside)] for k, v in value.items())]
        if isinstance(value, types.CodeType):
            constants = [self(constant, inside) for constant in value.co_consts]
            return [value.co_code.hex(), value.co_names, value.co_varnames, constants]
        if isinstance(value, types.FunctionType):
            return self.function(value, inside)
        if isinstance(value, types.MethodType):
            return [self(value.__func__, inside), self(value.__self__, inside)]
        if isinstance(value, functools.partial):
            return [self(part, inside) for part in (value.func, value.args, value.keywords)]
        if isinstance(value, (types.ModuleType, types.BuiltinFunctionType)):
            return value.__name__
        if isinstance(value, type):
            return self.kind(value, inside)
        return self.object(value, inside)

    def function(self, value, inside):
        if value.__module__ not in self.homes:
            return f"{value.__module__}.{value.__qualname__}"
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        names = _global_names(value.__code__)
        used = {name: value.__globals__[name] for name in names if name in value.__globals__}
        parts = (value.__code__, value.__defaults__, value.__kwdefaults__, cells, used)
        return [self(part, inside) for part in parts]

    def kind(self, value, inside):
        name = f"{value.__module__}.{value.__qualname__}"
        if value.__module__ not in self.homes:
            return name
        methods = {k: v for k, v in vars(value).items() if isinstance(v, types.FunctionType)}
        return [name, self(methods, inside)]

    def object(self, value, inside):
        kind = self.kind(type(value), inside)
        if hasattr(value, "get_config"):  # Keras: layers, optimizers, models with their weights
            weights = joblib.hash(value.get_weights()) if hasattr(value, "get_weights") else ""
            return [kind, self(_without_names(value.get_config()), inside), weights]
        try:
            return [kind, joblib.hash(value)]
        except Exception:  # cannot be pickled: its type has to do
            return [kind, "not hashed"]


def _without_names(config):
    """Drop names from a Keras configuration: Keras counts them up within a session."""
    if isinstance(config, dict):
        return {key: _without_names(part) for key, part in config.items() if key != "name"}
    return [_without_names(part) for part in config] if isinstance(config, list) else config


def _global_names(code):
    """Return the names that code, and functions written inside it, read from their module."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(_global_names(constant))
    return sorted(names)


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
