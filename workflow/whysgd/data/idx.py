"""The idx format of MNIST and its kin: big-endian header, then bytes, compressed or not."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whysgd.base.errors import UserError

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTES = 8  # the type of the values, third byte of the header; the fourth is the rank


def find_idx(folder: Path, name: str) -> Path:
    """The file of that name in a folder, plain or with `.gz`.

    Raises:
        UserError: the folder has neither.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise UserError(f"{folder / name}: missing, plain or as .gz, beside files of its data set")


def decompressed(path: Path) -> bytes:
    """Content of a file, through gzip where the file begins as gzip files do.

    Of a truncated file, what there is: the array in it then says how much is missing.

    Raises:
        UserError: the file cannot be read, or its compressed data are damaged.
    """
    try:
        content = path.read_bytes()
        if not content.startswith(_GZIP_MAGIC):
            return content
        try:
            return gzip.decompress(content)
        except EOFError:
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content)
    except (OSError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read or is damaged ({error}); replace it") from error


def decode_idx(content: bytes, shape: tuple[int, ...], where: str) -> NDArray[np.uint8]:
    """The array that idx content holds.

    Args:
        content: uncompressed; four bytes (0, 0, type, rank), one big-endian 4-byte size per axis,
            then one byte per value, the last axis fastest.
        shape: that the header must give.
        where: the content is from; errors begin with it.

    Raises:
        UserError: the content is of another format, type or shape, or of another length than
            its header says.
    """
    magic = struct.pack(">I", _UNSIGNED_BYTES << 8 | len(shape))
    if content[:4] != magic:
        raise UserError(
            f"{where}: not the idx file that is expected (its first four bytes should be "
            f"{magic.hex()}, found {content[:4].hex() or 'none'})"
        )
    start = 4 * (1 + len(shape))
    if len(content) < start:
        raise UserError(f"{where}: truncated in its header, after {len(content)} bytes")
    sizes = struct.unpack(f">{len(shape)}I", content[4:start])
    if sizes != shape:
        raise UserError(f"{where}: expected an array of {_by(shape)}, found {_by(sizes)}")
    expected = start + math.prod(shape)
    if len(content) != expected:
        kind = "truncated" if len(content) < expected else "too long"
        raise UserError(f"{where}: {kind} (expected {expected} bytes, found {len(content)})")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def encode_idx(array: NDArray[np.uint8]) -> bytes:
    """The uncompressed idx file that holds an array of bytes; `decode_idx` undoes it."""
    header = struct.pack(f">{1 + array.ndim}I", _UNSIGNED_BYTES << 8 | array.ndim, *array.shape)
    return header + np.ascontiguousarray(array).tobytes()


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
