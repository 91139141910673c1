"""CIFAR-10: official batches, and the JPEGs."""

import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.data.synthetic import publish_batches
from whysgd.base.errors import UserError
from whysgd.data import checksums, cifar, cifar_jpeg


@pytest.fixture
def batches(monkeypatch):
    return publish_batches(monkeypatch)


def write_files(folder, contents):
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def write_archive(folder, contents):
    with tarfile.open(folder / "cifar-10-python.tar.gz", "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("write", [write_files, write_archive])
def test_batches_are_read_from_files_or_the_official_archive(write, batches, tmp_path):
    write(tmp_path, batches)
    raw = cifar.read_batches(tmp_path)
    assert raw.x_train.shape == (10, 32, 32, 3)
    assert list(raw.y_train) == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert list(raw.y_test) == [5, 4]
    # Row by row within a channel, red before green before blue: pixel (2, 5) of the second
    # image of data_batch_3, whose values count upwards from 2.
    first = 2 + 3072
    wanted = [(first + channel * 1024 + 2 * 32 + 5) % 251 for channel in range(3)]
    assert list(raw.x_train[5, 2, 5]) == wanted


@pytest.mark.parametrize("write", [write_files, write_archive])
def test_a_foreign_pickle_is_refused_before_it_runs(write, batches, tmp_path):
    class Trap:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'sprung')!r}, 'w').close()",)

    write(tmp_path, {**batches, "data_batch_2": pickle.dumps(Trap())})
    with pytest.raises(UserError, match="data_batch_2: not the published content"):
        cifar.read_batches(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_batch_is_told(batches, tmp_path):
    del batches["test_batch"]
    write_files(tmp_path, batches)
    with pytest.raises(UserError, match="test_batch: cannot be read"):
        cifar.read_batches(tmp_path)


@pytest.mark.parametrize("damage", [lambda c: c[: len(c) // 2], lambda c: b"<html>"])
def test_a_damaged_archive_is_told(damage, batches, tmp_path):
    write_archive(tmp_path, batches)
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match="tar.gz: cannot be read or is truncated"):
        cifar.read_batches(tmp_path)


def jpeg(color):
    file = io.BytesIO()
    Image.new("RGB", (32, 32), color).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_jpegs_are_decoded_and_split(tmp_path, monkeypatch):
    files = [jpeg((200, 0, 0)), jpeg((0, 200, 0)), jpeg((0, 0, 200))]
    path = tmp_path / "cifar10.npz"
    np.savez(
        path,
        jpeg=np.frombuffer(b"".join(files), np.uint8),
        offsets=np.cumsum([0, *map(len, files)]),
        labels=np.array([3, 1, 2], np.uint8),
        split=np.array([0, 1, 0], np.uint8),
    )
    with pytest.raises(UserError, match=r"cifar10.npz: not the published content .*sha256"):
        cifar_jpeg.read_jpegs(tmp_path)
    monkeypatch.setattr(
        cifar_jpeg, "_SHA256", checksums.hashlib.sha256(path.read_bytes()).hexdigest()
    )
    raw = cifar_jpeg.read_jpegs(tmp_path)
    assert list(raw.y_train) == [3, 2]
    assert list(raw.y_test) == [1]
    # A flat color survives JPEG but for rounding between color spaces.
    for image, color in ((raw.x_train[0], 0), (raw.x_train[1], 2), (raw.x_test[0], 1)):
        wanted = np.zeros(3)
        wanted[color] = 200
        assert image.shape == (32, 32, 3)
        np.testing.assert_allclose(image, np.broadcast_to(wanted, image.shape), atol=3)


def test_a_truncated_jpeg_file_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "cifar10.npz", "w"):
        pass
    with pytest.raises(UserError, match="cifar10.npz: not the published content"):
        cifar_jpeg.read_jpegs(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        cifar_jpeg.read_jpegs(tmp_path / "nowhere")
