"""What is measured on a trained ensemble, batch by batch.

Sums go in and come out, so that a measurement can be cut into pieces anywhere without changing
a bit of its result, and signals act between the pieces.
"""

from typing import NamedTuple

import tensorflow as tf

from whysgd.models import Network
from whysgd.training.objective import (
    Tensors,
    example_losses,
    loss_and_gradients,
    minibatch_loss,
    squared_norms,
)


class EvaluationBatches(NamedTuple):
    """A set of examples in equal batches; padding has weight 0."""

    images: tf.Tensor  # (K, B, height, width, channels)
    labels: tf.Tensor  # (K, B)
    weights: tf.Tensor  # (K, B): 1 for an example, 0 for padding


class FixedMinibatches(NamedTuple):
    """The training set in minibatches that stay as they are."""

    images: tf.Tensor  # (m, B, height, width, channels)
    labels: tf.Tensor  # (m, B)


class Piece(NamedTuple):
    """Some consecutive batches of a set."""

    first: tf.Tensor  # scalar int32
    end: tf.Tensor  # scalar int32: after the last


def add_evaluation(
    network: Network, parameters: Tensors, batches: EvaluationBatches, piece: Piece, sums: Tensors
) -> list[tf.Tensor]:
    """Adds losses and hits of some batches to the sums over examples, two tensors (R,)."""
    weight_type = batches.weights.dtype

    def one_batch(k: tf.Tensor, sums: Tensors) -> tuple[tf.Tensor, list[tf.Tensor]]:
        labels, weights = batches.labels[k][tf.newaxis], batches.weights[k]
        logits = network.logits(parameters, batches.images[k][tf.newaxis])  # (R, B, classes)
        right = tf.cast(tf.argmax(logits, -1, labels.dtype) == labels, weight_type)
        # where, not a product: padding must not turn an infinite loss into NaN.
        losses = tf.where(weights > 0, tf.cast(example_losses(logits, labels), weight_type), 0)
        loss, correct = sums
        return k + 1, [
            loss + tf.reduce_sum(losses, -1),
            correct + tf.reduce_sum(right * weights, -1),
        ]

    _, sums = tf.while_loop(lambda k, _: k < piece.end, one_batch, (piece.first, list(sums)))
    return list(sums)


def add_grad_norms_sq(
    network: Network,
    parameters: Tensors,
    minibatches: FixedMinibatches,
    piece: Piece,
    sums: Tensors,
) -> list[tf.Tensor]:
    """Adds ||grad C_k||^2 of some minibatches to their sum, one tensor (R,).

    Its mean over all of them is C_reg (Smith et al. 2021, Section 2.3): of the cross-entropy,
    without weight decay and augmentation, in loss^2 per parameter^2.
    """

    def one_batch(k: tf.Tensor, sums: Tensors) -> tuple[tf.Tensor, list[tf.Tensor]]:
        images, labels = minibatches.images[k][tf.newaxis], minibatches.labels[k][tf.newaxis]
        loss_fn = minibatch_loss(network.logits, images, labels)
        _, gradients = loss_and_gradients(loss_fn, parameters)
        return k + 1, [sums[0] + squared_norms(gradients)]

    _, sums = tf.while_loop(lambda k, _: k < piece.end, one_batch, (piece.first, list(sums)))
    return list(sums)


def all_finite(parameters: Tensors) -> tf.Tensor:
    """Whether all of a replica's parameters are finite, (R,).

    A finite loss does not say so: fused operations may turn NaN into 0 at a ReLU.
    """
    parts = [tf.reduce_all(tf.math.is_finite(w), range(1, w.shape.rank)) for w in parameters]
    return tf.reduce_all(tf.stack(parts), 0)
