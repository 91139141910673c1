"""Keras: `fit` with a `train_step` of nested tapes, one member after the other."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from whysgd.benchmarks.contestants.keras_network import MemberModel, keras_layers
from whysgd.benchmarks.problem import Array, Problem


class FitModel(MemberModel):
    """A model whose training step takes all updates of one minibatch."""

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One minibatch; returns the loss at its last update."""
        images, labels = data
        for _ in range(self.problem.program.updates_per_batch):
            loss, gradients = self.loss_and_gradients(images, labels)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class KerasFit:
    """One compiled model, given the parameters of each member in turn."""

    def __init__(self, problem: Problem, *, jit_compile: bool, steps_per_execution: int) -> None:
        """Compiles nothing yet."""
        keras.utils.set_random_seed(0)
        self._problem = problem
        self._model = FitModel(*keras_layers(problem))
        self._model.prepare(problem)
        self._model.compile(
            keras.optimizers.SGD(),
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
        )
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
            self._model.optimizer.learning_rate = self._problem.learning_rates([member])[0]
            chosen = self._orders[:minibatches, place].reshape(-1)
            self._model.fit(
                self._problem.images[chosen],
                self._problem.labels[chosen],
                batch_size=self._problem.program.batch_size,
                shuffle=False,
                verbose=0,
            )
            self._trained.append(self._model.member_parameters())

    def parameters(self) -> list[Array]:
        """Where they ended, arrays (R, *shape)."""
        return [np.stack(parts) for parts in zip(*self._trained, strict=True)]
