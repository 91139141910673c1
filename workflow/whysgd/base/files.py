"""Writing files whole or not at all."""

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from whysgd.base.errors import UserError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path` that takes its name when the block succeeds.

    A reader sees the old file or the whole new one, never a part; a block that raises
    leaves nothing behind. The suffix is kept, since some writers choose a format by it. A link
    stays, and what it points to is written.

    Raises:
        UserError: the folder cannot be made or written to, or the path is a device or the like.
    """
    path = _target(Path(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())  # the name must not outlive the content in a power cut
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: str | Path) -> None:
    """Refuses a path that could not be written to, before the work for it is done.

    Raises:
        UserError: the path is a folder, a device or the like, or its folder cannot be written to.
    """
    check_folder(_target(Path(path)).absolute().parent, str(path))


def _target(path: Path) -> Path:
    """The file that writing to `path` makes or replaces: where a link leads, or the path itself.

    Raises:
        UserError: something else is there, which a file must not take the place of.
    """
    try:
        kind = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UserError(f"{path}: is a link that leads back to itself") from error
        kind = stat.S_IFREG  # not there yet, or told when it is made
    if stat.S_ISDIR(kind):
        raise UserError(f"{path}: is a folder, not a file")
    if not stat.S_ISREG(kind):
        raise UserError(
            f"{path}: is a device, a pipe or a socket, in whose place a file would be put; "
            "name a file"
        )
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def check_folder(folder: Path, what: str) -> None:
    """Refuses a folder that does not exist and could not be made, or could not be written to.

    Raises:
        UserError: beginning with `what`, and naming the folder that is in the way.
    """
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if existing.is_symlink() and not existing.exists():
        raise UserError(
            f"{what}: {existing} is a link to {existing.readlink()}, which does not exist"
        )
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"{what}: {existing} is not a folder that can be written to")


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` to `path` atomically, as UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Writes `value` to `path` atomically as indented JSON."""
    write_text(path, json.dumps(value, indent=2) + "\n")


@cache  # asked for once: setting it to read it is not safe while another thread writes
def _umask() -> int:
    """The process's umask; mkstemp ignores it and makes files that only the owner reads."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
