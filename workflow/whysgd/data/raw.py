"""Images as a source gives them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True)
class RawImages:
    """Images as published. The test arrays are None where the source has no test set."""

    x_train: Pixels  # (N, height, width, channels)
    y_train: NDArray[np.int32]  # (N,)
    x_test: Pixels | None = None
    y_test: NDArray[np.int32] | None = None
