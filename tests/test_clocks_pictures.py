"""The renderer: what is on the pictures, and that they are made once and the same."""

import numpy as np
import pytest

from labkit import clocks
from labkit.clocks import paint, pictures, poses, scene


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path))
    return tmp_path / "clocks"


def scenes_of(level, n=40):
    return scene.draw_scenes(n, level, np.random.default_rng(0))


def still(minute, **changes):
    """Return an upright scene without noise at a time."""
    return scenes_of("upright", 1)[0] | {
        "hour": 2 * np.pi * minute / 720,
        "minute": 2 * np.pi * minute / 60,
        "noise": 0.0,
        **changes,
    }


def looked_up(picture, pose, points):
    """Return the grey values at points of the dial's plane."""
    at = np.column_stack([points, np.ones(len(points))]) @ pose.T
    column, row = (at[:, :2] / at[:, 2:] * len(picture)).astype(int).T
    return picture[row, column]


@pytest.mark.parametrize("level", clocks.ALL_LEVELS)
def test_every_level_renders_the_asked_shape(level):
    made = clocks.render(12, level, size=48)
    assert made.x.shape == (12, 48, 48)
    assert made.x.dtype == np.uint8
    assert made.pose.shape == (12, 3, 3)
    assert made.x.std(axis=(1, 2)).min() > 5  # nothing is blank


def test_eighteen_thousand_pictures_have_25_of_each_minute_in_order():
    y = np.arange(18_000) * pictures.MINUTES // 18_000
    assert np.array_equal(np.bincount(y), np.full(720, 25))
    made = clocks.render(1440, "upright", size=24)
    assert np.array_equal(made.y, np.arange(1440) // 2)


def test_shuffling_keeps_the_times_and_changes_their_order():
    ordered, mixed = (clocks.render(720, "upright", size=24, shuffle=flag) for flag in (0, 1))
    assert np.array_equal(np.sort(mixed.y), ordered.y)
    assert not np.array_equal(mixed.y, ordered.y)
    assert np.corrcoef(mixed.y, np.arange(720))[0, 1] < 0.2


def test_a_seed_gives_the_same_pictures_in_any_number_of_processes():
    alone = clocks.render(260, size=32, seed=3, n_jobs=1)
    shared = clocks.render(260, size=32, seed=3, n_jobs=2)
    other = clocks.render(260, size=32, seed=4, n_jobs=1)
    assert all(np.array_equal(a, b) for a, b in zip(alone, shared, strict=True))
    assert not np.array_equal(alone.x, other.x)


def test_rendering_does_not_touch_the_global_random_state():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    clocks.render(5, size=32)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("level", clocks.LEVELS)
def test_both_hands_lie_where_the_time_says(level):
    made = clocks.render(60, level, size=150, seed=1)
    for picture, minute, pose in zip(*made, strict=True):
        hour, long = 2 * np.pi * minute / 720, 2 * np.pi * minute / 60
        if level != "upright" and (picture > 250).mean() > 0.01:
            continue  # a glare may hide them
        hands = np.array(
            [[0.3 * np.sin(hour), -0.3 * np.cos(hour)], [0.6 * np.sin(long), -0.6 * np.cos(long)]]
        )
        free = hour + np.pi + 0.9  # no hand
        if abs((free - long + np.pi) % (2 * np.pi) - np.pi) < 0.5:
            continue
        white = np.array([[0.4 * np.sin(free), -0.4 * np.cos(free)]])
        assert looked_up(picture, pose, hands).max() < looked_up(picture, pose, white)[0]


def test_the_hour_hand_moves_on_between_the_hours():
    three, half_past = (paint.paint(still(minute), 150) for minute in (180, 210))
    point = np.array([[0.45 * np.sin(np.radians(90)), -0.45 * np.cos(np.radians(90))]])
    pose = scene.dial_pose(still(0))
    assert looked_up(three, pose, point)[0] < 110 < looked_up(half_past, pose, point)[0]


def test_edges_are_anti_aliased():
    picture = paint.paint(still(47, blur=0.0, grain=0.0), 150).astype(int)
    dark, white = picture[picture < 90].mean(), picture.max()
    between = (picture > dark + 25) & (picture < white - 25)
    assert between.mean() > 0.03


def test_the_pose_is_the_homography_of_the_dial():
    for each in scenes_of("everything"):
        points = np.random.default_rng(0).uniform(-1, 1, (5, 2))
        solid = np.column_stack([points, np.zeros(5), np.ones(5)]) @ each["camera"].T
        flat = np.column_stack([points, np.ones(5)]) @ scene.dial_pose(each).T
        assert np.allclose(solid[:, :2] / solid[:, 2:], flat[:, :2] / flat[:, 2:])


def test_the_ring_fills_the_share_of_the_picture_that_zoom_says():
    flat = still(0, zoom=0.65)
    rim = (1 + flat["ring"]) * np.array([[1, 0, 0, 1 / (1 + flat["ring"])]])
    at = rim @ scene.camera(flat).T
    assert at[0, 0] / at[0, 2] - 0.5 == pytest.approx(0.65 / 2)


def test_levels_get_harder_one_after_the_other():
    upright, rotated, tilted, everything = (scenes_of(level) for level in clocks.LEVELS)
    assert {each["turn"] for each in upright} == {0.0}
    assert np.std([each["turn"] for each in rotated]) > 1
    assert {each["tilt"] for each in rotated} == {0.0}
    assert 20 < max(each["tilt"] for each in tilted) <= 40
    assert 40 < max(each["tilt"] for each in everything) <= 50
    assert len({each["typeface"] for each in everything}) > 3
    assert len({each["typeface"] for each in tilted}) == 1
    assert min(each["zoom"] for each in everything) < 0.7
    assert max(each["glare"] for each in everything) > 1


def test_a_split_pose_joins_to_the_same_pose():
    pose = np.array([scene.dial_pose(each) for each in scenes_of("everything")])
    numbers, turn = poses.split(pose)
    assert np.allclose(poses.join(numbers, turn), pose, atol=1e-6)


def test_turning_a_dial_changes_nothing_but_the_turn():
    one = scenes_of("everything", 1)[0]
    pose = np.array([scene.dial_pose(one | {"camera": scene.camera(one)})])
    angle = np.radians(50)
    turned = pose @ np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    (numbers, turn), (others, further) = poses.split(pose), poses.split(turned)
    assert np.allclose(numbers, others, atol=1e-6)
    assert (further - turn) % (2 * np.pi) == pytest.approx(angle)


@pytest.mark.parametrize("pose", [np.zeros((3, 3)), np.diag([1.0, -1.0, 1.0])[None]])
def test_a_bad_pose_is_refused(pose):
    with pytest.raises(ValueError, match="pose"):
        poses.split(pose)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be"),
        ({"n": 2.5}, "n must be"),
        ({"level": "hard"}, "upright, rotated, tilted, everything"),
        ({"size": 8}, "size must be a whole number from 24 to 512"),
        ({"seed": -1}, "seed must be"),
    ],
)
@pytest.mark.parametrize("make", [clocks.render, clocks.load])
def test_bad_arguments_are_refused(make, arguments, message, cache):
    with pytest.raises(ValueError, match=message):
        make(**{"n": 3} | arguments)
    assert not cache.exists()


def test_a_set_is_rendered_once_and_found_from_then_on(cache, capsys, monkeypatch):
    first = clocks.load(30, "upright", size=32)
    monkeypatch.setattr(pictures, "render", None)  # would fail
    second = clocks.load(30, "upright", size=32)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(", ")[-1] for line in lines] == ["rendered by labkit", "from labkit's cache"]


def test_a_set_is_found_whatever_kind_its_numbers_are(cache):
    clocks.load(30, "upright", size=32)
    clocks.load(np.int64(30), "upright", size=np.uint8(32), seed=np.array(0))
    assert len(list(cache.glob("*.npz"))) == 1


def test_another_version_of_the_renderer_replaces_what_was_kept(cache, monkeypatch):
    clocks.load(30, "upright", size=32)
    monkeypatch.setattr(pictures, "renderer_version", lambda: "01234567")
    clocks.load(30, "upright", size=32)
    assert [path.name for path in cache.glob("*.npz")] == ["upright-30-32-0-sorted-01234567.npz"]


def test_a_damaged_file_is_rendered_again(cache):
    first = clocks.load(30, "upright", size=32)
    (path,) = cache.glob("*.npz")
    path.write_bytes(path.read_bytes()[:1000])
    assert np.array_equal(clocks.load(30, "upright", size=32).x, first.x)
    assert not list(cache.glob("*.part"))


def other(kept, **changes):
    """Write a kept set anew, whole but for the changes."""
    with np.load(kept) as arrays:
        arrays = dict(arrays)
    np.savez(
        kept,
        **{key: change(arrays[key]) for key, change in changes.items()},
        **{key: array for key, array in arrays.items() if key not in changes},
    )


def inside_out(content):
    """Say of the parts of an archive that they are compressed in a way that nobody knows."""
    return content.replace(b"\0\0\0\0\0\0\x21\0", b"\0\0\x61\0\0\0\x21\0")


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "another way to compress": lambda path: path.write_bytes(inside_out(path.read_bytes())),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "missing poses": lambda path: np.savez(path, x=np.zeros(3), y=np.zeros(3)),
    "pickled": lambda path: np.savez(path, x=np.array([{}]), y=0, pose=0),
    "another order": lambda path: other(path, y=lambda y: y[::-1]),
    "other times": lambda path: other(path, y=lambda y: y * 0),
    "times as floats": lambda path: other(path, y=lambda y: y.astype(float)),
    "floats": lambda path: other(path, x=lambda x: x.astype(np.float32)),
    "another size": lambda path: other(path, x=lambda x: x[:, :-1]),
    "one less": lambda path: other(path, x=lambda x: x[:-1]),
    "much more": lambda path: other(path, x=lambda x: np.repeat(x, 50, axis=0)),
    "unknown poses": lambda path: other(path, pose=lambda pose: pose * np.nan),
    "flat poses": lambda path: other(path, pose=lambda pose: pose[:, 0]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_kept_set_that_is_not_what_it_should_be_is_rendered_again(damage, cache, capsys):
    wanted = clocks.render(30, "upright", size=32, n_jobs=1)
    clocks.load(30, "upright", size=32)
    (path,) = cache.glob("*.npz")
    damage(path)
    found = clocks.load(30, "upright", size=32)
    assert all(np.array_equal(*pair) for pair in zip(found, wanted, strict=True))
    assert "rendered by labkit" in capsys.readouterr().out.splitlines()[-1]
    assert not list(cache.glob("*.part"))


def test_a_set_that_cannot_be_kept_is_not_rendered_twice(cache, monkeypatch, capsys):
    made, render = [], pictures.render
    monkeypatch.setattr(pictures, "render", lambda *a, **k: made.append(1) or render(*a, **k))

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert len(clocks.load(30, "upright", size=32).x) == 30
    assert made == [1]
    assert "the cache cannot be used (No space left on device)" in capsys.readouterr().out
    assert not list(cache.glob("*.part"))


def test_a_file_system_without_locks_is_no_reason_to_stop(cache, monkeypatch, capsys):
    def without(*args, **kwargs):
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr("filelock.FileLock.acquire", without)
    assert len(clocks.load(30, "upright", size=32).x) == 30
    assert "does not appear to support flock" in capsys.readouterr().out


def test_without_a_usable_cache_pictures_are_rendered_all_the_same(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "file"))
    assert len(clocks.load(30, "upright", size=32).x) == 30
    assert "the cache cannot be used" in capsys.readouterr().out


def test_rows_are_taken_in_the_given_order():
    made = clocks.render(10, size=32)
    some = made.take([7, 2])
    assert np.array_equal(some.y, made.y[[7, 2]])
    assert np.array_equal(some.x[0], made.x[7])
    assert np.array_equal(some.pose[1], made.pose[2])


def original(folder, x=None, y=None):
    np.save(folder / "images.npy", np.full((3, 30, 30), 7, np.uint8) if x is None else x)
    np.save(folder / "labels.npy", np.array([[0, 0], [1, 30], [11, 59]]) if y is None else y)
    return folder


def test_the_original_files_are_read(tmp_path):
    made = clocks.load_original(original(tmp_path, np.full((3, 30, 30, 1), 7.0)))
    assert made.x.shape == (3, 30, 30)
    assert made.x.dtype == np.uint8
    assert made.y.tolist() == [0, 90, 719]
    assert made.pose is None
    assert made.take([1]).pose is None


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 30, 20)), None, "square grey pictures"),
        (np.zeros((3, 0, 0)), None, "square grey pictures"),
        (np.zeros(()), None, "square grey pictures"),
        (np.full((3, 30, 30), "7"), None, "whole .npy file of numbers; got <U1"),
        (np.full((3, 30, 30), 7j), None, "whole .npy file of numbers; got complex128"),
        (np.full((3, 30, 30), np.nan), None, "whole numbers from 0 to 255"),
        (None, np.full((3, 2), 1.5), "whole hours from 0 to 11"),
        (None, np.full((3, 2), np.nan), "whole hours from 0 to 11"),
        (None, np.full((3, 2), "1"), "whole .npy file of numbers; got <U1"),
        (np.full((3, 30, 30), 0.5), None, "whole numbers from 0 to 255"),
        (np.full((3, 30, 30), 300), None, "whole numbers from 0 to 255"),
        (None, np.zeros((2, 2)), r"shape \(3, 2\)"),
        (None, np.full((3, 2), 12), "hours from 0 to 11"),
        (np.array(["a", None]), None, "whole .npy file of numbers"),
    ],
)
def test_other_files_are_refused(tmp_path, x, y, message):
    with pytest.raises(ValueError, match=message):
        clocks.load_original(original(tmp_path, x, y))


def test_damaged_files_of_the_original_are_named(tmp_path):
    whole = (original(tmp_path) / "images.npy").read_bytes()
    with open(tmp_path / "archive.npz", "wb") as stream:
        np.savez(stream, x=np.zeros(3))
    for content in (b"", whole[:50], whole[:500], (tmp_path / "archive.npz").read_bytes()):
        (tmp_path / "images.npy").write_bytes(content)
        with pytest.raises(ValueError, match=r"images\.npy must be a whole \.npy file"):
            clocks.load_original(tmp_path)
    (tmp_path / "images.npy").unlink()
    (tmp_path / "images.npy").mkdir()
    with pytest.raises(ValueError, match=r"images\.npy must be a whole \.npy file"):
        clocks.load_original(tmp_path)


def test_missing_files_of_the_original_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"images\.npy is missing"):
        clocks.load_original(tmp_path)
