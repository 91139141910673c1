"""The runs of a figure as curves, in the sample and in every resample of its seeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.claims.bootstrap import best_means, resampled_seeds
from whysgd.claims.kinds import CurveName

Floats = NDArray[np.float64]
_FIELD = re.compile(r"\\\{(\w+)\\\}")
_POINT = ["x", "learning_rate", "reg_coefficient"]


@dataclass(frozen=True)
class Curve:
    """A curve of a figure.

    Attributes:
        name: legend text.
        positions: on the horizontal axis, ascending, (P,); 0 where the axis is the epoch. They
            repeat where the axis is the budget, with one point for every learning rate.
        learning_rates: (P,).
        reg_coefficients: (P,).
        batch_size: the paper's B.
        batch_fraction: B over the number of training images.
        updates_per_batch: the paper's n.
        means: metric over the best runs, (1 + resamples, P), row 0 the sample's; nan where fewer
            runs are finite than should count.
    """

    name: str
    positions: Floats
    learning_rates: Floats
    reg_coefficients: Floats
    batch_size: int
    batch_fraction: float
    updates_per_batch: int
    means: Floats

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
        runs: columns `whysgd.runs.tables.RUN_COLUMNS`.
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

    def curve(self, name: CurveName, metric: str | None = None) -> Curve:
        """One curve; of a family, the one that is to be picked.

        Args:
            name: of the curve.
            metric: instead of the one that the name has.
        """
        curves = self.family(name, metric)
        return curves[0] if name.pick != "largest" else curves[-1]

    def family(self, name: CurveName, metric: str | None = None) -> list[Curve]:
        """All curves of a family, ascending in B and n."""
        rows = self.runs[
            (self.runs["panel"] == name.panel) & self.runs["series"].str.fullmatch(_pattern(name))
        ]
        curves = [
            self._curve(str(series), group, metric or name.metric)
            for series, group in rows.groupby("series", sort=True)
        ]
        return sorted(curves, key=lambda curve: (curve.batch_size, curve.updates_per_batch))

    def _curve(self, name: str, rows: pd.DataFrame, metric: str) -> Curve:
        rows = rows.fillna({"x": 0.0})
        scores, values = (
            rows.pivot(index=_POINT, columns="seed", values=column).reindex(
                columns=list(self.seeds)
            )
            for column in ("test_accuracy", metric)
        )
        points = scores.index.to_frame(index=False)
        first = rows.iloc[0]
        return Curve(
            name,
            points["x"].to_numpy(np.float64),
            points["learning_rate"].to_numpy(np.float64),
            points["reg_coefficient"].to_numpy(np.float64),
            int(first["batch_size"]),
            float(first["batch_size"] / first["num_train"]),
            int(first["updates_per_batch"]),
            best_means(
                scores.to_numpy(np.float64),
                values.to_numpy(np.float64),
                self._resampled,
                self.keep_best,
            ),
        )


def at_common(
    axes: Sequence[Floats], curves: Sequence[Curve], least: int
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


def _pattern(name: CurveName) -> str:
    return _FIELD.sub(".+", re.escape(name.series))
