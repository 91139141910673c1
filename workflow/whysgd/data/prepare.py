"""One prepared file for each data set of a scale: the split, made once and checksummed."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whysgd.data.sources import READERS, RawImages
from whysgd.errors import UserError
from whysgd.files import atomic_path, write_text
from whysgd.randomness import Purpose, generator
from whysgd.spec import DatasetSpec


@dataclass(frozen=True)
class Dataset:
    """Training and test images of one split, as published (not standardized)."""

    x_train: NDArray[np.uint8]  # (num_train, height, width, channels)
    y_train: NDArray[np.int32]  # (num_train,)
    x_test: NDArray[np.uint8]  # (num_test, height, width, channels)
    y_test: NDArray[np.int32]  # (num_test,)


def split_images(raw: RawImages, spec: DatasetSpec) -> Dataset:
    """The subsets that `spec` asks for, a pure function of the images and `split_seed`.

    Where the source has a test set, training and test subsets are drawn from their own
    sets; where it has none, both are drawn from the one pool and never overlap.
    """
    order = generator(spec.split_seed, Purpose.SPLIT, 0).permutation(len(raw.y_train))
    train, rest = order[: spec.num_train], order[spec.num_train :]
    x_test, y_test = raw.x_test, raw.y_test
    if x_test is None or y_test is None:
        x_test, y_test = raw.x_train[rest], raw.y_train[rest]
    else:
        shuffled = generator(spec.split_seed, Purpose.SPLIT, 1).permutation(len(y_test))
        x_test, y_test = x_test[shuffled], y_test[shuffled]
    return Dataset(
        raw.x_train[train], raw.y_train[train], x_test[: spec.num_test], y_test[: spec.num_test]
    )


def prepared(spec: DatasetSpec) -> Dataset:
    """Reads a data set from its source and splits it."""
    return split_images(READERS[spec.source](), spec)


def prepare_dataset(spec: DatasetSpec, path: str | Path, checksum_path: str | Path) -> None:
    """Writes a data set's split to `path` (.npz) and its SHA-256 to `checksum_path`."""
    dataset = prepared(spec)
    with atomic_path(path) as temporary:
        np.savez(temporary, allow_pickle=False, **vars(dataset))
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    write_text(checksum_path, f"{digest}  {Path(path).name}\n")


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
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Dataset(**{name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, TypeError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a prepared data set ({error}); remove it") from error
