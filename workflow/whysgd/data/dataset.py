"""A prepared data set, and the file that holds it.

Apart from how it is prepared, so that training does not depend on where images come from.
"""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.base.npz import DAMAGED, read_arrays
from whysgd.data.raw import Pixels


@dataclass(frozen=True)
class Dataset:
    """Training and test images of one split, not standardized.

    Images are uint8 as published; float32 where they were downsampled or published as floats.
    """

    x_train: Pixels  # (num_train, height, width, channels)
    y_train: NDArray[np.int32]  # (num_train,)
    x_test: Pixels  # (num_test, height, width, channels)
    y_test: NDArray[np.int32]  # (num_test,)


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 of a data set's arrays, hexadecimal."""
    digest = hashlib.sha256()
    for name, array in vars(dataset).items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def read_dataset(path: str | Path, checksum_path: str | Path) -> Dataset:
    """Reads a prepared file and compares it with its checksum.

    Raises:
        UserError: the file is missing, damaged or holds other arrays.
    """
    try:
        expected = Path(checksum_path).read_text(encoding="utf-8").split()[0]
        found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        if found != expected:
            raise ValueError(f"SHA-256 {found}, expected {expected}")
        return Dataset(**read_arrays(Path(path), [field.name for field in fields(Dataset)]))
    except DAMAGED as error:
        raise UserError(f"{path}: not a prepared data set ({error}); remove it") from error
