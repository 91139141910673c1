"""Ending a training job in good order when a signal asks for it."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Within its block, SIGTERM and SIGINT are noted instead of ending the process.

    The training loop looks at `signal_number` between two pieces of work. Where it does not get
    to it in time, since it compiles or one piece takes long, a thread ends the process; the
    last checkpoint is on disk. A checkpoint that is being written is waited for.

    After the first signal SIGINT does what it did before, so that an impatient user is not held
    up. Further SIGTERMs change nothing, up to the end of the process: at a time limit, SLURM sends
    two of them within some milliseconds, in the middle of the checkpoint that the first has asked
    for.
    """

    def __init__(
        self,
        logger: logging.Logger,
        patience: float = 8.0,
        at_end: Callable[[str], None] | None = None,
    ) -> None:
        """Nothing has been asked for.

        Args:
            logger: is told when the process has to be ended.
            patience: seconds that the loop has after a signal. Schedulers kill after some more.
            at_end: is told the reason before the process is ended.
        """
        self.signal_number: int | None = None
        self._logger, self._patience, self._at_end = logger, patience, at_end
        self._writing = False
        self._before: dict[int, Any] = {}
        self._left = threading.Event()

    def __enter__(self) -> "Interruption":
        """Takes over the signals."""
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._note)
        # Handlers run in the main thread, which may be held up in compiled code; the descriptor
        # is written to at once.
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Gives the signals back."""
        self._left.set()
        signal.set_wakeup_fd(self._wakeup_before)
        if self.signal_number == signal.SIGTERM:  # who sent it may send another
            self._before[signal.SIGTERM] = signal.SIG_IGN
        for noted in tuple(self._before):
            self._give_back(noted)
        os.write(self._write, b"\0")  # wakes the thread where no signal has
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within the block a checkpoint is written: the process is not ended meanwhile."""
        self._writing = True
        try:
            yield
        finally:
            self._writing = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number is None:
            self.signal_number = number
            self._give_back(signal.SIGINT)

    def _give_back(self, number: int) -> None:
        if number in self._before:
            signal.signal(number, self._before.pop(number))

    def _watch(self) -> None:
        while not self._left.is_set():
            (number,) = os.read(self._read, 1)
            while number in _SIGNALS and not self._left.wait(self._patience):
                if not self._writing:
                    self._end(number)

    def _end(self, number: int) -> None:
        message = (
            "stopped by a signal without a new checkpoint: none could be written within "
            f"{self._patience:g} s"
        )
        self._logger.warning(message)
        if self._at_end is not None:
            self._at_end(message)
        os._exit(128 + number)
