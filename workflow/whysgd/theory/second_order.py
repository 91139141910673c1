"""The next term of the modified flow of SGD, beyond the paper. Derivation: docs/theory.md."""

import tensorflow as tf

from whysgd.theory.minibatches import Field, Minibatches, gradient_field, hessian_product
from whysgd.theory.modified_loss import modified_loss_sgd


def second_order_correction(minibatches: Minibatches) -> Field:
    """The field f_2 in w' = -grad C_SGD + learning_rate^2 f_2 (not in the paper).

    f_2 = -(1/m) sum_k (1/3 H_k H_k g_k + 1/12 T_k[g_k, g_k]) - (1/12) sum_k [g_k, [g_k, g]]

    with gradient g_k, Hessian H_k and third derivative T_k of C_k, g = grad C, and Lie brackets
    [a, b] = a' b - b' a. The mean over all orders of an epoch of SGD then stays within fourth
    order of the flow. For m = 1 it is gradient descent's own; the brackets vanish where
    minibatches agree. In general f_2 is no gradient: there is no modified loss of this order.

    Args:
        minibatches: smooth losses; third derivatives are taken.

    Returns:
        Points (R, P) -> f_2, (R, P), in parameters per time per learning_rate^2.

    Raises:
        UserError: the losses are not smooth.
    """
    minibatches.require_smooth("the second-order correction")
    m = minibatches.count

    def field(points: tf.Tensor) -> tf.Tensor:
        _, g = minibatches.all_losses_and_gradients(points)  # (m, R, P)
        hessian, third, third_with_mean = _products(minibatches, points, g)
        own_hessian, own_third = _own(hessian), _own(third)
        # The brackets written out, and products with the same Hessian taken together.
        vectors = 2 * tf.reduce_mean(hessian, 0) - tf.reduce_mean(hessian, 1)  # 2 H g_k - H_k g
        vectors = m / 12 * (vectors - tf.reduce_mean(own_hessian, 0)) - own_hessian / 3
        tiled, numbers = minibatches.each(points)
        outer = hessian_product(
            lambda at: minibatches.gradients(at, numbers), tiled, tf.reshape(vectors, tiled.shape)
        )
        thirds = m / 12 * (third_with_mean - tf.reduce_mean(third, 1)) - own_third / 12
        return tf.reduce_mean(minibatches.by_minibatch(outer) + thirds, 0)

    return field


def _products(
    minibatches: Minibatches, points: tf.Tensor, g: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """H_k g_i and T_k[g_i, g_i], each (m, m, R, P) over k and i, and T_k[g_k, g], (m, R, P).

    All come from one pass over an ensemble of (m * m + m) * R replicas, so that tracing costs the
    same for any m.
    """
    m, replicas, parameters = g.shape
    mean = tf.repeat(tf.reduce_mean(g, 0)[tf.newaxis], m, 0)
    pairs = tf.reshape(tf.tile(g, (m, 1, 1)), (m * m, replicas, parameters))
    first = tf.reshape(tf.concat([pairs, g], 0), (-1, parameters))
    second = tf.reshape(tf.concat([pairs, mean], 0), (-1, parameters))
    numbers = tf.concat([tf.repeat(tf.range(m), m * replicas), tf.repeat(tf.range(m), replicas)], 0)
    tiled = tf.tile(points, (m * m + m, 1))

    with tf.GradientTape() as tape:
        tape.watch(tiled)
        hessian = hessian_product(lambda inner: minibatches.gradients(inner, numbers), tiled, first)
        product = tf.reduce_sum(hessian * second)
    third = tape.gradient(product, tiled, unconnected_gradients="zero")  # symmetric in all three
    split = m * m * replicas
    shape = (m, m, replicas, parameters)
    return (
        tf.reshape(hessian[:split], shape),
        tf.reshape(third[:split], shape),
        tf.reshape(third[split:], shape[1:]),
    )


def _own(products: tf.Tensor) -> tf.Tensor:
    """Those of a minibatch with itself: (m, m, R, P) -> (m, R, P)."""
    return tf.stack([products[k, k] for k in range(products.shape[0])])


def second_order_field(minibatches: Minibatches, learning_rates: tf.Tensor) -> Field:
    """The modified flow of SGD through second order, -grad C_SGD + learning_rate^2 f_2.

    Args:
        minibatches: smooth losses.
        learning_rates: of each replica, (R,).

    Returns:
        Points (R, P) -> velocities (R, P).

    Raises:
        UserError: the losses are not smooth.
    """
    first = gradient_field(modified_loss_sgd(minibatches, learning_rates))
    correction = second_order_correction(minibatches)
    squares = tf.square(learning_rates)[:, tf.newaxis]
    return lambda points: squares * correction(points) - first(points)
