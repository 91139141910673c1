"""Statistics of one curve or of two (`whysgd.claims.kinds` says what each is)."""

import numpy as np
from numpy.typing import NDArray

from whysgd.claims.kinds import (
    BestDifference,
    CurveChoice,
    Difference,
    DifferenceAtMultiple,
    Distance,
    LogSlope,
    Lowest,
    OptimumRatio,
    Rise,
)
from whysgd.claims.sample import Sample, SampledCurve, at_common
from whysgd.claims.statistics import (
    STABLE_FRACTION,
    at_end,
    log2,
    median,
    optimum_range,
    slope,
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


def difference(statistic: Difference, sample: Sample) -> Values:
    """Of the means at the smallest position of each curve."""
    of, against = sample.curve(statistic.of), sample.curve(statistic.against)
    return known(of.means[:, 0] - against.means[:, 0], 2)


def rise(statistic: Rise, sample: Sample) -> Candidates | Values:
    """Of every other point above the first one, or above the last stable one."""
    curve = sample.curve(statistic.of)
    usable = np.flatnonzero(curve.usable)
    if len(usable) < LEAST_POINTS:
        return too_few(len(usable), "usable points")
    if statistic.kind == "rise":
        base = usable[0]
    else:  # beyond it networks have collapsed, which is no fall
        means = curve.means[0, usable]
        base = usable[means >= STABLE_FRACTION * means.max()][-1]
    others = usable[usable != base]
    problem = ""
    if tied_best(curve.goodness[0])[base]:
        inside = 0 < base < len(curve.positions) - 1
        problem = "no usable point beyond the optimum" if inside else grid_end("the optimum")
    gains = curve.goodness[:, others] - curve.goodness[:, [base]]
    return Candidates(gains, len(usable), problem)


def optimum_ratio(statistic: OptimumRatio, sample: Sample) -> Values:
    """Log2 of the ratio of the two best positions; ties and ends of grids make it a range."""
    curves = [sample.curve(name) for name in (statistic.of, statistic.against)]
    (low, high), (other_low, other_high) = (
        optimum_range(curve.positions, curve.goodness) for curve in curves
    )
    value = _best_log2(curves[0]) - _best_log2(curves[1])
    problem = _optimum_problem(*curves)
    return Values(low - other_high, high - other_low, value, points_of(*curves), problem)


def best_difference(statistic: BestDifference, sample: Sample) -> Values:
    """Of the best means; each optimum is found anew in every resample."""
    curves = [sample.curve(name) for name in (statistic.of, statistic.against)]
    best, other = (_best(curve) for curve in curves)
    return known(best - other, points_of(*curves), _optimum_problem(*curves))


def difference_at_multiple(statistic: DifferenceAtMultiple, sample: Sample) -> Values:
    """One curve at a multiple of the other's best position, less the other's best mean."""
    of, against = sample.curve(statistic.of), sample.curve(statistic.against)
    best = np.argmax(tied_best(against.goodness), axis=-1)
    wanted = statistic.factor * against.positions[best]
    there = np.isclose(of.positions, wanted[:, np.newaxis], rtol=1e-9, atol=0)
    means = np.take_along_axis(of.means, there.argmax(-1)[:, np.newaxis], -1)[:, 0]
    problem = _optimum_problem(against)
    if not problem and not there[0].any():
        problem = f"the grid has no point at {statistic.factor:g} times the optimum"
    found = np.where(there.any(-1), means, np.nan)
    return known(found - _best(against), points_of(of, against), problem)


def log_slope(statistic: LogSlope, sample: Sample) -> Values:
    """Least-squares slope on logarithmic axes, in every resample up to its own optimum."""
    curve = sample.curve(statistic.of)
    kept = _up_to_optimum(sample, statistic.of, curve) & curve.usable
    if kept[0].sum() < LEAST_POINTS:
        return too_few(int(kept[0].sum()), "usable points up to the optimum")
    x, y = np.log2(curve.positions), log2(curve.means)
    slopes = np.full(len(y), np.nan)
    for row, places in enumerate(kept):
        if places.sum() > 1:
            slopes[row] = slope(x[places], y[row, places])
    return known(slopes, int(kept[0].sum()))


def lowest(statistic: Lowest, sample: Sample) -> Candidates | Values:
    """Means up to the sample's optimum, of which the smallest counts."""
    curve = sample.curve(statistic.of)
    places = np.flatnonzero(_up_to_optimum(sample, statistic.of, curve)[0] & curve.usable)
    if len(places) < LEAST_POINTS:
        return too_few(len(places), "usable points up to the optimum")
    return Candidates(curve.means[:, places], len(places), smallest=True)


def distance(statistic: Distance, sample: Sample) -> Values:
    """Median over common positions of the absolute difference of the means."""
    curves = [sample.curve(name) for name in (statistic.of, statistic.against)]
    common = at_common([curve.positions for curve in curves], curves, 2)
    if statistic.above_fixed_rate:
        fixed = curves[0].learning_rates.max()
        common = [(position, means) for position, means in common if position > fixed]
    if len(common) < LEAST_POINTS:
        return too_few(len(common), "common positions")
    pairs = np.stack([means for _, means in common], -1)  # (R, 2, positions)
    if statistic.scale == "log2":
        pairs = log2(pairs)
    return known(median(np.abs(pairs[:, 0] - pairs[:, 1])), 2 * len(common))


def _best(curve: SampledCurve) -> Floats:
    """Best mean in each resample, (R,); nan where no point is finite."""
    best = np.where(np.isnan(curve.means), -np.inf, curve.goodness).max(-1)
    return np.where(np.isfinite(best), curve.sign * best, np.nan)


def _best_log2(curve: SampledCurve) -> float:
    """Log2 of the sample's best position; the middle of those that tie."""
    tied = np.log2(curve.positions[tied_best(curve.goodness[0])])
    return float((tied.min() + tied.max()) / 2) if len(tied) else np.nan


def _optimum_problem(*curves: SampledCurve) -> str:
    ends = [at_end(curve.positions, tied_best(curve.goodness[0])) for curve in curves]
    return grid_end("an optimum") if any(ends) else ""


def _up_to_optimum(sample: Sample, choice: CurveChoice, curve: SampledCurve) -> NDArray[np.bool_]:
    """Points up to the best by the score, (1 + resamples, P): beyond it, networks collapse."""
    scored = sample.curve(choice.model_copy(update={"metric": None}))
    best = tied_best(scored.goodness)
    last = np.where(best, np.arange(len(curve.positions)), -1).max(-1)
    up_to: NDArray[np.bool_] = np.arange(len(curve.positions)) <= last[:, np.newaxis]
    return up_to
