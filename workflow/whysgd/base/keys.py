"""Keys of jobs: a hash of all that a job's result depends on, known before anything is run.

Two jobs with one key would make the same files. A key is made of code, settings, files that people
write, and the keys of the jobs whose results are read; never of results, times or places. So a
change anywhere moves at once the keys of all that depends on it, and of nothing else. Snakemake
compares the keys, as parameters of the rules, with those that it has recorded
(docs/architecture.md).
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.files import write_json

_LARGE = 1 << 20  # bytes from which on a digest is worth being remembered
_SETTLED_NS = 2_000_000_000  # file systems tell times in steps of up to two seconds


def job_key(
    *, code: str, settings: Any = None, files: Iterable[str] = (), reads: Iterable[str] = ()
) -> str:
    """The key of a job; the first 20 hexadecimal digits of a SHA-256.

    Args:
        code: digest of what the job runs.
        settings: what it is told, as JSON may have it.
        files: digests of the files it reads that no job makes.
        reads: keys of the jobs whose results it reads.
    """
    parts = [code, settings, list(files), list(reads)]
    text = json.dumps(parts, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class FileDigests:
    """Digests of files that people write, which may be large and change at any time.

    Those of large files are remembered, with the file's size, its number on the disk and its times.
    One of these is the time of the last change of content or attributes, which programs that copy
    cannot set: a file of other content that pretends to be as old as the one before is read anew.
    """

    def __init__(self, memory: Path) -> None:
        """Reads nothing yet; `memory` is a file that digests are remembered in, or will be."""
        self._memory = memory
        self._known: dict[str, list[Any]] | None = None

    def of(self, path: str | Path) -> str:
        """SHA-256 of a file's content.

        Raises:
            UserError: it cannot be read.
        """
        try:
            seen = _state(path)
            if seen[0] < _LARGE:
                return hashlib.sha256(Path(path).read_bytes()).hexdigest()
            name = os.path.abspath(path)
            known = self._remembered()
            *before, digest = known.get(name, [""])
            if before != seen:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                # What was written a moment ago may be written again without a later time.
                if _state(path) == seen and time.time_ns() - seen[-1] > _SETTLED_NS:
                    known[name] = [*seen, digest]
                    with suppress(UserError):  # where nothing can be written it is read again
                        write_json(self._memory, known)
            return str(digest)
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from error

    def _remembered(self) -> dict[str, list[Any]]:
        if self._known is None:
            try:
                self._known = dict(json.loads(self._memory.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):  # missing or damaged
                self._known = {}
        return self._known


def _state(path: str | Path) -> list[int]:
    """Size, number and times of a file, the time of its last change at the end."""
    state = os.stat(path)
    return [state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]
