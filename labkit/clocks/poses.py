"""Split the pose of a dial into seven numbers without its turn, and the turn.

The homography of `labkit.clocks.Pictures.pose` takes a point u of the dial's plane to the picture
at c + S R u / (1 + q . R u), where R turns the dial in its own plane, S is symmetric, c is the
dial's centre in the picture and q tilts. S, c and q say where the ellipse lies; they are the same
for every turn of the dial. R alone says where twelve is.
"""

import numpy as np

NUMBERS = ("centre_x", "centre_y", "stretch_xx", "stretch_xy", "stretch_yy", "tilt_x", "tilt_y")


def split(pose):
    """Split homographies.

    Parameters
    ----------
    pose : array of shape (n, 3, 3)
        As in `labkit.clocks.Pictures`.

    Returns
    -------
    numbers : ndarray of shape (n, 7), float32
        In the order of `NUMBERS`; centre and stretch in sides of the picture, tilt as in q.
    turn : ndarray of shape (n,), float64
        Direction of twelve, radians clockwise from "up" in the plane of the dial, in [0, 2 pi).

    Raises
    ------
    ValueError
        If the shape is another, or a pose mirrors the dial.
    """
    pose = np.asarray(pose, np.float64)
    if pose.ndim != 3 or pose.shape[1:] != (3, 3):
        raise ValueError(f"pose must have shape (n, 3, 3); got {pose.shape}")
    linear, centre, tilt = pose[:, :2, :2], pose[:, :2, 2], pose[:, 2, :2]
    # (L u + c) / (1 + p . u) - c = (L - c p) u / (1 + p . u)
    linear = linear - centre[:, :, None] * tilt[:, None, :]
    left, sizes, right = np.linalg.svd(linear)
    turned = left @ right
    if np.any(np.linalg.det(turned) < 0):
        raise ValueError("a pose mirrors the dial; x must point to the right and y downwards")
    stretch = left * sizes[:, None, :] @ np.swapaxes(left, 1, 2)
    tilt = np.einsum("nij,nj->ni", turned, tilt)
    numbers = [centre, stretch[:, 0], stretch[:, 1, 1:], tilt]
    turn = np.arctan2(turned[:, 1, 0], turned[:, 0, 0]) % (2 * np.pi)
    return np.concatenate(numbers, axis=1).astype(np.float32), turn


def join(numbers, turn):
    """Make homographies from what `split` returns.

    Parameters
    ----------
    numbers : array of shape (n, 7)
    turn : array of shape (n,)
        Radians.

    Returns
    -------
    ndarray of shape (n, 3, 3), float64
    """
    numbers, turn = np.asarray(numbers, np.float64), np.asarray(turn, np.float64)
    x, y, xx, xy, yy, tilt_x, tilt_y = numbers.T
    stretch = np.stack([np.stack([xx, xy], 1), np.stack([xy, yy], 1)], 1)
    cos, sin = np.cos(turn), np.sin(turn)
    turned = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
    centre, tilt = np.stack([x, y], 1), np.stack([tilt_x, tilt_y], 1)
    pose = np.empty((len(numbers), 3, 3))
    pose[:, :2, :2] = (stretch + centre[:, :, None] * tilt[:, None]) @ turned
    pose[:, :2, 2], pose[:, 2, 2] = centre, 1
    pose[:, 2, :2] = np.einsum("ni,nij->nj", tilt, turned)
    return pose
