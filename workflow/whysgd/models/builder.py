"""Keras layers of R replicas, built from a network's blueprint."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from whysgd.models.layers import ReplicatedConv2D, ReplicatedDense, ReplicatedScale
from whysgd.models.normalization import ReplicatedBatchNormalization
from whysgd.models.recurrent import ReplicatedEmbedding, ReplicatedLSTM, State
from whysgd.spec.networks import Activation, Blueprint
from whysgd.spec.networks.parts import (
    LSTM,
    Activate,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    MaxPool,
    MeanOfPixels,
    Normalization,
    Part,
    Residual,
    Scale,
    Shape,
    output_of,
)

Step = Callable[..., tf.Tensor]


class ReplicatedNetwork(keras.layers.Layer):
    """R networks of one blueprint."""

    def __init__(self, blueprint: Blueprint, replicas: int, dtype: str) -> None:
        """Weights in the blueprint's order, each with a leading replica axis."""
        super().__init__(dtype=dtype)
        # Whatever comes before pixels are given up works on replicas as groups of channels.
        self.in_groups = len(blueprint.input_shape) == 3 and blueprint.parts[0] != Flatten()
        self.steps = _steps(blueprint.parts, blueprint.input_shape, replicas, dtype)
        self.built = True

    def call(
        self, inputs: tf.Tensor, carry: Sequence[tf.Tensor] | None = None, training: bool = True
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Outputs, and the states to carry on; `carry` as such a call gave them, None: zeros."""
        x = _channel_groups(inputs) if self.in_groups else inputs
        states = iter(carry or ())
        carried: list[tf.Tensor] = []
        for step in self.steps:
            if isinstance(step, ReplicatedLSTM):
                before = State(next(states), next(states)) if carry else None
                x, after = step(x, before)
                carried += after
            else:
                x = _taken([step], x, training)
        return x, carried


class ReplicatedResidual(keras.layers.Layer):
    """Shortcut plus branch; an empty shortcut is the identity."""

    def __init__(self, part: Residual, shape: Shape, replicas: int, dtype: str) -> None:
        """The layers of both."""
        super().__init__(name=_keras(part.name), dtype=dtype)
        inside = output_of(part.before, shape)
        self.before = _steps(part.before, shape, replicas, dtype)
        self.branch = _steps(part.branch, inside, replicas, dtype)
        self.shortcut = _steps(part.shortcut, inside, replicas, dtype)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """The sum."""
        *branch, last = self.branch
        x = _taken(self.before, inputs, training)
        y = _taken(branch, x, training)
        x = _taken(self.shortcut, x, training)
        # Last, since the order of operations is that in which gradients are summed and rounded:
        # results that were published with this order keep their last bits.
        return x + _taken([last], y, training)


def _taken(steps: Sequence[Step], x: tf.Tensor, training: bool) -> tf.Tensor:
    """What steps, one after the other, make of `x`."""
    for step in steps:
        normalizes = isinstance(step, ReplicatedBatchNormalization | ReplicatedResidual)
        x = step(x, training=training) if normalizes else step(x)
    return x


def _steps(parts: Sequence[Part], shape: Shape, replicas: int, dtype: str) -> list[Step]:
    steps = []
    for part in parts:
        steps.append(_step(part, shape, replicas, dtype))
        shape = part.output(shape)
    return steps


def _step(part: Part, shape: Shape, replicas: int, dtype: str) -> Step:
    """What a part does on tensors; `shape` is that of one example before it."""
    inputs = shape[-1]
    match part:
        case Dense(name, units):
            return ReplicatedDense(replicas, inputs, units, name=_keras(name), dtype=dtype)
        case Convolution(name, size, filters, stride, bias):
            return ReplicatedConv2D(
                replicas,
                inputs,
                filters,
                size=size,
                stride=stride,
                bias=bias,
                name=_keras(name),
                dtype=dtype,
            )
        case Scale(name):
            return ReplicatedScale(replicas, inputs, name=_keras(name), dtype=dtype)
        case Normalization(name, ghost_batch_size):
            return ReplicatedBatchNormalization(
                replicas, inputs, ghost_batch_size, name=_keras(name), dtype=dtype
            )
        case Embedding(name, vocabulary, units):
            return ReplicatedEmbedding(replicas, vocabulary, units, name=_keras(name), dtype=dtype)
        case LSTM(name, units):
            return ReplicatedLSTM(replicas, inputs, units, name=_keras(name), dtype=dtype)
        case Residual():
            return ReplicatedResidual(part, shape, replicas, dtype)
        case Activate(kind):
            return _activation(kind)
        case MaxPool(size, stride):
            return lambda x: tf.nn.max_pool2d(x, size, stride, "SAME")
        case Flatten():
            return lambda x: _flattened(x, replicas)
        case MeanOfPixels():
            return lambda x: _regrouped(tf.reduce_mean(x, (1, 2)), replicas)
    raise ValueError(f"no layer for {part}")


def _keras(name: str) -> str:
    """A part's name for a layer inside of the block that the name begins with.

    Operations are named by their layers, and TensorFlow's graph optimizer sums in an order that
    depends on names: another name may change the last bit of a gradient.
    """
    return name.split("/")[-1]


def _activation(kind: Activation) -> Step:
    match kind:
        case "relu":
            return lambda x: tf.nn.relu(x)
        case "tanh":
            return lambda x: tf.math.tanh(x)
        case "sigmoid":
            return lambda x: tf.math.sigmoid(x)


def _channel_groups(images: tf.Tensor) -> tf.Tensor:
    """(R or 1, B, height, width, channels) -> (B, height, width, R * channels)."""
    seen, batch_size, height, width, channels = images.shape
    images = tf.transpose(images, (1, 2, 3, 0, 4))
    return tf.reshape(images, (batch_size, height, width, seen * channels))


def _regrouped(x: tf.Tensor, replicas: int) -> tf.Tensor:
    """(B, R * features) -> (R, B, features)."""
    x = tf.reshape(x, (x.shape[0], replicas, x.shape[-1] // replicas))
    return tf.transpose(x, (1, 0, 2))


def _flattened(x: tf.Tensor, replicas: int) -> tf.Tensor:
    """Images (R or 1, B, h, w, c) or channel groups (B, h, w, R * c) -> (R or 1, B, h * w * c)."""
    if len(x.shape) == 4:
        batch_size, height, width, channels = x.shape
        x = tf.reshape(x, (batch_size, height, width, replicas, channels // replicas))
        x = tf.transpose(x, (3, 0, 1, 2, 4))
    return tf.reshape(x, (*x.shape[:2], -1))
