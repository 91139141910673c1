"""A small file that says how a training job is doing, for `whysgd status`.

It lies beside the job's checkpoints, where every machine that shares the results folder can read
it, and is gone when the job is done.
"""

import json
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from whysgd.base.errors import TrainingInterruptedError, UserError
from whysgd.base.files import atomic_path

LIVE_FILE = "live.json"
LIVE_SECONDS = 10.0  # between two writings, whatever the job is busy with


class Live:
    """Within its block, the file is written every few seconds.

    A thread does that, so that a job that compiles for minutes still shows that it lives, and
    training never waits for a file system. Where the file cannot be written, the job goes on.
    """

    def __init__(self, folder: str | Path, seconds: float = LIVE_SECONDS) -> None:
        """Writes nothing yet.

        Args:
            folder: of the job's checkpoints.
            seconds: between two writings.
        """
        self._path, self._seconds = Path(folder) / LIVE_FILE, seconds
        self._content: dict[str, Any] = {
            "state": "running",
            "host": socket.gethostname(),
            "process": os.getpid(),
            "started": time.time(),
        }
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._write_again_and_again, daemon=True)

    def update(self, **numbers: Any) -> None:
        """Takes note of what the file shall say; costs nothing."""
        self._content = {**self._content, **numbers}

    def __enter__(self) -> "Live":
        """Writes the file for the first time."""
        remove_live(self._path.parent)
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Removes the file; where the block failed, it says how."""
        self._left.set()
        self._thread.join()
        if error is None:
            remove_live(self._path.parent)
            return
        stopped = isinstance(error, TrainingInterruptedError | KeyboardInterrupt)
        self.update(state="stopped" if stopped else "failed", message=str(error) or repr(error))
        self._write()

    def stop(self, message: str) -> None:
        """Says that a signal ends the process at once; nothing is written after that."""
        self._left.set()
        self._thread.join()
        self.update(state="stopped", message=message)
        self._write()

    def _write_again_and_again(self) -> None:
        while not self._left.wait(self._seconds):
            self._write()

    def _write(self) -> None:
        content = json.dumps({**self._content, "written": time.time()})
        with suppress(OSError, UserError), atomic_path(self._path) as temporary:
            temporary.write_text(content + "\n", encoding="utf-8")


def remove_live(folder: str | Path) -> None:
    """Removes the file, and what a process left that was killed while it wrote it."""
    name = Path(LIVE_FILE)
    for path in (Path(folder) / name, *Path(folder).glob(f".{name.stem}.*{name.suffix}")):
        with suppress(OSError):
            path.unlink()
