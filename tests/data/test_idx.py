"""The idx format, and the data sets that are stored in it."""

import gzip
import struct

import numpy as np
import pytest

from tests.data.synthetic import idx_contents, keras_arrays, publish_idx, write_idx
from whysgd.base.errors import UserError
from whysgd.data.idx import decode_idx, decompressed, encode_idx, find_idx
from whysgd.data.mnist import read_files, read_keras

IMAGES = "train-images-idx3-ubyte"


def test_a_file_made_by_hand_is_read():
    # Two images of 2 x 3 pixels: magic 2051, then the sizes, all big-endian.
    content = struct.pack(">4I", 2051, 2, 2, 3) + bytes(range(12))
    array = decode_idx(content, (2, 2, 3), "file")
    np.testing.assert_array_equal(array, np.arange(12).reshape(2, 2, 3))
    labels = decode_idx(struct.pack(">2I", 2049, 3) + b"\x07\x00\x09", (3,), "file")
    assert list(labels) == [7, 0, 9]


def test_encoding_undoes_decoding_whatever_the_memory_layout():
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert encode_idx(array[:, :, ::-1])[:16] == struct.pack(">4I", 2051, 2, 3, 4)
    np.testing.assert_array_equal(
        decode_idx(encode_idx(array[:, :, ::-1]), (2, 3, 4), "file"), array[:, :, ::-1]
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"file: not the idx file that is expected .* 00000801, found none\)"),
        (b"<html>", r"should be 00000801, found 3c68746d\)"),
        (struct.pack(">4I", 2051, 3, 1, 1) + bytes(3), "should be 00000801, found 00000803"),
        (struct.pack(">I", 2049) + b"\x00", "truncated in its header, after 5 bytes"),
        (struct.pack(">2I", 2049, 4) + bytes(4), "expected an array of 3, found 4"),
        (struct.pack(">2I", 2049, 3) + bytes(2), "truncated .expected 11 bytes, found 10"),
        (struct.pack(">2I", 2049, 3) + bytes(4), "too long .expected 11 bytes, found 12"),
    ],
)
def test_what_is_not_the_expected_idx_file_is_told(content, message):
    with pytest.raises(UserError, match=message):
        decode_idx(content, (3,), "file")


def test_a_file_is_found_and_read_plain_or_compressed(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"content"))
    # Some distributors leave the suffix and not the compression, or the other way round.
    (tmp_path / "c").write_bytes(gzip.compress(b"content"))
    (tmp_path / "d.gz").write_bytes(b"content")
    assert {decompressed(find_idx(tmp_path, name)) for name in "abcd"} == {b"content"}
    with pytest.raises(UserError, match="e: missing, plain or as .gz"):
        find_idx(tmp_path, "e")


@pytest.mark.parametrize("compressed", [True, False])
def test_a_data_set_is_read_from_its_four_files(compressed, tmp_path, monkeypatch):
    contents = idx_contents()
    publish_idx(monkeypatch, contents)
    write_idx(tmp_path, contents, compressed)
    raw = read_files("mnist", tmp_path)
    (x_train, y_train), (x_test, y_test) = keras_arrays(contents)
    assert raw.x_train.shape == (6, 4, 4, 1)
    np.testing.assert_array_equal(raw.x_train[..., 0], x_train)
    np.testing.assert_array_equal(raw.x_test[..., 0], x_test)
    np.testing.assert_array_equal(raw.y_train, y_train)
    np.testing.assert_array_equal(raw.y_test, y_test)
    assert raw.y_train.dtype == raw.y_test.dtype == np.int32


def shortened(content):
    return gzip.compress(content)[:-20]


def flipped(content):
    return gzip.compress(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shortened, r"truncated \(expected 112 bytes, found \d+\)"),
        (lambda content: b"\x1f\x8b" + bytes(40), "cannot be read or is damaged"),
        (lambda content: gzip.compress(content[:-5]), "truncated .expected 112 bytes, found 107"),
        (flipped, r"not the published content \(expected md5 [0-9a-f]{32}, found [0-9a-f]{32}\)"),
        (lambda content: gzip.compress(b"else"), "not the idx file that is expected"),
    ],
)
def test_a_damaged_or_foreign_file_is_one_line_that_names_it(
    damage, message, tmp_path, monkeypatch
):
    contents = idx_contents()
    publish_idx(monkeypatch, contents)
    write_idx(tmp_path, contents)
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(damage(contents[IMAGES]))
    with pytest.raises(UserError, match=message) as caught:
        read_files("mnist", tmp_path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_the_files_of_another_data_set_are_refused(tmp_path, monkeypatch):
    publish_idx(monkeypatch, idx_contents(0))
    write_idx(tmp_path, idx_contents(1))
    with pytest.raises(UserError, match=f"{IMAGES}.gz: not the published content"):
        read_files("mnist", tmp_path)


def test_arrays_from_keras_are_checked_by_the_files_that_they_make_up(tmp_path, monkeypatch):
    contents = idx_contents()
    publish_idx(monkeypatch, contents)
    arrays = keras_arrays(contents)
    write_idx(tmp_path, contents)
    for name, values in vars(read_files("mnist", tmp_path)).items():
        np.testing.assert_array_equal(getattr(read_keras("mnist", arrays, tmp_path), name), values)
    (images, labels), test = arrays
    wrong = images.copy()
    wrong[5, 3, 3] ^= 1
    with pytest.raises(UserError, match=f"{IMAGES} from Keras's download .* not the published"):
        read_keras("mnist", ((wrong, labels), test), tmp_path)
    with pytest.raises(UserError, match=r"expected uint8 \(6, 4, 4\), found uint8 \(5, 4, 4\)"):
        read_keras("mnist", ((images[1:], labels[1:]), test), tmp_path)
