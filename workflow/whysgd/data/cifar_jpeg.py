"""CIFAR-10 recompressed as JPEG: not the official pixels, and named so wherever it is used.

One uncompressed .npz holds all JPEG files one after another: `jpeg` (bytes), `offsets` (image i is
jpeg[offsets[i]:offsets[i+1]]), `labels` and `split` (0 training, 1 test). Its order is not the
official one either. There is no download.
"""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from whysgd.base.errors import UserError
from whysgd.data.checksums import check_sha256
from whysgd.data.places import Publication, read_publication
from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec

_FILE = "cifar10.npz"
_SHA256 = "10f9e4bd0e3fefca49b5d0b94616dbbdfa680fb5c5702d5b62172ee6329bbdf7"


def read(spec: DatasetSpec, data_folder: Path | None) -> RawImages:
    """Reads the data set from the first place that has it (see `read_publication`)."""
    return read_publication(PUBLICATION, data_folder)


def read_jpegs(folder: Path) -> RawImages:
    """Reads and decodes the one file of the data set.

    The sum that is checked is the file's: decoders may differ by a few grey levels in the pixels.

    Raises:
        UserError: the file is missing, damaged or something else.
    """
    path = folder / _FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    check_sha256(content, _SHA256, str(path))
    return _decoded(content)


PUBLICATION = Publication(
    name="cifar10_jpeg", marks=(_FILE,), wanted=_FILE, read=read_jpegs, read_keras=None
)


def _decoded(content: bytes) -> RawImages:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        jpeg, offsets = arrays["jpeg"].tobytes(), arrays["offsets"]
        labels, test = arrays["labels"].astype(np.int32), arrays["split"] == 1
    train = ~test
    return RawImages(
        _images(jpeg, offsets, np.flatnonzero(train)),
        labels[train],
        _images(jpeg, offsets, np.flatnonzero(test)),
        labels[test],
    )


def _images(jpeg: bytes, offsets: NDArray[np.int64], chosen: NDArray[np.intp]) -> NDArray[np.uint8]:
    images = np.empty((len(chosen), 32, 32, 3), np.uint8)
    for image, number in zip(images, chosen, strict=True):
        with Image.open(io.BytesIO(jpeg[offsets[number] : offsets[number + 1]])) as picture:
            image[:] = np.asarray(picture)
    return images
