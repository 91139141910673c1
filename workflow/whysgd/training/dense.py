"""Gradients of networks of dense layers, of their loss and of the modified loss, from factors.

The gradient of a kernel is X^T D, with the layer's inputs X (B, inputs) and the gradient D
(B, units) of its outputs. At the batch sizes of SGD the factors are far smaller than the product,
so it pays to stop automatic differentiation at them and to multiply out only once, at the end.
"""

from typing import NamedTuple

import tensorflow as tf

from whysgd.models.layers import DenseCall, recorded_dense_calls
from whysgd.training.objective import LossesAndGradients, LossFn, Tensors, reg_strength

# Up to so many terms or operations a sum of outer products, which the compiler fuses with the
# update of the kernel, is faster than a product that is written to memory (measured on a CPU).
_MOST_FUSED_TERMS = 8
_MOST_FUSED_OPERATIONS = 1 << 16


class _ForwardPass(NamedTuple):
    """Of one minibatch through all layers."""

    losses: tf.Tensor  # (R,)
    total: tf.Tensor  # their sum
    calls: list[DenseCall]  # layer by layer


def dense_loss_and_gradients(loss_fn: LossFn, parameters: Tensors) -> LossesAndGradients:
    """Losses (R,) and their gradients; as `loss_and_gradients`, for dense layers alone.

    Args:
        loss_fn: parameters -> (R,) losses of one minibatch, by a network of dense layers.
        parameters: kernel (R, inputs, units) and bias (R, units) of each layer in turn.

    Raises:
        ValueError: there are other parameters.
    """
    with tf.GradientTape() as tape:
        forward = _forward_pass(loss_fn, parameters, tape)
    output_gradients = tape.gradient(forward.total, [call.outputs for call in forward.calls])
    gradients = []
    for call, gradient in zip(forward.calls, output_gradients, strict=True):
        gradients += [_product(call.inputs, gradient), tf.reduce_sum(gradient, 1)]
    return forward.losses, gradients


def dense_modified_loss_and_gradients(
    loss_fn: LossFn, parameters: Tensors, reg_coefficients: tf.Tensor
) -> LossesAndGradients:
    """Losses of C and gradients of C_mod = C + (lambda / 4) ||grad C||^2, exactly.

    Double backprop that never forms the gradient whose norm is penalized. The norm's derivatives
    by X and D start the second pass backward beside the loss's own. With E and A, what arrives
    there at a layer's outputs and at the gradient D K^T of its inputs, the gradient of the kernel
    K is X^T E + A^T D, multiplied out as one product of 2 B terms. So a kernel takes part in
    four products of B rows and one of 2 B, against nine by plain double backprop and three by a
    gradient alone, and the update reads one result of its size instead of three.

    Args:
        loss_fn: parameters -> (R,) losses of one minibatch, by a network of dense layers.
        parameters: kernel (R, inputs, units) and bias (R, units) of each layer in turn.
        reg_coefficients: (R,), the paper's lambda.

    Returns:
        Losses (R,) without the penalty, and the gradients of the modified loss.

    Raises:
        ValueError: there are other parameters.
    """
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            forward = _forward_pass(loss_fn, parameters, inner, outer)
        inputs, outputs = zip(*forward.calls, strict=True)
        found = inner.gradient(forward.total, [*outputs, *inputs[1:]])
        output_gradients, input_gradients = found[: len(outputs)], found[len(outputs) :]
    factor = 2 * reg_strength(reg_coefficients)[:, tf.newaxis, tf.newaxis]
    by_inputs, by_gradients = [], []
    for x, gradient in zip(inputs, output_gradients, strict=True):
        by_x, by_gradient = _half_gradients_of_squared_norm(x, gradient)
        by_inputs.append(factor * by_x)
        # The bias's gradient is the sum of D over the examples.
        by_gradients.append(factor * (by_gradient + tf.reduce_sum(gradient, 1, keepdims=True)))
    found = outer.gradient(
        [forward.total, *output_gradients, *inputs[1:]],
        [*outputs, *input_gradients],
        output_gradients=[tf.ones_like(forward.total), *by_gradients, *by_inputs[1:]],
    )
    at_outputs, at_input_gradients = found[: len(outputs)], found[len(outputs) :]
    gradients = [_product(inputs[0], at_outputs[0]), tf.reduce_sum(at_outputs[0], 1)]
    for x, gradient, at_output, at_input_gradient in zip(
        inputs[1:], output_gradients[1:], at_outputs[1:], at_input_gradients, strict=True
    ):
        left = tf.concat([x, at_input_gradient], 1)
        right = tf.concat([at_output, gradient], 1)
        gradients += [_product(left, right), tf.reduce_sum(at_output, 1)]
    return forward.losses, gradients


def _forward_pass(loss_fn: LossFn, parameters: Tensors, *tapes: tf.GradientTape) -> _ForwardPass:
    for tape in tapes:
        tape.watch(parameters)
    with recorded_dense_calls() as calls:
        losses = loss_fn(parameters)
    shapes: list[tuple[int, ...]] = []
    for inputs, outputs in calls:
        replicas, _, units = outputs.shape
        shapes += [(replicas, inputs.shape[-1], units), (replicas, units)]
    if shapes != [tuple(w.shape) for w in parameters]:
        raise ValueError("the parameters are not those of dense layers alone, each used once")
    return _ForwardPass(losses, tf.reduce_sum(losses), calls)


def _half_gradients_of_squared_norm(x: tf.Tensor, d: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Half the derivatives of ||X^T D||^2 by X and D: D D^T X and X X^T D.

    Args:
        x: (R or 1, B, inputs).
        d: (R, B, units).
    """
    batch_size, num_inputs, units = d.shape[1], x.shape[2], d.shape[2]
    if batch_size * (num_inputs + units) < num_inputs * units:
        by_x = tf.matmul(tf.matmul(d, d, transpose_b=True), x)
        by_d = tf.matmul(tf.matmul(x, x, transpose_b=True), d)
    else:
        product = tf.matmul(x, d, transpose_a=True)
        by_x = tf.matmul(d, product, transpose_b=True)
        by_d = tf.matmul(x, product)
    return by_x, by_d


def _product(x: tf.Tensor, d: tf.Tensor) -> tf.Tensor:
    """X^T D for each replica, (R, inputs, units), of X (R or 1, T, inputs) and D (R, T, units)."""
    replicas, terms, units = d.shape
    few = terms <= _MOST_FUSED_TERMS or terms * x.shape[2] * units <= _MOST_FUSED_OPERATIONS
    # With one replica the compiler also fuses what D is made from, and repeats it in every row.
    if replicas == 1 or not few:
        return tf.matmul(x, d, transpose_a=True)
    product = x[:, 0, :, tf.newaxis] * d[:, 0, tf.newaxis, :]
    for term in range(1, terms):
        product += x[:, term, :, tf.newaxis] * d[:, term, tf.newaxis, :]
    return product
