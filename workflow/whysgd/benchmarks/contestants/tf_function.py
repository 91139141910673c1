"""TensorFlow: one update per call of a `tf.function`, one member after the other."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.benchmarks.contestants.keras_network import MemberModel, OneByOne, keras_layers
from whysgd.benchmarks.problem import Problem


class TfFunction(OneByOne):
    """A Python loop over minibatches around a compiled update of a Keras model."""

    def __init__(self, problem: Problem, *, jit_compile: bool) -> None:
        """Compiles nothing yet."""
        super().__init__(problem, MemberModel(*keras_layers(problem)))
        self._rate = tf.Variable(0.0, trainable=False)
        self._images = tf.constant(problem.images)
        self._labels = tf.constant(problem.labels)
        self._update = tf.function(self._one_update, jit_compile=jit_compile)

    def _train_member(self, learning_rate: float, order: NDArray[np.int32]) -> None:
        self._rate.assign(learning_rate)
        for chosen in order:
            examples = tf.constant(chosen)
            for _ in range(self._problem.program.updates_per_batch):
                self._update(examples)

    def _one_update(self, examples: tf.Tensor) -> None:
        images, labels = tf.gather(self._images, examples), tf.gather(self._labels, examples)
        _, gradients = self._model.loss_and_gradients(images, labels)
        for weight, gradient in zip(self._model.trainable_variables, gradients, strict=True):
            weight.assign_sub(self._rate * gradient)
