"""Random crops and mirroring of minibatches, drawn on the device."""

import tensorflow as tf


def augment(
    images: tf.Tensor,
    seed_of_member: tf.Tensor,
    keys: tf.Tensor,
    counter: tf.Tensor,
    *,
    padding: int,
    flip: bool,
) -> tf.Tensor:
    """Crops every image at random out of its reflection-padded self, and mirrors half of them.

    The numbers are a function of a member's seed and the counter alone: members with one
    seed crop alike, whichever other members train beside them, in graph mode and under XLA.

    Args:
        images: (R, B, height, width, channels).
        seed_of_member: (R,), index into `keys`.
        keys: (S,) int64, one random key per distinct seed.
        counter: scalar int64, the number of the minibatch since the start of training.
        padding: pixels of reflection on each side; crops shift by up to this many.
        flip: whether to mirror left and right with probability 1/2.

    Returns:
        Images of the same shape.
    """
    batch_size, height, width = images.shape[1], images.shape[2], images.shape[3]
    uniform = tf.stack(
        [_uniform((batch_size, 3), tf.stack([key, counter])) for key in tf.unstack(keys)]
    )  # (S, B, 3)
    uniform = tf.gather(uniform, seed_of_member)  # (R, B, 3)
    shifts = tf.cast(tf.floor(uniform[..., :2] * (2 * padding + 1)), tf.int32)
    mirrored = (uniform[..., 2:] < 0.5) & flip  # (R, B, 1)
    rows = shifts[..., :1] + tf.range(height)  # (R, B, height)
    columns = tf.where(mirrored, tf.range(width)[::-1], tf.range(width))
    columns = shifts[..., 1:] + columns  # (R, B, width)
    # Reading through reflected indices saves the padded copy.
    images = tf.gather(images, _reflected(rows - padding, height), axis=2, batch_dims=2)
    images = tf.transpose(images, (0, 1, 3, 2, 4))
    images = tf.gather(images, _reflected(columns - padding, width), axis=2, batch_dims=2)
    return tf.transpose(images, (0, 1, 3, 2, 4))


def _reflected(index: tf.Tensor, size: int) -> tf.Tensor:
    """Indices outside [0, size) mirrored at the edge pixels, which are not repeated."""
    index = tf.abs(index)
    return tf.where(index < size, index, 2 * (size - 1) - index)


def _uniform(shape: tuple[int, ...], seed: tf.Tensor) -> tf.Tensor:
    """Numbers in [0, 1), multiples of 2^-24, from a (2,) seed.

    Made of random integers: TensorFlow draws these alike in graph mode and under XLA, but turns
    them into floats differently.
    """
    bits = tf.random.stateless_uniform(shape, seed, None, None, tf.uint32, alg="philox")
    high = tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32))
    return tf.cast(high, tf.float32) * 2.0**-24
