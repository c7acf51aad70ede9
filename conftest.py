"""What `pytest --nbmake labs` needs: smoke mode unless told otherwise, and limits that fit it.

The notebooks of book/evidence are run like labs.
"""

import os

import pytest

# Seconds for one cell and for a whole lab; None is no limit. pyproject.toml limits other tests.
LIMITS = {"smoke": (300, 300), "class": (900, 1800), "full": (None, None)}


def pytest_configure(config):
    """Prepare the kernels of nbmake, as the build of the book does; workers of xdist inherit it."""
    if not config.getoption("nbmake", False):
        return
    from labkit import mode, startup

    if not os.environ.get("LABKIT_MODE", "").strip():
        os.environ["LABKIT_MODE"] = "smoke"
    startup.prepare_kernels()
    try:
        config.labkit_limits = LIMITS[mode.current()]
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    arguments = map(str, config.invocation_params.args)
    typed = any(argument.startswith("--nbmake-timeout") for argument in arguments)
    chosen = typed or config.option.nbmake_timeout != 300  # nbmake's default
    if not (chosen or hasattr(config, "workerinput")):
        config.option.nbmake_timeout = config.labkit_limits[0]


def pytest_collection_modifyitems(config, items):
    """Limit labs by the mode, unless `--timeout` or PYTEST_TIMEOUT limits every test."""
    if config.getoption("timeout", None) is not None or "PYTEST_TIMEOUT" in os.environ:
        return
    for item in items:
        if getattr(item, "nbmake", False):
            cell, lab = config.option.nbmake_timeout, config.labkit_limits[1]
            item.add_marker(pytest.mark.timeout(max(cell, lab) if cell and lab else 0))


def pytest_terminal_summary(terminalreporter, config):
    """Say what a run in smoke mode is worth."""
    if config.getoption("nbmake", False) and os.environ.get("LABKIT_MODE") == "smoke":
        terminalreporter.write_line(
            "labs ran in smoke mode: every cell runs, no claim is judged; LABKIT_MODE=class judges"
        )
