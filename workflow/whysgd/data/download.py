"""Downloads through Keras's maintained loaders, tried again where they fail."""

import fcntl
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

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


class DownloadError(Exception):
    """No attempt succeeded; the message says why, and goes on from "not found, and "."""


def download(name: str, check: Callable[[KerasArrays, Path], RawImages]) -> RawImages:
    """Fetches a data set through Keras, into Keras's own cache, or finds it there.

    What Keras has cached is removed where it turns out to be damaged or foreign, since Keras
    itself would go on using it.

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
                try:
                    return check(load_with_keras(name), folder)
                except Exception:
                    _forget(folder, name)
                    raise
        # The loaders raise nothing more special for a missing network or a damaged archive.
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if pause is None:
                raise DownloadError(f"its download failed {number} times ({reason})") from error
            _LOGGER.warning("%s: %s; trying again in %d s", name, reason, pause)
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def load_with_keras(name: str) -> KerasArrays:
    """What `keras.datasets.NAME.load_data()` returns."""
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
    """Where Keras's loaders keep their files, as Keras documents it."""
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"its download has no place: {folder} cannot be made ({error.strerror}); set KERAS_HOME"
        ) from error
    return folder


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps other processes of ours out of Keras's cache, which has no lock of its own."""
    with (folder / ".whysgd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def _forget(folder: Path, name: str) -> None:
    for path in folder.glob(_KEPT[name]):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
