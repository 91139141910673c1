"""The compiled parts of training: a chunk of updates, and the measurements.

Everything is functional: parameters go in and come out as tensors with a leading replica
axis, and every input is an argument, so nothing is captured by the compiled code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from whysgd.models import Network
from whysgd.spec import Program
from whysgd.training.augmentation import augment
from whysgd.training.dense import dense_loss_and_gradients
from whysgd.training.objective import (
    LossFn,
    Tensors,
    example_losses,
    loss_and_gradients,
    minibatch_loss,
    squared_norms,
    with_weight_decay,
)
from whysgd.training.penalty import modified_loss_and_gradients

NEVER = -1  # "has not diverged"


class State(NamedTuple):
    """All that training changes. A later chunk depends on nothing else."""

    parameters: list[tf.Tensor]  # each (R, *shape)
    diverged_at: tf.Tensor  # (R,) int64: update at which loss or gradient was not finite, or NEVER


Update = Callable[[State, tf.Tensor, tf.Tensor], State]  # (state, rates (R,), number) -> state


class Chunk(NamedTuple):
    """A stretch of minibatches for all members. T is fixed, so that one compilation serves all."""

    order: tf.Tensor  # (T, S, B) int32: training examples of each minibatch and distinct seed
    rate_factors: tf.Tensor  # (T,): the schedule
    first: tf.Tensor  # scalar int64: number of the first minibatch since the start
    count: tf.Tensor  # scalar int32: how many of the T to train on


class MemberInputs(NamedTuple):
    """What differs between the members of an ensemble."""

    learning_rates: tf.Tensor  # (R,)
    reg_coefficients: tf.Tensor  # (R,)
    seed_of_member: tf.Tensor  # (R,) int32: index of the member's seed among the distinct seeds
    augmentation_keys: tf.Tensor  # (S,) int64


class EvaluationBatches(NamedTuple):
    """A set of examples in equal batches; padding has weight 0."""

    images: tf.Tensor  # (K, B, height, width, channels)
    labels: tf.Tensor  # (K, B)
    weights: tf.Tensor  # (K, B): 1 for an example, 0 for padding


@dataclass(frozen=True)
class CompiledProgram:
    """The functions of one program, compiled at their first call."""

    train_chunk: Callable[[State, Chunk, MemberInputs, tf.Tensor, tf.Tensor], State]
    evaluate: Callable[[Tensors, EvaluationBatches], tuple[tf.Tensor, tf.Tensor]]
    mean_grad_norm_sq: Callable[[Tensors, tf.Tensor, tf.Tensor], tf.Tensor]
    all_finite: Callable[[Tensors], tf.Tensor]


def compile_program(network: Network, program: Program, *, use_xla: bool) -> CompiledProgram:
    """Builds the compiled functions of a program for a network with a number of replicas."""

    def train_chunk(
        state: State, chunk: Chunk, members: MemberInputs, images: tf.Tensor, labels: tf.Tensor
    ) -> State:
        """Trains on `chunk.count` minibatches; images (N, h, w, c), labels (N,)."""

        def one_minibatch(step: tf.Tensor, state: State) -> tuple[tf.Tensor, State]:
            chosen = tf.gather(chunk.order[step], members.seed_of_member)  # (R, B)
            batch = tf.gather(images, chosen)
            if program.augmentation != "none":
                batch = augment(
                    batch,
                    members.seed_of_member,
                    members.augmentation_keys,
                    chunk.first + tf.cast(step, tf.int64),
                    padding=program.crop_padding,
                    flip=program.augmentation == "crop_flip",
                )
            loss_fn = minibatch_loss(network.logits, batch, tf.gather(labels, chosen))
            update = updates(
                loss_fn,
                program,
                network.decayed,
                members.reg_coefficients,
                dense=network.is_dense,
            )
            number = (chunk.first + tf.cast(step, tf.int64)) * program.updates_per_batch
            rates = members.learning_rates * chunk.rate_factors[step]
            return step + 1, update(state, rates, number)

        _, state = tf.while_loop(
            lambda step, _: step < chunk.count, one_minibatch, (tf.constant(0), state)
        )
        return state

    def evaluate(parameters: Tensors, batches: EvaluationBatches) -> tuple[tf.Tensor, tf.Tensor]:
        return _evaluate(network, parameters, batches)

    def mean_grad_norm_sq(parameters: Tensors, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return _mean_grad_norm_sq(network, parameters, images, labels)

    return CompiledProgram(
        train_chunk=tf.function(train_chunk, jit_compile=use_xla, autograph=False),
        evaluate=tf.function(evaluate, jit_compile=use_xla, autograph=False),
        mean_grad_norm_sq=tf.function(mean_grad_norm_sq, jit_compile=use_xla, autograph=False),
        all_finite=tf.function(all_finite, jit_compile=use_xla, autograph=False),
    )


def updates(
    loss_fn: LossFn,
    program: Program,
    decayed: Sequence[bool],
    reg_coefficients: tf.Tensor,
    *,
    dense: bool = False,
) -> Update:
    """The updates on one minibatch.

    One update is  w <- w - learning_rate * (grad C_mod(w) + weight_decay * w);  n-step SGD
    repeats it on the same minibatch (Smith et al. 2021, Sections 2.3 and 4). Where the penalty
    includes weight decay, the L2 term is part of C and so of the gradient that is penalized.

    Args:
        loss_fn: parameters -> (R,) losses of the minibatch.
        program: says how many updates, which penalty and how much weight decay.
        decayed: for each parameter, whether weight decay acts on it.
        reg_coefficients: (R,), the paper's lambda; not read without a penalty.
        dense: whether the network has no layers but dense ones, whose gradients come faster.

    Returns:
        A function (state, learning rates (R,), number of the first update) -> state.
    """
    penalty, weight_decay = program.penalty, program.weight_decay
    plain = dense_loss_and_gradients if dense else loss_and_gradients
    # The smallest gradient of the layer that the pass backward reaches last.
    last = decayed.index(False) if False in decayed else 0
    if penalty is not None and penalty.includes_weight_decay:
        loss_fn = with_weight_decay(loss_fn, decayed, weight_decay)
        weight_decay = 0.0

    def one_update(state: State, rates: tf.Tensor, number: tf.Tensor) -> State:
        if penalty is None:
            losses, gradients = plain(loss_fn, state.parameters)
        else:
            losses, gradients = modified_loss_and_gradients(
                loss_fn, state.parameters, reg_coefficients, penalty
            )
        # Reading the last gradient also lets the compiler see that nothing reads the parameters
        # any more, so that it updates them in place instead of copying them at every update.
        size = tf.reduce_sum(tf.abs(gradients[last]), range(1, gradients[last].shape.rank))
        finite = tf.math.is_finite(losses) & tf.math.is_finite(size)
        going = state.diverged_at == NEVER
        diverged_at = tf.where(going & ~finite, number, state.diverged_at)
        going = diverged_at == NEVER
        parameters = []
        for w, gradient, decays in zip(state.parameters, gradients, decayed, strict=True):
            if decays and weight_decay:
                gradient = gradient + weight_decay * w
            # A diverged member stays in the program, so its neighbours' rounding stays as it
            # is, but keeps its last parameters.
            per_member = (-1,) + (1,) * (w.shape.rank - 1)
            moved = w - tf.reshape(rates, per_member) * gradient
            parameters.append(tf.where(tf.reshape(going, per_member), moved, w))
        return State(parameters, diverged_at)

    if program.updates_per_batch == 1:
        return one_update
    return repeated(one_update, program.updates_per_batch)


def repeated(update: Update, count: int) -> Update:
    """The same update `count` times, numbered on."""

    def updates(state: State, rates: tf.Tensor, number: tf.Tensor) -> State:
        _, state = tf.while_loop(
            lambda step, _: step < count,
            lambda step, state: (step + 1, update(state, rates, number + step)),
            (tf.constant(0, tf.int64), state),
        )
        return state

    return updates


def all_finite(parameters: Tensors) -> tf.Tensor:
    """Whether all of a replica's parameters are finite, (R,).

    A finite loss does not say so: fused operations may turn NaN into 0 at a ReLU.
    """
    parts = [tf.reduce_all(tf.math.is_finite(w), range(1, w.shape.rank)) for w in parameters]
    return tf.reduce_all(tf.stack(parts), 0)


def _evaluate(
    network: Network, parameters: Tensors, batches: EvaluationBatches
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean loss and accuracy over all examples, whatever the batches: two tensors (R,)."""
    replicas = parameters[0].shape[0]
    weight_type = batches.weights.dtype

    def one_batch(
        k: tf.Tensor, loss: tf.Tensor, correct: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        labels, weights = batches.labels[k][tf.newaxis], batches.weights[k]
        logits = network.logits(parameters, batches.images[k][tf.newaxis])  # (R, B, classes)
        right = tf.cast(tf.argmax(logits, -1, labels.dtype) == labels, weight_type)
        # where, not a product: padding must not turn an infinite loss into NaN.
        losses = tf.where(weights > 0, tf.cast(example_losses(logits, labels), weight_type), 0)
        return (
            k + 1,
            loss + tf.reduce_sum(losses, -1),
            correct + tf.reduce_sum(right * weights, -1),
        )

    zeros = tf.zeros((replicas,), weight_type)
    _, loss, correct = tf.while_loop(
        lambda k, *_: k < batches.labels.shape[0], one_batch, (tf.constant(0), zeros, zeros)
    )
    total = tf.reduce_sum(batches.weights)
    return loss / total, correct / total


def _mean_grad_norm_sq(
    network: Network, parameters: Tensors, images: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """C_reg = (1/m) sum_k ||grad C_k||^2 over fixed minibatches (Smith et al. 2021, Section 2.3).

    Args:
        network: whose cross-entropy is meant; no weight decay, no augmentation.
        parameters: each (R, *shape).
        images: (m, B, height, width, channels).
        labels: (m, B).

    Returns:
        (R,), in loss^2 per parameter^2.
    """
    num_batches = labels.shape[0]

    def one_batch(k: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        loss_fn = minibatch_loss(network.logits, images[k][tf.newaxis], labels[k][tf.newaxis])
        _, gradients = loss_and_gradients(loss_fn, parameters)
        return k + 1, total + squared_norms(gradients)

    zeros = tf.zeros((parameters[0].shape[0],), parameters[0].dtype)
    _, total = tf.while_loop(lambda k, _: k < num_batches, one_batch, (tf.constant(0), zeros))
    return total / num_batches
