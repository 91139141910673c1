"""Downloads: attempts, pauses, and what is left of a failed one. None of this has a network."""

import errno
import gzip
import http.client
import logging
import os
import ssl
import types
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.data.synthetic import publish_batches
from whysgd.base.errors import UserError
from whysgd.data import cifar, download
from whysgd.data.download import DownloadError, load_with_keras
from whysgd.data.raw import RawImages

RAW = RawImages(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.int32))


@pytest.fixture
def keras_folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path / "datasets"


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """Seconds that were slept."""
    slept: list[float] = []
    monkeypatch.setattr(download.time, "sleep", slept.append)
    return slept


def loader(monkeypatch, failures: int) -> list[str]:
    """Replaces the loader by one that fails so many times; returns the list of its calls."""
    calls: list[str] = []

    def load(name):
        calls.append(name)
        if len(calls) <= failures:
            raise Exception(f"attempt {len(calls)} was cut off")
        return name

    monkeypatch.setattr(download, "load_with_keras", load)
    return calls


def test_a_loader_that_fails_twice_is_called_a_third_time(
    keras_folder, pauses, monkeypatch, caplog
):
    calls = loader(monkeypatch, failures=2)
    with caplog.at_level(logging.WARNING, logger="whysgd"):
        assert download.download("mnist", lambda arrays, folder: RAW) is RAW
    assert calls == ["mnist"] * 3
    assert len(pauses) == 2
    assert pauses[1] > pauses[0] > 0
    assert "mnist: attempt 1 was cut off; trying again in 1 s" in caplog.text


def test_the_last_failure_is_told(keras_folder, pauses, monkeypatch):
    calls = loader(monkeypatch, failures=99)
    with pytest.raises(DownloadError, match=r"failed 4 times \(attempt 4 was cut off\)"):
        download.download("mnist", lambda arrays, folder: RAW)
    assert len(calls) == 4
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("mnist", "mnist.npz"),
        ("fashion_mnist", "fashion-mnist/train-labels-idx1-ubyte.gz"),
        ("cifar10", "cifar-10-batches-py-target/cifar-10-batches-py/test_batch"),
        ("cifar10", "cifar-10-batches-py-target_archive"),
    ],
)
def test_what_keras_cached_of_foreign_content_is_removed(
    name, kept, keras_folder, pauses, monkeypatch
):
    def load(name):
        (keras_folder / kept).parent.mkdir(parents=True, exist_ok=True)
        (keras_folder / kept).write_text("an error page")

    def check(arrays, folder):
        raise UserError("not the published content")

    keras_folder.mkdir()
    (keras_folder / "others.npz").write_text("")
    monkeypatch.setattr(download, "load_with_keras", load)
    with pytest.raises(DownloadError, match="not the published content"):
        download.download(name, check)
    left = {path.name for path in keras_folder.iterdir() if not path.name.startswith(".")}
    assert left == {"others.npz"}


def failing_with(monkeypatch, keras_folder, error) -> Path:
    """Replaces the loader by one that raises an error beside a file in the cache; its path."""
    kept = keras_folder / "fashion-mnist" / "train-labels-idx1-ubyte.gz"
    kept.parent.mkdir(parents=True)
    kept.write_text("content")

    def load(name):
        raise error

    monkeypatch.setattr(download, "load_with_keras", load)
    return kept


@pytest.mark.parametrize(
    "error",
    # What Keras raises of a file that is no gzip file, one that is cut off, a damaged, a short one.
    [gzip.BadGzipFile("page"), EOFError("end"), zlib.error("bits"), ValueError("offset")],
)
def test_a_file_that_the_loader_cannot_decode_is_removed(error, keras_folder, pauses, monkeypatch):
    kept = failing_with(monkeypatch, keras_folder, error)
    with pytest.raises(DownloadError, match=rf"failed 4 times \({error}\)"):
        download.download("fashion_mnist", lambda arrays, folder: RAW)
    assert not kept.exists()


@pytest.mark.parametrize(
    "error",
    [
        Exception("URL fetch failure on the address: None -- no name"),  # as Keras words it
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError("timed out"),
        http.client.IncompleteRead(b""),
        ssl.SSLError(errno.EPERM, "broken"),
    ],
)
def test_a_missing_network_costs_nothing_that_is_there(error, keras_folder, pauses, monkeypatch):
    kept = failing_with(monkeypatch, keras_folder, error)
    with pytest.raises(DownloadError, match="failed 4 times"):
        download.download("fashion_mnist", lambda arrays, folder: RAW)
    assert kept.read_text() == "content"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_full_disk_is_told_at_once_and_empties_nothing(number, keras_folder, pauses, monkeypatch):
    kept = failing_with(monkeypatch, keras_folder, OSError(number, os.strerror(number)))
    with pytest.raises(DownloadError, match=rf"be written to \({os.strerror(number)}\); set KERAS"):
        download.download("fashion_mnist", lambda arrays, folder: RAW)
    assert kept.read_text() == "content"
    assert pauses == []


def test_a_cache_that_cannot_be_made_is_told(tmp_path, pauses, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    calls = loader(monkeypatch, failures=0)
    with pytest.raises(DownloadError, match=r"be written to \(Not a directory\); set KERAS_HOME"):
        download.download("mnist", lambda arrays, folder: RAW)
    assert (calls, pauses) == ([], [])


def test_a_cache_that_cannot_be_locked_is_told_at_once(keras_folder, pauses, monkeypatch):
    (keras_folder / ".whysgd.lock").mkdir(parents=True)
    calls = loader(monkeypatch, failures=0)
    with pytest.raises(DownloadError, match=r"be written to \(Is a directory\); set KERAS_HOME"):
        download.download("mnist", lambda arrays, folder: RAW)
    assert (calls, pauses) == ([], [])


def test_a_cache_that_keras_would_replace_by_another_is_told(keras_folder, pauses, monkeypatch):
    calls = loader(monkeypatch, failures=0)
    monkeypatch.setattr(download.os, "access", lambda path, mode: path != keras_folder.parent)
    with pytest.raises(DownloadError, match=r"be written to \(Permission denied\); set KERAS_HOME"):
        download.download("mnist", lambda arrays, folder: RAW)
    assert (calls, pauses) == ([], [])


def test_kerass_progress_stays_off_standard_output(monkeypatch, capsys):
    def load_data():
        print("Downloading data")
        return "arrays"

    import keras

    loaders = types.SimpleNamespace(mnist=types.SimpleNamespace(load_data=load_data))
    monkeypatch.setattr(keras, "datasets", loaders)
    assert load_with_keras("mnist") == "arrays"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Downloading data" in captured.err


def test_keras_has_the_loaders_that_are_asked_for():
    import keras

    assert all(callable(getattr(keras.datasets, name).load_data) for name in download._KEPT)


def test_cifar_batches_are_read_where_keras_unpacks_them(keras_folder, pauses, monkeypatch):
    contents = publish_batches(monkeypatch)

    def load(name):
        folder = keras_folder / "cifar-10-batches-py-target" / "cifar-10-batches-py"
        folder.mkdir(parents=True)
        for file, content in contents.items():
            (folder / file).write_bytes(content)

    monkeypatch.setattr(download, "load_with_keras", load)
    raw = download.download("cifar10", cifar.read_keras)
    assert raw.x_train.shape == (10, 32, 32, 3)
