"""Make sets of clock pictures, and keep them."""

import contextlib
import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labkit import progress
from labkit.clocks.scene import ALL_LEVELS, dial_pose, draw_scenes
from labkit.numbers import whole

MINUTES = 720  # on the dial of a clock
SIZES = (24, 512)  # pixels along a side
_HEADER = 10_000  # bytes at most before an array in its file
_CHUNK = 250  # pictures painted at once; each chunk has its own random stream


class Pictures(NamedTuple):
    """Pictures of a clock, the time on each, and where the dial lies.

    Attributes
    ----------
    x : ndarray of shape (n, size, size), uint8
        Grey pixels from 0 (black) to 255.
    y : ndarray of shape (n,), int32
        Whole minutes after twelve, from 0 to 719.
    pose : ndarray of shape (n, 3, 3), float32, or None
        Homography from the dial's plane to the picture, last entry 1. In the dial's plane the
        edge of the white disc is the unit circle, x points to the three, y to the six. In the
        picture x runs from 0 (left) to 1 (right), y from 0 (top) to 1. None for photographs.
    """

    x: np.ndarray
    y: np.ndarray
    pose: np.ndarray | None

    def take(self, rows):
        """Return the given rows, in the given order, as `Pictures`."""
        return Pictures(self.x[rows], self.y[rows], None if self.pose is None else self.pose[rows])


def render(n, level="everything", *, size=150, seed=0, shuffle=False, n_jobs=None):
    """Render pictures of a wall clock at times that are spread evenly over the dial.

    Parameters
    ----------
    n : int
        Number of pictures; with 18,000 each of the 720 minutes comes 25 times.
    level : {"upright", "rotated", "tilted", "everything", "wild"}
        How hard they are. *upright*: seen from the front, twelve at the top. *rotated*: turned by
        any angle in the picture's plane. *tilted*: also seen from the side, by up to 40 degrees,
        and from nearer or farther. *everything*: tilts up to 50 degrees, from 65 % of the picture
        to a rim that is cut off; other typefaces, hands, rims, walls and marks; shade, glare,
        reflections, blur, noise and contrast. *wild*: clocks of other kinds, see the notes.
    size : int
        Pixels along a side, 24 to 512; the report had 150 and 75.
    seed : int
        The same seed gives the same pictures, in any number of processes.
    shuffle : bool
        False sorts them by time, like the files of the original task.
    n_jobs : int, optional
        Processes; by default one a core for large sets, this one alone for small ones.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        If `level` is unknown, `size` out of range, or `n` or `seed` no whole number in range.

    Notes
    -----
    *wild* has round, square and oval dials, light and dark; rims up to 42 % of the dial's radius;
    twelve numerals, four, one or none, Arabic or Roman, upright or along the circle; nine kinds
    of hands, and a hand for the seconds on every other clock; bars, dots or nothing at the
    minutes; rooms and planks behind; hard shadows, motion, coarse pixels and JPEG. A dial on
    which twelve cannot be told stands upright within 8 degrees, and exactly if it has no marks
    either. The circle of the pose is the one inscribed in a square dial, and the one of the same
    area for an oval one; the lens bends, so that it is exact at 0.7 of the radius and at its edge
    off by at most some half a percent of a side, as for *everything*.
    """
    n, size, seed = _checked(n, level, size, seed)
    n_jobs = None if n_jobs is None else whole("n_jobs", n_jobs)
    y = _times(n, seed, shuffle)
    jobs = [(start, level, size, seed, y[start : start + _CHUNK]) for start in range(0, n, _CHUNK)]
    pictures = Pictures(np.empty((n, size, size), np.uint8), y, np.empty((n, 3, 3), np.float32))
    with progress.bar(n, description="pictures", unit="picture") as bar:
        for start, x, pose in _painted(jobs, n_jobs):
            pictures.x[start : start + len(x)] = x
            pictures.pose[start : start + len(x)] = pose
            bar.update(len(x))
    return pictures


def load(n=18_000, level="everything", *, size=150, seed=0, shuffle=False):
    """Render a set of pictures once, and find it in labkit's cache from then on.

    The cache (``$LABKIT_CACHE`` moves it) holds it under a key of all arguments and of the
    renderer's own code, so that another version of labkit never serves old pictures. Prints one
    line that says what came.

    Parameters
    ----------
    n, level, size, seed, shuffle
        As for `render`.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        As for `render`.
    """
    from filelock import FileLock

    from labkit.data.fetch import cache_folder

    n, size, seed = _checked(n, level, size, seed)
    order = "shuffled" if shuffle else "sorted"
    name = f"{level}-{n}-{size}-{seed}-{order}"
    path = cache_folder() / "clocks" / f"{name}-{renderer_version()}.npz"
    pictures, origin = None, "from labkit's cache"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / f"{name}.lock"):
            pictures = _read(path, size, _times(n, seed, shuffle))
            if pictures is None:
                origin = "rendered by labkit"
                pictures = render(n, level, size=size, seed=seed, shuffle=shuffle)
                _keep(path, name, pictures)
    except (OSError, NotImplementedError) as error:  # the latter: no locks on this file system
        why = getattr(error, "strerror", None) or error
        origin = f"rendered by labkit; the cache cannot be used ({why})"
        if pictures is None:
            pictures = render(n, level, size=size, seed=seed, shuffle=shuffle)
    print(f"clocks, {level}: {n:,} pictures of {size} x {size}, {order}, {origin}", flush=True)
    return pictures


@lru_cache(maxsize=1)
def renderer_version():
    """Return eight digits that change with the renderer's code, and with OpenCV's version."""
    import cv2

    digest = hashlib.sha256(cv2.__version__.encode())
    here = Path(__file__).parent
    for name in ("faces", "numerals", "paint", "pictures", "scene", "shapes", "spoil", "wild"):
        digest.update((here / f"{name}.py").read_bytes())
    digest.update((here.parent / "data" / "glyphs.py").read_bytes())
    return digest.hexdigest()[:8]


def _checked(n, level, size, seed):
    """Return the three numbers as ints."""
    if level not in ALL_LEVELS:
        raise ValueError(f"level must be one of {', '.join(ALL_LEVELS)}; got {level!r}")
    return (
        whole("n", n, 1, 10_000_000),
        whole("size", size, *SIZES),
        whole("seed", seed, 0, 2**32 - 1),
    )


def _times(n, seed, shuffle):
    """Return the time on each picture."""
    y = (np.arange(n) * MINUTES // n).astype(np.int32)
    return np.random.default_rng([seed, n]).permutation(y) if shuffle else y


def _painted(jobs, n_jobs):
    """Yield the chunks as they are painted, here or in other processes."""
    import joblib

    if n_jobs is None:
        n_jobs = -1 if len(jobs) > 8 else 1
    parallel = joblib.Parallel(n_jobs, return_as="generator_unordered")
    yield from parallel(joblib.delayed(_paint_chunk)(*job) for job in jobs)


def _paint_chunk(start, level, size, seed, times):
    """Paint the pictures from number `start` on."""
    import cv2

    from labkit.clocks.paint import paint

    drawn = _drawn(start, level, seed)[: len(times)]
    turns = {"hour": times / MINUTES, "minute": times / 60}
    x = np.empty((len(times), size, size), np.uint8)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # pictures are small: more threads would only wait for each other
    try:
        for i, scene in enumerate(drawn):
            scene |= {name: 2 * np.pi * turn[i] for name, turn in turns.items()}
            x[i] = paint(scene, size)
    finally:
        cv2.setNumThreads(threads)
    return start, x, np.array([dial_pose(scene) for scene in drawn], np.float32)


def scenes(n, level, seed=0):
    """Return what `render` draws at random for the same arguments, one dict a picture."""
    return [scene for start in range(0, n, _CHUNK) for scene in _drawn(start, level, seed)][:n]


def _drawn(start, level, seed):
    """Draw the scenes of one chunk."""
    return draw_scenes(_CHUNK, level, np.random.default_rng([seed, start]))


def _read(path, size, times):
    """Return the kept pictures, or None where there are none, or not these, or damaged ones."""
    from labkit.data.verify import BadFile, read_npz

    wanted = {
        "x": ((len(times), size, size), np.dtype(np.uint8)),
        "y": (times.shape, times.dtype),
        "pose": ((len(times), 3, 3), np.dtype(np.float32)),
    }
    most = sum(math.prod(shape) * dtype.itemsize + _HEADER for shape, dtype in wanted.values())
    try:
        kept = read_npz(path, tuple(wanted), most=most)
    except BadFile:
        return None
    if any((kept[name].shape, kept[name].dtype) != what for name, what in wanted.items()):
        return None
    whole = np.array_equal(kept["y"], times) and np.isfinite(kept["pose"]).all()
    return Pictures(**kept) if whole else None


def _keep(path, name, pictures):
    """Write the pictures, the whole file or none, in place of those of another version."""
    import os

    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        with open(draft, "wb") as stream:
            np.savez(stream, **pictures._asdict())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    for old in path.parent.glob(f"{name}-????????.npz"):
        if old != path:
            with contextlib.suppress(OSError):  # another process may be reading it
                old.unlink()
