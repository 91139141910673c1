"""What is known of each data set before it is read. Imports nothing heavy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetInfo:
    """Shape and size of a data set.

    `num_test` is None where the source has no test set of its own: then one pool of
    `num_train` images is split by seed.
    """

    image_shape: tuple[int, int, int]  # height, width, channels
    num_classes: int
    num_train: int
    num_test: int | None

    def check_sizes(self, num_train: int, num_test: int) -> None:
        """Raises ValueError where more images are asked for than there are."""
        if self.num_test is None:
            if num_train + num_test > self.num_train:
                raise ValueError(
                    f"num_train + num_test = {num_train + num_test}, "
                    f"but the data set has {self.num_train} images"
                )
            return
        for key, asked, there in (
            ("num_train", num_train, self.num_train),
            ("num_test", num_test, self.num_test),
        ):
            if asked > there:
                raise ValueError(f"{key} = {asked}, but the data set has {there}")


DATASETS = {
    "digits": DatasetInfo((8, 8, 1), 10, 1797, None),
    "mnist": DatasetInfo((28, 28, 1), 10, 60000, 10000),
    "fashion_mnist": DatasetInfo((28, 28, 1), 10, 60000, 10000),
    "cifar10": DatasetInfo((32, 32, 3), 10, 50000, 10000),
    "cifar10_jpeg": DatasetInfo((32, 32, 3), 10, 50000, 10000),
    # Noise with the shapes of larger data sets, for benchmarks: speed depends on shapes alone.
    "noise-28x28x1": DatasetInfo((28, 28, 1), 10, 640, None),
    "noise-32x32x3": DatasetInfo((32, 32, 3), 10, 640, None),
}

# The source that is a file of the user's, of which nothing is known before it is read.
OWN_FILE = "npz"
