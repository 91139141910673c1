"""Where each data set's images come from: one reader a source.

To add a source: describe it in `whysgd.spec.sources.DATASETS` and give its reader here;
nothing else in the project knows data sets by name.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from whysgd.base.randomness import Purpose, generator
from whysgd.data import cifar, cifar_jpeg, mnist
from whysgd.data.own_file import read_own_file
from whysgd.data.places import Publication, read_publication
from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.sources import DATASETS, OWN_FILE

# A data set's specification, and the folder in which the configuration says that files are.
Reader = Callable[[DatasetSpec, Path | None], RawImages]


def read_digits(spec: DatasetSpec, data_folder: Path | None = None) -> RawImages:
    """Scikit-learn's bundled handwritten digits: 1797 grey images of 8x8, values 0 to 16."""
    from sklearn.datasets import load_digits  # imported late: it takes a second

    digits = load_digits()
    return RawImages(
        x_train=digits.images[..., np.newaxis].astype(np.uint8),
        y_train=digits.target.astype(np.int32),
    )


def make_noise(spec: DatasetSpec, data_folder: Path | None = None) -> RawImages:
    """Independent uniform pixels and labels, in the shapes that the catalog gives the source."""
    info = DATASETS[spec.source]
    draw = generator(0, Purpose.NOISE, *info.image_shape)
    return RawImages(
        x_train=draw.integers(0, 256, (info.num_train, *info.image_shape), np.uint8),
        y_train=draw.integers(0, info.num_classes, info.num_train, np.int32),
    )


def _published(publication: Publication) -> Reader:
    return lambda _, data_folder: read_publication(publication, data_folder)


READERS: dict[str, Reader] = {
    "digits": read_digits,
    "mnist": _published(mnist.publication("mnist")),
    "fashion_mnist": _published(mnist.publication("fashion_mnist")),
    "cifar10": _published(cifar.PUBLICATION),
    "cifar10_jpeg": _published(cifar_jpeg.PUBLICATION),
    OWN_FILE: lambda spec, _: read_own_file(spec),
    "noise-28x28x1": make_noise,
    "noise-32x32x3": make_noise,
}
