"""Starting TensorFlow: its threads, its devices, its noise. Call before importing TensorFlow."""

import os


def start_tensorflow(threads: int) -> None:
    """Imports TensorFlow with its start-up notices off and its devices set for training.

    Errors and warnings still show. Results are the same from run to run on one machine:
    non-deterministic operations are off, and the number of threads is fixed.

    Args:
        threads: processor threads for the whole process.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # 0 all, 1 no notices, 2 no warnings
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def device_kind() -> str:
    """Kind of device that training runs on: "gpu" where TensorFlow sees one, else "cpu"."""
    import tensorflow as tf

    return "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
