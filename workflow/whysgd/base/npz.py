"""Arrays in .npz files, looked at before they are read.

An .npz file is a zip archive of .npy files, and each of these begins with what it says that it
holds. NumPy believes both: it makes room for an array of any size that a header names. Here the
sizes in the archive, in the headers and on the disk must agree first.
"""

import lzma
import textwrap
import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

# What reading a damaged or hostile file may raise: zipfile and NumPy have no errors of their own
# for most of it. A password or an unknown compression is a RuntimeError, a header that is no
# literal a SyntaxError, one that is nested too deeply a RecursionError or a MemoryError.
DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    SyntaxError,
    TypeError,
    OverflowError,
    MemoryError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
_COMPRESSIONS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
_LONGEST = 200  # characters of a reason
_ENCRYPTED = 0x1  # flag of a member
_MOST_DEFLATED = 1032  # to one: no deflated member is smaller than that


@dataclass(frozen=True)
class Header:
    """What an array says of itself.

    Attributes:
        shape: its sizes.
        dtype: its type, which holds no Python objects.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_headers(file: IO[bytes]) -> dict[str, Header]:
    """What each array of an .npz file says of itself, by name, after it was compared with its size.

    Args:
        file: open for reading bytes.

    Raises:
        ValueError: naming the member that is damaged, encrypted, compressed in a way that NumPy
            does not write, of Python objects, or of another size than it says.
        Exception: others of `DAMAGED`, where it is no zip archive.
    """
    file.seek(0)
    size = file.seek(0, 2)
    headers = {}
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name in headers:
                raise ValueError(f"{name}: there are two of this name")
            if name == info.filename:
                raise ValueError(f"{name}: not an array")
            try:
                _check_member(info, size)
                with archive.open(info) as member:
                    headers[name] = _header(member, info.file_size)
            except DAMAGED as error:
                reason = textwrap.shorten(str(error), _LONGEST)  # NumPy quotes a whole header
                raise ValueError(f"{name}: {reason or type(error).__name__}") from error
    return headers


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Some arrays of an .npz file, all members of which are looked at first.

    Raises:
        KeyError: there is none of that name.
        Exception: others of `DAMAGED`.
    """
    with path.open("rb") as file:
        headers = read_headers(file)
        for name in names:
            if name not in headers:
                raise KeyError(name)
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}


def _check_member(info: zipfile.ZipInfo, size: int) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise ValueError("encrypted; store it without a password")
    if info.compress_type not in _COMPRESSIONS:
        raise ValueError(
            f"compressed by zip's method {info.compress_type}, which NumPy does not write; store "
            "it with numpy.savez or numpy.savez_compressed"
        )
    most = _MOST_DEFLATED if info.compress_type == zipfile.ZIP_DEFLATED else 1
    if info.compress_size > size or info.file_size > most * info.compress_size:
        raise ValueError(
            f"{info.file_size} bytes of it cannot be in {min(size, info.compress_size)} bytes"
        )


def _header(member: IO[bytes], size: int) -> Header:
    version = np.lib.format.read_magic(member)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not known")
    shape, _, dtype = read[version](member)
    if dtype.hasobject:
        raise ValueError("holds Python objects, a pickle, which is not read; store numbers")
    needed = dtype.itemsize
    for length in shape:
        needed *= length
    if any(length < 0 for length in shape) or needed != size - member.tell():
        raise ValueError(
            f"claims {needed} bytes of numbers, shape {shape}, and has {size - member.tell()}"
        )
    return Header(tuple(shape), dtype)
