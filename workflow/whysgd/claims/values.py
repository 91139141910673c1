"""What a statistic is in the sample and in every resample, before there is an interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whysgd.claims.sample import SampledCurve

Floats = NDArray[np.float64]
LEAST_POINTS = 3  # a slope, a rise or a typical distance over fewer says nothing


@dataclass(frozen=True)
class Values:
    """A statistic, or what it is at least and at most where the grid does not tell.

    Attributes:
        low: (1 + resamples,), row 0 the sample's; nan where it is not defined.
        high: the same, and equal to `low` where the statistic is known.
        value: what is shown for the sample.
        points: grid points that it was computed from.
        problem: why nothing can be decided; empty if nothing stands against it.
    """

    low: Floats
    high: Floats
    value: float
    points: int
    problem: str = ""


@dataclass(frozen=True)
class Candidates:
    """Numbers of which the statistic is the largest, or the smallest.

    Attributes:
        means: (1 + resamples, candidates), row 0 the sample's; nan where unknown.
        points: grid points that they were computed from.
        problem: as of `Values`.
        smallest: the statistic is the smallest of them.
    """

    means: Floats
    points: int
    problem: str = ""
    smallest: bool = False


def known(values: Floats, points: int, problem: str = "") -> Values:
    """A statistic that the grid tells exactly, (1 + resamples,)."""
    return Values(values, values, float(values[0]), points, problem)


def too_few(points: int, what: str, least: int = LEAST_POINTS) -> Values:
    """Nothing, since fewer points (or what else it is) than needed are usable."""
    nothing = np.full(2, np.nan)
    return Values(nothing, nothing, np.nan, points, f"{points} {what}; {least} are needed")


def grid_end(what: str) -> str:
    """The problem of something that lies at an end of its grid."""
    return f"{what} lies at an end of the grid"


def points_of(*curves: SampledCurve) -> int:
    """Usable points of some curves."""
    return sum(int(curve.usable.sum()) for curve in curves)
