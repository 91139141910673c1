"""Going through many images a few at a time, so that float64 copies of all never exist at once."""

from collections.abc import Iterator
from math import prod

# Of float64: 32 megabytes, more than enough to keep NumPy busy.
VALUES_AT_ONCE = 1 << 22


def slabs(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices that cover the first axis of an array of this shape, in order."""
    size = max(1, VALUES_AT_ONCE // max(1, prod(shape[1:])))
    for first in range(0, shape[0], size):
        yield slice(first, min(first + size, shape[0]))
