"""Event files for TensorBoard: the history of a job while it grows."""

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from whysgd.base.powers import format_number
from whysgd.training.history import METRICS

# What TensorBoard calls a scalar. `tf.summary.scalar` would say the same, but it needs the
# tensorboard package, which only those need who look at the files.
_SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
    data_class=1,  # DATA_CLASS_SCALAR of tensorboard's data model
)


class Events:
    """The event files of one job: a folder for each member, a scalar for each metric.

    They are a copy of what the history says and change nothing. A job that starts again, from
    a checkpoint or not, writes them anew.
    """

    def __init__(self, folder: str | Path, logger: logging.Logger) -> None:
        """Removes what an earlier attempt has written.

        Args:
            folder: of this job alone.
            logger: is told if nothing can be written.
        """
        self._folder, self._logger = Path(folder), logger
        shutil.rmtree(self._folder, ignore_errors=True)
        self._writers: dict[str, Any] = {}

    def resumed(self, minibatches: int, history: pd.DataFrame) -> None:
        """Writes the history up to where a checkpoint goes on."""
        self.write(history)

    def trained(self, minibatches: int) -> None:
        """Does nothing: event files hold evaluations."""

    def evaluated(self, rows: pd.DataFrame) -> None:
        """Writes one evaluation."""
        self.write(rows)

    def write(self, rows: pd.DataFrame) -> None:
        """Adds rows of the history; metrics that are empty are left out.

        A disk that is full does not end the training.
        """
        try:
            for row in rows.to_dict("records"):
                self._write_row(row)
            for writer in self._writers.values():
                writer.flush()
        except (OSError, tf.errors.OpError) as error:
            self._logger.warning("no event files for TensorBoard: %s", error)

    def _write_row(self, row: Mapping[Any, Any]) -> None:
        name = member_folder(row)
        if name not in self._writers:
            self._writers[name] = tf.summary.create_file_writer(str(self._folder / name))
        with tf.device("cpu:0"), self._writers[name].as_default(step=int(row["update"])):
            for metric in METRICS:
                if np.isfinite(row[metric]):
                    value = tf.constant(row[metric], tf.float32)
                    tf.summary.write(metric, value, metadata=_SCALAR)


def member_folder(row: Mapping[Any, Any]) -> str:
    """What TensorBoard calls a member, such as "learning_rate=2^-3,reg_coefficient=0,seed=1"."""
    axes = (
        f"{key}={format_number(float(row[key]))}" for key in ("learning_rate", "reg_coefficient")
    )
    return f"{','.join(axes)},seed={int(row['seed'])}"
