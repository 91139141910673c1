"""Modified losses and the second-order term against NumPy, in float64."""

import numpy as np
import pytest
import tensorflow as tf

from tests.theory.polynomials import Polynomials
from whysgd.base.errors import UserError
from whysgd.theory.minibatches import Minibatches, gradient_field
from whysgd.theory.modified_loss import (
    modified_loss_gd,
    modified_loss_n_step_sgd,
    modified_loss_sgd,
)
from whysgd.theory.second_order import second_order_correction, second_order_field

# A few hundred roundings of 1e-16 of numbers of size 1 to 100.
RTOL = 1e-11


def along(field, at, direction):
    """Derivative of any field along a direction: what is pulled back is linear in its weights."""
    weights = tf.zeros_like(at)
    with tf.GradientTape() as outer:
        outer.watch(weights)
        with tf.GradientTape() as inner:
            inner.watch(at)
            value = field(at)
        pulled = inner.gradient(value, at, output_gradients=weights)
    return outer.gradient(pulled, weights, output_gradients=direction)


def bracket(first, second):
    """Lie bracket: (Jacobian of the first) second - (Jacobian of the second) first."""
    return lambda at: along(first, at, second(at)) - along(second, at, first(at))


RATES = np.array([0.1, 0.02])


def points(problem):
    """Two points, so that replicas could be mixed up."""
    return np.stack([problem.w, problem.w + 0.3])


@pytest.mark.parametrize("num_batches", [1, 4])
def test_modified_losses_are_the_papers(num_batches):
    problem = Polynomials(num_batches)
    at = [tf.constant(points(problem))]
    for loss_fn, n in (
        (modified_loss_gd(problem.minibatches, tf.constant(RATES)), None),
        (modified_loss_sgd(problem.minibatches, tf.constant(RATES)), 1),
        (modified_loss_n_step_sgd(problem.minibatches, tf.constant(RATES), 5), 5),
    ):
        expected = []
        for w, rate in zip(points(problem), RATES, strict=True):
            g = problem.gradient(w)
            penalty = (g.mean(0) ** 2).sum() if n is None else (g**2).sum() / num_batches / n
            expected.append(problem.loss(w).mean() + rate / 4 * penalty)
        np.testing.assert_allclose(loss_fn(at), expected, rtol=RTOL)


def test_the_gradient_of_the_modified_loss_is_a_hessian_times_a_gradient():
    problem = Polynomials()
    field = gradient_field(modified_loss_sgd(problem.minibatches, tf.constant(RATES)))
    for w, rate, got in zip(
        points(problem), RATES, field(tf.constant(points(problem))), strict=True
    ):
        g, h = problem.gradient(w), problem.hessian(w)
        expected = g.mean(0) + rate / 2 * np.einsum("kij,kj->ki", h, g).mean(0)
        np.testing.assert_allclose(got, expected, rtol=RTOL)


def test_one_update_per_batch_is_sgd():
    minibatches, rates = Polynomials().minibatches, tf.constant(RATES)
    at = [tf.constant(points(Polynomials()))]
    np.testing.assert_array_equal(
        modified_loss_n_step_sgd(minibatches, rates, 1)(at),
        modified_loss_sgd(minibatches, rates)(at),
    )
    with pytest.raises(ValueError, match="updates_per_batch = 0"):
        modified_loss_n_step_sgd(minibatches, rates, 0)


@pytest.mark.parametrize("num_batches", [1, 2, 5])
def test_the_second_order_term_is_the_derived_formula(num_batches):
    problem = Polynomials(num_batches)
    got = second_order_correction(problem.minibatches)(tf.constant(points(problem)))
    expected = [problem.second_order(w) for w in points(problem)]
    np.testing.assert_allclose(got, expected, rtol=RTOL)


def test_the_second_order_term_is_made_of_lie_brackets():
    minibatches = Polynomials().minibatches
    at = tf.constant(points(Polynomials()))
    tiled, numbers = minibatches.each(at)

    def own(where):
        return minibatches.gradients(where, numbers)

    def own_first(where):
        return along(own, where, own(where))

    brackets = bracket(own, bracket(own, gradient_field(minibatches.full_loss)))(tiled)
    steps = along(own_first, tiled, own(tiled)) / 12 + along(own, tiled, own_first(tiled)) / 4
    expected = -minibatches.by_minibatch(steps).numpy().mean(0)
    expected -= minibatches.by_minibatch(brackets).numpy().sum(0) / 12
    np.testing.assert_allclose(second_order_correction(minibatches)(at), expected, rtol=RTOL)


def test_equal_minibatches_leave_gradient_descents_own_second_order():
    problem = Polynomials(1)
    for array in ("b", "a", "t"):
        setattr(problem, array, np.repeat(getattr(problem, array), 3, 0))
    at = tf.constant(points(problem))
    one = Polynomials(1).minibatches
    np.testing.assert_allclose(
        second_order_correction(problem.minibatches)(at), second_order_correction(one)(at), RTOL
    )


def test_the_second_order_flow_adds_its_term_with_the_squared_rate():
    minibatches, at = Polynomials().minibatches, tf.constant(points(Polynomials()))
    gradient = gradient_field(modified_loss_sgd(minibatches, tf.constant(RATES)))(at)
    expected = RATES[:, None] ** 2 * second_order_correction(minibatches)(at) - gradient
    field = second_order_field(minibatches, tf.constant(RATES))
    np.testing.assert_allclose(field(at), expected, rtol=RTOL)


def test_the_second_order_term_refuses_kinks():
    rough = Minibatches(2, Polynomials(2).minibatches.losses, smooth=False)
    with pytest.raises(UserError, match="second-order correction needs a smooth loss"):
        second_order_correction(rough)


def test_a_part_of_the_minibatches_is_an_epoch_of_its_own():
    problem = Polynomials(4)
    at = tf.constant(points(problem))
    expected = [problem.loss(w)[:2].mean() for w in points(problem)]
    np.testing.assert_allclose(problem.minibatches.first(2).full_loss([at]), expected, rtol=RTOL)
    with pytest.raises(ValueError, match="5 of 4 minibatches"):
        problem.minibatches.first(5)
