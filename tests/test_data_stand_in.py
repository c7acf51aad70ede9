import numpy as np
import pytest
from thorough import rows

from labkit.data import all_real, stand_in

NAMES = ("mnist", "fashion_mnist", "cifar10")
SHAPES = {"mnist": (28, 28), "fashion_mnist": (28, 28), "cifar10": (32, 32, 3)}


@pytest.mark.parametrize("name", NAMES)
def test_a_stand_in_has_the_shape_and_types_of_the_real_data(name):
    dataset = stand_in(name, 30, 10)
    assert dataset.train.x.shape == (30, *SHAPES[name])
    assert dataset.test.x.shape == (10, *SHAPES[name])
    assert (dataset.train.x.dtype, dataset.train.y.dtype) == (np.uint8, np.int32)
    assert len(dataset.class_names) == 10


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_renders_the_same_pictures(name):
    first, same, other = (stand_in(name, 20, 10, seed=seed).train.x for seed in (3, 3, 4))
    assert (first == same).all()
    assert (first != other).any()


def test_more_pictures_begin_with_the_pictures_of_fewer():
    few, many = stand_in("mnist", 30, 10).train, stand_in("mnist", 510, 10).train
    assert (many.x[:30] == few.x).all()
    assert (many.y[:30] == few.y).all()


def test_any_ten_pictures_in_a_row_hold_each_class_once():
    y = stand_in("mnist", 50, 10).train.y
    assert (np.sort(y.reshape(5, 10), axis=1) == np.arange(10)).all()


def test_training_and_test_pictures_differ():
    dataset = stand_in("mnist", 10, 10)
    assert (dataset.train.x != dataset.test.x).any()


@pytest.mark.parametrize("name", NAMES)
def test_pictures_use_most_of_the_grey_scale(name):
    x = stand_in(name, 100, 10).train.x
    assert x.min() < 20
    assert x.max() > 200
    assert 10 < x.mean() < 150


def test_a_stand_in_never_carries_the_real_name_alone():
    dataset = stand_in("mnist", 10, 10)
    assert dataset.title == "stand-in for MNIST"
    assert not dataset.real
    assert not dataset.verified
    assert not all_real()


def test_fashion_and_cifar_stand_ins_do_not_borrow_real_class_names():
    assert "Trouser" not in stand_in("fashion_mnist", 10, 10).class_names
    assert "airplane" not in stand_in("cifar10", 10, 10).class_names


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_a_bad_number_of_pictures_is_refused(count):
    with pytest.raises(ValueError, match="n_train must be an int of 1 or more"):
        stand_in("mnist", count, 10)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="mnist, fashion_mnist, cifar10, got 'mnits'"):
        stand_in("mnits", 10, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", rows(NAMES, ("mnist",)))
@pytest.mark.thorough
def test_a_linear_model_stays_below_a_dense_network(name):
    from sklearn.linear_model import SGDClassifier
    from sklearn.neural_network import MLPClassifier

    dataset = stand_in(name, 5_000, 1_000)
    train, test = (
        (part.x.reshape(len(part.y), -1) / np.float32(255), part.y)
        for part in (dataset.train, dataset.test)
    )
    linear = SGDClassifier(loss="log_loss", max_iter=10, tol=None, random_state=0).fit(*train)
    dense = MLPClassifier((128, 64), max_iter=10, tol=0, n_iter_no_change=99, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        dense.fit(*train)
    assert linear.score(*test) + 0.03 < dense.score(*test)
