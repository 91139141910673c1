"""Where the files of published data sets are looked for, and what is said where they are not."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from whysgd.base.errors import UserError
from whysgd.data.download import DownloadError, KerasArrays, download
from whysgd.data.raw import RawImages

VARIABLE = "WHYSGD_DATA"
# Of Debian's package dataset-fashion-mnist.
SYSTEM_FOLDERS = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}


@dataclass(frozen=True)
class Publication:
    """A published data set: what its files are called, and how they are read and verified."""

    name: str
    marks: tuple[str, ...]  # a folder with any of these files is said to have the data set
    wanted: str  # which files to provide, for people
    read: Callable[[Path], RawImages]  # from a folder
    # From what Keras's loader returned and the folder where it keeps files; None: no download.
    read_keras: Callable[[KerasArrays, Path], RawImages] | None


def read_publication(publication: Publication, data_folder: Path | None) -> RawImages:
    """Reads a data set from the first place that has it, and verifies its content.

    The places are: `{folder}/{name}`, the folder being `data_folder` or else the environment
    variable WHYSGD_DATA; the system's own packages; a download. A place with some of the files
    counts as having the data set, so that a missing file is told and not passed over.

    Args:
        publication: the data set.
        data_folder: the configuration's key of that name.

    Raises:
        UserError: no place has the data set, or the files of the first that has it are not as
            published.
    """
    folders = _folders(publication.name, data_folder)
    for folder in folders:
        if any((folder / mark).exists() for mark in publication.marks):
            return publication.read(folder)
    reason = "there is no download of it"
    if publication.read_keras is not None:
        try:
            return download(publication.name, publication.read_keras)
        except DownloadError as error:
            reason = str(error)
    looked = ", ".join(map(str, folders)) or "no folder"
    raise UserError(
        f"{publication.name}: not found in {looked}, and {reason}. Put {publication.wanted} into "
        f"FOLDER/{publication.name} and name FOLDER in the environment variable {VARIABLE} or as "
        f"`data_folder` in the configuration"
    )


def _folders(name: str, data_folder: Path | None) -> list[Path]:
    folders = []
    key = "config: data_folder"
    if data_folder is None and os.environ.get(VARIABLE):
        key, data_folder = VARIABLE, Path(os.environ[VARIABLE])
    if data_folder is not None:
        data_folder = data_folder.expanduser()
        # A misspelt folder must not end in a silent download.
        if not data_folder.is_dir():
            raise UserError(f"{key}: {data_folder} is not a folder")
        folders.append(data_folder / name)
    if name in SYSTEM_FOLDERS:
        folders.append(SYSTEM_FOLDERS[name])
    return folders
