"""The modified losses of gradient descent, SGD and n-step SGD.

Discrete updates with a finite learning rate follow gradient flow on these, up to third order.
All take the quarter from `whysgd.training.objective.reg_strength`, as training does.
"""

import tensorflow as tf

from whysgd.theory.minibatches import Minibatches
from whysgd.training.objective import LossFn, Tensors, reg_strength, squared_norms


def modified_loss_gd(minibatches: Minibatches, learning_rates: tf.Tensor) -> LossFn:
    """The loss whose gradient flow gradient descent follows (Barrett and Dherin 2021; eq. 11).

    C_GD = C + (learning_rate / 4) ||grad C||^2

    Args:
        minibatches: losses C_k; C is their mean.
        learning_rates: epsilon of each replica, (R,), or one for all.

    Returns:
        A function of a list of one tensor (R, P) to losses (R,), differentiable in it.
    """

    def loss_fn(parameters: Tensors) -> tf.Tensor:
        losses, gradients = minibatches.all_losses_and_gradients(parameters[0])
        penalty = squared_norms([tf.reduce_mean(gradients, 0)])
        return tf.reduce_mean(losses, 0) + reg_strength(learning_rates) * penalty

    return loss_fn


def modified_loss_sgd(minibatches: Minibatches, learning_rates: tf.Tensor) -> LossFn:
    """The loss whose gradient flow the mean of SGD over all orders follows (eqs 1 and 20).

    C_SGD = C + (learning_rate / 4 m) sum_k ||grad C_k||^2

    Args:
        minibatches: losses C_k of the m fixed minibatches; C is their mean.
        learning_rates: epsilon of each replica, (R,), or one for all.

    Returns:
        A function of a list of one tensor (R, P) to losses (R,), differentiable in it.
    """

    def loss_fn(parameters: Tensors) -> tf.Tensor:
        losses, gradients = minibatches.all_losses_and_gradients(parameters[0])
        norms = minibatches.by_minibatch(squared_norms([tf.reshape(gradients, _flat(gradients))]))
        penalty = tf.reduce_mean(norms, 0)
        return tf.reduce_mean(losses, 0) + reg_strength(learning_rates) * penalty

    return loss_fn


def modified_loss_n_step_sgd(
    minibatches: Minibatches, effective_learning_rates: tf.Tensor, updates_per_batch: int
) -> LossFn:
    """The modified loss of n-step SGD (eqs 38 and 39): the bare learning rate is its strength.

    C_n = C + (alpha / 4 m) sum_k ||grad C_k||^2,   alpha = effective_learning_rate / n

    Args:
        minibatches: losses C_k of the m fixed minibatches; C is their mean.
        effective_learning_rates: epsilon = n alpha of each replica, (R,), or one for all; an epoch
            is a time m epsilon of gradient flow.
        updates_per_batch: n, at least 1.

    Returns:
        A function of a list of one tensor (R, P) to losses (R,), differentiable in it.

    Raises:
        ValueError: n is less than 1.
    """
    if updates_per_batch < 1:
        raise ValueError(f"updates_per_batch = {updates_per_batch} must be at least 1")
    return modified_loss_sgd(minibatches, effective_learning_rates / updates_per_batch)


def _flat(gradients: tf.Tensor) -> tuple[int, int]:
    count, replicas, parameters = gradients.shape
    return count * replicas, parameters
