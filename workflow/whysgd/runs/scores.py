"""Scores: the numbers that are taken of a run, and in which direction each is better."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Score:
    """One number of a run, and in which direction it is better.

    Attributes:
        name: the column of tables of runs, and the metric of tables of figures.
        column: the history's column that the number is taken from.
        of: the evaluation that counts: the best of all, or the last.
        better: whether a run is better the higher or the lower the number is.
    """

    name: str
    column: str
    of: Literal["best", "last"] = "last"
    better: Literal["higher", "lower"] = "higher"

    @property
    def sign(self) -> float:
        """What the number is multiplied by, so that more is better."""
        return 1.0 if self.better == "higher" else -1.0


TEST_ACCURACY = Score("test_accuracy", "test_accuracy", "best")
FINAL_TEST_ACCURACY = Score("test_accuracy_final", "test_accuracy")
FINAL_TRAIN_LOSS = Score("train_loss", "train_loss", better="lower")
CLASSIFICATION = (
    TEST_ACCURACY,
    Score("train_accuracy", "train_accuracy", "best"),
    FINAL_TEST_ACCURACY,
    Score("train_accuracy_final", "train_accuracy"),
    FINAL_TRAIN_LOSS,
    Score("c_reg", "c_reg", better="lower"),
)
SCORES = {score.name: score for score in CLASSIFICATION}
