"""CIFAR-10 in its official Python batches (Krizhevsky, 2009)."""

import pickle
import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.data.checksums import check_md5
from whysgd.data.download import KerasArrays
from whysgd.data.places import Publication, read_publication
from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec

_ARCHIVE = "cifar-10-python.tar.gz"
_FOLDER_IN_ARCHIVE = "cifar-10-batches-py"
# Where Keras unpacks the archive, below its folder of data sets.
_KERAS_FOLDER = Path("cifar-10-batches-py-target", _FOLDER_IN_ARCHIVE)
_TEST = "test_batch"
_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    _TEST: "40351d587109b95175f43aff81a1287e",
}


def read(spec: DatasetSpec, data_folder: Path | None) -> RawImages:
    """Reads the data set from the first place that has it (see `read_publication`)."""
    return read_publication(PUBLICATION, data_folder)


def read_batches(folder: Path) -> RawImages:
    """Reads the six batches from a folder, or else from the official archive in it.

    Raises:
        UserError: a batch is missing, damaged or something else.
    """
    in_archive = not any((folder / name).exists() for name in _MD5)
    contents = _from_archive(folder / _ARCHIVE) if in_archive else _from_files(folder)
    arrays = {}
    for name, content in contents.items():
        where = f"{folder / _ARCHIVE}: {name}" if in_archive else str(folder / name)
        # Before it is unpickled: a pickle is a program, and only this one is known to be harmless.
        check_md5(content, _MD5[name], where)
        arrays[name] = _decoded(content)
    train = [arrays[name] for name in _MD5 if name != _TEST]
    return RawImages(
        np.concatenate([images for images, _ in train]),
        np.concatenate([labels for _, labels in train]),
        *arrays[_TEST],
    )


def read_keras(arrays: KerasArrays, folder: Path) -> RawImages:
    """Reads the batches that a Keras loader has just unpacked, since arrays have no published sum.

    Raises:
        UserError: as `read_batches`.
    """
    return read_batches(folder / _KERAS_FOLDER)


PUBLICATION = Publication(
    name="cifar10",
    marks=(*_MD5, _ARCHIVE),
    wanted=f"{', '.join(_MD5)} (or {_ARCHIVE}, which holds them)",
    read=read_batches,
    read_keras=read_keras,
)


def _from_files(folder: Path) -> dict[str, bytes]:
    contents = {}
    for name in _MD5:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise UserError(f"{folder / name}: cannot be read ({error.strerror})") from error
    return contents


def _from_archive(path: Path) -> dict[str, bytes]:
    contents = {}
    try:
        with tarfile.open(path) as archive:
            for name in _MD5:
                member = archive.extractfile(f"{_FOLDER_IN_ARCHIVE}/{name}")
                if member is None:
                    raise KeyError(f"{name} is no file in it")
                contents[name] = member.read()
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read or is truncated ({error})") from error
    return contents


def _decoded(content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Images (N, 32, 32, 3) and labels (N,) of a batch, which stores channels first."""
    batch = pickle.loads(content, encoding="bytes")
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(batch[b"labels"], np.int32)
