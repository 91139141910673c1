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


class Examples(NamedTuple):
    """Examples on the device, of one set after the other, which are read batch by batch."""

    images: tf.Tensor  # (N, height, width, channels)
    labels: tf.Tensor  # (N,)

    def batch(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The images (1, B, ...) and labels (1, B) of some examples, for every replica alike."""
        images, labels = tf.gather(self.images, indices), tf.gather(self.labels, indices)
        return images[tf.newaxis], labels[tf.newaxis]


class Piece(NamedTuple):
    """Some consecutive batches of a set, in its own order; scalars, all int32.

    They are tensors, so that one compilation serves all pieces and all sets.
    """

    first: tf.Tensor  # number of the first batch in the set
    end: tf.Tensor  # number after the last
    start: tf.Tensor  # the set's first example
    stop: tf.Tensor  # after its last


def piece_of(first: int, end: int, examples: range) -> Piece:
    """Batches `first` to `end` of the set that consists of some consecutive examples."""
    numbers = (first, end, examples.start, examples.stop)
    return Piece(*(tf.constant(number, tf.int32) for number in numbers))


def batch_count(num_examples: int, batch_size: int) -> int:
    """How many batches hold all examples, the last one perhaps not full."""
    return -(-num_examples // batch_size)


def add_evaluation(
    network: Network,
    parameters: Tensors,
    examples: Examples,
    piece: Piece,
    sums: Tensors,
    *,
    batch_size: int,
) -> list[tf.Tensor]:
    """Adds losses and hits of some batches to the sums over examples, two tensors (R,).

    The set's last batch is filled up with its last example, at weight 0; no batch has more
    examples than all sets together.
    """
    weight_type = examples.images.dtype
    batch_size = min(batch_size, examples.labels.shape[0])

    def one_batch(k: tf.Tensor, sums: Tensors) -> tuple[tf.Tensor, list[tf.Tensor]]:
        indices = piece.start + k * batch_size + tf.range(batch_size)
        images, labels = examples.batch(tf.minimum(indices, piece.stop - 1))
        weights = tf.cast(indices < piece.stop, weight_type)
        logits = network.logits(parameters, images)  # (R, B, classes)
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
    examples: Examples,
    piece: Piece,
    sums: Tensors,
    *,
    batch_size: int,
) -> list[tf.Tensor]:
    """Adds ||grad C_k||^2 of some minibatches to their sum, one tensor (R,).

    Minibatches are fixed, the examples as they stand; all of a piece must be full. The mean over
    all of them is C_reg (Smith et al. 2021, Section 2.3): of the cross-entropy,
    without weight decay and augmentation, in loss^2 per parameter^2.
    """

    def one_batch(k: tf.Tensor, sums: Tensors) -> tuple[tf.Tensor, list[tf.Tensor]]:
        images, labels = examples.batch(piece.start + k * batch_size + tf.range(batch_size))
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
