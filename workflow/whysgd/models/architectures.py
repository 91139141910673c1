"""The networks, as Keras layers of R replicas."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from whysgd.models.layers import ReplicatedConv2D, ReplicatedDense, ReplicatedScale
from whysgd.spec.networks import Activation, PerceptronShape, parse_architecture

_ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.math.tanh}


def build_layers(
    name: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    replicas: int,
    base_width: int,
    activation: Activation,
    dtype: str,
) -> keras.layers.Layer:
    """The named architecture, images (R or 1, B, height, width, channels) -> (R, B, classes).

    Raises:
        ValueError: the name is not of a known form.
    """
    shape = parse_architecture(name)
    if isinstance(shape, PerceptronShape):
        sizes = [math.prod(input_shape), *shape.widths, num_classes]
        return ReplicatedMLP(replicas, sizes, activation=activation, dtype=dtype)
    return ReplicatedWideResNet(
        replicas,
        image_channels=input_shape[2],
        stem_width=base_width,
        width=base_width * shape.widening,
        blocks_per_group=shape.blocks_per_group,
        num_classes=num_classes,
        activation=activation,
        dtype=dtype,
    )


class ReplicatedMLP(keras.layers.Layer):
    """R perceptrons with a linear output layer on flattened images; without hidden layers, linear.

    On cross-entropy a linear one is (multinomial) logistic regression.
    """

    def __init__(
        self, replicas: int, sizes: Sequence[int], *, activation: Activation, dtype: str
    ) -> None:
        """R networks with layers of `sizes` units, from the inputs to the outputs."""
        super().__init__(dtype=dtype)
        self.activate = _ACTIVATIONS[activation]
        self.dense = [
            ReplicatedDense(replicas, inputs, units, name=f"dense{number}", dtype=dtype)
            for number, (inputs, units) in enumerate(zip(sizes, sizes[1:], strict=False), 1)
        ]
        self.built = True

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """(R or 1, B, height, width, channels) -> (R, B, classes)."""
        *hidden, output = self.dense
        x = tf.reshape(images, (*images.shape[:2], math.prod(images.shape[2:])))
        for layer in hidden:
            x = self.activate(layer(x))
        return output(x)


class ReplicatedWideResNet(keras.layers.Layer):
    """R Wide-ResNets with SkipInit and without normalization.

    Zagoruyko and Komodakis 2016 (three groups of pre-activation blocks, each with twice the
    width of the one before at half the resolution), every batch normalization removed and one
    trainable scalar, 0 at the start, at the end of each residual branch (De and Smith 2020).
    Depth 6 n + 4 counts the convolutions of n blocks a group, stem, projections and output.
    """

    def __init__(
        self,
        replicas: int,
        *,
        image_channels: int,
        stem_width: int,
        width: int,
        blocks_per_group: int,
        num_classes: int,
        activation: Activation,
        dtype: str,
    ) -> None:
        """R networks whose groups have `width`, 2 `width` and 4 `width` channels."""
        super().__init__(dtype=dtype)
        self.replicas = replicas
        self.activate = _ACTIVATIONS[activation]
        self.stem = ReplicatedConv2D(
            replicas, image_channels, stem_width, size=3, name="stem", dtype=dtype
        )
        self.blocks = []
        channels = stem_width
        for group in range(3):
            for block in range(blocks_per_group):
                self.blocks.append(
                    SkipInitBlock(
                        replicas,
                        channels,
                        width * 2**group,
                        stride=2 if group > 0 and block == 0 else 1,
                        activation=activation,
                        name=f"group{group + 1}_block{block + 1}",
                        dtype=dtype,
                    )
                )
                channels = width * 2**group
        self.output_layer = ReplicatedDense(
            replicas, channels, num_classes, name="output", dtype=dtype
        )
        self.built = True

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """(R or 1, B, height, width, channels) -> (R, B, classes)."""
        seen, batch_size, height, width, channels = images.shape
        x = tf.transpose(images, (1, 2, 3, 0, 4))  # replicas become groups of channels
        x = self.stem(tf.reshape(x, (batch_size, height, width, seen * channels)))
        for block in self.blocks:
            x = block(x)
        x = tf.reduce_mean(self.activate(x), (1, 2))  # (B, R * channels)
        x = tf.reshape(x, (batch_size, self.replicas, x.shape[-1] // self.replicas))
        return self.output_layer(tf.transpose(x, (1, 0, 2)))


class SkipInitBlock(keras.layers.Layer):
    """shortcut + factor * conv(relu(conv(relu(x)))): starts as its shortcut, the factor being 0.

    ReLU may be another activation.
    """

    def __init__(
        self,
        replicas: int,
        inputs: int,
        filters: int,
        *,
        stride: int,
        activation: Activation,
        name: str,
        dtype: str,
    ) -> None:
        """R blocks from `inputs` to `filters` channels."""
        super().__init__(name=name, dtype=dtype)
        self.activate = _ACTIVATIONS[activation]
        with keras.name_scope(name):
            self.first = ReplicatedConv2D(
                replicas, inputs, filters, size=3, stride=stride, name="branch1", dtype=dtype
            )
            self.second = ReplicatedConv2D(
                replicas, filters, filters, size=3, name="branch2", dtype=dtype
            )
            self.scale = ReplicatedScale(replicas, filters, name="scale", dtype=dtype)
            self.projection = None
            if inputs != filters or stride != 1:
                self.projection = ReplicatedConv2D(
                    replicas, inputs, filters, size=1, stride=stride, name="shortcut", dtype=dtype
                )
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(B, h, w, R * inputs) -> (B, h / s, w / s, R * filters)."""
        activated = self.activate(x)
        branch = self.second(self.activate(self.first(activated)))
        # A projection reads the activated input, an identity the raw one.
        shortcut = x if self.projection is None else self.projection(activated)
        return shortcut + self.scale(branch)
