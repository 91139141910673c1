"""Where each data set's images come from: one function a source.

To add a source: describe it in `catalog.DATASETS` and give its reader here; nothing else
in the project knows data sets by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whysgd.data.catalog import DATASETS
from whysgd.randomness import Purpose, generator


@dataclass(frozen=True)
class RawImages:
    """Images as published. The test arrays are None where the source has no test set."""

    x_train: NDArray[np.uint8]  # (N, height, width, channels)
    y_train: NDArray[np.int32]  # (N,)
    x_test: NDArray[np.uint8] | None = None
    y_test: NDArray[np.int32] | None = None


def read_digits() -> RawImages:
    """Scikit-learn's bundled handwritten digits: 1797 grey images of 8x8, values 0 to 16."""
    from sklearn.datasets import load_digits  # imported late: it takes a second

    digits = load_digits()
    return RawImages(
        x_train=digits.images[..., np.newaxis].astype(np.uint8),
        y_train=digits.target.astype(np.int32),
    )


def make_noise(name: str) -> RawImages:
    """Independent uniform pixels and labels, in the shapes that the catalog gives `name`."""
    info = DATASETS[name]
    draw = generator(0, Purpose.NOISE, *info.image_shape)
    return RawImages(
        x_train=draw.integers(0, 256, (info.num_train, *info.image_shape), np.uint8),
        y_train=draw.integers(0, info.num_classes, info.num_train, np.int32),
    )


READERS: dict[str, Callable[[], RawImages]] = {
    "digits": read_digits,
    "noise-28x28x1": lambda: make_noise("noise-28x28x1"),
    "noise-32x32x3": lambda: make_noise("noise-32x32x3"),
}
