"""Files of arrays that are damaged, that lie, or that hold more than arrays."""

import io
import os
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from tests.data.test_own_file import arrays, spec
from tests.hostile.lines import assert_one_line
from whysgd.base.npz import read_arrays, read_headers
from whysgd.data.dataset import read_dataset
from whysgd.data.prepare import prepared

X = "x_train"


def npy(array):
    """The bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(text, version=(1, 0)):
    """The bytes of a .npy file with this header and no numbers."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text.encode("latin-1")


def claims(shape, dtype="<f4"):
    return header(f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}\n")


def packed(path, members, **options):
    """Writes a zip archive with the given bytes."""
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, content in members.items():
            file.writestr(name, content)


def own(path, content, **options):
    """A file of one's own whose x_train has this content."""
    members = {f"{name}.npy": npy(array) for name, array in arrays().items()}
    packed(path, {**members, f"{X}.npy": content}, **options)


def with_flag(path, flag, method=None):
    """Sets a flag and a compression of the archive's first member, in both its headers."""
    content = bytearray(path.read_bytes())
    for mark, flags, methods in ((b"PK\x03\x04", 6, 8), (b"PK\x01\x02", 8, 10)):
        at = content.index(mark)
        content[at + flags] |= flag
        if method is not None:
            content[at + methods : at + methods + 2] = struct.pack("<H", method)
    path.write_bytes(content)


def encrypted(path):
    np.savez(path, **arrays())
    with_flag(path, 1)


def zstd(path):
    np.savez(path, **arrays())
    with_flag(path, 0, method=93)


def no_such_method(path):
    np.savez(path, **arrays())
    with_flag(path, 0, method=777)


def sixteen_terabytes(path):
    own(path, claims((4_000_000, 1000, 1000)))


def flipped(place):
    def damage(path):
        np.savez(path, **arrays())
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= 0xFF
        path.write_bytes(content)

    return damage


def other_name(path):
    np.savez(path, **arrays())
    content = bytearray(path.read_bytes())
    content[content.index(b"x_train")] ^= 1
    path.write_bytes(content)


def truncated(part):
    def damage(path):
        np.savez(path, **arrays())
        content = path.read_bytes()
        path.write_bytes(content[: int(part * len(content))])

    return damage


def twice(path):
    np.savez(path, **arrays())
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(f"{X}.npy", npy(np.zeros(3)))


class Harmful:
    """Would leave a trace where its pickle is read."""

    def __reduce__(self):
        return (os.mkdir, ("harm",))


def own_with(content, **options):
    return lambda path: own(path, content, **options)


# What is done to a file of one's own, and a part of the line.
FILES = {
    "zstd": (zstd, "x_train: compressed by zip's method 93, which NumPy does not write"),
    "no such compression": (no_such_method, "x_train: compressed by zip's method 777"),
    "bzip2": (own_with(npy(np.zeros(3)), compression=zipfile.ZIP_BZIP2), "zip's method 12"),
    "lzma": (own_with(npy(np.zeros(3)), compression=zipfile.ZIP_LZMA), "zip's method 14"),
    "encrypted": (encrypted, "x_train: encrypted; store it without a password"),
    "objects": (own_with(npy(np.array([{}]))), "x_train: holds Python objects, a pickle"),
    "a record with objects": (
        own_with(npy(np.zeros(2, [("a", "O")]))),
        "x_train: holds Python objects",
    ),
    "a pickle": (own_with(pickle.dumps(Harmful())), "x_train: .*magic"),
    "a pickle alone": (lambda path: path.write_bytes(pickle.dumps(Harmful())), "not a zip file"),
    "16 TB": (sixteen_terabytes, "x_train: claims 16000000000000 bytes of numbers"),
    "2^70 numbers": (own_with(claims((2**35, 2**35))), "x_train: claims"),
    "a negative size": (own_with(claims((-1, 4))), "x_train: claims"),
    "two negative sizes": (own_with(claims((-4, -4))), "x_train: claims"),
    "fewer numbers than there are": (own_with(claims((1,)) + bytes(400)), "x_train: claims 4 "),
    "a shape of words": (own_with(claims("('a', 2)")), "x_train: "),
    "no shape": (own_with(header("{'descr': '<f4', 'fortran_order': False}\n")), "x_train: "),
    "a header of code": (own_with(header("__import__('os').mkdir('harm')\n")), "x_train: "),
    "a header that is deep": (own_with(header("(" * 3000 + ")" * 3000 + "\n")), "x_train: "),
    "an empty header": (own_with(header("")), "x_train: "),
    "a header that ends": (own_with(header("{'descr'")), "x_train: "),
    "no such type": (own_with(claims((2,), "<q9")), "x_train: "),
    "version 9": (own_with(header("{}", (9, 0))), "x_train: .*version"),
    "empty": (own_with(b""), "x_train: "),
    "text": (own_with(b"1,2,3\n"), "x_train: .*magic"),
    "another file in it": (
        lambda path: packed(path, {"notes.txt": "a", **{f"{n}.npy": b"" for n in arrays()}}),
        "notes.txt: not an array",
    ),
    "two of one name": (twice, "x_train: there are two of this name"),
    "no arrays": (lambda path: packed(path, {}), "missing .*found nothing"),
    "other arrays": (lambda path: np.savez(path, images=np.zeros(3)), "x_train, .* missing"),
    "a .npy file": (lambda path: path.write_bytes(npy(np.zeros(3))), "not a zip file"),
    "a bitmap": (lambda path: path.write_bytes(b"BM" + bytes(500)), "not a zip file"),
    "nothing": (lambda path: path.touch(), "not a zip file"),
    "half": (truncated(0.5), "not a zip file"),
    "almost all": (truncated(0.99), "not a zip file|cannot be read|not an .npz"),
    "a pipe": (os.mkfifo, "not a file"),
    "a folder": (os.mkdir, "not a file|cannot be read"),
    "a byte of numbers": (flipped(0.2), "not an .npz file of plain arrays|not a zip"),
    "a byte of a name": (other_name, "x_train: File name in directory .* differ"),
    "a date": (own_with(npy(np.zeros((12, 4, 6, 3), "M8[s]"))), "expected uint8 or floats"),
    "complex": (own_with(npy(np.zeros((12, 4, 6, 3), complex))), "expected uint8 or floats"),
    "words": (own_with(npy(np.full((12, 4, 6, 3), "a"))), "expected uint8 or floats"),
    "one number": (own_with(npy(np.float32(1))), "expected \\(N, 4, 6, 3\\)"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_ones_own_with_a_fault_is_one_line(kind, tmp_path, monkeypatch):
    make, pattern = FILES[kind]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "own.npz"
    make(path)
    started = time.monotonic()
    assert_one_line(lambda: prepared(spec(path)), f"own.npz: .*{pattern}|own.npz: {pattern}")
    assert time.monotonic() - started < 5
    assert [item.name for item in tmp_path.iterdir()] == ["own.npz"]  # nothing was carried out


@pytest.mark.parametrize("kind", ["zstd", "encrypted", "objects", "16 TB", "half", "nothing"])
def test_a_prepared_file_with_a_fault_is_one_line_although_its_checksum_is_right(kind, tmp_path):
    import hashlib

    path, checksum = tmp_path / "a.npz", tmp_path / "a.npz.sha256"
    FILES[kind][0](path)
    checksum.write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    assert_one_line(lambda: read_dataset(path, checksum), "a.npz: not a prepared data set")


def test_compressed_and_plain_arrays_are_read(tmp_path):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays(), zeros=np.zeros((1000, 1000)))
        found = read_arrays(tmp_path / "a.npz", [X])
        np.testing.assert_array_equal(found[X], arrays()[X])
        with (tmp_path / "a.npz").open("rb") as file:
            assert read_headers(file)["zeros"].shape == (1000, 1000)


def test_numpy_makes_room_for_what_a_header_claims(tmp_path):
    # Why sizes are compared before anything is read.
    sixteen_terabytes(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as stored, pytest.raises(MemoryError):
        stored[X]
