"""Tables as they are published: an archive from which every figure is drawn without training.

It holds the aggregated tables, the scale file, the provenance, what each figure cost, and a
manifest with the checksum of each of these files. As a reader may have unpacked it, or packed it
anew, it may be a folder, a .zip or a .tar.gz. Nothing here imports more than the standard library
and YAML, because the Snakefile reads this.
"""

import hashlib
import json
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.files import atomic_path
from whysgd.config.files import parse_yaml

MANIFEST, SCALE, PROVENANCE, COSTS = "manifest.json", "scale.yaml", "provenance.json", "costs.csv"
_FORMAT = "whysgd tables, version 1"
# Of an archive's files together, uncompressed: a hundred times those of the largest scale.
_MOST_BYTES = 1 << 30
_FILES = (MANIFEST, SCALE, PROVENANCE, COSTS, "tables/*.csv")
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    RuntimeError,
    MemoryError,
    OverflowError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


@dataclass(frozen=True)
class Archive:
    """The content of an archive.

    Attributes:
        path: where it is.
        scale_name: of the scale that the tables are of.
        checksums: SHA-256 of each file, hexadecimal, as the manifest says.
        contents: of the files that are there.
    """

    path: Path
    scale_name: str
    checksums: Mapping[str, str]
    contents: Mapping[str, bytes]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, without folder and suffix."""
        matches = (re.fullmatch(r"tables/([\w-]+)\.csv", name) for name in self.checksums)
        return tuple(match[1] for match in matches if match)

    def read(self, name: str) -> bytes:
        """A file's content, if it is what was published.

        Raises:
            UserError: there is no such file, or its checksum is another.
        """
        if name not in self.checksums or name not in self.contents:
            raise UserError(f"{self.path}: {name} is missing; get the archive anew")
        found = hashlib.sha256(self.contents[name]).hexdigest()
        if found != self.checksums[name]:
            raise UserError(
                f"{self.path}: {name} is not the published file (expected SHA-256 "
                f"{self.checksums[name]}, found {found}); get the archive anew"
            )
        return self.contents[name]

    def scale(self) -> dict[str, Any]:
        """The scale file.

        Raises:
            UserError: as `read`, or it is no YAML mapping.
        """
        return parse_yaml(self.read(SCALE), f"{self.path}: {SCALE}")


def write_archive(path: str | Path, scale_name: str, contents: Mapping[str, bytes]) -> None:
    """Writes an archive as .zip; the same contents give the same bytes.

    Args:
        path: of the file.
        scale_name: of the scale that the tables are of.
        contents: by name: `SCALE`, `PROVENANCE`, `COSTS` and tables/NAME.csv.
    """
    manifest = {
        "format": _FORMAT,
        "scale": scale_name,
        "files": {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)},
    }
    text = json.dumps(manifest, indent=2) + "\n"
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as file:
        for name, content in {MANIFEST: text.encode(), **contents}.items():
            # A fixed date: it would be the only thing that differs.
            entry = zipfile.ZipInfo(f"{Path(path).stem}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            file.writestr(entry, content)


def read_archive(path: str | Path) -> Archive:
    """Reads an archive; checksums are compared when a file is asked for.

    Args:
        path: a folder, a .zip or a .tar.gz; in the last two, the files may lie in a folder.

    Raises:
        UserError: it does not exist, is damaged, or was not made by `snakemake archive`.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"tables_from: {path} does not exist")
    try:
        contents = _contents(path)
    except _DAMAGED as error:
        reason = " ".join(str(error).split())
        raise UserError(f"tables_from: {path} is damaged ({reason}); get it anew") from error
    try:
        manifest = json.loads(contents[MANIFEST])
        if manifest["format"] != _FORMAT:
            raise ValueError(f"format {manifest['format']!r}, expected {_FORMAT!r}")
        if not re.fullmatch(r"\w[\w.-]*", manifest["scale"]):
            raise ValueError(f"scale {manifest['scale']!r} is no name")
        files = dict(manifest["files"])
        if not all(isinstance(text, str) for item in files.items() for text in item):
            raise ValueError("`files` must hold names and checksums")
        return Archive(path, manifest["scale"], files, contents)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        what = f"no {MANIFEST}" if MANIFEST not in contents else f"in {MANIFEST}: {error}"
        raise UserError(
            f"tables_from: {path} is no archive that `snakemake archive` makes ({what})"
        ) from error


def archive_files(path: Path) -> list[str]:
    """The files that an archive is made of: itself, or those in its folder."""
    if not path.is_dir():
        return [path.as_posix()]
    return [file.as_posix() for pattern in _FILES for file in sorted(path.glob(pattern))]


def _contents(path: Path) -> dict[str, bytes]:
    """Contents by name, names relative to the folder that the manifest is in."""
    if path.is_dir():
        found = _of_folder(path)
    elif not path.is_file():
        raise ValueError("it is neither a file nor a folder")
    elif zipfile.is_zipfile(path):
        found = _of_zip(path)
    else:
        found = _of_tar(path)
    manifests = [PurePosixPath(name) for name in found if PurePosixPath(name).name == MANIFEST]
    if not manifests:
        return {}
    top = min(manifests, key=lambda name: len(name.parts)).parent
    return {
        PurePosixPath(name).relative_to(top).as_posix(): content
        for name, content in found.items()
        if PurePosixPath(name).is_relative_to(top)
    }


def _of_folder(path: Path) -> dict[str, bytes]:
    files = {Path(file).relative_to(path).as_posix(): Path(file) for file in archive_files(path)}
    for name, file in files.items():
        if not file.is_file():
            raise ValueError(f"{name} is not a file")
    _check_sizes({name: file.stat().st_size for name, file in files.items()})
    return {name: file.read_bytes() for name, file in files.items()}


def _of_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        members = [member for member in packed.infolist() if _belongs(member.filename)]
        for member in members:
            if stat.S_ISLNK(member.external_attr >> 16):
                raise ValueError(f"{member.filename} is a link")
        _check_sizes({member.filename: member.file_size for member in members})
        return {member.filename: packed.read(member) for member in members}


def _of_tar(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        found: dict[str, bytes] = {}
        for member in tar:  # one after another, since later ones may be anything
            if not _belongs(member.name) or member.isdir():
                continue
            if not member.isreg():
                raise ValueError(f"{member.name} is a link or a device, not a file")
            _check_sizes({name: len(content) for name, content in found.items()}, member.size)
            content = tar.extractfile(member)
            found[member.name.removeprefix("./")] = b"" if content is None else content.read()
    return found


def _check_sizes(sizes: Mapping[str, int], next_size: int = 0) -> None:
    """Refuses an archive that would fill the memory when it is unpacked."""
    if sum(sizes.values()) + next_size > _MOST_BYTES:
        raise ValueError(f"its files would take more than {_MOST_BYTES >> 20} MiB")


def _belongs(name: str) -> bool:
    """Whether a file may be one of an archive's, whatever else lies beside it."""
    return any(PurePosixPath(name).match(pattern) for pattern in _FILES)
