"""Training one ensemble from start to end, whatever happens in between."""

import logging
from pathlib import Path

import pandas as pd

from whysgd.base.errors import TrainingInterruptedError
from whysgd.base.record import fingerprint
from whysgd.data.dataset import Dataset, dataset_digest
from whysgd.spec.ensemble import CheckpointPolicy, Ensemble
from whysgd.training.checkpoints import Checkpoints, Snapshot, checkpoint_key
from whysgd.training.history import COLUMNS, continued
from whysgd.training.job.events import Events
from whysgd.training.job.interruption import Interruption
from whysgd.training.job.live import Live
from whysgd.training.job.progress import Progress
from whysgd.training.trainer import Trainer, state_arrays, states_of

DEFAULT_POLICY = CheckpointPolicy()


def train_ensemble(
    ensemble: Ensemble,
    dataset: Dataset,
    logger: logging.Logger,
    *,
    dtype: str = "float32",
    checkpoint_folder: str | Path | None = None,
    checkpoint_policy: CheckpointPolicy = DEFAULT_POLICY,
    live: Live | None = None,
    events_folder: str | Path | None = None,
) -> pd.DataFrame:
    """Trains all members of an ensemble together and returns their history.

    Args:
        ensemble: what to train.
        dataset: the prepared data set that `ensemble.program.dataset` describes.
        logger: receives a line of progress every few seconds.
        dtype: of parameters and arithmetic; float64 is for tests.
        checkpoint_folder: where checkpoints are written, and looked for at the start; to be
            removed when the history is on disk. None: no checkpoints.
        checkpoint_policy: when they are written, and how many are kept.
        live: is told how far the training is.
        events_folder: where TensorBoard finds the history while it grows. None: nowhere.

    Returns:
        The history (see `whysgd.training.history`), a pure function of the first two arguments
        on one machine: neither interruptions nor how often it is evaluated change a weight.

    Raises:
        TrainingInterruptedError: SIGTERM or SIGINT came; a checkpoint was written if there is a
            folder for it and room on the disk.
    """
    trainer = Trainer(ensemble, dataset, dtype)
    checkpoints = None
    if checkpoint_folder is not None:
        key = checkpoint_key(
            ensemble.program,
            fingerprint(ensemble),
            dataset_digest(dataset),
            f"{dtype} {trainer.layout} {trainer.device}",
        )
        checkpoints = Checkpoints(
            checkpoint_folder,
            key,
            logger,
            checkpoint_policy,
            minibatches_per_epoch=ensemble.program.minibatches_per_epoch,
        )
    with Interruption(logger, at_end=live.stop if live else None) as interruption:
        events = None if events_folder is None else Events(events_folder, logger)
        run = _Run(trainer, Progress(ensemble, logger, live), checkpoints, interruption, events)
        run.restore()
        return run.to_the_end()


class _Run:
    """A training on its way: what has been reached, and what acts in between."""

    def __init__(
        self,
        trainer: Trainer,
        progress: Progress,
        checkpoints: Checkpoints | None,
        interruption: Interruption,
        events: Events | None,
    ) -> None:
        self._trainer, self._progress = trainer, progress
        self._checkpoints, self._interruption = checkpoints, interruption
        self._events = events
        self._states, self._done = trainer.initial_state(), 0
        self._history = pd.DataFrame(columns=list(COLUMNS), dtype=float)
        self._evaluations = 0

    def restore(self) -> None:
        """Goes on from the newest checkpoint, if there is one."""
        restored = self._checkpoints.restore() if self._checkpoints is not None else None
        if restored is not None:
            self._states, self._done = states_of(restored.blocks), restored.minibatches
            self._history, self._evaluations = restored.history, restored.evaluations
            self._progress.resumed(self._done, self._history)
            if self._events is not None:
                self._events.write(self._history)

    def to_the_end(self) -> pd.DataFrame:
        """Trains up to each evaluation and evaluates; returns the history."""
        for stop in self._trainer.program.evaluation_minibatches[self._evaluations :]:
            while self._done < stop:
                self._states, self._done = self._trainer.train(
                    self._states, self._done, stop, self._act_on_signal
                )
                self._progress.trained(self._done)
                self._act_on_signal()
                if self._checkpoints is not None and self._checkpoints.due(self._done):
                    self._save()
            rows = self._trainer.evaluate(self._states, stop, self._act_on_signal)
            self._history = continued(self._history, rows)
            rows = self._history.tail(len(rows))
            self._evaluations += 1
            self._progress.evaluated(rows)
            if self._events is not None:
                self._events.write(rows)
        return self._history

    def _act_on_signal(self) -> None:
        """Ends the training if a signal has asked for it."""
        signal_number = self._interruption.signal_number  # read once: it may change any time
        if signal_number is not None:
            self._save()
            raise TrainingInterruptedError(signal_number, self._progress.position(self._done))

    def _save(self) -> None:
        if self._checkpoints is None:
            return
        with self._interruption.writing():
            self._checkpoints.save(
                Snapshot(self._done, self._evaluations, state_arrays(self._states), self._history)
            )
