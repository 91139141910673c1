"""Downloads through Keras's maintained loaders, tried again where they fail."""

import errno
import fcntl
import gzip
import logging
import os
import pickle
import shutil
import socket
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.base.keras_settings import keras_home, keras_on_tensorflow
from whysgd.data.raw import RawImages

KerasArrays = tuple[tuple[NDArray[Any], NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]

_LOGGER = logging.getLogger(__name__)
_PAUSES = (1, 4, 16)  # seconds before the second and later attempts
_SILENCE = 60.0  # seconds without a byte after which a connection is given up
# What a loader keeps below Keras's folder of data sets, as glob patterns.
_KEPT = {
    "mnist": "mnist.npz",
    "fashion_mnist": "fashion-mnist",
    "cifar10": "cifar-10-batches-py-target*",
}
# What the check raises of foreign content, and the loaders of damaged files. For a missing network
# they raise a bare Exception, for the disk an OSError; files on the disk are then left alone.
_DAMAGED = (
    UserError,
    ValueError,
    KeyError,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    tarfile.TarError,
    pickle.UnpicklingError,
)
_NO_ROOM = (errno.EROFS, errno.ENOSPC, errno.EDQUOT)


class DownloadError(Exception):
    """No attempt succeeded; the message says why, and goes on from "not found, and "."""


def download(name: str, check: Callable[[KerasArrays, Path], RawImages]) -> RawImages:
    """Fetches a data set through Keras, into Keras's own cache, or finds it there.

    What Keras has cached is removed where it turns out to be damaged or foreign, since Keras
    itself would go on using it. After any other failure it stays.

    Args:
        name: of the loader in `keras.datasets`.
        check: verifies what the loader returned and the folder that it caches in, and raises where
            that is not what was published.

    Raises:
        DownloadError: no attempt gave the published content, or Keras's cache cannot be written.
    """
    folder = _keras_folder()
    for number, pause in enumerate((*_PAUSES, None), start=1):
        try:
            with _alone_in(folder):
                return _checked(name, check, folder)
        except DownloadError:
            raise
        # The loaders raise nothing more special for a missing network or a damaged archive.
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if pause is None:
                raise DownloadError(f"its download failed {number} times ({reason})") from error
            _LOGGER.warning("%s: %s; trying again in %d s", name, reason, pause)
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _checked(name: str, check: Callable[[KerasArrays, Path], RawImages], folder: Path) -> RawImages:
    """One attempt, after which nothing damaged or foreign is left."""
    try:
        try:
            return check(load_with_keras(name), folder)
        except _DAMAGED:
            _forget(folder, name)
            raise
    except OSError as error:
        # By its class, since the number of a PermissionError is that of an SSLError, too.
        if isinstance(error, PermissionError) or error.errno in _NO_ROOM:
            raise _no_place(folder, error) from error
        raise


def load_with_keras(name: str) -> KerasArrays:
    """What `keras.datasets.NAME.load_data()` returns."""
    with keras_on_tensorflow():
        import keras  # imported late: it takes seconds, and most data sets need no download

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE)
    try:
        # Keras shows its progress on standard output, which belongs to the caller's results.
        with redirect_stdout(sys.stderr):
            arrays: KerasArrays = getattr(keras.datasets, name).load_data()
        return arrays
    finally:
        socket.setdefaulttimeout(before)


def _keras_folder() -> Path:
    """Where Keras's loaders keep their files; it is there and can be written to."""
    home = keras_home()
    folder = home / "datasets"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_place(folder, error) from error
    if not os.access(home, os.W_OK):  # Keras would take a folder in /tmp without a word
        raise _no_place(home, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return folder


def _no_place(folder: Path, error: OSError) -> DownloadError:
    """For a cache that another attempt would not make writable."""
    return DownloadError(
        f"its download has no place: {folder} cannot be written to ({error.strerror or error}); "
        "set KERAS_HOME"
    )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps other processes of ours out of Keras's cache, which has no lock of its own."""
    try:
        lock = (folder / ".whysgd.lock").open("w")
    except OSError as error:
        raise _no_place(folder, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def _forget(folder: Path, name: str) -> None:
    for path in folder.glob(_KEPT[name]):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
