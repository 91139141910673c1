"""Training one ensemble with all that surrounds it: progress, checkpoints, signals, event files."""

import logging
from functools import partial
from pathlib import Path

import pandas as pd

from whysgd.base.errors import TrainingInterruptedError
from whysgd.base.record import fingerprint
from whysgd.data.dataset import Dataset, dataset_digest
from whysgd.spec.ensemble import CheckpointPolicy, Ensemble
from whysgd.training.checkpoints import Checkpoints, checkpoint_key
from whysgd.training.extent import Extent, extent_of
from whysgd.training.job.events import Events
from whysgd.training.job.interruption import Interruption
from whysgd.training.job.live import Live
from whysgd.training.job.progress import Progress
from whysgd.training.job.runtime import execution
from whysgd.training.loop import Observer, train
from whysgd.training.snapshot import state_arrays
from whysgd.training.trainer import Trainer

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
        on one machine: neither interruptions nor what watches the training change a bit of it.

    Raises:
        TrainingInterruptedError: SIGTERM or SIGINT came; a checkpoint was written if there is a
            folder for it and room on the disk.
    """
    progress = Progress(ensemble, logger, live)
    observers: list[Observer] = [progress]
    if events_folder is not None:
        observers.append(Events(events_folder, logger))
    with Interruption(logger, at_end=live.stop if live else None) as interruption:
        trainer = Trainer(ensemble, dataset, dtype)

        def interrupt(minibatches: int) -> Exception | None:
            number = interruption.signal_number  # read once: it may change any time
            if number is None:
                return None
            return TrainingInterruptedError(number, progress.position(minibatches))

        checkpoints = None
        if checkpoint_folder is not None:
            checkpoints = Checkpoints(
                checkpoint_folder,
                checkpoint_key(
                    ensemble.program,
                    fingerprint(ensemble),
                    dataset_digest(dataset),
                    f"{dtype} {trainer.layout} {execution()}",
                ),
                logger,
                checkpoint_policy,
                minibatches_per_epoch=ensemble.program.minibatches_per_epoch,
                extent=partial(_extent, trainer),
                writing=interruption.writing,
            )
        return train(trainer, keeper=checkpoints, observers=observers, interrupt=interrupt)


def _extent(trainer: Trainer) -> Extent:
    return extent_of(
        state_arrays(trainer.initial_state()),
        len(trainer.ensemble.members),
        trainer.program.evaluation_minibatches,
    )
