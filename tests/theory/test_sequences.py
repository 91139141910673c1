"""Orders of minibatches, and ensembles of runs over them."""

import itertools

import numpy as np
import pytest

from tests.theory.polynomials import Polynomials
from whysgd.base.errors import UserError
from whysgd.theory.sequences import (
    all_orders,
    mean_and_standard_error,
    sampled_orders,
    sgd_displacements,
    sgd_trajectories,
    with_replacement,
)
from whysgd.theory.settings import MOST_ENUMERATED, MOST_REPLACED

RATES = np.array([0.01, 0.05])


def test_all_orders_are_all_of_them_once():
    orders = all_orders(4)
    assert {tuple(order) for order in orders} == set(itertools.permutations(range(4)))
    assert len(orders) == 24


def test_too_many_orders_are_refused_with_the_way_out():
    with pytest.raises(UserError, match="num_batches = 7 has 5040 orders, .*: sample them"):
        all_orders(7)
    with pytest.raises(UserError, match=r"6\^6 sequences with replacement, too many"):
        with_replacement(6)


def test_what_the_settings_allow_can_be_enumerated():
    assert len(all_orders(MOST_ENUMERATED)) == 720
    assert len(with_replacement(MOST_REPLACED)) == 3125


def test_draws_with_replacement_are_all_of_them_once():
    assert {tuple(draws) for draws in with_replacement(3)} == set(
        itertools.product(range(3), repeat=3)
    )


def test_sampled_orders_come_with_their_reverse():
    orders = sampled_orders(9, 5, seed=1)
    assert orders.shape == (10, 9)
    np.testing.assert_array_equal(orders[1::2], orders[::2, ::-1])
    assert (np.sort(orders, 1) == np.arange(9)).all()
    np.testing.assert_array_equal(orders, sampled_orders(9, 5, seed=1))
    assert (orders != sampled_orders(9, 5, seed=2)).any()
    with pytest.raises(ValueError, match="at least 2 pairs"):
        sampled_orders(9, 1, seed=0)


def test_an_ensemble_of_runs_is_the_runs_one_by_one():
    problem = Polynomials(3)
    sequences = np.array([[0, 1, 2, 2], [1, 1, 0, 2]], np.int32)
    moved = sgd_displacements(problem.minibatches, problem.w, sequences, RATES)
    paths = sgd_trajectories(problem.minibatches, problem.w, sequences, RATES)
    assert paths.shape == (2, 2, 5, 3)
    for rate, of_rate, paths_of_rate in zip(RATES, moved, paths, strict=True):
        for sequence, got, path in zip(sequences, of_rate, paths_of_rate, strict=True):
            points = [problem.w]
            for k in sequence:
                points.append(points[-1] - rate * problem.gradient(points[-1])[k])
            # A handful of roundings of numbers of size 1.
            np.testing.assert_allclose(got, points[-1] - problem.w, atol=1e-14)
            np.testing.assert_allclose(path, points, atol=1e-14)


def test_a_mean_over_all_orders_has_no_standard_error():
    problem = Polynomials(4)
    moved = sgd_displacements(problem.minibatches, problem.w, all_orders(4), RATES)
    means, errors = mean_and_standard_error(moved, enumerated=True)
    for rate, mean in zip(RATES, means, strict=True):
        expected = problem.mean_after_an_epoch(problem.w, rate) - problem.w
        np.testing.assert_allclose(mean, expected, atol=1e-14)
    np.testing.assert_array_equal(errors, 0)


def test_the_standard_error_of_sampled_orders_is_honest():
    problem = Polynomials(5)
    exact = sgd_displacements(problem.minibatches, problem.w, all_orders(5), RATES).mean(1)
    ratios = []
    for seed in range(40):
        orders = sampled_orders(5, 30, seed)
        moved = sgd_displacements(problem.minibatches, problem.w, orders, RATES)
        means, errors = mean_and_standard_error(moved, enumerated=False)
        ratios.append(np.linalg.norm(means - exact, axis=1) / errors)
    # The mean square of distance / standard error is 1; of 40 samples it varies by about 0.25.
    assert 0.5 < np.mean(np.square(ratios)) < 1.7


def test_a_pair_of_orders_leaves_no_second_order_noise():
    problem = Polynomials(5)
    rates = np.array([0.002, 0.001])
    moved = sgd_displacements(problem.minibatches, problem.w, sampled_orders(5, 50, 0), rates)
    _, errors = mean_and_standard_error(moved, enumerated=False)
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.1)  # third order
