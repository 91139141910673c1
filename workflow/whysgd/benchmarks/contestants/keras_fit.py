"""Keras: `fit` with a `train_step` of nested tapes, one member after the other."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.benchmarks.contestants.keras_network import MemberModel, OneByOne, keras_layers
from whysgd.benchmarks.problem import Problem


class FitModel(MemberModel):
    """A model whose training step takes all updates of one minibatch."""

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One minibatch; returns the loss at its last update."""
        images, labels = data
        for _ in range(self.problem.program.updates_per_batch):
            loss, gradients = self.loss_and_gradients(images, labels)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class KerasFit(OneByOne):
    """One compiled model, given the parameters of each member in turn."""

    def __init__(self, problem: Problem, *, jit_compile: bool, steps_per_execution: int) -> None:
        """Compiles nothing yet."""
        keras.utils.set_random_seed(0)
        super().__init__(problem, FitModel(*keras_layers(problem)))
        self._model.compile(
            keras.optimizers.SGD(),
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
        )

    def _train_member(self, learning_rate: float, order: NDArray[np.int32]) -> None:
        self._model.optimizer.learning_rate = learning_rate
        chosen = order.reshape(-1)
        self._model.fit(
            self._problem.images[chosen],
            self._problem.labels[chosen],
            batch_size=self._problem.program.batch_size,
            shuffle=False,
            verbose=0,
        )
