"""How much work to hand over at once, so that signals and logs act often enough."""

_SECONDS = 1.0  # of work handed over at once


class Pace:
    """Learns how long one unit of some work takes."""

    def __init__(self, most: int) -> None:
        """Nothing is known yet; `most` units are handed over at once at most."""
        self._most = most
        self._seconds_per_unit = 0.0
        self._measured = 0

    def units(self, left: int) -> int:
        """How many of the units that are left take about a second; at least one."""
        # The first piece is one unit long: its time is the compilation's.
        if not self._measured:
            return 1
        return max(1, min(left, self._most, int(_SECONDS / self._seconds_per_unit)))

    def took(self, units: int, seconds: float) -> None:
        """Takes note of the time that some units took."""
        # Compilation included, the first is far too long: the next is short and corrects it.
        seconds_per_unit = seconds / units if self._measured else seconds / 16
        self._seconds_per_unit = max(seconds_per_unit, 1e-9)
        self._measured += 1
