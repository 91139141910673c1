"""The losses of an epoch's minibatches, and their gradients and derivatives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from whysgd.base.errors import UserError
from whysgd.training.objective import LossFn, Tensors, loss_and_gradients

Losses = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
Field = Callable[[tf.Tensor], tf.Tensor]  # points (R, P) -> velocities (R, P)


@dataclass(frozen=True)
class Minibatches:
    """The losses C_1, ..., C_m of the fixed minibatches of an epoch; C is their mean.

    Attributes:
        count: minibatches in an epoch (the paper's m).
        losses: (points (R, P), minibatches (R,)) -> losses (R,): every replica on a minibatch of
            its own, given by number from 0. Must work for any R and never mix replicas.
        smooth: whether the losses have all derivatives; False for networks of ReLU units.
    """

    count: int
    losses: Losses
    smooth: bool = True

    def first(self, count: int) -> "Minibatches":
        """The first few of them, as an epoch of their own."""
        if not 0 < count <= self.count:
            raise ValueError(f"{count} of {self.count} minibatches")
        return replace(self, count=count)

    def gradients(self, points: tf.Tensor, minibatches: tf.Tensor) -> tf.Tensor:
        """Gradient of each replica's loss on its own minibatch, (R, P)."""
        return gradient_field(lambda parameters: self.losses(parameters[0], minibatches))(points)

    def each(self, points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Every point beside every minibatch: points (m * R, P), minibatches (m * R,)."""
        replicas = points.shape[0]
        return tf.tile(points, (self.count, 1)), tf.repeat(tf.range(self.count), replicas)

    def by_minibatch(self, values: tf.Tensor) -> tf.Tensor:
        """Undoes `each`: (m * R, ...) -> (m, R, ...)."""
        return tf.reshape(values, (self.count, -1, *values.shape[1:]))

    def all_losses_and_gradients(self, points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Losses (m, R) and gradients (m, R, P) of every minibatch at every point."""
        tiled, minibatches = self.each(points)
        losses, (gradients,) = loss_and_gradients(
            lambda parameters: self.losses(parameters[0], minibatches), [tiled]
        )
        return self.by_minibatch(losses), self.by_minibatch(gradients)

    def full_loss(self, parameters: Tensors) -> tf.Tensor:
        """C at each point, (R,); takes a list of one tensor (R, P), as training's losses do."""
        tiled, minibatches = self.each(parameters[0])
        return tf.reduce_mean(self.by_minibatch(self.losses(tiled, minibatches)), 0)

    def require_smooth(self, what: str) -> None:
        """Refuses losses with kinks where higher derivatives are needed.

        Raises:
            UserError: the losses are not smooth.
        """
        if not self.smooth:
            raise UserError(f"{what} needs a smooth loss, and ReLU units have none: use tanh units")


def gradient_field(loss_fn: LossFn) -> Field:
    """Gradient of a loss as a function of points (R, P)."""

    def field(points: tf.Tensor) -> tf.Tensor:
        return loss_and_gradients(loss_fn, [points])[1][0]

    return field


def descent(loss_fn: LossFn) -> Field:
    """The velocity of gradient flow on a loss: minus its gradient."""
    gradient = gradient_field(loss_fn)
    return lambda points: -gradient(points)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a graph of TensorFlow.

    Loops over tensors have to be spelled out: AutoGraph, which would translate Python's, gives up
    where Python 3.13's warnings are errors, and will in Python 3.15.
    """
    return tf.function(function, autograph=False)  # type: ignore[no-any-return]


def hessian_product(gradient: Field, points: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
    """Derivative of a gradient field along given vectors, each (R, P): Hessians times vectors.

    Reverse over reverse: TensorFlow's forward mode gives the same, and takes ten times longer to
    trace.
    """
    with tf.GradientTape() as tape:
        tape.watch(points)
        product = tf.reduce_sum(gradient(points) * vectors)
    return tape.gradient(product, points, unconnected_gradients="zero")
