"""Anybody's own images: one .npz file in Keras's layout, x_train, y_train, x_test, y_test."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.base.npz import DAMAGED, read_arrays, read_headers
from whysgd.data.raw import Pixels, RawImages
from whysgd.spec.datasets import DatasetSpec

_MEMBERS = ("x_train", "y_train", "x_test", "y_test")


def read(spec: DatasetSpec, data_folder: Path | None = None) -> RawImages:
    """Reads the file `spec.path` and compares it with what `spec` says of it.

    Images are uint8 or floats, (N, height, width, channels), or (N, height, width) where there is
    one channel; floats become float32. Labels are integers from 0 on, (N,) or (N, 1).

    Args:
        spec: of source npz.
        data_folder: is not looked into: the file has a path of its own.

    Raises:
        UserError: the file cannot be read or is not as described.
    """
    path = Path(str(spec.path))
    arrays = _arrays(path)
    shape, num_classes = spec.published_image_shape, spec.num_classes
    x_train = _images(arrays["x_train"], shape, f"{path}: x_train")
    x_test = _images(arrays["x_test"], shape, f"{path}: x_test")
    if x_train.dtype != x_test.dtype:
        raise UserError(
            f"{path}: x_train is {arrays['x_train'].dtype} and x_test {arrays['x_test'].dtype}: "
            "store both as uint8 or both as floats, on one scale"
        )
    y_train = _labels(arrays["y_train"], len(x_train), num_classes, f"{path}: y_train")
    y_test = _labels(arrays["y_test"], len(x_test), num_classes, f"{path}: y_test")
    for key, asked, there in (
        ("num_train", spec.num_train, len(y_train)),
        ("num_test", spec.num_test, len(y_test)),
    ):
        if asked > there:
            raise UserError(f"{path}: {key} = {asked}, but the file has {there}")
    return RawImages(x_train, y_train, x_test, y_test)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        if not path.is_file() and path.exists():
            raise UserError(f"{path}: not a file")  # reading a pipe would wait for its writer
        with path.open("rb") as file:
            found = read_headers(file)
        missing = [name for name in _MEMBERS if name not in found]
        if missing:
            raise UserError(
                f"{path}: {', '.join(missing)} missing (expected "
                f"{', '.join(_MEMBERS)}; found {', '.join(found) or 'nothing'})"
            )
        return read_arrays(path, _MEMBERS)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    except DAMAGED as error:
        raise UserError(f"{path}: not an .npz file of plain arrays ({error})") from error


def _images(array: NDArray[Any], shape: tuple[int, int, int], where: str) -> Pixels:
    if array.ndim == 3 and shape[2] == 1:
        array = array[..., np.newaxis]
    if array.shape[1:] != shape:
        raise UserError(
            f"{where}: expected (N, {', '.join(map(str, shape))}), found {array.shape}; "
            "see `image_shape`"
        )
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise UserError(f"{where}: expected uint8 or floats, found {array.dtype}")
    with np.errstate(over="ignore"):  # what float32 cannot hold is told below
        images = array.astype(np.float32)
    if not np.isfinite(images).all():
        first = int(np.argmin(np.isfinite(images).all((1, 2, 3))))
        raise UserError(f"{where}: image {first} has a value that is not finite in float32")
    return images


def _labels(array: NDArray[Any], count: int, num_classes: int, where: str) -> NDArray[np.int32]:
    if not np.issubdtype(array.dtype, np.integer):
        raise UserError(f"{where}: expected integers, found {array.dtype}")
    if array.shape not in ((count,), (count, 1)):
        raise UserError(f"{where}: expected ({count},) as there are images, found {array.shape}")
    labels = array.reshape(count)
    if count and (labels.min() < 0 or labels.max() >= num_classes):
        raise UserError(
            f"{where}: expected labels from 0 to {num_classes - 1}, found {labels.min()} to "
            f"{labels.max()}; see `num_classes`"
        )
    return labels.astype(np.int32)
