"""Writing files whole or not at all."""

import json
import os
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
    leaves nothing behind. The suffix is kept, since some writers choose a format by it.

    Raises:
        UserError: the folder cannot be made or written to.
    """
    path = Path(path)
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
        UserError: the path is a folder, or its folder cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder, not a file")
    check_folder(path.absolute().parent, str(path))


def check_folder(folder: Path, what: str) -> None:
    """Refuses a folder that does not exist and could not be made, or could not be written to.

    Raises:
        UserError: beginning with `what`, and naming the folder that is in the way.
    """
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
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
