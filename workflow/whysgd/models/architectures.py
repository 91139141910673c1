"""The networks, as Keras models of R replicas."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from whysgd.architecture import PerceptronShape, parse_architecture
from whysgd.models.layers import ReplicatedConv2D, ReplicatedDense, ReplicatedScale


def build_model(name: str, num_classes: int, replicas: int, base_width: int) -> keras.Model:
    """The named architecture, images (R or 1, B, height, width, channels) -> (R, B, classes).

    Raises:
        ValueError: the name is not of a known form.
    """
    shape = parse_architecture(name)
    if isinstance(shape, PerceptronShape):
        return ReplicatedMLP(shape.widths, num_classes, replicas)
    width = shape.widening * base_width
    return ReplicatedWideResNet(shape.blocks_per_group, width, base_width, num_classes, replicas)


class ReplicatedMLP(keras.Model):
    """R perceptrons with ReLU hidden layers and a linear output layer on flattened images."""

    def __init__(self, widths: Sequence[int], num_classes: int, replicas: int) -> None:
        """R perceptrons with the given hidden widths."""
        super().__init__()
        self.hidden = [ReplicatedDense(replicas, width) for width in widths]
        self.head = ReplicatedDense(replicas, num_classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """(R or 1, B, height, width, channels) -> (R, B, classes)."""
        x = tf.reshape(images, (*images.shape[:2], math.prod(images.shape[2:])))
        for layer in self.hidden:
            x = tf.nn.relu(layer(x))
        return self.head(x)


class ReplicatedWideResNet(keras.Model):
    """R Wide-ResNets with SkipInit and without normalization.

    Zagoruyko and Komodakis 2016 (depth 6n + 4, n pre-activation blocks in each of three
    groups), every batch normalization removed and one trainable scalar, 0 at the start, at the
    end of each residual branch (De and Smith 2020).
    """

    def __init__(
        self, blocks: int, width: int, stem_width: int, num_classes: int, replicas: int
    ) -> None:
        """R networks with `blocks` blocks of `width`, 2 `width` and 4 `width` channels."""
        super().__init__()
        self.replicas = replicas
        self.stem = ReplicatedConv2D(replicas, stem_width, 3)
        self.blocks = []
        channels = stem_width
        for group in range(3):
            for block in range(blocks):
                stride = 2 if group > 0 and block == 0 else 1
                filters = width * 2**group
                self.blocks.append(SkipInitBlock(replicas, channels, filters, stride))
                channels = filters
        self.head = ReplicatedDense(replicas, num_classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """(R or 1, B, height, width, channels) -> (R, B, classes)."""
        shared, batch, height, width, channels = images.shape
        # Replicas become groups of channels. Images that all share stay as they are: the stem's
        # filter then has no groups.
        x = tf.transpose(images, (1, 2, 3, 0, 4))
        x = self.stem(tf.reshape(x, (batch, height, width, shared * channels)))
        for block in self.blocks:
            x = block(x)
        x = tf.reduce_mean(tf.nn.relu(x), (1, 2))  # (B, R * channels)
        x = tf.reshape(x, (batch, self.replicas, x.shape[-1] // self.replicas))
        return self.head(tf.transpose(x, (1, 0, 2)))


class SkipInitBlock(keras.layers.Layer):
    """x + scale * conv(relu(conv(relu(x)))): a residual block that starts as its shortcut."""

    def __init__(self, replicas: int, channels: int, filters: int, stride: int) -> None:
        """R blocks from `channels` to `filters` channels."""
        super().__init__()
        self.first = ReplicatedConv2D(replicas, filters, 3, stride)
        self.second = ReplicatedConv2D(replicas, filters, 3)
        self.scale = ReplicatedScale(replicas)
        self.projection = (
            ReplicatedConv2D(replicas, filters, 1, stride) if channels != filters else None
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(B, h, w, R * channels) -> (B, h / s, w / s, R * filters)."""
        activated = tf.nn.relu(x)
        branch = self.second(tf.nn.relu(self.first(activated)))
        # A projection reads the activated input, an identity the raw one.
        shortcut = x if self.projection is None else self.projection(activated)
        return shortcut + self.scale(branch)
