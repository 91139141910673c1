"""Scikit-learn's bundled handwritten digits."""

from pathlib import Path

import numpy as np

from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec


def read(spec: DatasetSpec, data_folder: Path | None) -> RawImages:
    """Returns 1797 grey images of 8x8, values 0 to 16; they lie in scikit-learn itself."""
    from sklearn.datasets import load_digits  # imported late: it takes a second

    digits = load_digits()
    return RawImages(
        x_train=digits.images[..., np.newaxis].astype(np.uint8),
        y_train=digits.target.astype(np.int32),
    )
