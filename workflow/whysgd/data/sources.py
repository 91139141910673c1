"""Where each data set's images come from: one function a source.

To add a source: describe it in `catalog.DATASETS` and give its reader here; nothing else
in the project knows data sets by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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


READERS: dict[str, Callable[[], RawImages]] = {"digits": read_digits}
