"""Resampled seeds, and intervals from what they give.

Seeds are resampled with replacement and jointly: a resample takes the same seeds at every grid
point, since a seed fixes initial parameters and data order wherever it is used. The best runs are
chosen anew in every resample. Row 0 of everything is the sample itself.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from whysgd.base.randomness import Purpose, generator
from whysgd.runs.ranking import best_first

Floats = NDArray[np.float64]


def resampled_seeds(num_seeds: int, resamples: int) -> NDArray[np.intp]:
    """Places of seeds, (1 + resamples, num_seeds): all of them once, then with replacement.

    A pure function of its arguments. Each row is sorted, so that ties between runs go to the
    smaller seed as they do without resampling.
    """
    drawn = generator(0, Purpose.BOOTSTRAP).integers(num_seeds, size=(resamples, num_seeds))
    return np.sort(np.vstack([np.arange(num_seeds), drawn]), axis=1).astype(np.intp)


def best_means(scores: Floats, values: Floats, seeds: NDArray[np.intp], keep_best: int) -> Floats:
    """Mean of a metric over the best runs of every grid point, in every resample.

    Args:
        scores: what ranks the runs, better the higher it is, (points, seeds); nan for a diverged
            run.
        values: the metric, (points, seeds).
        seeds: as `resampled_seeds` gives them, (R, seeds).
        keep_best: runs that count.

    Returns:
        (R, points); nan where fewer than `keep_best` runs are finite, or the metric is not.
    """
    drawn = scores[:, seeds]  # (points, R, seeds)
    kept = best_first(drawn)[..., :keep_best]
    chosen = np.take_along_axis(values[:, seeds], kept, -1)
    usable = np.isfinite(np.take_along_axis(drawn, kept, -1)) & np.isfinite(chosen)
    means: Floats = np.where(usable, chosen, np.nan).mean(-1).T
    return means


def tail_probability(confidence: float, num_seeds: int) -> float:
    """What a percentile interval leaves out at each end to hold as often as it says.

    Percentiles of resampled means are too narrow for few seeds: they take the normal distribution
    for Student's t, and a variance that is a fraction (n - 1) / n of the unbiased one. Both are
    made up for by going further out: to the normal probability below -sqrt(n / (n - 1)) t.

    Args:
        confidence: between 0 and 1.
        num_seeds: at least 2.

    Returns:
        0.0041 for 7 seeds at 95 %, where plain percentiles take 0.025.
    """
    quantile = stats.t.ppf((1 + confidence) / 2, num_seeds - 1)
    return float(stats.norm.cdf(-np.sqrt(num_seeds / (num_seeds - 1)) * quantile))


def percentile_interval(low: Floats, high: Floats, tail: float) -> tuple[float, float]:
    """The percentile interval of a statistic.

    Args:
        low: the statistic in each resample, or what it is at least, (R,); nan where unknown.
        high: the same, or what it is at most.
        tail: share of resamples beyond each end.

    Returns:
        Order statistics of `low` and `high`, never nan: what is unknown may be anything.
    """
    # Not np.quantile, which interpolates, and half way to infinity is nan.
    place = int(tail * (len(low) - 1))
    lower = np.sort(np.where(np.isnan(low), -np.inf, low))
    upper = np.sort(np.where(np.isnan(high), np.inf, high))
    return float(lower[place]), float(upper[-1 - place])


def largest_interval(candidates: Floats, tail: float) -> tuple[float, float, float]:
    """The largest of several means, with an interval that allows for having picked it.

    The largest of several noisy numbers is too large, and so it is in every resample: a percentile
    interval would find a rise in any flat curve. Here all candidates get bands that hold together:
    how many standard errors wide is the quantile over resamples of the largest deviation, and the
    interval goes from the largest lower end of a band to the largest upper end.

    Args:
        candidates: (1 + resamples, candidates), row 0 the sample's; nan where unknown.
        tail: share of resamples with a deviation beyond the bands, on each side.

    Returns:
        The largest of row 0 and the ends of its interval; (nan, -inf, inf) without a candidate.
    """
    known = np.isfinite(candidates[0]) & (np.isfinite(candidates[1:]).mean(0) >= 0.5)
    if not known.any():
        return np.nan, -np.inf, np.inf
    sample, resampled = candidates[0, known], candidates[1:, known]
    errors = np.nanstd(resampled, axis=0, ddof=1)
    deviations = np.divide(
        resampled - sample, errors, out=np.zeros_like(resampled), where=errors > 0
    )
    deviations = np.where(np.isnan(resampled), 0.0, deviations)
    down = np.quantile(deviations.max(1), 1 - tail)
    up = np.quantile(-deviations.min(1), 1 - tail)
    return (
        float(sample.max()),
        float((sample - down * errors).max()),
        float((sample + up * errors).max()),
    )
