"""The order of the places where files are looked for, and what is said where none has them."""

import shutil

import numpy as np
import pytest

from tests.data.synthetic import idx_contents, keras_arrays, publish_idx, write_idx
from whysgd.base.errors import UserError
from whysgd.data import cifar_jpeg, download, mnist, places
from whysgd.data.places import VARIABLE, read_publication


@pytest.fixture
def world(tmp_path, monkeypatch):
    """All places, each with images of its own, all of them 'published'; none of them the real."""
    contents = idx_contents()
    publish_idx(monkeypatch, contents)
    for name in ("configured", "variable"):
        write_idx(tmp_path / name / "fashion_mnist", contents)
    write_idx(tmp_path / "system", contents)
    system = {"fashion_mnist": tmp_path / "system"}
    monkeypatch.setattr(places, "SYSTEM_FOLDERS", system)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(download, "load_with_keras", lambda name: keras_arrays(contents))
    return tmp_path


def place_read(monkeypatch, data_folder=None):
    """Where the data set is read from: a folder, or "download"."""
    seen = []
    read_files, read_keras = mnist.read_files, mnist.read_keras

    def files(name, folder):
        seen.append(folder)
        return read_files(name, folder)

    def keras(name, arrays, folder):
        seen.append("download")
        return read_keras(name, arrays, folder)

    with monkeypatch.context() as patch:
        patch.setattr(mnist, "read_files", files)
        patch.setattr(mnist, "read_keras", keras)
        raw = read_publication(mnist.publication("fashion_mnist"), data_folder)
    assert raw.x_train.dtype == np.uint8
    (place,) = seen
    return place


def test_places_are_tried_in_their_order(world, monkeypatch):
    configured = world / "configured"
    assert place_read(monkeypatch, configured) == configured / "fashion_mnist"
    assert place_read(monkeypatch) == world / "variable" / "fashion_mnist"
    # The configuration's folder stands in for the variable's, even where it has no such data set.
    shutil.rmtree(configured / "fashion_mnist")
    assert place_read(monkeypatch, configured) == world / "system"
    shutil.rmtree(world / "variable" / "fashion_mnist")
    assert place_read(monkeypatch) == world / "system"
    monkeypatch.delenv(VARIABLE)
    assert place_read(monkeypatch) == world / "system"
    shutil.rmtree(world / "system")
    assert place_read(monkeypatch) == "download"


def test_a_missing_file_among_others_is_told_and_not_passed_over(world):
    path = world / "configured" / "fashion_mnist" / "t10k-labels-idx1-ubyte"
    path.with_name(f"{path.name}.gz").unlink()
    with pytest.raises(UserError, match=f"{path}: missing"):
        read_publication(mnist.publication("fashion_mnist"), world / "configured")


@pytest.mark.parametrize("key", ["config: data_folder", VARIABLE])
def test_a_folder_that_does_not_exist_is_told_and_not_passed_over(key, world, monkeypatch):
    misspelt = world / "misspelt"
    monkeypatch.setenv(VARIABLE, str(misspelt))
    with pytest.raises(UserError, match=f"{key}: {misspelt} is not a folder"):
        read_publication(mnist.publication("mnist"), misspelt if key.startswith("config") else None)


def test_without_files_and_network_the_error_says_what_to_put_where(world, monkeypatch):
    def offline(name):
        raise Exception("URL fetch failure: None --\nName resolution failed")

    monkeypatch.setattr(download, "load_with_keras", offline)
    with pytest.raises(UserError) as caught:
        read_publication(mnist.publication("mnist"), world / "configured")
    message = str(caught.value)
    assert message.startswith(f"mnist: not found in {world / 'configured' / 'mnist'}, and its")
    assert "download failed 4 times (URL fetch failure: None -- Name resolution failed)" in message
    for name in mnist._SHAPES:
        assert name in message
    assert f"into FOLDER/mnist and name FOLDER in the environment variable {VARIABLE}" in message
    assert "\n" not in message


def test_what_cannot_be_downloaded_says_so(world, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(UserError, match=r"no folder, and there is no download of it. Put cifar10"):
        read_publication(cifar_jpeg.PUBLICATION, None)


def test_a_folder_may_be_below_home(world, monkeypatch):
    monkeypatch.setenv("HOME", str(world))
    monkeypatch.setenv(VARIABLE, "~/configured")
    assert place_read(monkeypatch) == world / "configured" / "fashion_mnist"
