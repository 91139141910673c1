"""Flows whose end points are known."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import expm

from whysgd.base.errors import UserError
from whysgd.theory.flows import flow_displacements, kinked_flow_displacements
from whysgd.theory.main_result import FLOW, error_rows
from whysgd.theory.minibatches import descent
from whysgd.theory.problems import Problem, polynomial_minibatches
from whysgd.theory.series import Epoch
from whysgd.theory.validity import reach_rows

MATRIX = np.array([[-1.0, 0.4], [0.1, -2.0]])
START, TIMES = np.array([3.0, -1.0]), np.array([1e-4, 0.5, 2.0])


def linear(points):
    return points @ tf.constant(MATRIX.T)


def exact():
    # expm1 of a matrix by its series where the time is short: no cancellation.
    return np.array(
        [
            MATRIX @ START * time
            + MATRIX @ MATRIX @ START * time**2 / 2
            + np.linalg.matrix_power(MATRIX, 3) @ START * time**3 / 6
            if time < 1e-3
            else expm(MATRIX * time) @ START - START
            for time in TIMES
        ]
    )


def test_a_linear_flow_ends_where_its_exponential_does():
    # Also the shortest time, to 1e-11 of its displacement and not of the point.
    np.testing.assert_allclose(flow_displacements(linear, START, TIMES), exact(), rtol=1e-11)


def test_the_fixed_step_flow_agrees_where_there_is_no_kink():
    ends, uncertainty = kinked_flow_displacements(linear, START, TIMES)
    # 512 steps of order 4 over a time of 2: (2 * 2 / 512)^4 = 4e-9, times 1/120.
    np.testing.assert_allclose(ends, exact(), rtol=1e-9)
    assert (uncertainty < 1e-8).all()


def test_the_fixed_step_flow_knows_its_error_at_a_kink():
    def jump(points):  # velocity 1, then 3 from 0 on
        return tf.where(points < 0, tf.ones_like(points), 3 * tf.ones_like(points))

    times = np.array([0.5, 1.0, 1.7])
    ends, uncertainty = kinked_flow_displacements(jump, np.array([-0.77]), times)
    expected = np.where(times < 0.77, times, 0.77 + 3 * (times - 0.77))
    errors = np.abs(ends[:, 0] - expected)
    assert errors[0] < 1e-14
    assert (errors[1:] > 0).all()
    assert (errors[1:] < 2 * 1.7 / 512).all()  # at most one step at the wrong velocity
    assert (uncertainty[1:] < 2 * 1.7 / 256).all()


def test_a_flow_that_leaves_the_finite_numbers_is_an_error():
    with pytest.raises(ArithmeticError, match="could not be integrated"):
        flow_displacements(tf.square, np.array([1.0]), np.array([2.0]))


def runaway():
    """C = -w^3 / 3: the flow w' = w^2 from 1 is at infinity after a time of 1."""
    cubic = polynomial_minibatches(np.zeros((1, 1)), np.zeros((1, 1, 1)), np.full((1,) * 4, -2.0))
    return Problem("runaway, m = 1", cubic, np.array([1.0]), sharpness=1.0)


def test_a_flow_that_cannot_be_integrated_names_its_problem():
    message = r"theory: runaway, m = 1: the flow could not be integrated up to time 2: .*; take"
    with pytest.raises(UserError, match=message) as caught:
        error_rows(Epoch("check", runaway(), (0.5, 2.0)), flows=(FLOW,))
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"theory: runaway, m = 1: "):
        reach_rows(runaway(), (1,), (0.5, 2.0), pairs=2, seed=0)


def test_the_flow_of_a_problem_starts_where_it_does():
    problem, times = runaway(), np.array([0.25, 0.5])
    ends = problem.flow_displacements(descent(problem.minibatches.full_loss), times)
    # w = 1 / (1 - t).
    np.testing.assert_allclose(ends[:, 0], times / (1 - times), rtol=1e-11)
