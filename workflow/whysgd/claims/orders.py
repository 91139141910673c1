"""Claims about the theory study's orders of accuracy."""

import numpy as np
import pandas as pd

from whysgd.claims.estimates import Estimate, nothing
from whysgd.claims.kinds import Order


def order_estimate(statistic: Order, slopes: pd.DataFrame) -> Estimate:
    """The fitted slope furthest from the expected one, and the ends of all intervals.

    The intervals are those of the fits: errors are exact, and what is left over is the next order.

    Args:
        statistic: which rows.
        slopes: columns `whysgd.theory.fits.SLOPE_COLUMNS`.
    """
    rows = slopes[
        (slopes["check"] == statistic.check)
        & (slopes["quantity"] == statistic.quantity)
        & (slopes["expected_slope"] == statistic.expected_slope)
    ]
    fitted = rows[rows["slope"].notna()]
    if fitted.empty:
        return nothing("no series of errors has enough points for a fit")
    deviations = np.abs(fitted["slope"].to_numpy() - statistic.expected_slope)
    return Estimate(
        float(fitted["slope"].iloc[deviations.argmax()]),
        float(fitted["low"].min()),
        float(fitted["high"].max()),
        len(fitted),
    )
