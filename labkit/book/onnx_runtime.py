"""Fetch the program that runs a network in a browser, check it, and pack it into one script.

npm brings ONNX Runtime Web while the book is built. Nothing that comes with it runs here, and
nothing is taken whose digest is another than the one below.
"""

import base64
import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from labkit.data.fetch import cache_folder

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = (  # as `npm view onnxruntime-web@1.30.0 dist.integrity` says
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
LONGEST = 120  # seconds for 33 MB
MOST_BYTES = 40_000_000  # of one of its files, unpacked
LOADER = "ort.wasm.min.js"
PACKED = {"glue": "ort-wasm-simd-threaded.mjs", "wasm": "ort-wasm-simd-threaded.wasm"}
SETTINGS = ("--ignore-scripts", "--silent", "--no-audit", "--no-update-notifier")
SETTINGS += ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")


class Unavailable(Exception):
    """The program cannot be had here; the message says why, and what would help."""


def engine():
    """Return the script that runs networks, from labkit's cache or through npm.

    Returns
    -------
    str
        JavaScript: defines ``ort``, and ``labkitClockFiles`` with what it loads, packed.

    Raises
    ------
    Unavailable
        Without npm, without the network, or if what came is not what was asked for.
    """
    kept = cache_folder() / f"{PACKAGE}-{VERSION}-{_key()}.js"
    try:
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".npm-") as folder:
                made = Path(folder, "engine.js")
                made.write_text(_joined(fetched(Path(folder))), encoding="utf-8")
                os.replace(made, kept)
        return kept.read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"the cache {kept.parent} cannot be used ({error})") from error


def fetched(folder):
    """Let npm put the package into a folder, and return its checked archive.

    Parameters
    ----------
    folder : pathlib.Path
        An empty folder.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    Unavailable
        As for `engine`.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is missing; it comes with Node.js")
    name = f"{PACKAGE}@{VERSION}"
    command = [npm, "pack", name, *SETTINGS, f"--fetch-timeout={1000 * LONGEST}"]
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "cwd": folder}
    try:
        subprocess.run(command, timeout=LONGEST, check=True, **quiet)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm did not bring {name} within {LONGEST} s") from None
    except (OSError, subprocess.CalledProcessError):
        raise Unavailable(f"npm could not bring {name}; `npm pack {name}` says why") from None
    archives = sorted(folder.glob("*.tgz"))
    if len(archives) != 1 or integrity(archives[0]) != INTEGRITY:
        raise Unavailable(f"what npm brought is not {name}: its SHA-512 is another")
    return archives[0]


def integrity(path):
    """Return the SHA-512 of a file as npm writes it."""
    digest = hashlib.sha512(Path(path).read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def packed(content):
    """Return bytes as compressed text that may stand in a script."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def _joined(archive):
    with tarfile.open(archive) as files:
        loader = _member(files, LOADER).decode()
        parts = {key: packed(_member(files, name)) for key, name in PACKED.items()}
    written = ",".join(f'{key}:"{text}"' for key, text in parts.items())
    return f"{loader}\nglobalThis.labkitClockFiles={{...globalThis.labkitClockFiles,{written}}};\n"


def _member(files, name):
    stream = files.extractfile(f"package/dist/{name}")
    return stream.read(MOST_BYTES)


def _key():
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
