"""Check 4: the expansions on the way to the main result, as orders of accuracy.

What is left over after the terms that an equation gives must fall as its first neglected term.
"""

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.theory.minibatches import Minibatches, compiled, gradient_field, hessian_product
from whysgd.theory.modified_loss import modified_loss_sgd
from whysgd.theory.sequences import Sequences, all_orders, sgd_displacements
from whysgd.theory.series import Epoch

CHECK = "expansions"
EULER_STEPS = 8
N_STEP = 4
EULER = "eq. 6: Euler steps on the modified flow"
EPOCH = "eq. 14: an epoch, worst order"
MEAN = "eq. 18: the mean epoch"
BATCH = "eq. 26: n updates on a minibatch"
SDE_MEAN = "n-step less eq. 23: mean"
SDE_SPREAD = "n-step less eq. 23: covariance"


def products_at(
    minibatches: Minibatches, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gradients g_k, (m, P), and products H_j g_k, (m, m, P) over j and k, at one point (P,)."""

    def both(point: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        m = minibatches.count
        _, gradients = minibatches.all_losses_and_gradients(point)
        g = gradients[:, 0]
        numbers = tf.repeat(tf.range(m), m)
        products = hessian_product(
            lambda at: minibatches.gradients(at, numbers),
            tf.tile(point, (m * m, 1)),
            tf.tile(g, (m, 1)),
        )
        return g, tf.reshape(products, (m, m, -1))

    gradients, products = compiled(both)(tf.constant(start[np.newaxis]))
    return gradients.numpy(), products.numpy()


def second_order_terms(products: NDArray[np.float64], orders: Sequences) -> NDArray[np.float64]:
    """The sums over k before j of H_j g_k in eq. 14, one for each order, (S, P)."""
    place = np.argsort(orders, 1)
    before = place[:, np.newaxis, :] < place[:, :, np.newaxis]  # (S, j, k): k comes before j
    terms: NDArray[np.float64] = np.einsum("sjk,jkp->sp", before.astype(float), products)
    return terms


def mean_second_order_term(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Its mean over all orders by eq. 17: (m^2 / 4) grad(||g||^2 - (1/m^2) sum_k ||g_k||^2)."""
    own = np.einsum("kkp->p", products)
    mean: NDArray[np.float64] = (products.sum((0, 1)) - own) / 2
    return mean


def error_rows(epoch: Epoch) -> pd.DataFrame:
    """What each expansion leaves over, at every learning rate."""
    minibatches, start = epoch.problem.minibatches, epoch.problem.start
    g, products = products_at(minibatches, start)
    rates = epoch.learning_rates[:, np.newaxis]
    orders = all_orders(minibatches.count)
    moved = sgd_displacements(minibatches, start, orders, epoch.learning_rates)
    first = -rates * g.sum(0)
    each = first[:, np.newaxis] + rates[..., np.newaxis] ** 2 * second_order_terms(products, orders)
    mean = first + rates**2 * mean_second_order_term(products)
    left = {
        EULER: (_euler_remainder(epoch), 3.0),
        EPOCH: (_length(moved - each).max(1), 3.0),
        MEAN: (_length(moved.mean(1) - mean), 3.0),
    }
    return pd.concat(
        [epoch.rows(name, errors, expected) for name, (errors, expected) in left.items()],
        ignore_index=True,
    )


def n_step_rows(epoch: Epoch) -> pd.DataFrame:
    """Updates of n-step SGD on one minibatch against eq. 26, and against one update of eq. 23.

    Eq. 23 takes the mean over minibatches to -epsilon grad C and their covariance to epsilon^2
    times that of the gradients, with epsilon = n alpha. Means agree to first order only;
    covariances, which begin at second order, differ at third.

    Args:
        epoch: with `updates_per_batch` = n; what its learning rates are to the epoch is kept.
    """
    minibatches, start, n = epoch.problem.minibatches, epoch.problem.start, epoch.updates_per_batch
    g, products = products_at(minibatches, start)
    alpha = epoch.learning_rates[:, np.newaxis, np.newaxis]
    sequences = np.repeat(np.arange(minibatches.count, dtype=np.int32)[:, np.newaxis], n, 1)
    moved = sgd_displacements(minibatches, start, sequences, epoch.learning_rates)
    own = np.einsum("kkp->kp", products)
    expansion = -n * alpha * g + n * (n - 1) / 2 * alpha**2 * own
    sde_mean = -n * alpha[:, 0] * g.mean(0)
    sde_spread = (n * alpha) ** 2 * _covariance(g)
    left = {
        BATCH: (_length(moved - expansion).max(1), 3.0),
        SDE_MEAN: (_length(moved.mean(1) - sde_mean), 2.0),
        SDE_SPREAD: (np.linalg.norm(_covariance(moved) - sde_spread, axis=(1, 2)), 3.0),
    }
    return pd.concat(
        [epoch.rows(name, errors, expected) for name, (errors, expected) in left.items()],
        ignore_index=True,
    )


def _euler_remainder(epoch: Epoch) -> NDArray[np.float64]:
    """Eq. 6 for f = -grad C_SGD: n steps of size a less n a f + (n a)^2 / 2 (1 - 1/n) f' f."""
    minibatches, start = epoch.problem.minibatches, epoch.problem.start
    gradient = gradient_field(modified_loss_sgd(minibatches, tf.constant(epoch.learning_rates)))
    step = tf.constant(epoch.times[:, np.newaxis] / EULER_STEPS)

    def remainder(begin: tf.Tensor) -> tf.Tensor:
        end = tf.foldl(
            lambda point, _: tf.ensure_shape(point - step * gradient(point), begin.shape),
            tf.range(EULER_STEPS),
            initializer=begin,
        )
        first = gradient(begin)
        second = hessian_product(gradient, begin, first)
        whole = EULER_STEPS * step
        return end - begin + whole * first - whole**2 / 2 * (1 - 1 / EULER_STEPS) * second

    begin = tf.constant(np.tile(start, (len(epoch.learning_rates), 1)))
    return _length(compiled(remainder)(begin).numpy())


def _covariance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last but one axis, all of the population: (..., m, P) -> (..., P, P)."""
    centered = values - values.mean(-2, keepdims=True)
    result: NDArray[np.float64] = np.swapaxes(centered, -1, -2) @ centered / values.shape[-2]
    return result


def _length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.linalg.norm(vectors, axis=-1)
    return result
