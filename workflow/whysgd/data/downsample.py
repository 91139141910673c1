"""Smaller images: means of square blocks of pixels."""

import numpy as np
from numpy.typing import NDArray

from whysgd.data.raw import Pixels
from whysgd.data.slabs import slabs


def downsampled(images: Pixels, factor: int) -> Pixels:
    """Images whose sides are `factor` times shorter, each value the mean of factor x factor pixels.

    The result is float32 and not rounded to whole grey levels; with a factor of 1 it is `images`.

    Args:
        images: (N, height, width, channels).
        factor: a divisor of height and width.

    Raises:
        ValueError: it is none.
    """
    if factor == 1:
        return images
    count, height, width, channels = images.shape
    if height % factor or width % factor:
        raise ValueError(f"{factor} does not divide the sides of {height} x {width} images")
    shape = (height // factor, width // factor, channels)
    result: NDArray[np.float32] = np.empty((count, *shape), np.float32)
    for slab in slabs(images.shape):
        blocks = images[slab].reshape(-1, shape[0], factor, shape[1], factor, channels)
        # In float64, where sums of bytes are exact.
        result[slab] = blocks.mean(axis=(2, 4), dtype=np.float64)
    return result
