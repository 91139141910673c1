"""Loss, gradients and updates against closed forms in float64."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import make_program
from whysgd.spec.program import Program
from whysgd.training.evaluation import all_finite
from whysgd.training.objective import (
    example_losses,
    loss_and_gradients,
    minibatch_loss,
    squared_norms,
)
from whysgd.training.program import NEVER, State, repeated, updates

# One rounding is 1e-16; a handful of products of numbers around 1 stays well below this.
RTOL = 1e-12
R, D = 3, 4


class Quadratic:
    """C(w) = 1/2 (w - c)^T H (w - c) for each replica: gradient H (w - c), Hessian H."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        root = rng.normal(size=(R, D, D))
        self.hessian = root @ root.transpose(0, 2, 1) / D
        self.center = rng.normal(size=(R, D))
        self.w = rng.normal(size=(R, D))

    def loss_fn(self, parameters):
        """The same in two parameters, (R, 1) and (R, D - 1), as tensors."""
        offset = tf.concat(parameters, 1) - self.center
        return tf.einsum("ri,rij,rj->r", offset, tf.constant(self.hessian), offset) / 2

    def gradient(self, w):
        return np.einsum("rij,rj->ri", self.hessian, w - self.center)

    def penalty_gradient(self, w, coefficients):
        """Of (lambda / 4) ||g||^2: the derivative of ||g||^2 is 2 H g, so lambda / 2 H g."""
        squared = np.einsum("rij,rj->ri", self.hessian, self.gradient(w))
        return coefficients[:, None] / 2 * squared


def split(w):
    """One vector as two parameters, so that sums over parameters are tested too."""
    return [tf.constant(w[:, :1]), tf.constant(w[:, 1:])]


def joined(parameters):
    return np.concatenate([np.asarray(p) for p in parameters], 1)


def test_loss_and_gradient_of_a_quadratic():
    problem = Quadratic()
    losses, gradients = loss_and_gradients(problem.loss_fn, split(problem.w))
    offset = problem.w - problem.center
    expected = np.einsum("ri,rij,rj->r", offset, problem.hessian, offset) / 2
    np.testing.assert_allclose(losses, expected, rtol=RTOL)
    np.testing.assert_allclose(joined(gradients), problem.gradient(problem.w), rtol=RTOL)


def test_averages_are_over_examples_whatever_the_batches():
    # Batches of 3 and 4: their means, weighted by their sizes, are the mean over all 7.
    rng = np.random.default_rng(9)
    kernel = rng.normal(size=(1, 5, 3))
    images, labels = tf.constant(rng.normal(size=(1, 7, 5))), rng.integers(0, 3, (1, 7))

    def gradient_of(examples):
        loss_fn = minibatch_loss(
            lambda parameters, x: tf.matmul(x, parameters[0]),
            images[:, examples],
            tf.constant(labels[:, examples]),
        )
        loss, (gradient,) = loss_and_gradients(loss_fn, [tf.constant(kernel)])
        return float(loss[0]), np.asarray(gradient)

    (loss_3, gradient_3), (loss_4, gradient_4) = gradient_of(slice(3)), gradient_of(slice(3, 7))
    loss, gradient = gradient_of(slice(7))
    assert loss == pytest.approx((3 * loss_3 + 4 * loss_4) / 7, rel=RTOL)
    np.testing.assert_allclose(gradient, (3 * gradient_3 + 4 * gradient_4) / 7, rtol=1e-10)
    assert loss != pytest.approx((loss_3 + loss_4) / 2, rel=1e-3)  # the mean of means is another


def test_squared_norms_sum_over_all_parameters():
    problem = Quadratic()
    expected = (problem.gradient(problem.w) ** 2).sum(1)
    np.testing.assert_allclose(
        squared_norms(split(problem.gradient(problem.w))), expected, rtol=RTOL
    )


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("penalty", [None, {}])
@pytest.mark.parametrize("weight_decay", [0.0, 0.07])
def test_updates_on_one_minibatch(n, penalty, weight_decay):
    problem = Quadratic(1)
    rates, coefficients = np.array([0.01, 0.05, 0.2]), np.array([0.0, 0.3, 0.5])
    program = make_program(updates_per_batch=n, penalty=penalty, weight_decay=weight_decay)
    # The decay acts on the second parameter only.
    update = updates(problem.loss_fn, program, (False, True), tf.constant(coefficients))
    state = State(split(problem.w), tf.fill((R,), tf.constant(NEVER, tf.int64)))
    state = update(state, tf.constant(rates), tf.constant(0, tf.int64))

    w = problem.w
    for _ in range(n):
        direction = problem.gradient(w)
        if penalty is not None:
            direction = direction + problem.penalty_gradient(w, coefficients)
        direction[:, 1:] += weight_decay * w[:, 1:]
        w = w - rates[:, None] * direction
    np.testing.assert_allclose(joined(state.parameters), w, rtol=RTOL)
    np.testing.assert_array_equal(state.diverged_at, NEVER)


def one_plain_update(program: Program, loss_fn, w, rate=0.1):
    update = updates(loss_fn, program, (False,), tf.zeros(len(w), tf.float64))
    state = State([tf.constant(w)], tf.fill((len(w),), tf.constant(NEVER, tf.int64)))
    rates = tf.fill((len(w),), tf.constant(rate, tf.float64))
    return update(state, rates, tf.constant(40, tf.int64))


def test_a_diverged_replica_stops_and_says_when():
    def loss_fn(parameters):  # infinite for the second replica
        (w,) = parameters
        return w[:, 0] / tf.constant([1.0, 0.0], tf.float64)

    w = np.array([[1.0], [2.0]])
    state = one_plain_update(make_program(), loss_fn, w)
    np.testing.assert_array_equal(state.diverged_at, [NEVER, 40])
    np.testing.assert_allclose(state.parameters[0], [[0.9], [2.0]])


def test_example_losses_are_cross_entropies():
    rng = np.random.default_rng(5)
    logits, labels = rng.normal(size=(2, 3, 6)) * 30, rng.integers(0, 6, (2, 3))
    shifted = logits - logits.max(-1, keepdims=True)
    probabilities = np.exp(shifted) / np.exp(shifted).sum(-1, keepdims=True)
    chosen = np.take_along_axis(probabilities, labels[..., None], -1)[..., 0]
    np.testing.assert_allclose(
        example_losses(tf.constant(logits), tf.constant(labels)), -np.log(chosen), rtol=1e-10
    )


def test_example_losses_survive_large_logits():
    losses = example_losses(tf.constant([[[1e30, 0.0], [0.0, 1e30]]]), tf.constant([[0, 0]]))
    np.testing.assert_array_equal(losses, np.array([[0, 1e30]], np.float32))


@pytest.mark.parametrize("use_xla", [False, True])
def test_one_step_of_n_step_sgd_is_sgd_bit_for_bit(use_xla):
    problem = Quadratic(4)
    update = updates(problem.loss_fn, make_program(), (True, True), tf.zeros(R, tf.float64))
    state = State(split(problem.w), tf.fill((R,), tf.constant(NEVER, tf.int64)))
    rates, number = tf.fill((R,), tf.constant(0.1, tf.float64)), tf.constant(0, tf.int64)
    direct, looped = (
        tf.function(step, jit_compile=use_xla)(state, rates, number)
        for step in (update, repeated(update, 1))
    )
    np.testing.assert_array_equal(joined(direct.parameters), joined(looped.parameters))
    assert (joined(direct.parameters) != problem.w).all()


def test_updates_are_numbered_on():
    seen = []

    def update(state, rates, number):
        seen.append(number)
        return State(state.parameters, state.diverged_at + number)

    state = State([tf.zeros((1, 2))], tf.zeros((1,), tf.int64))
    state = repeated(update, 4)(state, tf.ones(1), tf.constant(10, tf.int64))
    assert int(state.diverged_at[0]) == 10 + 11 + 12 + 13


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite_are_seen_whatever_the_loss(value):
    w = [np.ones((3, 4)), np.ones((3, 2, 2))]
    w[1][1, 0, 1] = value
    np.testing.assert_array_equal(all_finite([tf.constant(x) for x in w]), [True, False, True])


def test_a_small_loss_keeps_its_digits():
    logits = tf.constant([[[14.5, 0.0, -1.0]]], tf.float32)
    expected = np.log1p(np.exp(-14.5) + np.exp(-15.5))
    # The largest exponential is 1, so the sum is rounded to 2^-23 = 1.2e-7.
    np.testing.assert_allclose(example_losses(logits, tf.constant([[0]])), [[expected]], atol=6e-8)
