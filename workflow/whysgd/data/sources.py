"""Where each data set's images come from: one module a source.

To add a source: describe it in `whysgd.spec.sources.DATASETS` and name its module here; nothing
else in the project knows data sets by name. Modules are imported when they are needed, by name, so
that a data set is prepared again when its own reader changes, and not when another's does.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.sources import OWN_FILE

if TYPE_CHECKING:  # NumPy is not for those who only ask for a module's name
    from whysgd.data.raw import RawImages

# Module in this package, by source. Its function `read` is called as `read_source` is.
READERS: Mapping[str, str] = {
    "digits": "digits",
    "mnist": "mnist",
    "fashion_mnist": "mnist",
    "cifar10": "cifar",
    "cifar10_jpeg": "cifar_jpeg",
    OWN_FILE: "own_file",
    "noise-28x28x1": "noise",
    "noise-32x32x3": "noise",
}


def reader_module(source: str) -> str:
    """Dotted name of the module that reads a source."""
    return f"whysgd.data.{READERS[source]}"


def read_source(spec: DatasetSpec, data_folder: Path | None) -> "RawImages":
    """Reads all images of a data set's source.

    Args:
        spec: the data set; of a published one, its source alone counts.
        data_folder: the folder in which the configuration says that files are.

    Raises:
        UserError: the source's files are missing, damaged or something else.
    """
    images: RawImages = importlib.import_module(reader_module(spec.source)).read(spec, data_folder)
    return images
