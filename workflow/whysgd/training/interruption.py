"""Stopping a training job between two chunks when a signal asks for it."""

import signal
from types import FrameType, TracebackType
from typing import Any


class TrainingInterruptedError(Exception):
    """A signal ended the training; a checkpoint was written if the job has a folder for them."""

    def __init__(self, signal_number: int, message: str) -> None:
        """Remembers the signal, for the exit status."""
        super().__init__(message)
        self.exit_status = 128 + signal_number


class Interruption:
    """Within its block, SIGTERM and SIGINT are noted instead of ending the process.

    The training loop looks at `signal_number` between chunks. A second signal does what the
    signal did before, so that an impatient user is not held up.
    """

    def __init__(self) -> None:
        """Nothing has been asked for."""
        self.signal_number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        """Takes over the signals."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Gives the signals back."""
        self._give_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
