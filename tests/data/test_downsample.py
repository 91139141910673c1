"""Smaller images."""

import numpy as np
import pytest

from whysgd.data import slabs
from whysgd.data.downsample import downsampled
from whysgd.data.prepare import prepared
from whysgd.data.standardize import standardized
from whysgd.spec.datasets import DatasetSpec

SPEC = DatasetSpec(source="digits", num_train=20, num_test=10, downsample=2)


def by_hand(images, factor):
    count, height, width, channels = images.shape
    small = np.zeros((count, height // factor, width // factor, channels))
    for number, row, column, channel in np.ndindex(small.shape):
        block = images[
            number,
            row * factor : (row + 1) * factor,
            column * factor : (column + 1) * factor,
            channel,
        ]
        small[number, row, column, channel] = sum(map(float, block.ravel())) / factor**2
    return small


@pytest.mark.parametrize("factor", [2, 3])
def test_values_are_the_means_of_blocks(factor, monkeypatch):
    monkeypatch.setattr(slabs, "VALUES_AT_ONCE", 300)  # two images at once
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 12, 2), np.uint8)
    small = downsampled(images, factor)
    # Sums of bytes are exact; only the quotient is rounded, once to each type.
    np.testing.assert_array_equal(small, by_hand(images, factor).astype(np.float32))
    assert small.dtype == np.float32


def test_a_factor_of_one_changes_nothing():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    assert downsampled(images, 1) is images


def test_a_factor_that_does_not_divide_the_sides_is_refused():
    with pytest.raises(ValueError, match="3 does not divide the sides of 8 x 8 images"):
        downsampled(np.zeros((1, 8, 8, 1), np.uint8), 3)
    with pytest.raises(ValueError, match="`downsample` = 3 does not divide the sides of 8 x 8"):
        DatasetSpec(source="digits", num_train=20, num_test=10, downsample=3)
    with pytest.raises(ValueError, match="downsample"):
        DatasetSpec(source="digits", num_train=20, num_test=10, downsample=0)


def test_a_prepared_data_set_is_the_same_images_made_smaller():
    full = prepared(SPEC.model_copy(update={"downsample": 1}))
    small = prepared(SPEC)
    assert small.x_train.shape == (20, *SPEC.image_shape) == (20, 4, 4, 1)
    np.testing.assert_array_equal(small.y_train, full.y_train)
    np.testing.assert_array_equal(small.x_train, by_hand(full.x_train, 2))
    np.testing.assert_array_equal(small.x_test, by_hand(full.x_test, 2))
    train = standardized(small, "per_channel", np.float64)[:20]
    np.testing.assert_allclose([train.mean(), train.std()], [0, 1], atol=1e-12)
