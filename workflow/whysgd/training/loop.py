"""Training one ensemble from start to end; what watches and what keeps it is handed in.

Nothing that only watches a training is imported here, so that its code is no part of what a
run's numbers are known by.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import pandas as pd

from whysgd.training.history import COLUMNS, continued
from whysgd.training.snapshot import Snapshot, state_arrays, states_of
from whysgd.training.trainer import Trainer


class Observer(Protocol):
    """Is told how far a training has come; changes nothing."""

    def resumed(self, minibatches: int, history: pd.DataFrame) -> None:
        """Takes note of where a checkpoint goes on, and of the history up to there."""

    def trained(self, minibatches: int) -> None:
        """Takes note of how many minibatches every member has been trained on."""

    def evaluated(self, rows: pd.DataFrame) -> None:
        """Takes note of the rows of one evaluation."""


class Keeper(Protocol):
    """Keeps snapshots of a training, and brings back the newest one."""

    def restore(self) -> Snapshot | None:
        """Returns the newest usable snapshot, or None."""

    def due(self, minibatches: int) -> bool:
        """Tells whether it is time for the next snapshot."""

    def save(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot."""


Interrupt = Callable[[int], Exception | None]  # minibatches done -> what ends the training


def train(
    trainer: Trainer,
    *,
    keeper: Keeper | None = None,
    observers: Sequence[Observer] = (),
    interrupt: Interrupt = lambda _: None,
) -> pd.DataFrame:
    """Trains all members of an ensemble to the end and returns their history.

    Args:
        trainer: of the ensemble, at its start.
        keeper: where the training goes on from, and what snapshots are handed to.
        observers: are told how far it has come.
        interrupt: is asked between pieces of work; what it returns is raised once a snapshot
            has been kept.

    Returns:
        The history (see `whysgd.training.history`), a pure function of the trainer's ensemble and
        data on one machine: neither interruptions nor observers change a bit of it.
    """
    run = _Run(trainer, keeper, observers, interrupt)
    run.restore()
    return run.to_the_end()


class _Run:
    """A training on its way: what has been reached."""

    def __init__(
        self,
        trainer: Trainer,
        keeper: Keeper | None,
        observers: Sequence[Observer],
        interrupt: Interrupt,
    ) -> None:
        self._trainer, self._keeper = trainer, keeper
        self._observers, self._interrupt = observers, interrupt
        self._states, self._done = trainer.initial_state(), 0
        self._history = pd.DataFrame(columns=list(COLUMNS), dtype=float)
        self._evaluations = 0

    def restore(self) -> None:
        """Goes on from the newest snapshot, if there is one."""
        restored = self._keeper.restore() if self._keeper is not None else None
        if restored is not None:
            self._states, self._done = states_of(restored.blocks), restored.minibatches
            self._history, self._evaluations = restored.history, restored.evaluations
            for observer in self._observers:
                observer.resumed(self._done, self._history)

    def to_the_end(self) -> pd.DataFrame:
        """Trains up to each evaluation and evaluates; returns the history."""
        for stop in self._trainer.program.evaluation_minibatches[self._evaluations :]:
            while self._done < stop:
                self._states, self._done = self._trainer.train(
                    self._states, self._done, stop, self._between
                )
                for observer in self._observers:
                    observer.trained(self._done)
                self._between()
                if self._keeper is not None and self._keeper.due(self._done):
                    self._save()
            rows = self._trainer.evaluate(self._states, stop, self._between)
            self._history = continued(self._history, rows)
            self._evaluations += 1
            for observer in self._observers:
                observer.evaluated(self._history.tail(len(rows)))
        return self._history

    def _between(self) -> None:
        """Ends the training if something has asked for it."""
        end = self._interrupt(self._done)
        if end is not None:
            self._save()
            raise end

    def _save(self) -> None:
        if self._keeper is not None:
            self._keeper.save(
                Snapshot(self._done, self._evaluations, state_arrays(self._states), self._history)
            )
