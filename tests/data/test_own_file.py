"""A data set of the user's own, and its faults."""

import numpy as np
import pytest

from whysgd.base.errors import UserError
from whysgd.data.prepare import prepared
from whysgd.spec.datasets import DatasetSpec


def arrays(**changes):
    rng = np.random.default_rng(0)
    content = {
        "x_train": rng.integers(0, 256, (12, 4, 6, 3), np.uint8),
        "y_train": np.arange(12) % 5,
        "x_test": rng.integers(0, 256, (7, 4, 6, 3), np.uint8),
        "y_test": np.arange(7) % 5,
    }
    return {**content, **changes}


def spec(file, **changes):
    fields = {
        "source": "npz",
        "num_train": 10,
        "num_test": 7,
        "path": str(file),
        "image_shape": (4, 6, 3),
        "num_classes": 5,
    }
    return DatasetSpec.model_validate(fields | changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own.npz"


def test_a_file_in_keras_layout_is_read(path):
    content = arrays()
    np.savez_compressed(path, **content)
    dataset = prepared(spec(path))
    assert dataset.x_train.shape == (10, 4, 6, 3)
    assert dataset.x_train.dtype == np.uint8
    assert dataset.y_train.dtype == np.int32
    numbers = dict(
        zip(map(np.ndarray.tobytes, content["x_train"]), content["y_train"], strict=True)
    )
    assert all(
        numbers[image.tobytes()] == label
        for image, label in zip(dataset.x_train, dataset.y_train, strict=True)
    )


def test_floats_gray_images_and_labels_in_a_column_are_read(path):
    content = arrays()
    gray = {key: content[key][..., 0] / 255 for key in ("x_train", "x_test")}
    np.savez(path, **{**content, **gray, "y_train": content["y_train"][:, np.newaxis]})
    dataset = prepared(spec(path, image_shape=(4, 6, 1)))
    assert dataset.x_train.shape == (10, 4, 6, 1)
    assert dataset.x_train.dtype == np.float32
    values = np.sort(dataset.x_test.ravel())
    np.testing.assert_array_equal(values, np.sort(gray["x_test"].astype(np.float32).ravel()))


def with_value(value, dtype=np.float64):
    images = np.ones((12, 4, 6, 3), dtype)
    images[8, 1, 1, 1] = value
    return {"x_train": images, "x_test": np.ones((7, 4, 6, 3), dtype)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((12, 4, 6), np.uint8)}, r"x_train: expected \(N, 4, 6, 3\), found"),
        ({"x_test": np.zeros((7, 6, 4, 3), np.uint8)}, r"x_test: expected .* \(7, 6, 4, 3\)"),
        ({"x_train": np.zeros((12, 4, 6, 3), np.int64)}, "expected uint8 or floats, found int64"),
        ({"x_train": np.zeros((12, 4, 6, 3))}, "x_train is float64 and x_test uint8: store both"),
        (with_value(np.nan), "x_train: image 8 has a value that is not finite"),
        (with_value(np.inf, np.float32), "x_train: image 8 has a value that is not finite"),
        (with_value(1e300), "x_train: image 8 has a value that is not finite in float32"),
        ({"y_train": np.zeros(12)}, "y_train: expected integers, found float64"),
        ({"y_train": np.zeros(11, int)}, r"y_train: expected \(12,\) .* found \(11,\)"),
        ({"y_test": np.zeros((7, 5), int)}, r"y_test: expected \(7,\) .* found \(7, 5\)"),
        ({"y_train": np.arange(12)}, "labels from 0 to 4, found 0 to 11; see `num_classes`"),
        ({"y_test": np.arange(7) - 3}, "y_test: expected labels from 0 to 4, found -3 to 3"),
        ({"x_train": np.zeros((9, 4, 6, 3), np.uint8), "y_train": np.zeros(9, int)}, "num_train"),
        ({"x_test": np.zeros((0, 4, 6, 3), np.uint8), "y_test": np.zeros(0, int)}, "num_test = 7"),
        ({"x_train": np.array([{}])}, "not an .npz file of plain arrays"),
    ],
)
def test_a_fault_is_one_line_that_names_file_and_array(changes, message, path):
    np.savez(path, **arrays(**changes))
    with pytest.raises(UserError, match=message) as caught:
        prepared(spec(path))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_array_is_told(path):
    content = arrays()
    del content["y_test"]
    np.savez(path, **content)
    with pytest.raises(UserError, match=r"y_test missing .*; found x_train, y_train, x_test\)"):
        prepared(spec(path))


@pytest.mark.parametrize("damage", [lambda c: b"", lambda c: b"text", lambda c: c[:-300]])
def test_a_damaged_file_is_told(damage, path):
    np.savez(path, **arrays())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"own\.npz: not an \.npz file"):
        prepared(spec(path))


def test_a_damaged_array_is_told(path):
    np.savez(path, **arrays())
    content = bytearray(path.read_bytes())
    content[600] ^= 1  # among the pixels of the first array; the archive's own sum finds it
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"own\.npz: not an \.npz file"):
        prepared(spec(path))


def test_another_kind_of_file_is_told(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(UserError, match="not a zip file"):
        prepared(spec(path))
    with pytest.raises(UserError, match="absent.npz: cannot be read .No such file"):
        prepared(spec(path.with_name("absent.npz")))


@pytest.mark.parametrize("key", ["path", "image_shape", "num_classes"])
def test_each_key_is_needed_and_for_no_other_source(key):
    value = spec("own.npz").model_dump()[key]
    with pytest.raises(ValueError, match=f"`{key}` is missing: source npz needs it"):
        spec("own.npz", **{key: None})
    digits = {"source": "digits", "num_train": 9, "num_test": 9, key: value}
    with pytest.raises(ValueError, match=f"`{key}` is for source npz only, not digits"):
        DatasetSpec.model_validate(digits)


@pytest.mark.parametrize("changes", [{"image_shape": (4, 6)}, {"image_shape": (4, 0, 1)}])
def test_a_shape_has_three_positive_sizes(changes):
    with pytest.raises(ValueError, match="image_shape"):
        spec("own.npz", **changes)


def test_a_specification_survives_being_written_and_read():
    written = spec("own.npz", downsample=2)
    assert DatasetSpec.model_validate(written.model_dump(mode="json")) == written
    assert written.image_shape == (2, 3, 3)
    assert written.num_classes == 5
