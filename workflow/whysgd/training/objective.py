"""The loss and its gradient, for all replicas at once.

Every function takes parameters with a leading replica axis and keeps replicas apart: the
replicas' losses are summed before differentiation, and since no replica's loss depends on
another's parameters, the gradient of the sum holds each replica's own gradient.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

Tensors = Sequence[tf.Tensor]
Logits = Callable[[Tensors, tf.Tensor], tf.Tensor]
LossFn = Callable[[Tensors], tf.Tensor]  # parameters -> (R,) losses
LossesAndGradients = tuple[tf.Tensor, list[tf.Tensor]]  # (R,), and each (R, *shape)


def example_losses(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of each example in nats.

    Args:
        logits: (R, B, classes).
        labels: integers, (R, B), or (1, B) where all replicas see the same examples.

    Returns:
        (R, B).
    """
    # From basic operations, because all of them have second derivatives on every route.
    # Subtracting the largest logit first keeps the digits of a small loss.
    one_hot = tf.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    logits -= tf.stop_gradient(tf.reduce_max(logits, -1, keepdims=True))
    log_sum = tf.math.log(tf.reduce_sum(tf.exp(logits), -1))
    return log_sum - tf.reduce_sum(logits * one_hot, -1)


def minibatch_loss(logits_fn: Logits, images: tf.Tensor, labels: tf.Tensor) -> LossFn:
    """The loss of one minibatch as a function of the parameters: a mean over its examples.

    Args:
        logits_fn: network, (parameters, images) -> (R, B, classes).
        images: (R, B, height, width, channels), or (1, B, ...) where shared.
        labels: (R, B) or (1, B).

    Returns:
        A function from parameters, each (R, *shape), to losses (R,).
    """
    return lambda parameters: tf.reduce_mean(
        example_losses(logits_fn(parameters, images), labels), -1
    )


def reg_strength(reg_coefficients: tf.Tensor) -> tf.Tensor:
    """Factor of the squared gradient norm in the modified loss: reg_coefficient / 4.

    The only place where the quarter of C_mod = C + (lambda / 4) ||grad C||^2 stands; the
    modified loss of SGD has the learning rate for lambda (Smith et al. 2021, eqs 1 and 20,
    arXiv:2101.12176).
    """
    return reg_coefficients / 4


def loss_and_gradients(loss_fn: LossFn, parameters: Tensors) -> LossesAndGradients:
    """Losses (R,) and their gradients, each (R, *shape)."""
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        losses = loss_fn(parameters)
        total = tf.reduce_sum(losses)
    return losses, tape.gradient(total, parameters, unconnected_gradients="zero")


def squared_norms(tensors: Tensors) -> tf.Tensor:
    """Squared Euclidean norm of each replica's values over all tensors, (R,)."""
    return tf.add_n([tf.reduce_sum(tf.square(t), range(1, t.shape.rank)) for t in tensors])


def with_weight_decay(loss_fn: LossFn, decayed: Sequence[bool], weight_decay: float) -> LossFn:
    """The loss with the L2 term (weight_decay / 2) ||w||^2 of the decayed parameters inside.

    Args:
        loss_fn: parameters -> (R,) losses of one minibatch.
        decayed: for each parameter, whether it decays.
        weight_decay: so that gradient descent shrinks a parameter by learning_rate * weight_decay.
    """

    def decayed_loss_fn(parameters: Tensors) -> tf.Tensor:
        kernels = [w for w, decays in zip(parameters, decayed, strict=True) if decays]
        return loss_fn(parameters) + weight_decay / 2 * squared_norms(kernels)

    return decayed_loss_fn
