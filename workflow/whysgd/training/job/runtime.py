"""Starting TensorFlow: its threads, its devices, its noise. Call before importing TensorFlow."""

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from whysgd.base.keras_settings import keras_on_tensorflow
from whysgd.base.origin import processor
from whysgd.training.arithmetic import compute_reproducibly, device_kind

# What TensorFlow writes at every start, whatever its log level: the library says that oneDNN is
# on, and that its log is not set up yet.
_START_UP_NOTICES = re.compile(
    rb"^(I\d{4} .*oneDNN custom operations are on.*|WARNING: All log messages before absl.*)\n?$"
)

# What TensorFlow and Keras import if it is there, for parts of theirs that training never uses:
# converters, plots and wrappers. It takes almost as long as they do themselves.
_UNUSED = ("jax", "matplotlib", "sklearn")


def start_tensorflow(threads: int, *, gpus: int = 0) -> None:
    """Imports TensorFlow without its start-up notices and sets its devices for training.

    Errors and warnings still show. Results are the same from run to run on one machine:
    non-deterministic operations are off, and the number of threads is fixed.

    Args:
        threads: processor threads for the whole process.
        gpus: 0 hides all GPUs, so that a job without a claim to one takes none; otherwise those
            are used that CUDA_VISIBLE_DEVICES leaves visible.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # 0 all, 1 no notices, 2 no warnings
    with _without_lines(_START_UP_NOTICES), _without_modules(_UNUSED), keras_on_tensorflow():
        import tensorflow as tf

    tf.get_logger().addFilter(_is_no_advice_on_retracing)
    compute_reproducibly(threads)
    if gpus == 0:
        tf.config.set_visible_devices([], "GPU")
    for device in tf.config.get_visible_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def _is_no_advice_on_retracing(record: logging.LogRecord) -> bool:
    # Sets of examples and ensembles have different shapes, each compiled once, on purpose.
    return "triggered tf.function retracing" not in record.getMessage()


def execution() -> dict[str, str | int]:
    """What the bits of a result may depend on beside its inputs, ready for JSON.

    Libraries split sums by the number of threads and choose their code, and the sizes of its
    blocks, by the kind of processor.
    """
    import tensorflow as tf

    device = device_kind()
    return {
        "device": device,
        "computed_on": ", ".join(gpu_names()) if device == "gpu" else processor(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        # Read by TensorFlow when it is imported; it is on by default where the processor has it.
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


def gpu_names() -> list[str]:
    """Names of the GPUs that training sees, such as "NVIDIA H100"."""
    import tensorflow as tf

    gpus = tf.config.get_visible_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return [str(detail.get("device_name", "unknown")) for detail in details]


@contextmanager
def _without_modules(names: Sequence[str]) -> Iterator[None]:
    """Within the block, modules that nobody has imported yet are as if not installed."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _without_lines(pattern: re.Pattern[bytes]) -> Iterator[None]:
    """Holds back standard error, of libraries too, and lets all other lines out at the end.

    They come out when the block fails as well.
    """
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            for line in held:
                if not pattern.match(line):
                    os.write(2, line)
