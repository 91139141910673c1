"""The compiled parts of training: a chunk of updates, and the measurements.

Everything is functional: parameters go in and come out as tensors with a leading replica
axis, and every input is an argument, so nothing is captured by the compiled code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import tensorflow as tf

from whysgd.models import Network
from whysgd.spec.program import Program
from whysgd.training.augmentation import augment
from whysgd.training.dense import dense_loss_and_gradients
from whysgd.training.evaluation import Examples, Piece, add_evaluation, add_grad_norms_sq
from whysgd.training.objective import (
    LossFn,
    Tensors,
    loss_and_gradients,
    minibatch_loss,
    with_weight_decay,
)
from whysgd.training.penalty import modified_loss_and_gradients

NEVER = -1  # "has not diverged"
# Large enough to keep a device busy, small enough that activations of many replicas fit.
EVALUATION_BATCH = 512


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


@dataclass(frozen=True)
class CompiledProgram:
    """The functions of one program, compiled at their first call."""

    train_chunk: Callable[[State, Chunk, MemberInputs, tf.Tensor, tf.Tensor], State]
    add_evaluation: Callable[[Tensors, Examples, Piece, Tensors], list[tf.Tensor]]
    add_grad_norms_sq: Callable[[Tensors, Examples, Piece, Tensors], list[tf.Tensor]]


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

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        return tf.function(function, jit_compile=use_xla, autograph=False)  # type: ignore[no-any-return]

    return CompiledProgram(
        train_chunk=compiled(train_chunk),
        add_evaluation=compiled(partial(add_evaluation, network, batch_size=EVALUATION_BATCH)),
        add_grad_norms_sq=compiled(
            partial(add_grad_norms_sq, network, batch_size=program.batch_size)
        ),
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
