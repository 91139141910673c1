"""Keras layers for R replicas of a network at once.

Every weight has a leading replica axis. Dense layers work on (R, B, features). Convolutions
work on (B, height, width, R * channels), replica by replica: R networks are one network
with R times the channels in R groups.
"""

import keras
import tensorflow as tf

HE_NORMAL = "he_normal"  # N(0, 2 / fan_in)
ZEROS = "zeros"


class ReplicatedDense(keras.layers.Layer):
    """R dense layers side by side: (R or 1, B, in) -> (R, B, units)."""

    def __init__(self, replicas: int, units: int, **kwargs: object) -> None:
        """R layers with `units` outputs each."""
        super().__init__(**kwargs)
        self.replicas, self.units = replicas, units

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Kernel (R, in, units), bias (R, units)."""
        shape = (self.replicas, input_shape[-1], self.units)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.bias = self.add_weight(name="bias", shape=(self.replicas, self.units))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The layers' outputs before any activation."""
        kernel = tf.convert_to_tensor(self.kernel)
        if inputs.shape[0] == 1 and self.replicas > 1:
            # Shared inputs: one product with all replicas' kernels, without copies of the inputs.
            outputs = tf.einsum("bi,rio->rbo", inputs[0], kernel)
        else:
            outputs = tf.matmul(inputs, kernel)
        return outputs + tf.convert_to_tensor(self.bias)[:, tf.newaxis]


class ReplicatedConv2D(keras.layers.Layer):
    """R 'same' convolutions side by side: (B, h, w, R * in) -> (B, h / s, w / s, R * filters)."""

    def __init__(
        self, replicas: int, filters: int, size: int, stride: int = 1, **kwargs: object
    ) -> None:
        """R layers with `filters` outputs each and square kernels."""
        super().__init__(**kwargs)
        self.replicas, self.filters, self.size, self.stride = replicas, filters, size, stride

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Kernel (R, size, size, in, filters), bias (R, filters)."""
        channels = input_shape[-1] // self.replicas
        shape = (self.replicas, self.size, self.size, channels, self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.bias = self.add_weight(name="bias", shape=(self.replicas, self.filters))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The layers' outputs before any activation."""
        kernel = tf.convert_to_tensor(self.kernel)
        bias = tf.reshape(tf.convert_to_tensor(self.bias), (-1,))
        shared = inputs.shape[-1] == kernel.shape[3]  # all replicas see the same channels
        if not shared and inputs.dtype != tf.float32:
            outputs = self._one_by_one(inputs, kernel)
        else:
            # (R, k, k, in, out) -> (k, k, in, R * out): the layout of a grouped filter. The
            # grouping is read off the shapes. Keras's own grouped layer compiles itself with XLA
            # on a CPU, which is 30 times slower.
            grouped = tf.transpose(kernel, (1, 2, 3, 0, 4))
            grouped = tf.reshape(grouped, (*kernel.shape[1:4], -1))
            outputs = tf.nn.conv2d(inputs, grouped, self.stride, "SAME")
        return outputs + bias

    def _one_by_one(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """The same in any precision: TensorFlow has grouped gradients for float32 only."""
        parts = zip(tf.split(inputs, self.replicas, -1), tf.unstack(kernel), strict=True)
        return tf.concat([tf.nn.conv2d(x, k, self.stride, "SAME") for x, k in parts], -1)


class ReplicatedScale(keras.layers.Layer):
    """One trainable factor per replica, on (B, h, w, R * channels): SkipInit's scalar."""

    def __init__(self, replicas: int, **kwargs: object) -> None:
        """R factors."""
        super().__init__(**kwargs)
        self.replicas = replicas

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Factor (R,)."""
        self.channels = input_shape[-1] // self.replicas
        self.scale = self.add_weight(name="scale", shape=(self.replicas,))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Inputs times the factors."""
        return inputs * tf.repeat(tf.convert_to_tensor(self.scale), self.channels)
