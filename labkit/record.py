"""Say at the end of a lab what made its page: mode, data, seeds, versions, machine, cost."""

import html
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata

from labkit import data, mode, startup

PACKAGES = ("tensorflow", "keras", "numpy", "labkit")


def show(seeds=None):
    """Show the run record, the last output of every lab.

    On a page it is a table; its attribute ``data-record`` holds `facts` as JSON.

    Parameters
    ----------
    seeds : int or iterable of int, optional
        The seeds of the lab, as `labkit.experiments.compare` takes them: 3 means 0, 1 and 2.

    Raises
    ------
    ValueError
        If `seeds` is neither, or ``LABKIT_MODE`` is not a mode.
    """
    found = facts(seeds)
    rows = _rows(found)
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {text}" for name, text in rows]
    _display("\n".join(["Run record", *lines]), _table(rows, found))


def facts(seeds=None):
    """Collect what `show` shows.

    Parameters
    ----------
    seeds : int or iterable of int, optional
        As for `show`.

    Returns
    -------
    dict
        ``mode``; ``data``, a list with the facts of each data set loaded in this process;
        ``seeds``, a list or None; ``versions``; ``backend`` and ``device`` that Keras uses, None
        if it is not loaded; ``processor``; ``cpus``, those that this process may use;
        ``seconds`` since labkit was imported; ``peak_memory_mb``, in MB (1e6 bytes) of this
        process, or None where Python cannot tell (on Windows).
    """
    return {
        "mode": mode.current(),
        "data": [loaded._asdict() for loaded in data.loaded()],
        "seeds": _seeds(seeds),
        "versions": {"python": platform.python_version()} | _versions(),
        "backend": sys.modules["keras"].backend.backend() if "keras" in sys.modules else None,
        "device": _device(),
        "processor": _processor(),
        "cpus": _cpus(),
        "seconds": round(time.monotonic() - startup.STARTED, 1),
        "peak_memory_mb": _peak_memory(),
    }


def _seeds(seeds):
    if seeds is None:
        return None
    try:
        return [int(seed) for seed in (seeds if hasattr(seeds, "__iter__") else range(seeds))]
    except (TypeError, ValueError):
        raise ValueError(f"seeds must be a number or a list of integers, got {seeds!r}") from None


def _versions():
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _device():
    """Name the GPUs that TensorFlow computes on, or say CPU; None if it is not loaded."""
    tf = sys.modules.get("tensorflow")
    if tf is None:
        return None
    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.get_visible_devices("GPU")
    ]
    return ", ".join(names) or "CPU"


def _processor():
    """Name the model of the CPU, as far as the system tells."""
    try:
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True).stdout.strip()
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _cpus():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _peak_memory():
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def _rows(found):
    """Write the facts as pairs of name and text."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    seeds, memory = found["seeds"], found["peak_memory_mb"]
    return [
        ("mode", found["mode"]),
        ("data", "; ".join(map(_origin, found["data"])) or "none loaded"),
        ("seeds", "not stated" if seeds is None else ", ".join(map(str, seeds)) or "none"),
        ("versions", versions),
        ("device", f"{found['device'] or 'TensorFlow not loaded'}, {found['cpus']} CPU cores"),
        ("processor", found["processor"]),
        ("time", f"{found['seconds']:.0f} s"),
        ("peak memory", "unknown on this system" if memory is None else f"{memory:,} MB"),
    ]


def _origin(loaded):
    state = "verified" if loaded["verified"] else "not verified"
    counts = f"{loaded['n_train']:,} + {loaded['n_test']:,} pictures"
    source = f"from {loaded['source']}, {state}" if loaded["real"] else "not real data"
    return f"{loaded['title']} ({counts}, {source})"


def _table(rows, found):
    style = 'style="text-align:left;vertical-align:top"'  # Jupyter sets its tables to the right
    body = "\n".join(
        f'<tr><th scope="row" {style}>{name}</th><td {style}>{html.escape(text)}</td></tr>'
        for name, text in rows
    )
    written = html.escape(json.dumps(found), quote=True)
    return (
        f'<details class="labkit-record" data-record="{written}"><summary>Run record</summary>\n'
        f"<table>\n<tbody>\n{body}\n</tbody></table></details>"
    )


def _display(text, page):
    """Show `page`, which is HTML, on a Jupyter page and `text` anywhere else."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        print(text, flush=True)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": page}, raw=True)
