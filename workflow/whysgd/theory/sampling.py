"""Check 7: shuffling, sampling with replacement, and the stochastic differential equation."""

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.theory.expansions import products_at
from whysgd.theory.minibatches import Minibatches, compiled, descent
from whysgd.theory.sequences import (
    all_orders,
    mean_and_standard_error,
    sgd_displacements,
    with_replacement,
)
from whysgd.theory.series import Epoch, distances

CHECK = "sampling"
SHUFFLED, REPLACED, GAUSSIAN = "shuffled", "with replacement", "eq. 23"
SPREAD, BIAS = "standard deviation", "bias"
_AT_ONCE = 4096  # Gaussian runs side by side


def leading_terms(
    gradients: NDArray[np.float64], products: NDArray[np.float64]
) -> dict[str, tuple[float, float]]:
    """Closed forms of the first terms: quantity -> (coefficient, power of the learning rate).

    Lengths of one epoch's m updates, in powers of the learning rate. Derivations: docs/theory.md.

    Args:
        gradients: g_k at the start, (m, P).
        products: H_j g_k, (m, m, P) over j and k.
    """
    m = len(gradients)
    noise = np.sqrt(m * np.square(gradients - gradients.mean(0)).sum(1).mean())
    # What swapping two neighbours changes, A_jk = H_j g_k - H_k g_j, and its sums over k.
    swaps = products - products.transpose(1, 0, 2)
    shuffled = np.square(swaps).sum() / 2 + np.square(swaps.sum(1)).sum()
    drift = np.linalg.norm(np.einsum("kkp->p", products)) / 2
    replaced = np.linalg.norm(products.sum((0, 1))) / (2 * m)
    return {
        f"{SHUFFLED}: {SPREAD}": (float(np.sqrt(shuffled / 12)), 2),
        f"{SHUFFLED}: {BIAS}": (float(drift), 2),
        f"{REPLACED}: {SPREAD}": (float(noise), 1),
        f"{REPLACED}: {BIAS}": (float(replaced), 2),
        f"{GAUSSIAN}: {SPREAD}": (float(noise), 1),
        f"{GAUSSIAN}: {BIAS}": (float(replaced), 2),
    }


def error_rows(epoch: Epoch, pairs: int, seed: int) -> pd.DataFrame:
    """Standard deviation and bias of the iterate after an epoch, each with its leading term.

    The bias is the distance of the mean iterate from gradient flow on C; the standard deviation is
    the root of the trace of the covariance. Shuffling and sampling with replacement are enumerated;
    eq. 23 is sampled.

    Args:
        epoch: the problem and its learning rates.
        pairs: runs of eq. 23, each with one whose noise has the opposite sign.
        seed: of the noise.
    """
    minibatches, start, rates = (
        epoch.problem.minibatches,
        epoch.problem.start,
        epoch.learning_rates,
    )
    flow = epoch.problem.flow_displacements(descent(minibatches.full_loss), epoch.times)
    moved = {
        SHUFFLED: sgd_displacements(minibatches, start, all_orders(minibatches.count), rates),
        REPLACED: sgd_displacements(minibatches, start, with_replacement(minibatches.count), rates),
        GAUSSIAN: gaussian_displacements(minibatches, start, rates, pairs, seed),
    }
    leading = leading_terms(*products_at(minibatches, start))
    rows = []
    for name, ends in moved.items():
        sampled = name == GAUSSIAN
        spread = np.sqrt(ends.var(1, ddof=1 if sampled else 0).sum(1))
        mean, uncertainty = mean_and_standard_error(ends, enumerated=not sampled)
        for kind, values, uncertain in (
            (SPREAD, spread, spread / np.sqrt(2 * pairs) if sampled else 0.0),
            (BIAS, distances(mean, flow), uncertainty),
        ):
            coefficient, power = leading[f"{name}: {kind}"]
            leading_values = coefficient * rates**power
            rows.append(
                epoch.rows(
                    f"{name}: {kind}", values, float(power), uncertain, leading=leading_values
                )
            )
    return pd.concat(rows, ignore_index=True)


def gaussian_displacements(
    minibatches: Minibatches,
    start: NDArray[np.float64],
    learning_rates: NDArray[np.float64],
    pairs: int,
    seed: int,
) -> NDArray[np.float64]:
    """How far eq. 23 gets in as many updates as an epoch has.

    w <- w - epsilon grad C + epsilon sqrt(cov) xi with standard normal xi, where cov is the
    covariance of the minibatches' gradients at w: the paper's F / B, since T = epsilon / B. The
    noise is drawn as sum_k z_k (g_k - grad C) / sqrt(m) with independent z_k, which has that
    covariance.

    Returns:
        (E, 2 * pairs, P); runs 2i and 2i + 1 have opposite z.
    """
    m = minibatches.count
    drawn = generator(seed, Purpose.THEORY_NOISE).standard_normal((pairs, m, m))
    noise = np.stack([drawn, -drawn], 1).reshape(2 * pairs, m, m)  # (runs, updates, k)

    def run(points: tf.Tensor, z: tf.Tensor, rates: tf.Tensor) -> tf.Tensor:
        for update in range(m):
            _, gradients = minibatches.all_losses_and_gradients(points)
            mean = tf.reduce_mean(gradients, 0)
            kick = tf.einsum("rk,krp->rp", z[:, update], gradients - mean) / m**0.5
            points = points - rates[:, tf.newaxis] * (mean - kick)
        return points

    compiled_run = compiled(run)
    ends = []
    for rate in learning_rates:
        for first in range(0, len(noise), _AT_ONCE):
            z = noise[first : first + _AT_ONCE]
            points = tf.constant(np.tile(start, (len(z), 1)))
            ends.append(compiled_run(points, tf.constant(z), tf.fill(len(z), rate)).numpy() - start)
    return np.concatenate(ends).reshape(len(learning_rates), 2 * pairs, -1)
