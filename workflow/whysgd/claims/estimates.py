"""From a claim's statistic and the runs of its figure to a number with an interval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whysgd.claims import families, pairs
from whysgd.claims.bootstrap import largest_interval, percentile_interval, tail_probability
from whysgd.claims.kinds import Statistic
from whysgd.claims.sample import Sample
from whysgd.claims.values import Candidates, Values

# By `kind`; what reads no runs is not here.
EVALUATORS: Mapping[str, Callable[[Any, Sample], Values | Candidates]] = {
    "difference": pairs.difference,
    "rise": pairs.rise,
    "fall": pairs.rise,
    "optimum_ratio": pairs.optimum_ratio,
    "best_difference": pairs.best_difference,
    "difference_at_multiple": pairs.difference_at_multiple,
    "log_slope": pairs.log_slope,
    "lowest": pairs.lowest,
    "distance": pairs.distance,
    "collapse": families.collapse,
    "series_slope": families.series_slope,
    "stable_rate_slope": families.stable_rate_slope,
    "best_slope": families.best_slope,
}


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval.

    Attributes:
        value: of the sample; nan where it is not defined.
        low: lower end of the interval.
        high: upper end.
        points: grid points, or fitted series, that it was computed from.
        problem: why nothing can be decided; empty if nothing stands against it.
    """

    value: float
    low: float
    high: float
    points: int
    problem: str = ""


def nothing(problem: str) -> Estimate:
    """No number, and why."""
    return Estimate(np.nan, -np.inf, np.inf, 0, problem)


def estimate(statistic: Statistic, sample: Sample, confidence: float) -> Estimate:
    """The statistic of a figure's runs.

    Args:
        statistic: one that reads runs.
        sample: the runs of the figure.
        confidence: of the interval.
    """
    found = EVALUATORS[statistic.kind](statistic, sample)
    # One seed makes no interval, and decides nothing in any case.
    tail = tail_probability(confidence, max(2, len(sample.seeds)))
    if isinstance(found, Values):
        low, high = percentile_interval(found.low[1:], found.high[1:], tail)
        value = found.value
    else:
        sign = -1.0 if found.smallest else 1.0
        value, *ends = (sign * end for end in largest_interval(sign * found.means, tail))
        low, high = sorted(ends)
    problem = found.problem
    if not problem and not np.isfinite(value):
        problem = "a point that it needs has too few finite runs"
    return Estimate(value, low, high, found.points, problem)
