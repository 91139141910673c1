"""MNIST and Fashion-MNIST: four idx files each, known by the MD5 of their uncompressed content.

Distributors compress the files anew, so the MD5 of a `.gz` file says little.

MNIST: LeCun, Cortes, Burges. Fashion-MNIST: Xiao, Rasul, Vollgraf, 2017 (arXiv:1708.07747).
"""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.data.checksums import check_md5
from whysgd.data.download import KerasArrays
from whysgd.data.idx import decode_idx, decompressed, encode_idx, find_idx
from whysgd.data.places import Publication, read_publication
from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec

_SHAPES = {
    "train-images-idx3-ubyte": (60000, 28, 28),
    "train-labels-idx1-ubyte": (60000,),
    "t10k-images-idx3-ubyte": (10000, 28, 28),
    "t10k-labels-idx1-ubyte": (10000,),
}

# Of the uncompressed files, in the order of `_SHAPES`.
_MD5 = {
    "mnist": (
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ),
    "fashion_mnist": (
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    ),
}


def read(spec: DatasetSpec, data_folder: Path | None) -> RawImages:
    """Reads one of them from the first place that has it (see `read_publication`)."""
    return read_publication(publication(spec.source), data_folder)


def read_files(name: str, folder: Path) -> RawImages:
    """Reads a data set's four files from a folder.

    Raises:
        UserError: a file is missing, damaged or of something else.
    """
    arrays = []
    for (file, shape), md5 in zip(_SHAPES.items(), _MD5[name], strict=True):
        path = find_idx(folder, file)
        content = decompressed(path)
        array = decode_idx(content, shape, str(path))
        check_md5(content, md5, str(path))
        arrays.append(array)
    return _raw(arrays)


def read_keras(name: str, arrays: KerasArrays, folder: Path) -> RawImages:
    """Checks what a Keras loader returned by the idx files that its arrays make up.

    Raises:
        UserError: the arrays are not those that were published.
    """
    found = [np.asarray(array) for pair in arrays for array in pair]
    for array, (file, shape), md5 in zip(found, _SHAPES.items(), _MD5[name], strict=True):
        where = f"{file} from Keras's download in {folder}"
        if array.dtype != np.uint8 or array.shape != shape:
            raise UserError(
                f"{where}: expected uint8 {shape}, found {array.dtype} {tuple(array.shape)}"
            )
        check_md5(encode_idx(array), md5, where)
    return _raw(found)


def publication(name: str) -> Publication:
    """How a data set of this kind is found and read.

    Args:
        name: "mnist" or "fashion_mnist".
    """
    return Publication(
        name=name,
        marks=(*_SHAPES, *(f"{file}.gz" for file in _SHAPES)),
        wanted=f"{', '.join(_SHAPES)} (each plain or as .gz)",
        read=partial(read_files, name),
        read_keras=partial(read_keras, name),
    )


def _raw(arrays: list[NDArray[np.uint8]]) -> RawImages:
    x_train, y_train, x_test, y_test = arrays
    return RawImages(
        x_train[..., np.newaxis],
        y_train.astype(np.int32),
        x_test[..., np.newaxis],
        y_test.astype(np.int32),
    )
