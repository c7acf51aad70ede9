import numpy as np
import pytest

from labkit.data import Split, hold_out, k_fold, subset


def numbers(split):
    return sorted(split.x.ravel().tolist())


def test_hold_out_neither_loses_nor_repeats_a_row(split):
    kept, held = hold_out(split, 0.2)
    assert sorted(numbers(kept) + numbers(held)) == list(range(20))


def test_hold_out_takes_the_same_share_of_every_class(split):
    kept, held = hold_out(split, 0.4)
    assert np.bincount(held.y).tolist() == [2, 2, 2, 2]
    assert np.bincount(kept.y).tolist() == [3, 3, 3, 3]


def test_hold_out_keeps_pictures_and_labels_together(split):
    for part in hold_out(split, 0.3):
        assert (part.x.ravel() % 4 == part.y).all()
        assert part.x.dtype == np.uint8
        assert part.y.dtype == np.int32


def test_hold_out_gives_unequal_classes_their_share():
    y = np.repeat([0, 1, 2], [700, 200, 100])
    kept, held = hold_out(Split(np.arange(1000), y), 0.3, seed=1)
    assert np.bincount(held.y).tolist() == [210, 60, 30]
    assert len(kept.y) == 700


def test_hold_out_cuts_the_19800_images_of_the_report_into_13860_and_5940():
    y = np.arange(19_800) % 10
    kept, held = hold_out(Split(y, y), 0.3)
    assert (len(kept.y), len(held.y)) == (13_860, 5_940)


def test_the_seed_decides_which_rows_are_held(split):
    first, same, other = (hold_out(split, 0.4, seed=seed)[1].x.ravel() for seed in (0, 0, 1))
    assert first.tolist() == same.tolist()
    assert first.tolist() != other.tolist()


def test_the_rows_of_a_file_sorted_by_class_come_out_shuffled():
    y = np.repeat(np.arange(10), 100)
    kept, held = hold_out(Split(y, y), 0.5)
    assert (np.diff(kept.y) < 0).any()
    assert (np.diff(held.y) < 0).any()


@pytest.mark.parametrize("fraction", [-0.1, 0.0, 1.0, 1.5, float("nan"), "half", True])
def test_hold_out_rejects_a_bad_fraction(split, fraction):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        hold_out(split, fraction)


def test_hold_out_refuses_to_leave_a_part_empty(split):
    with pytest.raises(ValueError, match="leaves one part empty"):
        hold_out(split, 0.01)


def test_subset_draws_each_class_in_proportion(split):
    part = subset(split, 8)
    assert np.bincount(part.y).tolist() == [2, 2, 2, 2]
    assert len(set(numbers(part))) == 8


def test_subset_takes_a_count_or_a_share(split):
    assert numbers(subset(split, 10, seed=3)) == numbers(subset(split, 0.5, seed=3))


def test_subset_of_everything_is_everything(split):
    assert numbers(subset(split, 20)) == numbers(subset(split, 1.0)) == list(range(20))


def test_subset_reaches_its_size_when_the_classes_do_not_divide_it(split):
    assert [len(subset(split, size).y) for size in (1, 3, 7, 19)] == [1, 3, 7, 19]


@pytest.mark.parametrize("size", [0, -3, 21, 0.0, 1.5, 0.001, "5", True, None])
def test_subset_rejects_a_bad_size(split, size):
    with pytest.raises(ValueError, match=r"count from 1 to 20 .* share"):
        subset(split, size)


def test_k_fold_holds_every_row_once(split):
    folds = list(k_fold(split, 5))
    assert sorted(n for _, held in folds for n in numbers(held)) == list(range(20))
    for kept, held in folds:
        assert sorted(numbers(kept) + numbers(held)) == list(range(20))
        assert np.bincount(held.y).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("k", [1, 6, 2.0, True])
def test_k_fold_rejects_a_bad_number_before_the_first_fold(split, k):
    with pytest.raises(ValueError, match="from 2 to 5"):
        k_fold(split, k)


def test_a_split_of_unequal_lengths_is_refused(split):
    with pytest.raises(ValueError, match="x with n rows"):
        hold_out(Split(split.x[:10], split.y), 0.5)
