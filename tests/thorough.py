"""Long tables of cases: `make test` runs some rows, `make canary` and `make floor` all of them."""

import pytest


def rows(names, always):
    """Return the names for ``parametrize``; those not in `always` are marked ``thorough``."""
    assert set(always) <= set(names), set(always) - set(names)
    mark = pytest.mark.thorough
    return [name if name in always else pytest.param(name, marks=mark) for name in names]
