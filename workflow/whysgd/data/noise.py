"""Noise with the shapes of larger data sets, for benchmarks: speed depends on shapes alone."""

from pathlib import Path

import numpy as np

from whysgd.base.randomness import Purpose, generator
from whysgd.data.raw import RawImages
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.sources import DATASETS


def read(spec: DatasetSpec, data_folder: Path | None) -> RawImages:
    """Returns independent uniform pixels and labels, in the shapes that the catalog has."""
    info = DATASETS[spec.source]
    draw = generator(0, Purpose.NOISE, *info.image_shape)
    return RawImages(
        x_train=draw.integers(0, 256, (info.num_train, *info.image_shape), np.uint8),
        y_train=draw.integers(0, info.num_classes, info.num_train, np.int32),
    )
