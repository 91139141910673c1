"""Statistics of curves, on numbers that one can check by hand."""

import numpy as np
import pytest

from whysgd.claims import statistics

X = 2.0 ** np.arange(-4, 1)
INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("means", "low", "high"),
    [
        ([1, 2, 3, 2, 1], -2, -2),
        ([1, 3, 3, 2, 1], -3, -2),  # a plateau
        ([1, 3, 2, 3, 1], -3, -1),  # two peaks
        ([3, 2, 1, 0, 0], -INF, -4),  # it may lie anywhere below the grid
        ([0, 1, 2, 3, 4], 0, INF),
        ([1, 1, 1, 1, 1], -INF, INF),
        ([1, NAN, 2, NAN, NAN], -2, -2),
        ([NAN, NAN, NAN, NAN, NAN], NAN, NAN),
    ],
)
def test_an_optimum_is_a_range(means, low, high):
    found = statistics.optimum_range(X, np.array([means, means], float))
    np.testing.assert_array_equal(found[0], [low, low])
    np.testing.assert_array_equal(found[1], [high, high])


def test_rounding_breaks_no_tie():
    assert statistics.tied_best(np.array([0.1 + 0.2, 0.3, 0.2])).tolist() == [True, True, False]


def test_an_axis_of_one_value_has_no_ends():
    chosen = np.array([True, False, False])
    assert statistics.at_end(np.array([1.0, 2, 4]), chosen)
    assert not statistics.at_end(np.array([2.0, 2, 2]), chosen)
    assert not statistics.at_end(np.array([2.0, 1, 4]), chosen)
    assert not statistics.at_end(np.array([1.0, 2, 4]), np.zeros(3, bool))


def test_slopes_are_those_of_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=6), rng.uniform(size=(4, 6))
    expected = [np.polyfit(x, row, 1)[0] for row in y]
    np.testing.assert_allclose(statistics.slope(x, y), expected, rtol=1e-10)  # another solver
    assert np.isnan(statistics.slope(x, np.where(np.arange(6) == 2, NAN, y))).all()


def test_slopes_of_ranges_are_the_extremes_over_all_corners():
    x = np.array([0.0, 1, 2])
    low, high = np.array([1.0, -1, 0]), np.array([2.0, 1, 1])
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    slopes = statistics.slope(x, corners)
    assert statistics.slope_range(x, low, high) == pytest.approx((slopes.min(), slopes.max()))
    assert statistics.slope_range(x, low, np.array([2, INF, 1])) == pytest.approx((-1, 0))
    assert statistics.slope_range(x, low, np.array([2, 1, INF]))[1] == INF


@pytest.mark.parametrize(
    ("means", "low", "high"),
    [
        ([0.9, 0.9, 0.8, 0.1, NAN], -2, -1),
        ([0.1, 0.9, 0.8, NAN, NAN], -2, -1),  # slow at small rates, not unstable
        ([0.9, 0.9, 0.9, 0.9, 0.9], 0, INF),
        ([0.1, NAN, 0.1, 0.1, 0.1], NAN, NAN),
    ],
)
def test_the_limit_of_stability_lies_between_two_points(means, low, high):
    found = statistics.stable_range(X, np.array([means]), 0.45)
    np.testing.assert_array_equal(found, [[low], [high]])


def test_spread_is_the_median_of_standard_deviations():
    groups = [np.array([[1.0, 3]]), np.array([[0.0, 0, 0]]), np.array([[1.0, 100, NAN]])]
    assert statistics.spread(groups) == pytest.approx([np.sqrt(2)])
    assert statistics.spread(groups[:1]) == pytest.approx([np.std([1, 3], ddof=1)])
    assert np.isnan(statistics.spread([np.array([[1.0, NAN]])]))


def test_the_median_leaves_out_what_is_missing():
    values = np.array([[1, NAN, 3, 8], [NAN, NAN, NAN, NAN]])
    np.testing.assert_array_equal(statistics.median(values), [3, NAN])


def test_the_logarithm_of_nothing_is_missing():
    np.testing.assert_array_equal(statistics.log2(np.array([4, 0, -1, NAN])), [2, NAN, NAN, NAN])
