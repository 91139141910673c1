"""The real data sets, where the environment variable WHYSGD_DATA says that they are."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from whysgd.base.errors import UserError
from whysgd.data import download
from whysgd.data.places import VARIABLE
from whysgd.data.sources import read_source
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.sources import DATASETS


@pytest.fixture
def real(monkeypatch):
    """Reads a real data set, or skips; never downloads."""

    def refuse(name):
        raise UserError(f"{name} would be downloaded")

    def read(source):
        folder = os.environ.get(VARIABLE)
        if not folder:
            pytest.skip(f"{VARIABLE} is not set")
        if not (Path(folder) / source).is_dir():
            pytest.skip(f"{VARIABLE} has no {source}")
        return read_source(DatasetSpec(source=source, num_train=1, num_test=1), None)

    monkeypatch.setattr(download, "load_with_keras", refuse)
    return read


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist", "cifar10", "cifar10_jpeg"])
def test_a_real_data_set_is_as_the_catalog_says(source, real):
    raw, info = real(source), DATASETS[source]
    assert raw.x_train.shape == (info.num_train, *info.image_shape)
    assert raw.x_test.shape == (info.num_test, *info.image_shape)
    assert raw.x_train.dtype == raw.x_test.dtype == np.uint8
    counts = np.bincount(raw.y_train), np.bincount(raw.y_test)
    assert [len(count) for count in counts] == [info.num_classes] * 2
    if source != "mnist":  # MNIST is the one whose classes are not equally large
        assert set(counts[0]) == {info.num_train // info.num_classes}
        assert set(counts[1]) == {info.num_test // info.num_classes}


def test_mnists_first_labels_are_the_well_known_ones(real):
    assert list(real("mnist").y_train[:10]) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_the_jpegs_decode_to_the_pixels_that_their_publisher_found(real):
    raw = real("cifar10_jpeg")
    digest = hashlib.sha256(raw.x_test.tobytes()).hexdigest()
    # With Pillow 13.0.0, the version of the locks; other decoders may differ.
    assert digest == "6b309d7b8f755aea6946a7402ab7b9188f88fa7e64c6f74d3e226ebca1d16add"
