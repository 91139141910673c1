"""Standardization of images, as networks see them."""

import numpy as np
from numpy.typing import DTypeLike, NDArray

from whysgd.data.prepare import Dataset


def standardized(
    dataset: Dataset, preprocessing: str, dtype: DTypeLike = np.float32
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Training and test images with mean 0 and variance 1.

    Args:
        dataset: images of any range.
        preprocessing: "per_image" (each image by its own mean and standard deviation, the
            latter at least 1/sqrt(pixels), so a blank image stays 0), or "per_channel" (each
            channel by its mean and standard deviation over the training images).
        dtype: of the result.

    Returns:
        Arrays (num_train, height, width, channels) and (num_test, height, width, channels).
    """
    # float64 in between: the result does not depend on the order of a long float32 sum.
    train, test = dataset.x_train.astype(np.float64), dataset.x_test.astype(np.float64)
    if preprocessing == "per_image":
        return _per_image(train).astype(dtype), _per_image(test).astype(dtype)
    if preprocessing == "per_channel":
        mean, deviation = train.mean((0, 1, 2)), train.std((0, 1, 2))
        return ((train - mean) / deviation).astype(dtype), ((test - mean) / deviation).astype(dtype)
    raise ValueError(f"unknown preprocessing {preprocessing!r}")


def _per_image(images: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = (1, 2, 3)
    mean = images.mean(axes, keepdims=True)
    deviation = images.std(axes, keepdims=True)
    floor = 1 / np.sqrt(np.prod(images.shape[1:]))
    result: NDArray[np.float64] = (images - mean) / np.maximum(deviation, floor)
    return result
