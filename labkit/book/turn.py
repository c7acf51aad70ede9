"""Whose turn is it: one build or make at a time works in a folder."""

import os
from pathlib import Path


def take(root):
    """Wait until no other build or make works in the folder, and return the lock that is held."""
    from filelock import FileLock, Timeout

    # one lock a process: a build that failed in it may not have given its own back
    lock = FileLock(Path(root, ".build.lock").resolve(), thread_local=False, is_singleton=True)
    if os.environ.get("LABKIT_TURN") == os.path.realpath(root):
        return lock  # not taken: the make that called has the turn, see .ci/turn.py
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("labkit: another build works in this folder; this one waits for it", flush=True)
        lock.acquire()
    return lock
