"""Download the files of one place, within time limits and with a second try."""

import contextlib
import logging
import queue
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from labkit import progress
from labkit.data.failure import failure_of

_CHUNK = 8192  # bytes


@dataclass(frozen=True)
class Limits:
    """How long a download may take, in seconds, and how often it is tried.

    Attributes
    ----------
    connect : float
        Until a host answers at all.
    read : float
        Between two pieces of a file.
    trial : float
        After so long, a download is judged by its speed.
    total : float
        A file that would take longer than this at its speed is given up.
    lock : float
        Until another process has finished the same download.
    tries : int
        Attempts at one place, if what failed may pass.
    pause : float
        Between two attempts.
    """

    connect: float = 3.0
    read: float = 15.0
    trial: float = 10.0
    total: float = 900.0
    lock: float = 1800.0
    tries: int = 3
    pause: float = 1.0


class TooSlow(Exception):
    """A download that would take longer than its limit."""


def reachable(places, limits):
    """Return the places whose host accepts a connection, asked all at once.

    Where a proxy stands in between only the proxy could be asked, so such a place is returned.
    """
    proxied = [place for place in places if _has_proxy(place)]
    answers = queue.Queue()
    hosts = {_address(place): False for place in places if place not in proxied}
    for address in hosts:
        threading.Thread(target=_knock, args=(address, limits, answers), daemon=True).start()
    deadline = time.monotonic() + limits.connect + 1  # a name may be slow to look up, too
    with contextlib.suppress(queue.Empty):
        for _ in hosts:
            address, answered = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            hosts[address] = answered
    return [place for place in places if place in proxied or hosts[_address(place)]]


def _has_proxy(place):
    """Tell whether requests would ask a proxy for this place; NO_PROXY may exempt it."""
    from requests import utils

    return utils.select_proxy(place.base, utils.get_environ_proxies(place.base)) is not None


def _address(place):
    """Return (host, port) of a place."""
    parts = urlsplit(place.base)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _knock(address, limits, answers):
    """Report whether an address accepts a connection."""
    try:
        socket.create_connection(address, timeout=limits.connect).close()
        answers.put((address, True))
    except (OSError, UnicodeError):  # the latter: no name that a host can have
        answers.put((address, False))


def download(source, folder, limits):
    """Download every file of a source into a folder and check its SHA-256.

    Parameters
    ----------
    source : Source
        Which files, from where.
    folder : pathlib.Path
        Where they are written.
    limits : Limits
        Time limits and number of tries.

    Returns
    -------
    str or None
        Why it failed; None if all files are there.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    for name, digest in source.files.items():
        for attempt in range(1, limits.tries + 1):
            failure, may_pass = _attempt(source.base + name, name, digest, folder, limits)
            if failure is None or not may_pass:
                break
            if attempt < limits.tries:
                time.sleep(limits.pause * attempt)
        if failure is not None:
            return f"{name}: {failure}"
    return None


def _attempt(url, name, digest, folder, limits):
    """Try once; return why it failed (None if not) and whether that may pass."""
    import pooch
    from requests.exceptions import BaseHTTPError  # of urllib3

    watch = _Watch(name, limits)
    downloader = pooch.HTTPDownloader(
        progressbar=watch, chunk_size=_CHUNK, timeout=(limits.connect, limits.read)
    )
    known_hash = None if digest is None else f"sha256:{digest}"
    try:
        with _quiet(pooch.get_logger()), contextlib.closing(watch):
            pooch.retrieve(url, known_hash, fname=name, path=folder, downloader=downloader)
    except TooSlow as error:
        return str(error), False
    except (OSError, ValueError, BaseHTTPError) as error:
        failure = failure_of(error, limits)
        if failure is None:
            raise  # the disk, say: no other place would help
        return failure
    return None, False


@contextlib.contextmanager
def _quiet(logger):
    """Keep pooch's messages away from the one line that a load prints."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


class _Watch:
    """Progress bar of one file, as pooch uses it, that also gives up on a slow one."""

    def __init__(self, name, limits):
        self.total = 0  # pooch sets it, bytes; 0 if unknown
        self._name, self._limits = name, limits
        self._start, self._done, self._bar = time.monotonic(), 0, None

    def update(self, n):
        """Count n more bytes."""
        if self._bar is None:
            self._bar = self._open()
        self._done += n
        self._bar.update(n)
        seconds = time.monotonic() - self._start
        rate = self._done / max(seconds, 1e-9)
        expected = max(self.total / rate, seconds)
        if seconds > self._limits.trial and expected > self._limits.total:
            raise TooSlow(
                f"too slow, {rate / 1000:.0f} kB/s: it would take {expected / 60:.0f} minutes"
            )

    def reset(self):
        """Start over, which pooch does to fill the bar at the end."""
        self._start, self._done = time.monotonic(), 0
        if self._bar is not None:
            self._bar.reset()

    def close(self):
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()

    def _open(self):
        from tqdm import tqdm

        return tqdm(
            total=self.total or None,
            desc=self._name,
            unit="B",
            unit_scale=True,
            leave=False,
            disable=not progress.watched(),
        )
