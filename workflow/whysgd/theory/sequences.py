"""Runs of SGD over given sequences of minibatches, all of them as one ensemble.

A sequence holds a number of a minibatch for every update. Orders of an epoch, n updates on each
minibatch, a second epoch in reverse and sampling with replacement are all sequences.
"""

import itertools
import math

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.base.randomness import Purpose, generator
from whysgd.theory.minibatches import Minibatches, compiled
from whysgd.theory.settings import MOST_ENUMERATED, MOST_REPLACED

Sequences = NDArray[np.int32]  # (number of sequences, updates)


def all_orders(num_batches: int) -> Sequences:
    """All m! orders of an epoch, (m!, m).

    Raises:
        UserError: more than `MOST_ENUMERATED` minibatches; `sampled_orders` is for those.
    """
    if num_batches > MOST_ENUMERATED:
        raise UserError(
            f"num_batches = {num_batches} has {math.factorial(num_batches)} orders, too many to "
            f"enumerate (at most {MOST_ENUMERATED}!): sample them"
        )
    return np.array(list(itertools.permutations(range(num_batches))), np.int32)


def sampled_orders(num_batches: int, pairs: int, seed: int) -> Sequences:
    """Random orders, each followed by its reverse, (2 * pairs, m).

    A pair's mean is free of the random term of second order (eq. 15: a sum over j < k in one order
    is the sum over j > k in the other), so few pairs give the mean over all orders well. The
    standard error is that of the means of pairs.
    """
    if pairs < 2:
        raise ValueError("a standard error needs at least 2 pairs")
    random = generator(seed, Purpose.THEORY_ORDERS, num_batches)
    orders = np.stack([random.permutation(num_batches) for _ in range(pairs)])
    return np.stack([orders, orders[:, ::-1]], 1).reshape(2 * pairs, num_batches).astype(np.int32)


def with_replacement(num_batches: int) -> Sequences:
    """All m^m sequences of m draws with replacement, (m^m, m).

    Raises:
        UserError: more than `MOST_REPLACED` minibatches.
    """
    if num_batches > MOST_REPLACED:
        raise UserError(
            f"num_batches = {num_batches} has {num_batches}^{num_batches} sequences with "
            f"replacement, too many to enumerate (at most {MOST_REPLACED}^{MOST_REPLACED})"
        )
    draws = itertools.product(range(num_batches), repeat=num_batches)
    return np.array(list(draws), np.int32)


def sgd_displacements(
    minibatches: Minibatches,
    start: NDArray[np.float64],
    sequences: Sequences,
    learning_rates: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How far SGD gets from one point, for every sequence and every learning rate.

    Args:
        minibatches: the losses.
        start: (P,).
        sequences: (S, updates), a minibatch for every update.
        learning_rates: (E,), the bare learning rate.

    Returns:
        (E, S, P).
    """
    ensemble = _ensemble(start, sequences, learning_rates)
    ends = compiled(_run)(minibatches, *ensemble).numpy()
    # The difference is exact where point and start are close, so a mean of it loses nothing.
    result: NDArray[np.float64] = ends.reshape(len(learning_rates), len(sequences), -1) - start
    return result


def sgd_trajectories(
    minibatches: Minibatches,
    start: NDArray[np.float64],
    sequences: Sequences,
    learning_rates: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The points after every update, the start first; arguments as `sgd_displacements`.

    Returns:
        (E, S, updates + 1, P).
    """
    points, numbers, rates = _ensemble(start, sequences, learning_rates)
    step = compiled(_step)
    iterates = [points]
    for minibatch in numbers:
        iterates.append(step(minibatches, iterates[-1], minibatch, rates))
    stacked = tf.stack(iterates, 1).numpy()
    result: NDArray[np.float64] = stacked.reshape(
        len(learning_rates), len(sequences), len(iterates), -1
    )
    return result


def _ensemble(
    start: NDArray[np.float64], sequences: Sequences, learning_rates: NDArray[np.float64]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Points (E * S, P), minibatches (updates, E * S) and learning rates (E * S,)."""
    rates, runs = len(learning_rates), len(sequences)
    return (
        tf.constant(np.tile(start, (rates * runs, 1))),
        tf.constant(np.tile(sequences, (rates, 1)).T),
        tf.constant(np.repeat(learning_rates, runs)),
    )


def _run(
    minibatches: Minibatches, points: tf.Tensor, numbers: tf.Tensor, learning_rates: tf.Tensor
) -> tf.Tensor:
    return tf.foldl(
        lambda reached, minibatch: _step(minibatches, reached, minibatch, learning_rates),
        numbers,
        initializer=points,
    )


def _step(
    minibatches: Minibatches, points: tf.Tensor, minibatch: tf.Tensor, learning_rates: tf.Tensor
) -> tf.Tensor:
    """One update of every replica on its own minibatch, at its own learning rate."""
    gradients = minibatches.gradients(points, minibatch)
    return tf.ensure_shape(points - learning_rates[:, tf.newaxis] * gradients, points.shape)


def mean_and_standard_error(
    displacements: NDArray[np.float64], *, enumerated: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean over sequences, and its standard error as a length.

    Args:
        displacements: (E, S, P), of all sequences, or of pairs as `sampled_orders` gives them.
        enumerated: whether these are all sequences, so that the mean is exact.

    Returns:
        Means (E, P); standard errors (E,), the root of the trace of the mean's covariance; 0 where
        enumerated.
    """
    rates, sequences, parameters = displacements.shape
    means = displacements.mean(1)
    if enumerated:
        return means, np.zeros(rates)
    pairs = displacements.reshape(rates, sequences // 2, 2, parameters).mean(2)
    errors: NDArray[np.float64] = np.sqrt(pairs.var(1, ddof=1).sum(1) / pairs.shape[1])
    return means, errors
