"""Surfaces with walks, and points with regions."""

import numpy as np
import pytest

from labkit import plots

pytestmark = pytest.mark.usefixtures("figures")

X, Y = np.linspace(-2, 2, 41), np.linspace(-1, 1, 21)
BOWL = X**2 + 4 * Y[:, None] ** 2
POINTS = np.array([[-1.0, 0.0], [-2.0, 0.5], [1.0, 0.0], [0.5, -1.0]])
LABELS = np.array([0, 0, 1, 1])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_surface_draws_contours_and_each_walk_from_its_beginning_to_its_end():
    path = np.array([[-2, 1], [1, 0.5], [0, 0]])
    ax = plots.plot_surface(X, Y, BOWL, {"descent": path})
    assert len(ax.collections[0].levels) == 11
    walk, start, end = ax.lines
    assert np.array_equal(walk.get_xydata(), path)
    assert start.get_xydata().tolist() == [[-2, 1]]
    assert end.get_xydata().tolist() == [[0, 0]]
    assert legend(ax) == ["loss", "descent"]


def test_a_surface_tells_its_extremes_and_the_heights_of_a_walk():
    ax = plots.plot_surface(X, Y, BOWL, {"descent": [[-2, 1], [1, 0], [1e-9, 0]]}, label="cost")
    ax.set(xlabel="weight 1", ylabel="weight 2")
    assert plots.description(ax) == (
        "Contours of the cost over weight 1 and weight 2: lowest 0 at (0, 0), highest 8 at "
        "(-2, -1). Descent takes 2 steps from (-2, 1), 8, to (0, 0), 1e-10."
    )


def test_a_walk_may_leave_the_surface():
    text = plots.description(plots.plot_surface(X, Y, BOWL, {"far": [[0, 0], [9, 9]]}))
    assert text.endswith("from (0, 0), 0, to (9, 9), outside.")


def test_a_surface_refuses_other_shapes_and_a_flat_one():
    with pytest.raises(ValueError, match=r"expected z of shape \(len\(y\), len\(x\)\)"):
        plots.plot_surface(X, Y, BOWL.T)
    with pytest.raises(ValueError, match="with hills"):
        plots.plot_surface(X, Y, 0 * BOWL)
    with pytest.raises(ValueError, match="expected path 'a'"):
        plots.plot_surface(X, Y, BOWL, {"a": [1, 2, 3]})


def test_points_have_a_marker_for_each_class():
    ax = plots.plot_points(POINTS, LABELS, ["three", "eight"])
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        POINTS[:2].tolist(),
        POINTS[2:].tolist(),
    ]
    assert legend(ax) == ["three", "eight"]
    ax.set(xlabel="ink", ylabel="symmetry")
    assert plots.description(ax) == (
        "4 points over ink and symmetry: 2 of three round (-1.5, 0.25); "
        "2 of eight round (0.75, -0.5)."
    )


@pytest.mark.parametrize(
    "boundary",
    [lambda x: x[:, 0] > -1.5, lambda x: np.stack([-x[:, 0], x[:, 0] + 3], axis=1)],
)
def test_regions_are_where_the_classifier_says_so(boundary):
    ax = plots.plot_points(POINTS, LABELS, boundary=boundary)
    image = ax.images[0].get_array()
    split = np.argmax((image[0, :, :3] != image[0, 0, :3]).any(axis=-1))
    left, right = ax.get_xlim()
    assert left + (right - left) * split / image.shape[1] == pytest.approx(-1.5, abs=0.02)
    assert plots.description(ax).endswith("75 % of the points lie in the region of their class.")


def test_a_classifier_of_one_class_makes_one_region():
    ax = plots.plot_points(POINTS, LABELS, boundary=lambda x: np.zeros(len(x), int))
    assert len(np.unique(ax.images[0].get_array().reshape(-1, 4), axis=0)) == 1
    assert "50 % of the points" in plots.description(ax)


def test_points_refuse_other_shapes_and_probabilities():
    with pytest.raises(ValueError, match=r"expected x of shape \(4, 2\)"):
        plots.plot_points(POINTS.T, LABELS)
    with pytest.raises(ValueError, match=r"take p > 0\.5"):
        plots.plot_points(POINTS, LABELS, boundary=lambda x: x[:, 0])
