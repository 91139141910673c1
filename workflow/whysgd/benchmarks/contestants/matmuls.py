"""The machine's rate: the matrix products of an ensemble of perceptrons, and nothing else."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from whysgd.benchmarks.problem import Array, Problem
from whysgd.spec.networks import PerceptronShape, parse_architecture

# Small enough to change no value that matters, and unknown to a compiler as such: each
# minibatch's inputs depend on the one before, so that no product can be moved out of the loop.
_LINK = 1e-30


class Matmuls:
    """A compiled loop of the three batched products of each layer (the first layer has two).

    Outputs, gradients of the kernels and gradients of the inputs, at the shapes of a plain update.
    """

    def __init__(self, problem: Problem, *, members_at_once: int, use_xla: bool) -> None:
        """Compiles nothing yet."""
        shape = parse_architecture(problem.program.model)
        assert isinstance(shape, PerceptronShape), "the products of a perceptron"
        self._problem, self._at_once = problem, members_at_once
        self._sizes = [math.prod(problem.images.shape[1:]), *shape.widths, 10]
        self._loop = tf.function(_loop, jit_compile=use_xla, autograph=False)

    def start(self, members: Sequence[int]) -> None:
        """Makes inputs and kernels for so many members."""
        draw = np.random.default_rng(0)
        at_once, batch_size = self._at_once, self._problem.program.batch_size
        self._inputs = tf.constant(
            draw.standard_normal((at_once, batch_size, self._sizes[0]), np.float32)
        )
        self._kernels = [
            # Of such a size that values neither grow nor vanish from layer to layer.
            tf.constant(draw.standard_normal((at_once, m, n), np.float32) / math.sqrt(max(m, n)))
            for m, n in zip(self._sizes, self._sizes[1:], strict=False)
        ]
        self._blocks = len(members) // at_once

    def train(self, minibatches: int) -> None:
        """Multiplies, as often as training on so many minibatches would."""
        for _ in range(self._blocks):
            self._loop(self._inputs, self._kernels, tf.constant(minibatches))[0].numpy()

    def parameters(self) -> list[Array]:
        """There are none."""
        return []


def _loop(inputs: tf.Tensor, kernels: list[tf.Tensor], count: tf.Tensor) -> list[tf.Tensor]:
    """The products `count` times; returns what keeps a compiler from leaving any out."""

    def once(
        step: tf.Tensor, x: tf.Tensor, _: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        layers = [x]
        for kernel in kernels:
            layers.append(tf.matmul(layers[-1], kernel))
        gradient = layers[-1]
        gradients: list[tf.Tensor] = []
        for number in reversed(range(len(kernels))):
            gradients.insert(0, tf.matmul(layers[number], gradient, transpose_a=True))
            if number:
                gradient = tf.matmul(gradient, kernels[number], transpose_b=True)
        return step + 1, inputs + _LINK * layers[-1][:, :1, :1], gradients

    _, x, gradients = tf.while_loop(
        lambda step, *_: step < count,
        once,
        (tf.constant(0), inputs, [tf.zeros_like(kernel) for kernel in kernels]),
    )
    return [x, *gradients]
