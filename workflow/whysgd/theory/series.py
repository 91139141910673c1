"""Rows of an error table: one series of errors over learning rates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.theory.fits import ERROR_COLUMNS, MARGIN
from whysgd.theory.problems import Problem


@dataclass(frozen=True)
class Epoch:
    """Learning rates of a problem, and what an epoch at each of them is.

    Attributes:
        check: name of the check, for the table.
        problem: what is run.
        scaled_steps: updates * learning_rate * sharpness.
        updates_per_batch: n of n-step SGD.
        epochs: passes over the minibatches.
    """

    check: str
    problem: Problem
    scaled_steps: tuple[float, ...]
    updates_per_batch: int = 1
    epochs: int = 1

    @property
    def updates(self) -> int:
        """In all."""
        return self.problem.minibatches.count * self.updates_per_batch * self.epochs

    @property
    def learning_rates(self) -> NDArray[np.float64]:
        """Bare learning rates, (E,).

        Raises:
            UserError: one is beyond stability.
        """
        return self.problem.learning_rates(self.scaled_steps, self.updates)

    @property
    def times(self) -> NDArray[np.float64]:
        """Flow time of the whole run, (E,)."""
        return self.updates * self.learning_rates

    @property
    def rounding(self) -> float:
        """What rounding may add to a displacement: each update rounds every parameter once."""
        unit = float(np.finfo(np.float64).eps)
        return self.updates * unit * float(np.linalg.norm(self.problem.start))

    def rows(
        self,
        quantity: str,
        errors: NDArray[np.float64],
        expected_slope: float,
        uncertainty: NDArray[np.float64] | float = 0.0,
        leading: NDArray[np.float64] | float = np.nan,
    ) -> pd.DataFrame:
        """Rows of an error table.

        Args:
            quantity: what the errors are of.
            errors: lengths in parameter space or other positive numbers, (E,).
            expected_slope: what the analysis says; nan where it says nothing.
            uncertainty: standard error of each error, where it has one.
            leading: the first term in closed form, where there is one, (E,).

        Returns:
            Columns `ERROR_COLUMNS`. `floor` is the larger of rounding and uncertainty; a point is
            fitted where its error is `MARGIN` times that.
        """
        floor = np.maximum(self.rounding, uncertainty) * np.ones(len(errors))
        columns = {
            "check": self.check,
            "problem": self.problem.name,
            "quantity": quantity,
            "num_batches": self.problem.minibatches.count,
            "updates_per_batch": self.updates_per_batch,
            "learning_rate": self.learning_rates,
            "scaled_step": self.scaled_steps,
            "error": errors,
            "leading": leading,
            "floor": floor,
            "fitted": errors > MARGIN * floor,
            "expected_slope": expected_slope,
        }
        return pd.DataFrame(columns, columns=list(ERROR_COLUMNS))


def distances(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances of points, over the last axis."""
    result: NDArray[np.float64] = np.linalg.norm(first - second, axis=-1)
    return result
