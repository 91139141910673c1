"""One network as a Keras model, as its documentation would have it, and the loss to minimize."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.benchmarks.problem import Array, Problem
from whysgd.spec.networks import PerceptronShape, WideResNetShape, parse_architecture


class Scale(keras.layers.Layer):
    """One trainable factor."""

    def build(self, input_shape: object) -> None:
        """Makes the factor."""
        self.factor = self.add_weight(name="factor", shape=(), initializer="zeros")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Inputs times the factor."""
        return inputs * self.factor


def keras_layers(problem: Problem) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Inputs and outputs of the program's network, its layers named as our parameters are."""
    shape = parse_architecture(problem.program.model)
    inputs = keras.Input(problem.images.shape[1:])
    if isinstance(shape, PerceptronShape):
        x = keras.layers.Flatten()(inputs)
        for number, width in enumerate(shape.widths, 1):
            x = keras.layers.Dense(width, activation="relu", name=f"dense{number}")(x)
        return inputs, keras.layers.Dense(10, name=f"dense{len(shape.widths) + 1}")(x)
    assert isinstance(shape, WideResNetShape)
    base = problem.program.base_width
    x = keras.layers.Conv2D(base, 3, padding="same", name="stem")(inputs)
    channels = base
    for group in range(3):
        for block in range(shape.blocks_per_group):
            filters = base * shape.widening * 2**group
            stride = 2 if group > 0 and block == 0 else 1
            x = _block(x, f"group{group + 1}_block{block + 1}", channels, filters, stride)
            channels = filters
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return inputs, keras.layers.Dense(10, name="output")(x)


def _block(
    x: keras.KerasTensor, name: str, channels: int, filters: int, stride: int
) -> keras.KerasTensor:
    def convolution(part: str, size: int, stride: int) -> keras.layers.Layer:
        return keras.layers.Conv2D(filters, size, stride, "same", name=f"{name}-{part}")

    activated = keras.layers.ReLU()(x)
    branch = keras.layers.ReLU()(convolution("branch1", 3, stride)(activated))
    branch = Scale(name=f"{name}-scale")(convolution("branch2", 3, 1)(branch))
    if channels != filters or stride != 1:
        x = convolution("shortcut", 1, stride)(activated)
    return keras.layers.Add()([x, branch])


class MemberModel(keras.Model):
    """A Keras model of one member, whose weights are set anew for each."""

    def prepare(self, problem: Problem) -> None:
        """Finds the weights that our parameters name and makes the coefficient a variable."""
        self.problem = problem
        self.by_name = {w.path.replace("-", "/"): w for w in self.trainable_variables}
        self.reg_coefficient = tf.Variable(0.0, trainable=False)
        self.cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def set_member(self, member: int) -> None:
        """Gives the weights a member's initial values."""
        values = self.problem.initial_parameters([member])
        for name, value in zip(self.problem.parameter_names, values, strict=True):
            self.by_name[name].assign(value[0])
        self.reg_coefficient.assign(self.problem.reg_coefficients([member])[0])

    def member_parameters(self) -> list[np.ndarray]:
        """The weights now, in the order of our parameters."""
        return [np.asarray(self.by_name[name]) for name in self.problem.parameter_names]

    def loss_and_gradients(
        self, images: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """C and its gradients, or with a penalty C_mod's; one for each trainable variable."""
        weights = self.trainable_variables
        if self.problem.program.penalty is None:
            with tf.GradientTape() as tape:
                loss = self.cross_entropy(labels, self(images, training=True))
            return loss, tape.gradient(loss, weights)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = self.cross_entropy(labels, self(images, training=True))
            gradients = inner.gradient(loss, weights)
            squared_norm = tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients])
            modified_loss = loss + self.reg_coefficient / 4 * squared_norm
        return loss, outer.gradient(modified_loss, weights)


class OneByOne(ABC):
    """Trains members one after the other, with one model that is given each one's parameters."""

    def __init__(self, problem: Problem, model: MemberModel) -> None:
        """Compiles nothing yet."""
        model.prepare(problem)
        self._problem, self._model = problem, model
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
            learning_rate = self._problem.learning_rates([member])[0]
            self._train_member(learning_rate, self._orders[:minibatches, place])
            self._trained.append(self._model.member_parameters())  # waits for the last update

    def parameters(self) -> list[Array]:
        """Where they ended, arrays (R, *shape)."""
        return [np.stack(parts) for parts in zip(*self._trained, strict=True)]

    @abstractmethod
    def _train_member(self, learning_rate: float, order: NDArray[np.int32]) -> None:
        """Trains the model on all minibatches of `order`, (T, B) numbers of examples."""
