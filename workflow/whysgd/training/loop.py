"""Training one ensemble from start to end, whatever happens in between."""

import logging
from pathlib import Path

import pandas as pd

from whysgd.data.prepare import Dataset, dataset_digest
from whysgd.spec import CheckpointPolicy, Ensemble, fingerprint
from whysgd.training.checkpoints import Checkpoints, Snapshot, checkpoint_key
from whysgd.training.history import COLUMNS
from whysgd.training.interruption import Interruption, TrainingInterruptedError
from whysgd.training.progress import Progress
from whysgd.training.trainer import Trainer, evaluation_minibatches, state_arrays, states_of

DEFAULT_POLICY = CheckpointPolicy()


def train_ensemble(
    ensemble: Ensemble,
    dataset: Dataset,
    logger: logging.Logger,
    *,
    dtype: str = "float32",
    checkpoint_folder: str | Path | None = None,
    checkpoint_policy: CheckpointPolicy = DEFAULT_POLICY,
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
            fingerprint(ensemble),
            dataset_digest(dataset),
            f"{dtype} {trainer.replicas} {trainer.device}",
        )
        checkpoints = Checkpoints(
            checkpoint_folder,
            key,
            logger,
            checkpoint_policy,
            minibatches_per_epoch=ensemble.program.minibatches_per_epoch,
        )
    with Interruption() as interruption:
        return _run(trainer, Progress(ensemble, logger), checkpoints, interruption)


def _run(
    trainer: Trainer,
    progress: Progress,
    checkpoints: Checkpoints | None,
    interruption: Interruption,
) -> pd.DataFrame:
    """The loop: chunks up to each evaluation, with checkpoints and signals between chunks."""
    stops = evaluation_minibatches(trainer.program)
    states, done, history = trainer.initial_state(), 0, pd.DataFrame(columns=list(COLUMNS))
    evaluations = 0
    restored = checkpoints.restore() if checkpoints is not None else None
    if restored is not None:
        states, done = states_of(restored.blocks), restored.minibatches
        history, evaluations = restored.history, restored.evaluations
        progress.resumed(done, history)
    for number, stop in enumerate(stops[evaluations:], evaluations):
        while done < stop:
            states, done = trainer.train(states, done, stop)
            progress.trained(done)
            signal_number = interruption.signal_number  # read once: it may change any time
            if checkpoints is not None and (signal_number is not None or checkpoints.due(done)):
                checkpoints.save(Snapshot(done, number, state_arrays(states), history))
            if signal_number is not None:
                raise TrainingInterruptedError(signal_number, progress.position(done))
        rows = trainer.evaluate(states, stop)
        history = pd.concat([history, rows], ignore_index=True) if number else rows
        progress.evaluated(rows)
    return history
