"""The best value of a grid against closed forms: a parabola in log2 of the value."""

import numpy as np
import pytest

from whysgd.runs.tuning import find_optimum

GRID = 2.0 ** np.arange(-6, 1)
OFFSETS = np.array([-0.01, 0.0, 0.01])  # standard deviation 0.01


def parabola(best, curvature=0.004, sign=1.0, grid=GRID):
    """Scores of three runs at each value, best on average at `best`."""
    means = sign * (0.9 - curvature * (np.log2(grid) - np.log2(best)) ** 2)
    return [list(mean + OFFSETS) for mean in means]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("best", GRID)
def test_the_optimum_is_where_the_parabola_has_its_extremum(best, sign):
    found = find_optimum(GRID, parabola(best, sign=sign), sign)
    assert GRID[found.place] == best
    assert found.at_edge == (best in (GRID[0], GRID[-1]))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("curvature", "steps"),
    [(0.011, 0), (0.0099, 1), (0.0026, 1), (0.0024, 2), (0.00112, 2), (0.00110, 3)],
)
def test_the_range_ends_where_the_mean_is_a_standard_deviation_off(curvature, steps, sign):
    # The parabola falls by 0.01, the runs' standard deviation, at sqrt(0.01 / curvature) steps.
    found = find_optimum(GRID, parabola(2.0**-3, curvature, sign), sign)
    assert (found.low, found.high) == (2.0 ** (-3 - steps), 2.0 ** (-3 + steps))
    assert found.at_edge == 0


def test_the_wrong_direction_finds_an_end():
    found = find_optimum(GRID, parabola(2.0**-3), -1.0)
    assert GRID[found.place] == GRID[0]
    assert found.at_edge == 1


def test_the_order_of_the_grid_changes_nothing_but_the_place():
    shuffled = [3, 0, 6, 2, 5, 1, 4]
    scores = parabola(2.0**-2)
    found = find_optimum(GRID[shuffled], [scores[place] for place in shuffled], 1.0)
    plain = find_optimum(GRID, scores, 1.0)
    assert GRID[shuffled][found.place] == GRID[plain.place]
    assert (found.low, found.high, found.at_edge) == (plain.low, plain.high, plain.at_edge)


def test_ties_go_to_the_first_and_count_at_the_edge():
    scores = [[0.5, 0.5], [0.9, 0.9], [0.9, 0.9], [0.4, 0.4]]
    found = find_optimum([1, 2, 4, 8], scores, 1.0)
    assert (found.place, found.low, found.high, found.at_edge) == (1, 2, 4, 0)
    found = find_optimum([1, 2, 4], scores[:3], 1.0)  # 4 is as good, and the grid ends there
    assert (found.place, found.at_edge) == (1, 1)


def test_a_value_with_fewer_finite_runs_is_neither_best_nor_in_the_range():
    scores = [[0.7, 0.72], [0.7, 0.71], [0.9], []]
    found = find_optimum([1, 2, 4, 8], scores, 1.0)
    assert (found.place, found.low, found.high) == (0, 1, 2)
    # Where larger values diverge, the grid does not end at the best one.
    assert find_optimum([1, 2, 4], [[0.1, 0.1], [0.7, 0.7], [0.9]], 1.0).at_edge == 0


def test_one_run_has_no_range_and_none_no_optimum():
    found = find_optimum([1, 2, 4], [[0.1], [0.7], [0.3]], 1.0)
    assert (found.place, found.at_edge) == (1, 0)
    assert np.isnan([found.low, found.high]).all()
    found = find_optimum([1, 2], [[], []], -1.0)
    assert (found.place, found.at_edge) == (0, None)
    assert np.isnan([found.low, found.high]).all()


def test_a_grid_of_one_value_is_all_edge():
    assert find_optimum([1], [[0.5, 0.6]], 1.0).at_edge == 1


def test_an_infinite_loss_loses():
    scores = [[np.inf, np.inf], [2.0, 2.1], [3.0, 3.1]]
    found = find_optimum([1, 2, 4], scores, -1.0)
    assert (found.place, found.at_edge) == (1, 0)
