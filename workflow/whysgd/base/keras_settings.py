"""Keras as this project needs it: on TensorFlow, in float32, whatever a user has set for others.

Keras reads the environment and the file keras.json of its home folder once, when it is imported:
KERAS_BACKEND goes before the file's `backend`, and a value that it does not know ends the import.
TensorFlow reads the same file when it is imported, and imports Keras.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whysgd.base.errors import UserError

_BACKEND = "tensorflow"
# For `fit` and for other backends; a value that cannot be read would end the import.
_IRRELEVANT = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "TF_USE_LEGACY_KERAS")


def keras_home() -> Path:
    """Where Keras keeps its settings and its loaders their files, as Keras documents it."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()


@contextmanager
def keras_on_tensorflow() -> Iterator[None]:
    """Within the block, whoever imports Keras gets it with the project's settings.

    They stay for the rest of the process.

    Raises:
        UserError: keras.json cannot be read, or Keras was imported before with another backend.
    """
    os.environ["KERAS_BACKEND"] = _BACKEND
    os.environ["KERAS_NNX_ENABLED"] = "false"
    for name in _IRRELEVANT:
        os.environ.pop(name, None)
    settings = keras_home() / "keras.json"
    try:
        yield
    # Keras raises a ValueError, TensorFlow an AssertionError, of a value in the file; what is no
    # mapping has no `get`.
    except (ValueError, AssertionError, AttributeError, TypeError, OSError) as error:
        if "keras" in sys.modules or not settings.exists():
            raise
        raise UserError(
            f"{settings}: Keras cannot be started with these settings"
            f"{f' ({error})' if str(error) else ''}; mend or remove the file"
        ) from error
    import keras

    if keras.config.backend() != _BACKEND:
        raise UserError(
            f"Keras was imported with the backend {keras.config.backend()!r} before whysgd, which "
            f"needs {_BACKEND!r}; set KERAS_BACKEND={_BACKEND} first"
        )
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
