"""Data sets: the split and the prepared file."""

import hashlib

import numpy as np
import pytest

from whysgd.base.errors import UserError
from whysgd.data.dataset import read_dataset
from whysgd.data.prepare import prepare_dataset, prepared, split_images
from whysgd.data.raw import RawImages
from whysgd.data.sources import READERS, read_source
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.sources import DATASETS, OWN_FILE

SPEC = DatasetSpec(source="digits", num_train=100, num_test=200)


def rows(images):
    return {image.tobytes() for image in images}


def numbered(count, start=0):
    """Images that can be told apart: each holds its number."""
    x = np.arange(start, start + count).astype(np.uint8)
    return np.broadcast_to(x[:, None, None, None], (count, 2, 2, 1)).copy()


def test_every_described_data_set_has_a_reader():
    assert {*DATASETS, OWN_FILE} == READERS.keys()


@pytest.mark.parametrize("name", ["digits", "noise-28x28x1", "noise-32x32x3"])
def test_data_sets_that_need_no_files_are_as_described(name):
    info = DATASETS[name]
    raw = read_source(DatasetSpec(source=name, num_train=1, num_test=1), None)
    assert raw.x_train.shape == (info.num_train, *info.image_shape)
    assert raw.x_train.dtype == np.uint8
    assert set(raw.y_train) == set(range(info.num_classes))
    assert raw.x_test is None
    assert info.num_test is None


def test_digits_are_scikit_learns():
    raw = read_source(SPEC, None)
    assert raw.x_train.max() == 16
    assert list(raw.y_train[:10]) == list(range(10))
    # Sum of all pixels, as scikit-learn 1.9 ships them.
    assert int(raw.x_train.astype(np.int64).sum()) == 561718


def test_training_and_test_images_never_overlap_where_there_is_one_pool():
    raw = RawImages(numbered(30), np.arange(30, dtype=np.int32))
    split = split_images(raw, SPEC.model_copy(update={"num_train": 12, "num_test": 18}))
    assert len(rows(split.x_train)) == 12
    assert rows(split.x_train) | rows(split.x_test) == rows(raw.x_train)
    np.testing.assert_array_equal(split.x_train[:, 0, 0, 0], split.y_train)
    np.testing.assert_array_equal(split.x_test[:, 0, 0, 0], split.y_test)


def test_a_source_with_a_test_set_keeps_the_sets_apart():
    raw = RawImages(
        numbered(30), np.arange(30, dtype=np.int32), numbered(9, 100), np.arange(100, 109)
    )
    split = split_images(raw, SPEC.model_copy(update={"num_train": 12, "num_test": 5}))
    assert rows(split.x_train) <= rows(raw.x_train)
    assert rows(split.x_test) <= rows(raw.x_test)
    assert (len(split.y_train), len(split.y_test)) == (12, 5)


def test_the_split_is_a_function_of_its_seed():
    same, again = prepared(SPEC), prepared(SPEC)
    other = prepared(SPEC.model_copy(update={"split_seed": 1}))
    np.testing.assert_array_equal(same.x_train, again.x_train)
    assert (same.y_train != other.y_train).any()
    # A larger test set does not move the training set.
    larger = prepared(SPEC.model_copy(update={"num_test": 300}))
    np.testing.assert_array_equal(same.x_train, larger.x_train)


def test_a_prepared_file_reads_back_and_has_its_checksum(tmp_path):
    path, checksum = tmp_path / "d.npz", tmp_path / "d.npz.sha256"
    prepare_dataset(SPEC, path, checksum)
    first = path.read_bytes()
    assert checksum.read_text().split() == [hashlib.sha256(first).hexdigest(), "d.npz"]
    dataset = read_dataset(path, checksum)
    for name, values in vars(prepared(SPEC)).items():
        np.testing.assert_array_equal(getattr(dataset, name), values)
    prepare_dataset(SPEC, path, checksum)
    assert path.read_bytes() == first


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_damaged_or_missing_file_is_a_clear_error(tmp_path, content):
    path, checksum = tmp_path / "d.npz", tmp_path / "sum"
    if content is not None:
        path.write_bytes(content)
        checksum.write_text(hashlib.sha256(content).hexdigest())
    with pytest.raises(UserError, match=r"d\.npz: not a prepared data set"):
        read_dataset(path, checksum)


@pytest.mark.parametrize("change", [slice(0, -100), slice(100, None)])
def test_a_file_that_does_not_fit_its_checksum_is_a_clear_error(tmp_path, change):
    path, checksum = tmp_path / "d.npz", tmp_path / "sum"
    prepare_dataset(SPEC, path, checksum)
    path.write_bytes(path.read_bytes()[change])
    with pytest.raises(UserError, match=r"d\.npz: not a prepared data set \(SHA-256"):
        read_dataset(path, checksum)
    path.write_bytes(b"")
    checksum.write_text("")
    with pytest.raises(UserError, match=r"d\.npz: not a prepared data set"):
        read_dataset(path, checksum)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"num_train": 1800}, "has 1797 images"), ({"source": "x"}, "unknown data set 'x'")],
)
def test_a_specification_that_cannot_be_met_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        DatasetSpec.model_validate({**SPEC.model_dump(), **changes})
