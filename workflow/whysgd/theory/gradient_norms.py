"""Check 6: the expected squared norm of a minibatch gradient (eqs 21, 22 and 27 to 32)."""

from itertools import pairwise

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.theory.minibatches import Minibatches, compiled
from whysgd.theory.problems import NetworkShape, initial_point, network_minibatches
from whysgd.theory.sequences import sgd_displacements

COLUMNS = (
    "epoch",
    "batch_size",
    "mean_sq_norm",
    "standard_error",
    "expected",
    "full_sq_norm",
    "variance",
    "batches",
)
_AT_ONCE = 64  # examples whose gradients are taken together


def expected_sq_norms(
    gradients: NDArray[np.float64], batch_sizes: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Expected ||g_B||^2 of B of N examples drawn without replacement (eqs 22 and 32).

    ||grad C||^2 + (N - B) / (N - 1) Gamma / B,   Gamma = (1/N) sum_i ||grad C_i - grad C||^2

    Args:
        gradients: of each example, (N, P).
        batch_sizes: B, each in 1, ..., N.

    Returns:
        One for each batch size.
    """
    total = len(gradients)
    full = gradients.mean(0)
    variance = np.square(gradients - full).sum(1).mean()
    if total == 1:
        return np.full(len(batch_sizes), full @ full)
    left = (total - batch_sizes) / (total - 1)
    result: NDArray[np.float64] = full @ full + left * variance / batch_sizes
    return result


def sq_norms_of(gram: NDArray[np.float64], batches: NDArray[np.integer]) -> NDArray[np.float64]:
    """Squared norms of minibatch gradients, from the inner products of examples' gradients.

    Args:
        gram: (N, N).
        batches: examples of each minibatch, (S, B).

    Returns:
        (S,).
    """
    chosen = np.zeros((len(batches), len(gram)))
    np.put_along_axis(chosen, batches, 1 / batches.shape[1], axis=1)
    norms: NDArray[np.float64] = ((chosen @ gram) * chosen).sum(1)
    return norms


def norm_rows(
    shape: NetworkShape,
    images: NDArray[np.float64],
    labels: NDArray[np.int32],
    *,
    batch_size: int,
    learning_rate: float,
    epochs: tuple[int, ...],
    batches: int,
    seed: int,
) -> pd.DataFrame:
    """Measured and expected squared norms at points of training, for batch sizes 1 to N.

    Args:
        shape: the network.
        images: (N, height, width, channels).
        labels: (N,).
        batch_size: of the training between the points, a divisor of N.
        learning_rate: of the training.
        epochs: when to measure: none negative, each after the one before.
        batches: minibatches drawn for each batch size.
        seed: of the initial parameters, the orders and the minibatches.

    Returns:
        Columns `COLUMNS`, one row for each epoch and batch size.

    Raises:
        ValueError: the epochs do not increase; training cannot go back to an earlier one.
    """
    if min(epochs) < 0 or any(later <= earlier for earlier, later in pairwise(epochs)):
        raise ValueError(f"epochs {epochs} must not be negative, and must increase")
    m = len(labels) // batch_size
    training = network_minibatches(
        shape,
        images.reshape(m, batch_size, *images.shape[1:]),
        labels.reshape(m, batch_size),
    )
    examples = network_minibatches(shape, images[:, np.newaxis], labels[:, np.newaxis])
    point, done = initial_point(shape, images.shape[1:], seed), 0
    rows = []
    for epoch in epochs:
        if epoch > done:
            orders = [
                generator(seed, Purpose.THEORY_ORDERS, e).permutation(m) for e in range(done, epoch)
            ]
            sequence = np.concatenate(orders).astype(np.int32)[np.newaxis]
            point = (
                point
                + sgd_displacements(training, point, sequence, np.array([learning_rate]))[0, 0]
            )
            done = epoch
        gradients = _example_gradients(examples, point)
        rows.append(_measured(gradients, epoch, batches, seed))
    return pd.concat(rows, ignore_index=True)


def _measured(gradients: NDArray[np.float64], epoch: int, batches: int, seed: int) -> pd.DataFrame:
    """Rows of one point of training."""
    total = len(gradients)
    powers = 2 ** np.arange(int(np.log2(total)) + 1)
    sizes = np.unique([*powers, total - 1, total])
    gram = gradients @ gradients.T
    full = gradients.mean(0)
    rows = []
    for size, expected in zip(sizes, expected_sq_norms(gradients, sizes), strict=True):
        random = generator(seed, Purpose.THEORY_SUBSETS, epoch, int(size))
        keys = random.random((batches, total))
        norms = sq_norms_of(gram, np.argpartition(keys, size - 1, axis=1)[:, :size])
        error = norms.std(ddof=1) / np.sqrt(batches)
        variance = np.square(gradients - full).sum(1).mean()
        rows.append((epoch, size, norms.mean(), error, expected, full @ full, variance, batches))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _example_gradients(examples: Minibatches, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient of every example's loss at one point, (N, P)."""
    gradients = compiled(examples.gradients)
    parts = []
    for first in range(0, examples.count, _AT_ONCE):
        numbers = np.arange(first, min(first + _AT_ONCE, examples.count), dtype=np.int32)
        at = tf.constant(np.tile(point, (len(numbers), 1)))
        parts.append(gradients(at, tf.constant(numbers)).numpy())
    return np.concatenate(parts)
