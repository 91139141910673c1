"""Timings taken in turns, and what they say.

A machine's speed drifts, with its temperature and with what else it does. Contestants therefore
take turns within each round, in an order that rotates, and are compared within rounds.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

Entry = TypeVar("Entry", bound=Hashable)


class Summary(NamedTuple):
    """Of one quantity over the rounds."""

    median: float
    low: float  # first quartile
    high: float  # third quartile


def summary(values: Sequence[float]) -> Summary:
    """Median and quartiles.

    Raises:
        ValueError: no values.
    """
    if not len(values):
        raise ValueError("no timings")
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Summary(float(median), float(low), float(high))


def paired_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Summary:
    """Summary of the ratios of timings that were taken in the same rounds.

    Raises:
        ValueError: not as many of one as of the other.
    """
    return summary([n / d for n, d in zip(numerators, denominators, strict=True)])


def fastest(timings: Mapping[Entry, Sequence[float]]) -> Entry:
    """Whose median is smallest."""
    return min(timings, key=lambda entry: summary(timings[entry]).median)


def turns(entries: Sequence[Entry], rounds: int) -> list[list[Entry]]:
    """The order in each round: rotated by more and more, so that nobody always follows the same."""
    step = max(1, len(entries) // max(1, rounds))
    return [
        [*entries[place:], *entries[:place]]
        for place in (number * step % len(entries) for number in range(rounds))
    ]
