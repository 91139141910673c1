"""Checkpoints: everything that the rest of a training job depends on, written whole or not at all.

A run that goes on from a checkpoint ends with the same bits as one that was never interrupted:
parameters and divergence are saved as they are, and nothing else has a state, because data order,
augmentation and schedule are functions of the minibatch's number.
"""

import hashlib
import logging
import math
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.base.files import atomic_path
from whysgd.base.npz import DAMAGED, read_arrays, read_headers
from whysgd.spec.ensemble import CheckpointPolicy
from whysgd.spec.program import Program
from whysgd.training.digest import training_digest
from whysgd.training.extent import Extent
from whysgd.training.history import COLUMNS
from whysgd.training.job.rarely import Rarely
from whysgd.training.snapshot import Snapshot

_LARGEST_OVERHEAD = 0.02  # of a job's time, spent on checkpoints that are due by time
_NAME = re.compile(r"\.?[0-9a-f]{10}-[0-9]{12}\..*npz")  # with a point first: unfinished
_FOREIGN = (
    "it was made by another configuration, data set, code, device, kind of processor or number of "
    "threads"
)


class Checkpoints:
    """The checkpoints of one job, in a folder of their own.

    Their names begin with their key, so that those of earlier code or data are neither taken for
    newer ones nor counted with them. They stay until there is one that can replace them.
    """

    def __init__(
        self,
        folder: str | Path,
        key: str,
        logger: logging.Logger,
        policy: CheckpointPolicy,
        *,
        minibatches_per_epoch: int,
        extent: Callable[[], Extent],
        writing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Touches nothing yet.

        Args:
            folder: where they are; not an output of the workflow, which deletes the outputs of
                failed jobs.
            key: what they must have been made by (see `checkpoint_key`).
            logger: is told what is restored, what is skipped and why.
            policy: when one is due, and how many lie in the folder at most.
            minibatches_per_epoch: of the program that is trained.
            extent: tells what a snapshot of the job may be; is asked where there is a checkpoint.
            writing: surrounds the writing of each, so that the process does not end meanwhile.
        """
        self._folder, self._key, self._logger = Path(folder), key, logger
        self._policy, self._per_epoch = policy, minibatches_per_epoch
        self._extent, self._writing_context = extent, writing
        self._written, self._writing_seconds = time.monotonic(), 0.0
        self._minibatches = 0  # of the last one
        self._lines = Rarely(0.0)

    def due(self, minibatches: int) -> bool:
        """Whether the last one is old enough for the next, in time or in epochs."""
        pause = max(self._policy.seconds, self._writing_seconds / _LARGEST_OVERHEAD)
        if time.monotonic() - self._written >= pause:
            return True
        if self._policy.epochs is None:
            return False
        return minibatches - self._minibatches >= self._policy.epochs * self._per_epoch

    def save(self, snapshot: Snapshot) -> None:
        """Writes a snapshot and removes the oldest ones.

        A disk that is full does not end the training: the log says so, and what was there stays.
        """
        path = self._folder / f"{self._prefix}{snapshot.minibatches:012d}.npz"
        started = time.monotonic()
        try:
            with self._writing_context(), atomic_path(path) as temporary:
                np.savez(temporary, allow_pickle=False, **_to_arrays(snapshot, self._key))
        except (OSError, UserError) as error:
            self._logger.warning("checkpoint %s could not be written: %s", path.name, error)
            return
        finally:
            self._written, self._minibatches = time.monotonic(), snapshot.minibatches
            self._writing_seconds = self._written - started
        own, foreign = self._paths()
        for old in (*own[self._policy.keep :], *foreign):
            with suppress(OSError):  # the next one will try again
                old.unlink(missing_ok=True)
        if self._lines.due():
            self._logger.info("checkpoint %s in %.2f s", path.name, self._writing_seconds)

    def restore(self) -> Snapshot | None:
        """The newest usable snapshot, or None. Says in the log what it takes, and what it skips."""
        for path in _unfinished(self._folder):
            path.unlink(missing_ok=True)
        own, foreign = self._paths()
        for path in foreign:
            self._logger.warning("checkpoint %s is skipped: %s", path.name, _FOREIGN)
        for path in own:
            try:
                snapshot = _from_file(path, self._key, self._extent())
            except DAMAGED as error:
                self._logger.warning("checkpoint %s is damaged and skipped: %s", path.name, error)
            except UserError as error:
                self._logger.warning("checkpoint %s is skipped: %s", path.name, error)
            else:
                self._logger.info("going on from checkpoint %s", path.name)
                self._minibatches = snapshot.minibatches
                return snapshot
        if own or foreign:
            self._logger.warning("no usable checkpoint: starting anew")
        return None

    @property
    def _prefix(self) -> str:
        return f"{self._key[:10]}-"

    def _paths(self) -> tuple[list[Path], list[Path]]:
        """Checkpoints with this key and with others, newest first."""
        paths = _checkpoint_paths(self._folder)
        own = [path for path in paths if path.name.startswith(self._prefix)]
        return own, [path for path in paths if path not in own]


def _checkpoint_paths(folder: Path) -> list[Path]:
    """Checkpoints in a folder, of all keys; those of one key newest first."""
    paths = (path for path in folder.glob("*.npz") if _NAME.fullmatch(path.name))
    return sorted((path for path in paths if path.name[0] != "."), reverse=True)


def _unfinished(folder: Path) -> list[Path]:
    """What a process left that was killed while it wrote a checkpoint."""
    return [path for path in folder.glob(".*.npz") if _NAME.fullmatch(path.name)]


def remove_checkpoints(folder: str | Path) -> None:
    """Removes a job's checkpoints; to be called when its results are on disk.

    The folder goes with them if it holds nothing else.
    """
    for path in (*_checkpoint_paths(Path(folder)), *_unfinished(Path(folder))):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        Path(folder).rmdir()


def checkpoint_key(program: Program, *parts: str) -> str:
    """Hash of all that a checkpoint may not differ in.

    Args:
        program: that is trained, of which the key tells the code that trains it.
        parts: whatever else it depends on.
    """
    digest = hashlib.sha256()
    for part in (*parts, training_digest(program)):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _to_arrays(snapshot: Snapshot, key: str) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {
        "key": np.array(key),
        "counts": np.array([snapshot.minibatches, snapshot.evaluations, len(snapshot.blocks)]),
    }
    for number, block in enumerate(snapshot.blocks):
        arrays |= {f"block{number}_{index}": array for index, array in enumerate(block)}
    for column in snapshot.history.columns:
        arrays[f"history_{column}"] = snapshot.history[column].to_numpy()
    return arrays


def _from_file(path: Path, key: str, extent: Extent) -> Snapshot:
    """Reads a checkpoint; sizes are compared with the job's before room is made for anything."""
    with path.open("rb") as file:
        headers = read_headers(file)
    for name, most in (("key", 1), ("counts", 3)):
        if headers[name].dtype.itemsize > 1024 or math.prod(headers[name].shape) > most:
            raise ValueError(f"{name}: {headers[name]}")
    stored = read_arrays(path, ("key", "counts"))
    if str(stored["key"]) != key:
        raise UserError(_FOREIGN)
    minibatches, evaluations, num_blocks = (int(count) for count in stored["counts"])
    extent.check(minibatches, evaluations, num_blocks)
    expected = {
        f"block{number}_{index}": header
        for number, block in enumerate(extent.blocks)
        for index, header in enumerate(block)
    }
    found = {name: header for name, header in headers.items() if name.startswith("block")}
    if found != expected:
        raise ValueError("its arrays have other shapes than the job's")
    columns = {f"history_{name}": name for name in COLUMNS}
    rows = {(evaluations * extent.members,)}
    if {headers[name].shape for name in columns} != rows:
        raise ValueError("its history has another length than its evaluations")
    arrays = read_arrays(path, (*expected, *columns))
    history = pd.DataFrame({name: arrays[stored] for stored, name in columns.items()})
    blocks = tuple(
        [arrays[f"block{number}_{index}"] for index in range(len(block))]
        for number, block in enumerate(extent.blocks)
    )
    return Snapshot(minibatches, evaluations, blocks, history)
