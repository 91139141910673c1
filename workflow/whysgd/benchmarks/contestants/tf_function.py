"""TensorFlow: one update per call of a `tf.function`, one member after the other."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from whysgd.benchmarks.contestants.keras_network import MemberModel, keras_layers
from whysgd.benchmarks.problem import Array, Problem


class TfFunction:
    """A Python loop over minibatches around a compiled update of a Keras model."""

    def __init__(self, problem: Problem, *, jit_compile: bool) -> None:
        """Compiles nothing yet."""
        self._problem = problem
        self._model = MemberModel(*keras_layers(problem))
        self._model.prepare(problem)
        self._rate = tf.Variable(0.0, trainable=False)
        self._images = tf.constant(problem.images)
        self._labels = tf.constant(problem.labels)
        self._update = tf.function(self._one_update, jit_compile=jit_compile)
        self._members: Sequence[int] = ()
        self._trained: list[list[Array]] = []

    def start(self, members: Sequence[int]) -> None:
        """Chooses the members."""
        self._members = members
        self._orders = self._problem.order(members)

    def train(self, minibatches: int) -> None:
        """Trains each of them on the first so many minibatches."""
        self._trained = []
        for place, member in enumerate(self._members):
            self._model.set_member(member)
            self._rate.assign(self._problem.learning_rates([member])[0])
            for chosen in self._orders[:minibatches, place]:
                examples = tf.constant(chosen)
                for _ in range(self._problem.program.updates_per_batch):
                    self._update(examples)
            self._trained.append(self._model.member_parameters())  # waits for the last update

    def parameters(self) -> list[Array]:
        """Where they ended, arrays (R, *shape)."""
        return [np.stack(parts) for parts in zip(*self._trained, strict=True)]

    def _one_update(self, examples: tf.Tensor) -> None:
        images, labels = tf.gather(self._images, examples), tf.gather(self._labels, examples)
        _, gradients = self._model.loss_and_gradients(images, labels)
        for weight, gradient in zip(self._model.trainable_variables, gradients, strict=True):
            weight.assign_sub(self._rate * gradient)
