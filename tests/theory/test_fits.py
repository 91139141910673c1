"""Slopes and the tables of them."""

import numpy as np
import pandas as pd
import pytest

from whysgd.base.errors import UserError
from whysgd.theory.fits import ERROR_COLUMNS, SLOPE_COLUMNS, fit_slope, slope_table

X = 2.0 ** np.arange(-6, 0)


def test_a_power_has_its_exponent_as_slope():
    slope = fit_slope(X, 5 * X**3)
    assert slope.value == pytest.approx(3, abs=1e-12)
    assert slope.high - slope.low < 1e-6


def test_the_interval_covers_the_slope_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        slope = fit_slope(X, X**2 * np.exp(0.1 * rng.normal(size=len(X))))
        covered += slope.low < 2 < slope.high
    # 95 % of 400 with a standard deviation of 4.4.
    assert 365 <= covered <= 395


def test_two_points_are_no_fit():
    with pytest.raises(UserError, match="at least 3 points, and 2 are usable"):
        fit_slope([1, 2], [1, 4])


def errors(quantity, values, fitted=True, expected=2.0):
    table = pd.DataFrame(columns=list(ERROR_COLUMNS))
    table["learning_rate"] = X
    table["error"] = values
    table["leading"] = X**2
    table["fitted"] = fitted
    table["expected_slope"] = expected
    table["quantity"] = quantity
    return table.assign(
        check="c", problem="p", num_batches=4, updates_per_batch=1, scaled_step=X, floor=0.0
    )


def test_a_slope_table_has_a_row_for_each_series():
    few = np.arange(len(X)) < 2
    table = slope_table(
        pd.concat(
            [
                errors("square", np.where(few, 7.0, X**2), fitted=~few),
                errors("cube", X**3, expected=np.nan),
                errors("too few", X, fitted=few),
            ]
        )
    )
    assert tuple(table.columns) == SLOPE_COLUMNS
    assert list(table["quantity"]) == ["square", "cube", "too few"]
    np.testing.assert_allclose(table["slope"], [2, 3, np.nan], atol=1e-12)
    assert list(table["points"]) == [4, 6, 2]
    np.testing.assert_allclose(table["leading_ratio"], [1, X[0], 1 / X[0]])
    assert table["expected_slope"].isna().tolist() == [False, True, False]
