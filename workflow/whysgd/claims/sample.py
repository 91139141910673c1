"""The runs of a figure as curves, in the sample and in every resample of its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.base.errors import UserError
from whysgd.claims.bootstrap import best_means, resampled_seeds
from whysgd.claims.kinds import CurveChoice
from whysgd.runs.scores import SCORES

Floats = NDArray[np.float64]
_POINT = ["x", "learning_rate", "reg_coefficient"]


@dataclass(frozen=True)
class SampledCurve:
    """A curve of a figure with what a metric is of its runs, resample by resample.

    Attributes:
        told_by: the values that tell it from the others of its family; empty for a curve alone.
        positions: on the horizontal axis, ascending, (P,); 0 where the axis is the epoch. They
            repeat where the axis is the budget, with one point for every learning rate.
        learning_rates: (P,).
        reg_coefficients: (P,).
        batch_fraction: B over the number of training images.
        updates_per_batch: the paper's n.
        means: metric over the best runs, (1 + resamples, P), row 0 the sample's; nan where fewer
            runs are finite than should count.
        sign: 1 if the metric is better the higher it is, -1 if the lower.
    """

    told_by: tuple[Any, ...]
    positions: Floats
    learning_rates: Floats
    reg_coefficients: Floats
    batch_fraction: float
    updates_per_batch: int
    means: Floats
    sign: float

    @property
    def goodness(self) -> Floats:
        """The means so that more is better, (1 + resamples, P)."""
        return self.sign * self.means

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Points with enough finite runs in the sample, (P,)."""
        usable: NDArray[np.bool_] = np.isfinite(self.means[0])
        return usable

    def variable(self, name: str) -> Floats:
        """A variable of the points, (P,): a column, or `effective_learning_rate`."""
        if name == "effective_learning_rate":
            return self.updates_per_batch * self.learning_rates
        columns = {"learning_rate": self.learning_rates, "reg_coefficient": self.reg_coefficients}
        return columns[name]


@dataclass(frozen=True)
class Sample:
    """All runs of a figure.

    Attributes:
        runs: a figure's table of runs (see `whysgd.runs.tables`).
        keep_best: runs of a grid point that count.
        resamples: of the seeds.
    """

    runs: pd.DataFrame
    keep_best: int
    resamples: int

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Of all runs, ascending."""
        return tuple(sorted(set(self.runs["seed"])))

    @cached_property
    def _resampled(self) -> NDArray[np.intp]:
        return resampled_seeds(len(self.seeds), self.resamples)

    def curve(self, choice: CurveChoice) -> SampledCurve:
        """One curve; of a family, the one that is to be picked.

        Raises:
            UserError: as `family`.
        """
        curves = self.family(choice)
        return curves[0] if choice.pick != "largest" else curves[-1]

    def family(self, choice: CurveChoice) -> list[SampledCurve]:
        """All curves of a family, ascending in the values that tell them apart.

        Raises:
            UserError: the table has no such curve.
        """
        runs = self.runs
        rows = runs[(runs["panel"] == choice.panel) & (runs["curve"] == choice.curve)]
        if rows.empty:
            raise UserError(
                f"table of runs has no panel {choice.panel}, curve {choice.curve}; remove the "
                "table and make it again"
            )
        score = str(rows["score"].iloc[0])
        by = str(rows["by"].fillna("").iloc[0]).split()
        groups = rows.groupby(by, sort=True) if by else [((), rows)]
        metric = choice.metric or score
        return [self._curve(values, group, score, metric) for values, group in groups]

    def _curve(
        self, told_by: tuple[Any, ...], rows: pd.DataFrame, score: str, metric: str
    ) -> SampledCurve:
        rows = rows.fillna({"x": 0.0})
        scores, values = (
            rows.pivot(index=_POINT, columns="seed", values=column).reindex(
                columns=list(self.seeds)
            )
            for column in (score, metric)
        )
        points = scores.index.to_frame(index=False)
        first = rows.iloc[0]
        return SampledCurve(
            told_by,
            points["x"].to_numpy(np.float64),
            points["learning_rate"].to_numpy(np.float64),
            points["reg_coefficient"].to_numpy(np.float64),
            float(first["batch_size"] / first["num_train"]),
            int(first["updates_per_batch"]),
            best_means(
                SCORES[score].sign * scores.to_numpy(np.float64),
                values.to_numpy(np.float64),
                self._resampled,
                self.keep_best,
            ),
            SCORES[metric].sign,
        )


def at_common(
    axes: Sequence[Floats], curves: Sequence[SampledCurve], least: int
) -> list[tuple[float, Floats]]:
    """Means of the curves where they stand at the same position.

    Args:
        axes: a position for every point of every curve, each (P,).
        curves: in the same order.
        least: how many curves must have a usable point at a position.

    Returns:
        Positions, ascending, each with means (1 + resamples, curves there).
    """
    found: dict[float, list[Floats]] = {}
    for axis, curve in zip(axes, curves, strict=True):
        for place in np.flatnonzero(curve.usable):
            found.setdefault(_rounded(axis[place]), []).append(curve.means[:, place])
    return [
        (position, np.stack(means, -1))
        for position, means in sorted(found.items())
        if len(means) >= least
    ]


def _rounded(position: float) -> float:
    """The same number for positions that differ by rounding, as products and quotients do."""
    return float(f"{position:.9g}")
