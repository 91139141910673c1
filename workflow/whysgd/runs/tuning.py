"""The best value of a grid, and how well the grid tells it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_TIE = 1e-12  # means that are closer than this are equal but for rounding


@dataclass(frozen=True)
class Optimum:
    """The best value of a grid.

    Attributes:
        place: of the best value in the grid.
        low: the lowest value whose mean is within one standard deviation of the best mean, the
            deviation being that of the best value's own runs; nan for fewer than two of them.
        high: the highest such value.
        at_edge: 1 if the best value, or one that ties with it, is the lowest or the highest of
            the grid, so that a better one may lie beyond; 0 if not; None without a finite run.
    """

    place: int
    low: float
    high: float
    at_edge: int | None


def find_optimum(grid: Sequence[float], scores: Sequence[Sequence[float]], sign: float) -> Optimum:
    """Finds the value whose kept runs have the best mean.

    A value at which fewer runs are finite loses to one that has more: its mean would be over the
    luckier runs. Ties go to the value that stands first.

    Args:
        grid: the values, in any order.
        scores: of the kept runs at each value.
        sign: 1 if higher scores are better, -1 if lower ones are.
    """
    kept = np.array([len(runs) for runs in scores])
    goodness = np.array([sign * np.mean(runs) if runs else -np.inf for runs in scores])
    goodness = np.where((kept < kept.max()) | np.isnan(goodness), -np.inf, goodness)
    place = int(goodness.argmax())
    if not np.isfinite(goodness[place]):
        return Optimum(place, np.nan, np.nan, None)
    values = np.asarray(grid, np.float64)
    tied = values[goodness >= goodness[place] - _TIE]
    at_edge = int(np.isin(tied, (values.min(), values.max())).any())
    if kept[place] < 2:
        return Optimum(place, np.nan, np.nan, at_edge)
    spread = float(np.std(scores[place], ddof=1))
    good = values[goodness >= goodness[place] - max(spread, _TIE)]
    return Optimum(place, float(good.min()), float(good.max()), at_edge)
