"""How often a log that may grow for weeks says the same kind of thing."""

import time

_PART_OF_THE_TIME = 0.01  # between two lines, of the time that has passed


class Rarely:
    """Lines that come every few seconds at first, and more rarely the longer a job takes.

    With 1 % of the time between two, their number grows as the logarithm of the time: a job of a
    month writes about 1300.
    """

    def __init__(self, seconds: float) -> None:
        """The first line is due after `seconds`, and no two are closer together."""
        self._seconds = seconds
        self._started = self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is time for a line, which is then written."""
        now = time.monotonic()
        if now - self._last < max(self._seconds, _PART_OF_THE_TIME * (now - self._started)):
            return False
        self._last = now
        return True
