"""Checks 1, 2 and 10: orders of accuracy, and that wrong coefficients lose them."""

import dataclasses

import numpy as np
import pytest

from tests.theory.polynomials import Polynomials
from whysgd.base.errors import UserError
from whysgd.theory import modified_loss
from whysgd.theory.fits import slope_table
from whysgd.theory.main_result import FLOW, GD, SECOND, SGD, error_rows, kinked_error_rows
from whysgd.theory.problems import NetworkShape, digits_problem, make_problem
from whysgd.theory.sequences import sampled_orders
from whysgd.theory.series import Epoch

STEPS = tuple(2.0**k for k in (-9, -8, -7, -6))
# Slopes are measured where the next order adds a few hundredths at most.
TOLERANCE = 0.1
RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.normal(size=(3, 2, 4, 4, 1)), RNG.integers(0, 3, (3, 2), np.int32)


def polynomial(num_batches):
    problem = Polynomials(num_batches)
    return make_problem(f"m = {num_batches}", problem.minibatches, problem.w)


def network(model, activation="tanh"):
    shape = NetworkShape(model, activation, base_width=1, num_classes=3)
    return digits_problem(model, shape, IMAGES, LABELS, seed=0)


def slopes(problem, **options):
    table = slope_table(error_rows(Epoch("check", problem, STEPS), **options))
    return dict(zip(table["quantity"], table["slope"], strict=True))


@pytest.mark.parametrize("num_batches", [2, 5])
def test_orders_of_accuracy_on_cubics(num_batches):
    got = slopes(polynomial(num_batches))
    assert got == pytest.approx({FLOW: 2, GD: 2, SGD: 3, SECOND: 4}, abs=TOLERANCE)


def test_a_single_minibatch_is_gradient_descent():
    got = slopes(polynomial(1))
    assert got == pytest.approx({FLOW: 2, GD: 3, SGD: 3, SECOND: 4}, abs=TOLERANCE)


@pytest.mark.parametrize("model", ["linear", "mlp-3"])
def test_orders_of_accuracy_on_perceptrons(model):
    got = slopes(network(model))
    assert got == pytest.approx({FLOW: 2, GD: 2, SGD: 3, SECOND: 4}, abs=TOLERANCE)


def test_orders_of_accuracy_on_a_convolutional_network():
    got = slopes(network("wrn-10-1"))
    assert got == pytest.approx({FLOW: 2, GD: 2, SGD: 3, SECOND: 4}, abs=TOLERANCE)


def test_sampled_orders_show_the_third_order():
    got = slopes(polynomial(8), orders=sampled_orders(8, 256, 0), flows=(GD, SGD))
    assert got == pytest.approx({GD: 2, SGD: 3}, abs=TOLERANCE)


@pytest.mark.parametrize("wrong", [2, 8, 0.25])
def test_any_other_coefficient_than_a_quarter_loses_the_third_order(monkeypatch, wrong):
    monkeypatch.setattr(modified_loss, "reg_strength", lambda rates: rates / wrong)
    got = slopes(polynomial(3), flows=(SGD,))
    assert got[SGD] == pytest.approx(2, abs=TOLERANCE)


def test_a_relu_network_is_of_third_order_until_a_unit_switches():
    problem = network("mlp-3", "relu")
    steps = tuple(2.0**k for k in range(-10, 2))
    rows = kinked_error_rows(Epoch("check", problem, steps), 3, IMAGES.reshape(6, 16))
    table = slope_table(rows[rows["problem"] == "mlp-3"])
    assert list(table["slope"]) == pytest.approx([2, 2, 3], abs=TOLERANCE)
    after = rows[rows["problem"] == "mlp-3, after a switch"]
    assert len(after)
    assert after["expected_slope"].isna().all()
    # The jump hides the difference between the flows.
    worst = after.groupby("quantity")["error"].first()
    assert worst[SGD] > 0.1 * worst[FLOW]


def test_an_order_of_accuracy_of_a_relu_network_is_refused():
    with pytest.raises(UserError, match="an order of accuracy of mlp-3 needs a smooth loss"):
        slopes(network("mlp-3", "relu"))


def test_a_step_beyond_stability_is_refused():
    problem = polynomial(2)
    with pytest.raises(UserError, match=r"m = 2: learning rate .* is beyond stability"):
        error_rows(Epoch("check", problem, (4.1,)))
    problem.learning_rates((3.9,))


@pytest.mark.parametrize("updates", [1, 3, 5])
def test_a_step_at_the_edge_of_stability_is_not_lost_to_rounding(updates):
    # The settings allow 2 for each update, whatever the sharpness turns out to be.
    one = polynomial(1)
    for sharpness in np.exp(np.random.default_rng(0).normal(size=100)):
        problem = dataclasses.replace(one, sharpness=float(sharpness))
        problem.learning_rates((2.0 * updates,), updates)
        with pytest.raises(UserError, match="beyond stability"):
            problem.learning_rates((2.001 * updates,), updates)


def test_the_largest_curvature_is_the_largest_of_all_minibatches():
    problem = Polynomials(4)
    expected = np.abs(np.linalg.eigvalsh(problem.hessian(problem.w))).max()
    # Lanczos stops at 1e-6.
    assert polynomial(4).sharpness == pytest.approx(expected, rel=1e-5)


def test_points_near_rounding_are_not_fitted():
    rows = error_rows(Epoch("check", polynomial(3), (2.0**-20, *STEPS)), flows=(SECOND,))
    assert rows["fitted"].tolist() == [False, True, True, True, True]
    assert (rows["error"] > 0).all()
