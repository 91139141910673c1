"""Statistics of all curves of a family, one for each B or n (see `whysgd.claims.kinds`)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whysgd.claims.kinds import BestSlope, Collapse, SeriesSlope, StableRateSlope
from whysgd.claims.sample import Sample, SampledCurve, at_common
from whysgd.claims.statistics import (
    STABLE_FRACTION,
    at_end,
    median,
    slope,
    slope_range,
    spread,
    stable_range,
    tied_best,
)
from whysgd.claims.values import (
    LEAST_POINTS,
    Candidates,
    Values,
    grid_end,
    known,
    points_of,
    too_few,
)

Floats = NDArray[np.float64]


def collapse(statistic: Collapse, sample: Sample) -> Values:
    """Spread at equal position over the spread at equal values of the other variable."""
    curves = _small_batches(sample.family(statistic.of), statistic.largest_batch_fraction)
    others = [curve.variable(statistic.instead_of) for curve in curves]
    spreads = []
    for axes in ([curve.positions for curve in curves], others):
        common = at_common(axes, curves, 2)
        if len(common) < LEAST_POINTS:
            return too_few(len(common), "common positions")
        spreads.append(spread([means for _, means in common]))
    ours, other = spreads
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(other > 0, ours / other, np.nan)
    return known(ratio, points_of(*curves))


def series_slope(statistic: SeriesSlope, sample: Sample) -> Values:
    """Slope across curves at equal position: the median over positions that have them all."""
    curves = _small_batches(sample.family(statistic.of), statistic.largest_batch_fraction)
    if len(curves) < 2:
        return too_few(len(curves), "curve", 2)
    common = at_common([curve.positions for curve in curves], curves, len(curves))
    if len(common) < LEAST_POINTS:
        return too_few(len(common), "common positions")
    x = _swept(curves)
    slopes = np.stack([slope(x, means) for _, means in common], -1)
    return known(median(slopes), len(common) * len(curves))


def stable_rate_slope(statistic: StableRateSlope, sample: Sample) -> Values:
    """Slope of the stability limits, each of which lies between two positions of the grid."""
    curves = sample.family(statistic.of)
    if len(curves) < 2:
        return too_few(len(curves), "curve", 2)
    best = max(np.nanmax(curve.means[0], initial=0.0) for curve in curves)
    limits = [
        stable_range(curve.positions, curve.means, STABLE_FRACTION * best) for curve in curves
    ]
    lower, upper = (np.stack(ends, -1) for ends in zip(*limits, strict=True))
    low, high = slope_range(_swept(curves), lower, upper)
    value = float(slope(_swept(curves), lower[0]))
    problem = grid_end("a largest stable rate") if np.isinf(upper[0]).any() else ""
    return Values(low, high, value, points_of(*curves), problem)


def best_slope(statistic: BestSlope, sample: Sample) -> Values | Candidates:
    """Slope of the tuned means, over all points or at every position."""
    curves = sample.family(statistic.of)
    if len(curves) < 2:
        return too_few(len(curves), "curve", 2)
    x = _swept(curves)
    if statistic.tuned == "everything":
        best = np.stack([_best(curve, slice(None)) for curve in curves], -1)
        ends = [_tuned_at_end(curve, np.ones(len(curve.positions), bool)) for curve in curves]
        problem = grid_end("an optimum") if any(ends) else ""
        return known(slope(x, best), points_of(*curves), problem)
    slopes, ends = [], []
    for position in np.unique(curves[0].positions):
        here = [curve.positions == position for curve in curves]
        best = np.stack([_best(curve, mask) for curve, mask in zip(curves, here, strict=True)], -1)
        slopes.append(slope(x, best))
        ends += [_tuned_at_end(curve, mask) for curve, mask in zip(curves, here, strict=True)]
    problem = grid_end("an optimum") if any(ends) else ""
    of_loss = curves[0].sign < 0
    return Candidates(np.stack(slopes, -1), points_of(*curves), problem, smallest=of_loss)


def _small_batches(curves: Sequence[SampledCurve], largest_fraction: float) -> list[SampledCurve]:
    return [curve for curve in curves if curve.batch_fraction <= largest_fraction]


def _swept(curves: Sequence[SampledCurve]) -> Floats:
    """Log2 of the value that tells the curves apart, such as B or n, (curves,)."""
    return np.log2(np.array([curve.told_by[0] for curve in curves], np.float64))


def _best(curve: SampledCurve, among: slice | NDArray[np.bool_]) -> Floats:
    """Best mean among some points, which may be none, (R,); nan where nothing is finite."""
    goodness = curve.goodness[:, among]
    best = np.where(np.isnan(goodness), -np.inf, goodness).max(-1, initial=-np.inf)
    return np.where(np.isfinite(best), curve.sign * best, np.nan)


def _tuned_at_end(curve: SampledCurve, mask: NDArray[np.bool_]) -> bool:
    """Whether the sample's best among some points has a rate or position at an end of theirs."""
    if not mask.any():
        return False
    best = tied_best(curve.goodness[0, mask])
    return any(at_end(axis[mask], best) for axis in (curve.positions, curve.learning_rates))
