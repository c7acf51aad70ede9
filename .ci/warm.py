"""Run a command whose notebooks start at once: warm.py MODULE,MODULE... COMMAND...

Every kernel of the labs imports TensorFlow first, which takes five seconds of a core. Here one
process imports the modules, once, when the first kernel is asked for, and each kernel is forked
from it. For the command this is the kernel `python3`: a small process that asks for a fork, hands
its streams over, passes signals on and ends with the kernel's status. A kernel for which one of the
variables in OTHER differs from here starts as usual; so do all where the system cannot fork and
watch its children (Linux can).
"""

import json
import os
import signal
import socket
import sys

ADDRESS = "LABKIT_WARM"  # the variable that tells a kernel where to ask
OTHER = ("PYTHONPATH", "KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "TF_XLA_FLAGS")
OTHER += ("LABKIT_DATA", "LABKIT_CACHE")  # labkit.paths asks with which ones the process began
KERNEL = "--kernel"  # what the process is started with that stands for one
LONGEST = 1 << 20  # bytes of a request
INLINE = "module://matplotlib_inline.backend_inline"  # as ipykernel chooses it
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(modules, command):
    """Run the command, serve its kernels meanwhile, and return its status."""
    import subprocess
    import tempfile
    from pathlib import Path

    if not hasattr(os, "pidfd_open"):
        return subprocess.call(command)
    with tempfile.TemporaryDirectory(prefix="labkit-") as folder:
        kernel = Path(folder, "kernels", "python3", "kernel.json")
        kernel.parent.mkdir(parents=True)
        asks = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
        asks += [KERNEL, "-f", "{connection_file}"]
        name = {"display_name": "Python 3 (ipykernel)", "language": "python"}
        kernel.write_text(json.dumps({"argv": asks, **name}), encoding="utf-8")
        places = [folder, *filter(None, [os.environ.get("JUPYTER_PATH")])]
        address = str(Path(folder, "socket"))
        served = {ADDRESS: address, "JUPYTER_PATH": os.pathsep.join(places)}
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            listener.listen()
            process = subprocess.Popen(command, env={**os.environ, **served})
            try:
                serve(listener, modules, process.pid)
            finally:
                if process.poll() is None and sys.exc_info()[0]:
                    process.terminate()
                status = process.wait()
    return status if status >= 0 else 128 - status


def serve(listener, modules, command):
    """Fork kernels until the command ends; those that are left then are killed."""
    import selectors

    ready, kernels = selectors.DefaultSelector(), {}
    ready.register(listener, selectors.EVENT_READ, ("asked", None))
    ready.register(os.pidfd_open(command), selectors.EVENT_READ, ("over", None))
    while True:
        for key, _ in ready.select():
            kind, pid = key.data
            if kind == "over":
                for left in kernels:
                    os.kill(left, signal.SIGKILL)
                return
            if kind == "asked":
                pid, client = answer(listener, modules)
                if pid:
                    kernels[pid] = client
                    ready.register(os.pidfd_open(pid), selectors.EVENT_READ, ("ended", pid))
                    ready.register(client, selectors.EVENT_READ, ("told", pid))
            elif kind == "told":  # a signal, or nothing: who asked is gone
                told = key.fileobj.recv(16)
                os.kill(pid, int(told) if told else signal.SIGKILL)
                if not told:
                    ready.unregister(key.fileobj)
            else:
                ready.unregister(key.fileobj)
                os.close(key.fileobj)
                client = kernels.pop(pid)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                if client in {held.fileobj for held in ready.get_map().values()}:
                    ready.unregister(client)
                    client.send(str(status if status >= 0 else 128 - status).encode())
                client.close()


def answer(listener, modules):
    """Fork a kernel for who asks; return its process and the connection, or None and None."""
    client, _ = listener.accept()
    text, streams, *_ = socket.recv_fds(client, LONGEST, 3)
    wish = json.loads(text)
    if any(wish["environment"].get(name) != os.environ.get(name) for name in OTHER):
        client.send(b"other")
    else:
        warm(modules)
        client.send(b"forked")
        pid = os.fork()
        if not pid:
            become_kernel(wish, streams)
        for stream in streams:
            os.close(stream)
        return pid, client
    client.close()
    return None, None


def warm(modules):
    """Import the modules, the first time; labkit itself is left to each kernel."""
    import gc
    import importlib

    if modules[-1] in sys.modules:
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a thread would not survive the fork
    os.environ.setdefault("MPLBACKEND", INLINE)
    for module in modules:
        importlib.import_module(module)
    for name in [name for name in sys.modules if name.split(".")[0] == "labkit"]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()


def become_kernel(wish, streams):
    """Be the kernel that was asked for, in its folder, environment and streams; do not return."""
    status = 1
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 256)
        os.chdir(wish["folder"])
        os.environ.clear()
        os.environ.update(wish["environment"])
        reseed()
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(wish["arguments"], parent_handle=os.getppid())
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def reseed():
    """Let random numbers and the way to draw be those of a new process."""
    import random

    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "matplotlib" in sys.modules:
        backend = os.environ.get("MPLBACKEND") or INLINE
        sys.modules["matplotlib"].rcParams["backend"] = backend


def ask(arguments):
    """Be the process that stands for a kernel: ask for a fork, wait, end with its status."""
    wish = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        try:
            server.connect(os.environ[ADDRESS])
            socket.send_fds(server, [json.dumps(wish).encode()], [0, 1, 2])
            forked = server.recv(16) == b"forked"
        except (KeyError, OSError):
            forked = False
        if not forked:
            os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments])
        for number in PASSED_ON:
            signal.signal(number, lambda number, frame: server.send(str(int(number)).encode()))
        return int(server.recv(16) or 1)


if __name__ == "__main__":
    if sys.argv[1] == KERNEL:
        sys.exit(ask(sys.argv[2:]))
    sys.path.pop(0)  # this folder: a kernel looks for modules where a new one does
    sys.exit(main(sys.argv[1].split(","), sys.argv[2:]))
