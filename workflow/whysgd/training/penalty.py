"""The gradient of the modified loss C_mod = C + (lambda / 4) ||grad C||^2, by several methods.

The penalty's gradient is (lambda / 2) H g, with g and H the gradient and the Hessian of the
minibatch's loss. `docs/penalty.md` says what each method costs and how far off it is.
"""

from collections.abc import Callable

import tensorflow as tf

from whysgd.spec.program import Penalty
from whysgd.training.dense import dense_modified_loss_and_gradients
from whysgd.training.objective import (
    LossesAndGradients,
    LossFn,
    Tensors,
    loss_and_gradients,
    reg_strength,
    squared_norms,
)

Method = Callable[[LossFn, Tensors, tf.Tensor], LossesAndGradients]


def modified_loss_and_gradients(
    loss_fn: LossFn, parameters: Tensors, reg_coefficients: tf.Tensor, penalty: Penalty
) -> LossesAndGradients:
    """Losses of C and gradients of C_mod = C + (lambda / 4) ||grad C||^2.

    Args:
        loss_fn: parameters -> (R,) losses of one minibatch.
        parameters: tensors (R, *shape).
        reg_coefficients: (R,), the paper's lambda.
        penalty: how to compute the penalty's gradient.

    Returns:
        Losses (R,) without the penalty, and the gradients of the modified loss.

    Raises:
        ValueError: "factored", and there are parameters outside dense layers.
    """
    return _method(penalty)(loss_fn, parameters, reg_coefficients)


def _method(penalty: Penalty) -> Method:
    match penalty.method:
        case "double_backprop":
            return _double_backprop
        case "factored":
            return dense_modified_loss_and_gradients
        case "forward_over_reverse":
            return _forward_over_reverse
    assert penalty.radius is not None  # the record sees to it
    radius, central = penalty.radius, penalty.method == "central_difference"
    return lambda *arguments: _finite_difference(*arguments, radius=radius, central=central)


def _double_backprop(
    loss_fn: LossFn, parameters: Tensors, reg_coefficients: tf.Tensor
) -> LossesAndGradients:
    """Exact, the reference: the squared norm of the gradient, differentiated like the loss.

    The penalty is differentiated by itself, so that a coefficient of zero adds zeros.
    """
    with tf.GradientTape() as outer:
        outer.watch(parameters)
        losses, gradients = loss_and_gradients(loss_fn, parameters)
        penalty = tf.reduce_sum(reg_strength(reg_coefficients) * squared_norms(gradients))
    penalty_gradients = outer.gradient(penalty, parameters, unconnected_gradients="zero")
    return losses, _sum(gradients, penalty_gradients)


def _forward_over_reverse(
    loss_fn: LossFn, parameters: Tensors, reg_coefficients: tf.Tensor
) -> LossesAndGradients:
    """Exact: the derivative of the gradient along the gradient, H g, in forward mode."""
    losses, direction = loss_and_gradients(loss_fn, parameters)
    with tf.autodiff.ForwardAccumulator(list(parameters), direction) as accumulator:
        # Computed again, for the accumulator follows what happens within it; compilers see
        # that it is the same.
        _, gradients = loss_and_gradients(loss_fn, parameters)
    products = accumulator.jvp(gradients, unconnected_gradients="zero")
    return losses, _sum(direction, _times(2 * reg_strength(reg_coefficients), products))


def _finite_difference(
    loss_fn: LossFn,
    parameters: Tensors,
    reg_coefficients: tf.Tensor,
    *,
    radius: float,
    central: bool,
) -> LossesAndGradients:
    """Another penalty: H g from gradients at points `radius` away along the gradient."""
    losses, gradients = loss_and_gradients(loss_fn, parameters)
    norms = tf.sqrt(squared_norms(gradients))
    step = _times(tf.math.divide_no_nan(tf.constant(radius, norms.dtype), norms), gradients)
    _, ahead = loss_and_gradients(loss_fn, _sum(parameters, step))
    behind, distance = gradients, radius
    if central:
        _, behind = loss_and_gradients(loss_fn, _difference(parameters, step))
        distance = 2 * radius
    factor = 2 * reg_strength(reg_coefficients) * norms / distance
    return losses, _sum(gradients, _times(factor, _difference(ahead, behind)))


def _times(factors: tf.Tensor, tensors: Tensors) -> list[tf.Tensor]:
    """Each replica's tensors times its factor (R,)."""
    return [tf.reshape(factors, (-1,) + (1,) * (t.shape.rank - 1)) * t for t in tensors]


def _sum(a: Tensors, b: Tensors) -> list[tf.Tensor]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _difference(a: Tensors, b: Tensors) -> list[tf.Tensor]:
    return [x - y for x, y in zip(a, b, strict=True)]
