"""How TensorFlow computes: on which device, in which order, how exactly.

TensorFlow is imported when it is needed, since a job has to prepare for that.
"""


def compute_reproducibly(threads: int) -> None:
    """Makes results the same from run to run on one machine; call before the first operation.

    Args:
        threads: processor threads for the whole process; sums are split by their number.
    """
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    # GPUs since 2020 would round the factors of products to 10 bits, unasked; results, and how
    # exact a penalty is, should not depend on the device that far.
    tf.config.experimental.enable_tensor_float_32_execution(False)


def device_kind() -> str:
    """Returns the kind of device of training: "gpu" where TensorFlow sees one, else "cpu"."""
    import tensorflow as tf

    return "gpu" if tf.config.get_visible_devices("GPU") else "cpu"
