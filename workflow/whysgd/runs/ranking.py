"""The runs of one grid point: their numbers, and which of them count.

The protocol of the 2021 paper: several runs of every grid point, each scored, by its highest
test accuracy during training where nothing else is said; the best few are kept and supply every
number of the point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.runs.scores import CLASSIFICATION, TEST_ACCURACY, Score


@dataclass(frozen=True)
class Run:
    """One run of a grid point.

    Attributes:
        seed: of the run.
        run_id: of the ensemble that it was trained in.
        history: its rows, in order of updates.
        diverged: whether its loss or parameters stopped being finite.
    """

    seed: int
    run_id: str
    history: pd.DataFrame
    diverged: bool

    def number(self, score: Score) -> float:
        """What a score is of this run."""
        values = self.history[score.column]
        if score.of == "last":
            return float(values.iloc[-1])
        return float(values.max() if score.better == "higher" else values.min())


@dataclass(frozen=True)
class Ranked:
    """The runs of one grid point, ranked.

    Attributes:
        runs: all of them, in the order of their seeds.
        kept: those that count, best first; none of them diverged.
    """

    runs: tuple[Run, ...]
    kept: tuple[Run, ...]

    @property
    def diverged(self) -> int:
        """How many runs diverged."""
        return sum(run.diverged for run in self.runs)

    def numbers(self, score: Score) -> list[float]:
        """What a score is of each kept run, best run first."""
        return [run.number(score) for run in self.kept]

    def metrics(self, metrics: Sequence[Score] = CLASSIFICATION) -> dict[str, list[float]]:
        """Several scores of each kept run, by name."""
        return {score.name: self.numbers(score) for score in metrics}


def best_first(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of runs along the last axis from the highest score to the lowest.

    Args:
        scores: (..., runs), in the order of the seeds; nan for a diverged run.

    Returns:
        (..., runs). Ties go to the run that stands first; diverged runs come last.
    """
    return np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=-1, kind="stable")


def rank_runs(history: pd.DataFrame, keep_best: int, score: Score = TEST_ACCURACY) -> Ranked:
    """Ranks the runs of one grid point.

    Args:
        history: rows of one grid point, all seeds and evaluations; `run_id` beside the columns of
            `whysgd.training.history`.
        keep_best: how many runs to keep; fewer are kept where fewer are finite.
        score: the number that ranks them.

    Returns:
        The runs and those that are kept. Ties go to the smaller seed. A diverged run is never
        kept; a finite run at chance level counts as it is.
    """
    runs = tuple(
        Run(
            int(rows["seed"].iloc[0]),
            str(rows["run_id"].iloc[0]),
            rows.sort_values("update"),
            bool((rows["diverged_at"] >= 0).any()),
        )
        for _, rows in history.groupby("seed", sort=True)
    )
    scores = np.array([np.nan if r.diverged else score.sign * r.number(score) for r in runs])
    scores[~np.isfinite(scores)] = np.nan  # a number may overflow before the parameters do
    finite = int(np.isfinite(scores).sum())
    kept = best_first(scores)[: min(keep_best, finite)]
    return Ranked(runs, tuple(runs[place] for place in kept))
