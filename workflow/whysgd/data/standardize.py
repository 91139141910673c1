"""Standardization of images, as networks see them."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from whysgd.base.errors import UserError
from whysgd.data.dataset import Dataset
from whysgd.data.raw import Pixels
from whysgd.data.slabs import slabs

Floats = NDArray[np.floating]
Moments = tuple[NDArray[np.float64], NDArray[np.float64]]  # mean and deviation of each channel


def standardized(dataset: Dataset, preprocessing: str, dtype: DTypeLike = np.float32) -> Floats:
    """Training images and after them test images, with mean 0 and variance 1.

    All arithmetic is in float64, a slab of images at a time; the result does not depend on the size
    of a slab.

    Args:
        dataset: images of any range.
        preprocessing: "per_image" (each image by its own mean and standard deviation, the
            latter at least 1/sqrt(pixels), so a blank image stays 0), or "per_channel" (each
            channel by its mean and standard deviation over the training images).
        dtype: of the result.

    Returns:
        An array (num_train + num_test, height, width, channels).

    Raises:
        UserError: "per_channel", and a channel has one value in all training images.
    """
    if preprocessing == "per_image":
        transform = _per_image
    elif preprocessing == "per_channel":
        mean, deviation = channel_moments(dataset.x_train)

        def transform(images: NDArray[np.float64]) -> NDArray[np.float64]:
            result: NDArray[np.float64] = (images - mean) / deviation
            return result
    else:
        raise ValueError(f"unknown preprocessing {preprocessing!r}")
    num_train, num_test = len(dataset.x_train), len(dataset.x_test)
    result = np.empty((num_train + num_test, *dataset.x_train.shape[1:]), dtype)
    _in_slabs(dataset.x_train, transform, result[:num_train])
    _in_slabs(dataset.x_test, transform, result[num_train:])
    return result


def channel_moments(images: Pixels) -> Moments:
    """Mean and standard deviation of each channel over all images and pixels.

    Sums over an image are taken by themselves, and their sum over images is rounded once, so that
    nothing depends on how many images are handled together.

    Args:
        images: (N, height, width, channels).

    Returns:
        Two arrays (channels,).

    Raises:
        UserError: a channel has one value only.
    """
    pixels = images.shape[0] * images.shape[1] * images.shape[2]
    mean = _total(images, lambda image: image) / pixels
    deviation = np.sqrt(_total(images, lambda image: (image - mean) ** 2) / pixels)
    if not deviation.all():
        raise UserError(
            f"preprocessing per_channel: channel {int(np.argmin(deviation))} has the same value in "
            "all training images; use per_image"
        )
    return mean, deviation


def _total(
    images: Pixels, values: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Sum of `values` of every image over images and pixels, (channels,)."""
    of_image = [values(image.astype(np.float64)).sum((0, 1)) for image in images]
    return np.array([math.fsum(channel) for channel in np.transpose(of_image)])


def _in_slabs(
    images: Pixels,
    transform: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    result: Floats,
) -> None:
    for slab in slabs(images.shape):
        result[slab] = transform(images[slab].astype(np.float64))


def _per_image(images: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = (1, 2, 3)
    mean = images.mean(axes, keepdims=True)
    deviation = images.std(axes, keepdims=True)
    floor = 1 / np.sqrt(np.prod(images.shape[1:]))
    result: NDArray[np.float64] = (images - mean) / np.maximum(deviation, floor)
    return result
