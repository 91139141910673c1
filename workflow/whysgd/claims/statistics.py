"""Statistics of curves: pure functions on arrays, over any leading axes (resamples).

Means are (..., P) at positions (P,); nan marks a point without enough finite runs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TIE = 1e-12  # means of accuracies closer than this are equal but for rounding
STABLE_FRACTION = 0.5  # of the best mean: below it a finite network has collapsed


def tied_best(means: Floats) -> Bools:
    """Which points are as high as the highest, (..., P); none where no point is finite."""
    filled = np.where(np.isnan(means), -np.inf, means)
    best = filled.max(-1, keepdims=True)
    tied: Bools = np.isfinite(best) & (filled >= best - TIE)
    return tied


def at_end(axis: Floats, chosen: Bools) -> bool:
    """Whether a chosen point lies at an end of its grid; an axis of one value has no ends.

    Args:
        axis: positions along one axis of the grid, (P,).
        chosen: (P,).
    """
    if axis.min() == axis.max() or not chosen.any():
        return False
    return bool(np.isin(axis[chosen], (axis.min(), axis.max())).any())


def optimum_range(positions: Floats, means: Floats) -> tuple[Floats, Floats]:
    """Log2 of where a curve is highest, as a range from low to high, (...) each.

    Points that tie make a range. An optimum at an end of the grid may lie anywhere beyond it,
    so that end of the range is infinite; nan where no point is finite.

    Args:
        positions: positive, ascending, (P,).
        means: (..., P).
    """
    tied = tied_best(means)
    logs = np.log2(positions)
    low = np.where(tied, logs, np.inf).min(-1)
    high = np.where(tied, logs, -np.inf).max(-1)
    low = np.where(tied[..., 0], -np.inf, low)
    high = np.where(tied[..., -1], np.inf, high)
    none = ~tied.any(-1)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def slope_weights(x: Floats) -> Floats:
    """Weights w of the least-squares slope sum_i w_i y_i over x, (G,)."""
    centered = x - x.mean()
    weights: Floats = centered / np.square(centered).sum()
    return weights


def slope(x: Floats, y: Floats) -> Floats:
    """Least-squares slope of y (..., G) over x (G,); nan where a value is."""
    slopes: Floats = y @ slope_weights(x)
    return slopes


def slope_range(x: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest least-squares slope of values that lie in ranges, (...) each.

    Args:
        x: (G,).
        low: lower ends, (..., G).
        high: upper ends, which may be infinite.
    """
    weights = slope_weights(x)
    used = weights != 0  # 0 times an infinite end would be nan
    w = weights[used]
    least = np.where(w > 0, low[..., used], high[..., used]) * w
    most = np.where(w > 0, high[..., used], low[..., used]) * w
    return least.sum(-1), most.sum(-1)


def stable_range(positions: Floats, means: Floats, floor: float) -> tuple[Floats, Floats]:
    """Log2 of the largest stable position and of the next one of the grid, (...) each.

    The true limit lies between the two. Stable is a point with enough finite runs and a mean of
    at least `floor`.

    Args:
        positions: positive, ascending, (P,).
        means: (..., P).
        floor: in the unit of the means.

    Returns:
        The second is infinite where the last position is stable; both are nan where none is.
    """
    with np.errstate(invalid="ignore"):
        stable = means >= floor
    logs = np.append(np.log2(positions), np.inf)
    last = len(positions) - 1 - np.argmax(stable[..., ::-1], axis=-1)
    some = stable.any(-1)
    return np.where(some, logs[last], np.nan), np.where(some, logs[last + 1], np.nan)


def spread(groups: Sequence[Floats]) -> Floats:
    """Typical spread across curves: the median over positions of the standard deviation there.

    A median, since near the end of stability curves differ by everything there is.

    Args:
        groups: for each position the means of the curves there, (..., at least 2); nan is left out.

    Returns:
        (...), ddof = 1; nan where no position has two curves.
    """
    return median(np.stack([_deviation(group) for group in groups], -1))


def median(values: Floats) -> Floats:
    """Median over the last axis of what is not nan; nan where nothing is left."""
    none = np.all(np.isnan(values), axis=-1)
    middle: Floats = np.nanmedian(np.where(none[..., np.newaxis], 0.0, values), axis=-1)
    return np.where(none, np.nan, middle)


def log2(values: Floats) -> Floats:
    """Logarithm to base 2; nan where a value is not positive."""
    positive = values > 0
    logs: Floats = np.log2(np.where(positive, values, 1.0))
    return np.where(positive, logs, np.nan)


def _deviation(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(-1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(-1) / np.maximum(count, 1)
    squares = (np.where(known, values - mean[..., np.newaxis], 0.0) ** 2).sum(-1)
    return np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
