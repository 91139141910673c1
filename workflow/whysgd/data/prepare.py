"""One prepared file for each data set of a scale: the split, made once and checksummed."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from whysgd.base.files import atomic_path, write_text
from whysgd.base.randomness import Purpose, generator
from whysgd.data.dataset import Dataset
from whysgd.data.downsample import downsampled
from whysgd.data.raw import RawImages
from whysgd.data.sources import read_source
from whysgd.spec.datasets import DatasetSpec


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


def prepared(spec: DatasetSpec, data_folder: Path | None = None) -> Dataset:
    """Reads a data set from its source, splits it and makes its images smaller as `spec` says.

    Args:
        spec: the data set.
        data_folder: the configuration's key of that name; changes no image.

    Raises:
        UserError: the source's files are missing, damaged or something else.
    """
    split = split_images(read_source(spec, data_folder), spec)
    return replace(
        split,
        x_train=downsampled(split.x_train, spec.downsample),
        x_test=downsampled(split.x_test, spec.downsample),
    )


def prepare_dataset(
    spec: DatasetSpec,
    path: str | Path,
    checksum_path: str | Path,
    data_folder: Path | None = None,
) -> None:
    """Writes a data set's split to `path` (.npz) and its SHA-256 to `checksum_path`.

    Raises:
        UserError: as `prepared`.
    """
    dataset = prepared(spec, data_folder)
    with atomic_path(path) as temporary:
        np.savez(temporary, allow_pickle=False, **vars(dataset))
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    write_text(checksum_path, f"{digest}  {Path(path).name}\n")
