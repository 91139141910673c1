"""Lines of progress of a training job."""

import logging
import time
from datetime import timedelta

import pandas as pd

from whysgd.spec.ensemble import Ensemble
from whysgd.training.job.live import Live
from whysgd.training.job.rarely import Rarely

_SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Logs epoch, updates per second, the best test accuracy so far and the time left."""

    def __init__(
        self, ensemble: Ensemble, logger: logging.Logger, live: Live | None = None
    ) -> None:
        """Logs what is going to be trained.

        Args:
            ensemble: of that.
            logger: receives the lines.
            live: is told the same numbers, more often.
        """
        self._program, self._logger, self._live = ensemble.program, logger, live
        self._runs = len(ensemble.members)
        self._best = float("nan")
        self._diverged = 0
        self._steady: tuple[float, int] | None = None  # time and minibatches after compilation
        self._lines = Rarely(_SECONDS_BETWEEN_LINES)
        logger.info(
            "%s: %d runs of %d updates (%g epochs)",
            ensemble.run_id,
            self._runs,
            self._program.num_updates,
            self._program.num_epochs,
        )

    def evaluated(self, rows: pd.DataFrame) -> None:
        """Takes note of evaluations; logs the last one of the training."""
        best = rows["test_accuracy"].max()
        if not best <= self._best:  # also where one of them is NaN
            self._best = max(best, self._best) if self._best == self._best else best
        latest = rows[rows["update"] == rows["update"].max()]
        self._diverged = int((latest["diverged_at"] >= 0).sum())
        if latest["update"].iloc[0] == self._program.num_updates:
            self._line(self._program.num_minibatches, time.monotonic())

    def resumed(self, minibatches: int, history: pd.DataFrame) -> None:
        """Takes note of where a checkpoint goes on."""
        self._logger.info("%s, where a checkpoint was written", self.position(minibatches))
        if len(history):
            self.evaluated(history)

    def position(self, minibatches: int) -> str:
        """Where the training is, in words."""
        epoch = minibatches / self._program.minibatches_per_epoch
        return f"at epoch {epoch:.1f} of {self._program.num_epochs:g}"

    def trained(self, minibatches: int) -> None:
        """Takes note of a chunk; logs a line if the last one is some seconds old."""
        now = time.monotonic()
        if self._steady is None:
            self._steady = (now, minibatches)
        elif self._lines.due():
            self._line(minibatches, now)
        if self._live is not None:
            self._tell(self._live, minibatches, now)

    def _rate(self, minibatches: int, now: float) -> float:
        """Minibatches per second since the compilation; 0 if unknown."""
        started, first = self._steady or (now, minibatches)
        return (minibatches - first) / (now - started) if now > started else 0.0

    def _tell(self, live: Live, minibatches: int, now: float) -> None:
        rate = self._rate(minibatches, now)
        live.update(
            epoch=minibatches / self._program.minibatches_per_epoch,
            updates_per_second=rate * self._program.updates_per_batch * self._runs,
            best_test_accuracy=None if self._best != self._best else float(self._best),
            diverged=self._diverged,
            seconds_left=(self._program.num_minibatches - minibatches) / rate if rate else None,
        )

    def _line(self, minibatches: int, now: float) -> None:
        rate = self._rate(minibatches, now)
        left = self._program.num_minibatches - minibatches
        self._logger.info(
            "epoch %.1f/%g | update %d/%d | %.0f updates/s in all | best test accuracy %.4f | "
            "%d of %d diverged | %s left",
            minibatches / self._program.minibatches_per_epoch,
            self._program.num_epochs,
            minibatches * self._program.updates_per_batch,
            self._program.num_updates,
            rate * self._program.updates_per_batch * self._runs,
            self._best,
            self._diverged,
            self._runs,
            timedelta(seconds=round(left / rate)) if rate else "unknown time",
        )
