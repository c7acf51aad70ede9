"""Call make when nothing else builds in this folder: turn.py make [OPTION...] TARGET.

The turn is a lock on an open file, which make and what it starts inherit: the system takes it back
when the last of them ends, killed or not. labkit.book takes the same lock for a build that was
started by hand. A second one waits; `make clean` gives up instead.
"""

import fcntl
import os
import sys

LOCK = ".build.lock"


def main(command):
    target = command[-1]
    file = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if target == "clean":
            sys.exit("make clean: a build is running here and needs its files; let it end first")
        print(f"make {target}: another build works in this folder; waiting for it", flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)
    os.set_inheritable(file, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
