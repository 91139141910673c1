"""Batch normalization of R replicas, by ghost batches."""

import keras
import tensorflow as tf

EPSILON = 1e-5  # beside the variance, under the root


class ReplicatedBatchNormalization(keras.layers.Layer):
    """R batch normalizations side by side: (R, B, features), or (B, h, w, R * channels).

    Ioffe and Szegedy 2015, with the statistics of each ghost batch of consecutive examples by
    itself (Hoffer et al. 2017). There are no moving averages, so training leaves no state behind:
    where the network is evaluated, the moments of the whole training set are given.
    """

    def __init__(
        self, replicas: int, channels: int, ghost_batch_size: int, *, name: str, dtype: str
    ) -> None:
        """Scale and shift (R, channels); moments (R, 2, channels), which are not trained."""
        super().__init__(name=name, dtype=dtype)
        self.scale = self.add_weight(name="scale", shape=(replicas, channels))
        self.shift = self.add_weight(name="shift", shape=(replicas, channels))
        self.moments = self.add_weight(
            name="moments", shape=(replicas, 2, channels), trainable=False
        )
        self.ghost_batch_size = ghost_batch_size
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalizes by the ghost batches and leaves the batch's moments, or by given moments.

        Raises:
            ValueError: the batch does not consist of ghost batches.
        """
        dense = inputs.shape.rank == 3
        if training:
            self.moments.assign(self._moments_of(inputs))
            outputs = self._by_ghost_batches(inputs, dense)
        else:
            mean, mean_square = tf.unstack(tf.convert_to_tensor(self.moments), axis=1)
            # Rounding may leave the difference of the two a little below 0.
            variance = tf.nn.relu(mean_square - tf.square(mean))
            mean, variance = (_per_channel(value, dense) for value in (mean, variance))
            outputs = (inputs - mean) * tf.math.rsqrt(variance + EPSILON)
        scale, shift = (_per_channel(value, dense) for value in (self.scale, self.shift))
        return outputs * scale + shift

    def _by_ghost_batches(self, inputs: tf.Tensor, dense: bool) -> tf.Tensor:
        size, axis = self.ghost_batch_size, 1 if dense else 0
        batch_size = inputs.shape[axis]
        if batch_size % size:
            raise ValueError(f"a batch of {batch_size} does not consist of ghost batches of {size}")
        split = (*inputs.shape[:axis], batch_size // size, size, *inputs.shape[axis + 1 :])
        x = tf.reshape(inputs, split)
        axes = (2,) if dense else (1, 2, 3)
        # The mean first, since squares of numbers far from 0 would cost the variance its digits.
        centred = x - tf.reduce_mean(x, axes, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
        return tf.reshape(centred * tf.math.rsqrt(variance + EPSILON), inputs.shape)

    def _moments_of(self, inputs: tf.Tensor) -> tf.Tensor:
        """Means and means of squares (R, 2, channels), of which more batches' may be averaged."""
        axes = (1,) if inputs.shape.rank == 3 else (0, 1, 2)
        moments = [tf.reduce_mean(x, axes) for x in (inputs, tf.square(inputs))]
        return tf.stack([tf.reshape(x, self.scale.shape) for x in moments], 1)


def _per_channel(values: tf.Tensor, dense: bool) -> tf.Tensor:
    """(R, channels) in the shape that goes with (R, B, features) or (B, h, w, R * channels)."""
    values = tf.convert_to_tensor(values)
    return values[:, tf.newaxis] if dense else tf.reshape(values, (-1,))
