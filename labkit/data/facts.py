"""What is known about each data set: shapes, classes, counts, means, digests.

These facts prove that an array is the published one. The data sets are not
part of labkit; their owners' terms hold: MNIST CC BY-SA 3.0 (LeCun, Cortes,
Burges 1998), Fashion-MNIST MIT (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747),
CIFAR-10 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny
Images").
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """The facts of one data set; pairs hold the training and the test part.

    Attributes
    ----------
    title : str
        The name on a figure.
    class_names : tuple of str
        In the order of the class index.
    image_shape : tuple of int
        (height, width) or (height, width, 3).
    class_counts : pair of tuple of int
        Pictures of each class.
    pixel_means : pair of float
        Mean of all pixels, 0 to 255.
    digests : dict of str to str
        SHA-256 of the raw bytes of each array, labels as uint8; empty where
        no order of the rows is the standard one.
    class_means : pair of tuple of float
        Mean pixel of each class, for a data set without digests.
    """

    title: str
    class_names: tuple
    image_shape: tuple
    class_counts: tuple
    pixel_means: tuple
    digests: dict
    class_means: tuple = ()


PARTS = ("train", "test")
ARRAYS = ("x_train", "y_train", "x_test", "y_test")

FACTS = {
    "mnist": Facts(
        title="MNIST",
        class_names=tuple("0123456789"),
        image_shape=(28, 28),
        class_counts=(
            (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
            (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
        ),
        pixel_means=(33.318, 33.791),
        digests={
            "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        },
    ),
    "fashion_mnist": Facts(
        title="Fashion-MNIST",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        image_shape=(28, 28),
        class_counts=((6000,) * 10, (1000,) * 10),
        pixel_means=(72.940, 73.147),
        digests={
            "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
            "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
            "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
            "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        },
    ),
    "cifar10": Facts(
        title="CIFAR-10",
        class_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        image_shape=(32, 32, 3),
        class_counts=((5000,) * 10, (1000,) * 10),
        pixel_means=(120.708, 121.529),
        digests={},
        class_means=(
            (142.37, 116.70, 119.41, 116.23, 111.78, 117.39, 106.56, 118.89, 133.48, 124.28),
            (145.50, 116.76, 120.12, 116.00, 110.07, 119.77, 107.37, 120.19, 133.63, 125.88),
        ),
    ),
}


def facts_of(name):
    """Return the `Facts` of a data set; ValueError if there is none of this name."""
    if name not in FACTS:
        raise ValueError(f"name must be one of {', '.join(FACTS)}, got {name!r}")
    return FACTS[name]
