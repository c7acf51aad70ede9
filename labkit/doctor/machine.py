"""What the machine has for this process."""

import contextlib
import os
from pathlib import Path

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory():
    """Return how many bytes of memory are free, and how many there are.

    A container may set a limit below what the machine has, as Binder's do.
    """
    import psutil  # ipykernel brings it

    machine = psutil.virtual_memory()
    limit = machine.total
    for file in LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no container, or "max"
            limit = min(limit, int(Path(file).read_text()))
    return min(machine.available, limit), limit


def cores():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
