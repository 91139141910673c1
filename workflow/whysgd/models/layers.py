"""Keras layers for R replicas of a network at once.

Every weight has a leading replica axis. Dense layers work on (R, B, features). Convolutions
work on (B, height, width, R * channels), replica by replica: R networks are one network with
R times the channels in R groups.

The layers are only ever called statelessly, with tensors for weights, so their weights are
declared where a layer is made (sizes are explicit) and need no initial values.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import keras
import tensorflow as tf


class DenseCall(NamedTuple):
    """What a replicated dense layer read and gave in one call."""

    inputs: tf.Tensor  # (R, B, inputs), or (1, B, inputs) where shared
    outputs: tf.Tensor  # (R, B, units), before any activation


_calls: ContextVar[list[DenseCall] | None] = ContextVar("calls of dense layers", default=None)


@contextmanager
def recorded_dense_calls() -> Iterator[list[DenseCall]]:
    """Yields a list that every call of a replicated dense layer within the block is added to.

    The gradient of a kernel is a product of the layer's inputs and the gradient of its outputs,
    which can be put to use without being multiplied out (see `whysgd.training.dense`).
    """
    calls: list[DenseCall] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)


class ReplicatedDense(keras.layers.Layer):
    """R dense layers side by side: (R or 1, B, inputs) -> (R, B, units).

    Between the examples and the inputs there may be tokens, (R, B, T, inputs).
    """

    def __init__(self, replicas: int, inputs: int, units: int, *, name: str, dtype: str) -> None:
        """Kernel (R, inputs, units), bias (R, units)."""
        super().__init__(name=name, dtype=dtype)
        self.kernel = self.add_weight(name="kernel", shape=(replicas, inputs, units))
        self.bias = self.add_weight(name="bias", shape=(replicas, units))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The layers' outputs before any activation."""
        # Where all replicas share the inputs, (1, B, inputs) broadcasts without being copied.
        kernel, bias = tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias)
        if inputs.shape.rank == 4:
            rows = tf.reshape(inputs, (inputs.shape[0], -1, inputs.shape[-1]))
            outputs = tf.matmul(rows, kernel) + bias[:, tf.newaxis]
            return tf.reshape(outputs, (*inputs.shape[:-1], outputs.shape[-1]))
        outputs = tf.matmul(inputs, kernel) + bias[:, tf.newaxis]
        calls = _calls.get()
        if calls is not None:
            calls.append(DenseCall(inputs, outputs))
        return outputs


class ReplicatedConv2D(keras.layers.Layer):
    """R 'same' convolutions side by side: (B, h, w, R * inputs) -> (B, h / s, w / s, R * filters).

    Where all replicas share the inputs, those are (B, h, w, inputs).
    """

    def __init__(
        self,
        replicas: int,
        inputs: int,
        filters: int,
        *,
        size: int,
        stride: int = 1,
        bias: bool = True,
        name: str,
        dtype: str,
    ) -> None:
        """Kernel (R, size, size, inputs, filters), and if wanted bias (R, filters)."""
        super().__init__(name=name, dtype=dtype)
        shape = (replicas, size, size, inputs, filters)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.bias = self.add_weight(name="bias", shape=(replicas, filters)) if bias else None
        self.stride = stride
        self.in_groups = differentiates_grouped_convolutions(dtype)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The layers' outputs before any activation."""
        kernel = tf.convert_to_tensor(self.kernel)
        shared = inputs.shape[-1] == kernel.shape[3]
        outputs = (
            self._at_once(inputs, kernel)
            if shared or self.in_groups
            else self._by_channel(inputs, kernel)
        )
        if self.bias is None:
            return outputs
        return outputs + tf.reshape(tf.convert_to_tensor(self.bias), (-1,))

    def _at_once(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """One convolution, with as many groups as the shapes imply.

        Keras's own grouped layer compiles itself with XLA on a CPU, which is 30 times slower.
        """
        kernel = tf.transpose(kernel, (1, 2, 3, 0, 4))  # (k, k, inputs, R, filters)
        kernel = tf.reshape(kernel, (*kernel.shape[:3], -1))
        return tf.nn.conv2d(inputs, kernel, self.stride, "SAME")

    def _by_channel(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Every channel convolved by itself, then summed within each replica.

        Exact in any precision and differentiable any number of times; takes as many times the
        outputs' memory as a replica has input channels.
        """
        replicas, size, _, channels, filters = kernel.shape
        kernel = tf.transpose(kernel, (1, 2, 0, 3, 4))  # (k, k, R, inputs, filters)
        kernel = tf.reshape(kernel, (size, size, replicas * channels, filters))
        strides = (1, self.stride, self.stride, 1)
        outputs = tf.nn.depthwise_conv2d(inputs, kernel, strides, "SAME")
        split = (*outputs.shape[:3], replicas, channels, filters)
        outputs = tf.reduce_sum(tf.reshape(outputs, split), 4)
        return tf.reshape(outputs, (*outputs.shape[:3], replicas * filters))


@functools.cache
def differentiates_grouped_convolutions(dtype: str) -> bool:
    """Whether TensorFlow, here and in this precision, has gradients of grouped convolutions.

    On a CPU they are oneDNN's, so they exist in float32 on x86-64 unless oneDNN is switched
    off; elsewhere the gradient raises. TensorFlow has no way to ask, so try the smallest one.
    """
    inputs, kernel = tf.ones((1, 1, 1, 2), dtype), tf.ones((1, 1, 1, 2), dtype)
    try:
        with tf.GradientTape() as tape:
            tape.watch((inputs, kernel))
            outputs = tf.nn.conv2d(inputs, kernel, 1, "SAME")
        tape.gradient(outputs, (inputs, kernel))
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return False
    return True


class ReplicatedScale(keras.layers.Layer):
    """One trainable factor per replica, on (B, h, w, R * channels): SkipInit's scalar."""

    def __init__(self, replicas: int, channels: int, *, name: str, dtype: str) -> None:
        """Factor (R,)."""
        super().__init__(name=name, dtype=dtype)
        self.factor = self.add_weight(name="factor", shape=(replicas,))
        self.channels = channels
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Inputs times the factors."""
        return inputs * tf.repeat(tf.convert_to_tensor(self.factor), self.channels)
