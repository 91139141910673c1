"""The methods for the penalty's gradient: closed forms, each other, predicted errors."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import final_parameters, make_ensemble, make_program
from whysgd.models import build_network
from whysgd.spec.program import Penalty
from whysgd.training.objective import (
    loss_and_gradients,
    minibatch_loss,
    reg_strength,
    with_weight_decay,
)
from whysgd.training.penalty import modified_loss_and_gradients

EXACT = [Penalty(), Penalty(method="forward_over_reverse")]
FACTORED = Penalty(method="factored")
FORWARD, CENTRAL = "forward_difference", "central_difference"
R, D, TERMS = 3, 4, 6
COEFFICIENTS = np.array([0.0, 0.3, 2.0])


class Exponentials:
    """C(w) = sum_j exp(a_j . w) for each replica: every derivative is a sum over the a_j."""

    def __init__(self) -> None:
        rng = np.random.default_rng(8)
        self.directions = rng.normal(size=(R, TERMS, D)) / 2
        self.w = rng.normal(size=(R, D))

    def loss_fn(self, parameters):
        """The same in two parameters, (R, 1) and (R, D - 1), as tensors."""
        (first, rest) = parameters
        w = tf.concat([first, rest], 1)
        return tf.reduce_sum(tf.exp(tf.einsum("rjd,rd->rj", self.directions, w)), 1)

    def derivative(self, *along):
        """The derivative of the gradient along each of some directions (R, D), (R, D)."""
        factors = np.exp(np.einsum("rjd,rd->rj", self.directions, self.w))
        for direction in along:
            factors = factors * np.einsum("rjd,rd->rj", self.directions, direction)
        return np.einsum("rj,rjd->rd", factors, self.directions)

    def penalty_gradient(self):
        """Of (lambda / 4) ||g||^2: lambda / 2 H g."""
        return COEFFICIENTS[:, None] / 2 * self.derivative(self.derivative())


def split(w):
    return [tf.constant(w[:, :1]), tf.constant(w[:, 1:])]


def penalty_gradients(problem, penalty):
    """What a method adds to the plain gradient, (R, D)."""
    _, modified = modified_loss_and_gradients(
        problem.loss_fn, split(problem.w), tf.constant(COEFFICIENTS), penalty
    )
    return np.concatenate(modified, 1) - problem.derivative()


@pytest.mark.parametrize("penalty", EXACT, ids=lambda p: p.method)
def test_exact_methods_agree_with_a_closed_form(penalty):
    problem = Exponentials()
    losses, modified = modified_loss_and_gradients(
        problem.loss_fn, split(problem.w), tf.constant(COEFFICIENTS), penalty
    )
    plain, gradients = loss_and_gradients(problem.loss_fn, split(problem.w))
    np.testing.assert_array_equal(losses, plain)  # the reported loss is C, without the penalty
    np.testing.assert_array_equal(modified[0][0], gradients[0][0])  # lambda = 0
    expected = problem.derivative() + problem.penalty_gradient()
    np.testing.assert_allclose(np.concatenate(modified, 1), expected, rtol=1e-10)


@pytest.mark.parametrize("method", [FORWARD, CENTRAL])
def test_differences_are_off_by_their_next_derivative(method):
    problem = Exponentials()
    gradient = problem.derivative()
    norms = np.linalg.norm(gradient, axis=1, keepdims=True)
    unit, radius = gradient / norms, 2.0**-9
    if method == FORWARD:
        next_term = radius / 2 * problem.derivative(unit, unit)
    else:
        next_term = radius**2 / 6 * problem.derivative(unit, unit, unit)
    predicted = COEFFICIENTS[:, None] / 2 * norms * next_term
    actual = penalty_gradients(problem, Penalty(method=method, radius=radius))
    # What follows is smaller by another factor of the radius, forward, or its square.
    np.testing.assert_allclose(
        actual - problem.penalty_gradient(), predicted, rtol=0.01, atol=1e-12
    )


@pytest.mark.parametrize(("method", "order"), [(FORWARD, 1), (CENTRAL, 2)])
def test_order_of_the_differences(method, order):
    problem = Exponentials()
    radii = 2.0 ** -np.arange(5, 10)
    errors = [
        np.linalg.norm(
            penalty_gradients(problem, Penalty(method=method, radius=radius))
            - problem.penalty_gradient()
        )
        for radius in radii
    ]
    slope = np.polyfit(np.log(radii), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.02)


@pytest.mark.parametrize("method", [FORWARD, CENTRAL])
def test_differences_at_a_stationary_point_are_zero(method):
    w = tf.zeros((2, 3), tf.float64)
    _, gradients = modified_loss_and_gradients(
        lambda p: tf.reduce_sum(p[0] ** 2, 1),
        [w],
        tf.ones(2, tf.float64),
        Penalty(method=method, radius=0.01),
    )
    np.testing.assert_array_equal(gradients[0], 0)


def network_penalty_gradients(model, penalties, *, use_xla=False):
    """Gradients of C_mod less those of C for each penalty, all replicas as one vector."""
    rng = np.random.default_rng(1)
    network = build_network(
        model, input_shape=(8, 8, 1), num_classes=10, replicas=2, base_width=3, dtype="float32"
    )
    # Away from the start, where the residual branches of a Wide-ResNet have no gradient.
    parameters = [
        tf.constant(w + 0.1 * rng.normal(size=w.shape).astype("float32"))
        for w in network.initial_parameters([0, 1])
    ]
    images = tf.constant(rng.normal(size=(2, 6, 8, 8, 1)).astype("float32"))
    labels = tf.constant(rng.integers(0, 10, (2, 6)))

    def difference(penalty):
        loss_fn = minibatch_loss(network.logits, images, labels)
        _, plain = loss_and_gradients(loss_fn, parameters)
        _, modified = modified_loss_and_gradients(
            loss_fn, parameters, tf.constant([0.5, 2.0]), penalty
        )
        return tf.concat([tf.reshape(m - p, [-1]) for m, p in zip(modified, plain, strict=True)], 0)

    return [np.asarray(tf.function(difference, jit_compile=use_xla)(p)) for p in penalties]


@pytest.mark.parametrize(("model", "use_xla"), [("mlp-12-9", True), ("wrn-10-1", False)])
def test_exact_methods_agree_on_networks(model, use_xla):
    methods = [*EXACT, FACTORED] if model.startswith("mlp") else EXACT
    first, *others = network_penalty_gradients(model, methods, use_xla=use_xla)
    for other in others:
        # Sums of up to a few thousand float32 products, in another order.
        assert np.linalg.norm(first - other) < 1e-5 * np.linalg.norm(first)
    assert np.linalg.norm(first) > 0.01


def test_a_central_difference_over_kinks_is_another_penalty():
    # Within one linear piece of a ReLU network the error falls as the radius squared; across
    # kinks the gradient jumps, which the exact penalty does not see.
    exact, near, far = network_penalty_gradients(
        "mlp-12-9",
        [
            Penalty(),
            Penalty(method=CENTRAL, radius=2.0**-7),
            Penalty(method=CENTRAL, radius=2.0**0),
        ],
    )
    assert np.linalg.norm(near - exact) < 0.02 * np.linalg.norm(exact)
    assert np.linalg.norm(far - exact) > 0.1 * np.linalg.norm(exact)


def test_factored_double_backprop_refuses_parameters_outside_dense_layers():
    problem = Exponentials()
    with pytest.raises(ValueError, match="not those of dense layers alone"):
        penalty_gradients(problem, FACTORED)
    with pytest.raises(ValueError, match="for perceptrons, not wrn-10-1"):
        make_program(model="wrn-10-1", penalty=FACTORED)


def test_weight_decay_inside_the_penalty_is_the_penalty_of_the_decayed_loss():
    problem, weight_decay = Exponentials(), 0.3
    mask = np.array([0.0] + [1.0] * (D - 1))  # the second parameter decays
    loss_fn = with_weight_decay(problem.loss_fn, (False, True), weight_decay)
    losses, modified = modified_loss_and_gradients(
        loss_fn, split(problem.w), tf.constant(COEFFICIENTS), Penalty()
    )
    gradient = problem.derivative() + weight_decay * mask * problem.w
    product = problem.derivative(gradient) + weight_decay * mask * gradient
    expected = gradient + COEFFICIENTS[:, None] / 2 * product
    np.testing.assert_allclose(np.concatenate(modified, 1), expected, rtol=1e-10)
    plain = problem.loss_fn(split(problem.w))
    decay = weight_decay / 2 * (mask * problem.w**2).sum(1)
    np.testing.assert_allclose(losses, plain + decay, rtol=1e-10)


def test_without_a_coefficient_weight_decay_is_the_same_inside_and_outside(dataset):
    members = [(0.1, 0.0, 0), (0.1, 0.1, 0)]
    outside, inside = (
        final_parameters(
            make_ensemble(*members, weight_decay=0.1, penalty={"includes_weight_decay": included}),
            dataset,
            "float64",
        )
        for included in (False, True)
    )
    for a, b in zip(outside, inside, strict=True):
        np.testing.assert_allclose(a[0], b[0], rtol=1e-9, atol=1e-12)  # another order of sums
    assert max(np.abs(a[1] - b[1]).max() for a, b in zip(outside, inside, strict=True)) > 1e-4


@pytest.mark.parametrize("penalty", [*EXACT[1:], FACTORED], ids=lambda p: p.method)
def test_methods_train_to_the_same_parameters(dataset, penalty):
    members = [(0.1, 0.2, 0), (0.05, 0.0, 1)]
    reference, other = (
        final_parameters(make_ensemble(*members, penalty=p), dataset, "float64")
        for p in (Penalty(), penalty)
    )
    for a, b in zip(reference, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_the_quarter_is_a_quarter():
    # The modified loss of SGD is C + (epsilon / 4m) sum ||grad C_k||^2 (eq. 1).
    np.testing.assert_array_equal(reg_strength(tf.constant([0.0, 1.0, 8.0])), [0, 0.25, 2])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": FORWARD}, "needs a `radius`"),
        ({"radius": 0.1}, "`radius` is for differences"),
        ({"method": CENTRAL, "radius": 0}, "greater than 0"),
        ({"method": "guess"}, "double_backprop"),
        ({"method": "factored", "includes_weight_decay": True}, "sees no weight decay"),
    ],
)
def test_a_penalty_that_makes_no_sense_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Penalty.model_validate(fields)
