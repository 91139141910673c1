"""Standardization."""

from fractions import Fraction

import numpy as np
import pytest

from whysgd.base.errors import UserError
from whysgd.data import slabs
from whysgd.data.dataset import Dataset
from whysgd.data.prepare import prepared
from whysgd.data.standardize import channel_moments, standardized
from whysgd.spec.datasets import DatasetSpec

SPEC = DatasetSpec(source="digits", num_train=100, num_test=200)


def colored(dtype):
    """A data set of two channels with different ranges; 41 and 9 images."""
    rng = np.random.default_rng(0)
    x = (rng.integers(0, 256, (50, 5, 7, 2)) * np.array([1, 0.25])).astype(dtype)
    y = np.zeros(50, np.int32)
    return Dataset(x[:41], y[:41], x[41:], y[41:])


def test_per_image_standardization():
    dataset = prepared(SPEC)
    train, test = np.split(standardized(dataset, "per_image", np.float64), [100])
    np.testing.assert_allclose(train.mean((1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(test.std((1, 2, 3)), 1, rtol=1e-12)


def test_a_blank_image_stays_finite():
    dataset = prepared(SPEC)
    dataset.x_train[0] = 7
    images = standardized(dataset, "per_image")
    np.testing.assert_array_equal(images[0], 0)


def test_per_channel_standardization_uses_the_training_set_only():
    dataset = prepared(SPEC)
    train, test = np.split(standardized(dataset, "per_channel", np.float64), [100])
    np.testing.assert_allclose([train.mean(), train.std()], [0, 1], atol=1e-12)
    mean, std = dataset.x_train.mean(), dataset.x_train.std()
    np.testing.assert_allclose(test, (dataset.x_test - mean) / std, rtol=1e-12)


def test_unknown_preprocessing_is_refused():
    with pytest.raises(ValueError, match="unknown preprocessing 'none'"):
        standardized(prepared(SPEC), "none")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("preprocessing", ["per_image", "per_channel"])
def test_the_size_of_a_slab_changes_no_bit(preprocessing, dtype, monkeypatch):
    dataset = colored(dtype)
    whole = standardized(dataset, preprocessing)
    for images_at_once in (0, 1, 2, 7, 40):
        monkeypatch.setattr(slabs, "VALUES_AT_ONCE", images_at_once * 5 * 7 * 2)
        np.testing.assert_array_equal(standardized(dataset, preprocessing), whole)


def test_slabs_cover_everything_once():
    slices = list(slabs.slabs((10_000_001, 3)))
    assert slices[0].start == 0
    assert slices[-1].stop == 10_000_001
    assert all(a.stop == b.start for a, b in zip(slices, slices[1:], strict=False))
    assert max(s.stop - s.start for s in slices) * 3 <= slabs.VALUES_AT_ONCE


def test_the_moments_of_bytes_are_those_of_exact_fractions():
    images = colored(np.uint8).x_train
    mean, deviation = channel_moments(images)
    for channel in range(2):
        values = [Fraction(int(value)) for value in images[..., channel].ravel()]
        exact = sum(values) / len(values)
        variance = sum((value - exact) ** 2 for value in values) / len(values)
        assert mean[channel] == float(exact)
        # Squared deviations, their sum, the quotient and the root are rounded.
        assert deviation[channel] == pytest.approx(float(variance) ** 0.5, rel=4e-16)


def test_a_constant_channel_is_told():
    dataset = colored(np.uint8)
    dataset.x_train[..., 1] = 3
    with pytest.raises(UserError, match="channel 1 has the same value in all training images"):
        standardized(dataset, "per_channel")
