"""Orders of accuracy: slopes of errors on logarithmic axes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from whysgd.base.errors import UserError

CONFIDENCE = 0.95
LEAST_POINTS = 3
MARGIN = 10.0  # an error is fitted where it is this many times what else may be in it
ERROR_COLUMNS = (
    "check",
    "problem",
    "quantity",
    "num_batches",
    "updates_per_batch",
    "learning_rate",
    "scaled_step",
    "error",
    "leading",
    "floor",
    "fitted",
    "expected_slope",
)
SLOPE_COLUMNS = (
    "check",
    "problem",
    "quantity",
    "num_batches",
    "updates_per_batch",
    "slope",
    "low",
    "high",
    "points",
    "expected_slope",
    "leading_ratio",
)


@dataclass(frozen=True)
class Slope:
    """A fitted slope with the ends of its 95 % confidence interval (Student's t)."""

    value: float
    low: float
    high: float


def fit_slope(x: ArrayLike, y: ArrayLike) -> Slope:
    """Least-squares slope of log y against log x.

    Where errors are exact, what is left over is the curvature of the next order and not noise; the
    interval then says how straight the line is.

    Args:
        x: at least 3 positive values, not all equal.
        y: positive values.

    Raises:
        UserError: fewer than 3 points.
    """
    if np.size(x) < LEAST_POINTS:
        raise UserError(
            f"theory: a slope needs at least {LEAST_POINTS} points, and {np.size(x)} are usable"
        )
    fit = stats.linregress(np.log(x), np.log(y))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, np.size(x) - 2) * fit.stderr)
    return Slope(float(fit.slope), float(fit.slope) - reach, float(fit.slope) + reach)


def slope_table(errors: pd.DataFrame) -> pd.DataFrame:
    """The slopes of all errors of a table, one row for each series.

    Args:
        errors: columns `ERROR_COLUMNS`; a series is what shares check, problem, quantity,
            num_batches and updates_per_batch, and its points with `fitted` are fitted.

    Returns:
        Columns `SLOPE_COLUMNS`, in the order of the errors. `expected_slope` is empty where the
        analysis promises none, the slope where fewer than 3 points can be fitted. `leading_ratio`
        is the error over its leading term in closed form, at the smallest learning rate fitted:
        1 less a few hundredths of the next order.
    """
    keys = list(SLOPE_COLUMNS[:5])
    rows = []
    for values, series in errors.groupby(keys, sort=False):
        used = series[series["fitted"]]
        slope = Slope(np.nan, np.nan, np.nan)
        if len(used) >= LEAST_POINTS:
            slope = fit_slope(used["learning_rate"], used["error"])
        expected = series["expected_slope"].iloc[0]
        ratio = np.nan
        if len(used):
            smallest = int(used["learning_rate"].argmin())
            ratio = used["error"].iloc[smallest] / used["leading"].iloc[smallest]
        rows.append((*values, slope.value, slope.low, slope.high, len(used), expected, ratio))
    return pd.DataFrame(rows, columns=list(SLOPE_COLUMNS))
