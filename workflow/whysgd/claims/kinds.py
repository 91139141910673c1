"""The statistics that can decide a claim: their names and parameters.

What each of them computes stands in `whysgd.claims.pairs` and `families`.
"""

from typing import Literal

from pydantic import Field

from whysgd.base.powers import Number
from whysgd.base.record import Frozen

Metric = Literal[
    "test_accuracy",
    "train_accuracy",
    "test_accuracy_final",
    "train_accuracy_final",
    "train_loss",
    "c_reg",
]
Unit = Literal["accuracy", "log2", "ratio", "slope"]
LARGEST_BATCH_FRACTION = 0.125


class CurveName(Frozen):
    """A curve of a figure, or a family of curves, and what is read of its runs."""

    panel: str
    series: str = Field(description="as the study writes it, such as C_mod or B = {batch_size}")
    pick: Literal["smallest", "largest"] | None = Field(
        None, description="the curve of a family with the smallest or largest B or n"
    )
    metric: Metric = Field("test_accuracy", description="accuracies: highest in training, or final")


class StatisticRecord(Frozen):
    """Base of all statistics."""

    @property
    def unit(self) -> Unit:
        """What the number is: a difference of accuracies, a power of two, a ratio or a slope."""
        return "accuracy"

    @property
    def reads_family(self) -> bool:
        """Whether `of` names several curves at once."""
        return False


class Difference(StatisticRecord):
    """The metric of one curve less that of another, each at its smallest position."""

    kind: Literal["difference"]
    of: CurveName
    against: CurveName


class Rise(StatisticRecord):
    """How far the best point of a curve is above its first point, or above its last stable one."""

    kind: Literal["rise", "fall"]
    of: CurveName


class OptimumRatio(StatisticRecord):
    """Where one curve is highest over where another is, as a power of two."""

    kind: Literal["optimum_ratio"]
    of: CurveName
    against: CurveName

    @property
    def unit(self) -> Unit:
        """A power of two."""
        return "log2"


class BestDifference(StatisticRecord):
    """The highest point of one curve less the highest point of another."""

    kind: Literal["best_difference"]
    of: CurveName
    against: CurveName


class DifferenceAtMultiple(StatisticRecord):
    """A curve at a multiple of another's best position, less that other's highest point."""

    kind: Literal["difference_at_multiple"]
    of: CurveName
    against: CurveName
    factor: Number = Field(gt=0, description="of the other curve's best position")


class LogSlope(StatisticRecord):
    """Slope of log metric over log position, up to the best position by test accuracy."""

    kind: Literal["log_slope"]
    of: CurveName

    @property
    def unit(self) -> Unit:
        """A power."""
        return "slope"


class Lowest(StatisticRecord):
    """The lowest value of a metric up to the best position by test accuracy."""

    kind: Literal["lowest"]
    of: CurveName


class Collapse(StatisticRecord):
    """Spread across curves at equal position, over their spread at an equal other variable."""

    kind: Literal["collapse"]
    of: CurveName
    instead_of: Literal["learning_rate", "reg_coefficient", "effective_learning_rate"] = Field(
        description="the other variable; the effective rate is updates_per_batch * learning_rate"
    )
    largest_batch_fraction: float = Field(
        LARGEST_BATCH_FRACTION, gt=0, le=1, description="of the training set, for B"
    )

    @property
    def unit(self) -> Unit:
        """A ratio."""
        return "ratio"

    @property
    def reads_family(self) -> bool:
        """All curves."""
        return True


class SeriesSlope(StatisticRecord):
    """Slope of a metric over log2 of B or n at equal position: the median over positions."""

    kind: Literal["series_slope"]
    of: CurveName
    largest_batch_fraction: float = Field(
        LARGEST_BATCH_FRACTION, gt=0, le=1, description="of the training set, for B"
    )

    @property
    def reads_family(self) -> bool:
        """All curves."""
        return True


class StableRateSlope(StatisticRecord):
    """Slope of log2 of the largest stable position over log2 of B or n."""

    kind: Literal["stable_rate_slope"]
    of: CurveName

    @property
    def unit(self) -> Unit:
        """A power."""
        return "slope"

    @property
    def reads_family(self) -> bool:
        """All curves."""
        return True


class BestSlope(StatisticRecord):
    """Slope of the tuned metric over log2 of B or n."""

    kind: Literal["best_slope"]
    of: CurveName
    tuned: Literal["everything", "at_every_position"] = Field(
        description="over all positions and rates; or over rates, and the largest of the slopes"
    )

    @property
    def reads_family(self) -> bool:
        """All curves."""
        return True


class Distance(StatisticRecord):
    """Median over common positions of the absolute difference between two curves."""

    kind: Literal["distance"]
    of: CurveName
    against: CurveName
    scale: Literal["linear", "log2"] = Field("linear", description="of the metric")
    above_fixed_rate: bool = Field(
        False, description="only positions above the learning rate that `of` holds fixed"
    )

    @property
    def unit(self) -> Unit:
        """Of a difference of accuracies, or of logarithms."""
        return "accuracy" if self.scale == "linear" else "log2"


class Order(StatisticRecord):
    """Fitted orders of accuracy of a study: the one furthest from what the claim needs."""

    kind: Literal["order"]
    check: str = Field(description="column of the study's table of slopes")
    quantity: str = Field(description="column of the study's table of slopes")
    expected_slope: float = Field(description="rows for which the study expects this slope")

    @property
    def unit(self) -> Unit:
        """A power."""
        return "slope"


class Elsewhere(StatisticRecord):
    """Nothing that the tables of a scale can tell; always undecided."""

    kind: Literal["elsewhere"]
    reason: str = Field(min_length=1, description="why, and where it is measured")

    @property
    def unit(self) -> Unit:
        """A ratio."""
        return "ratio"


Statistic = (
    Difference
    | Rise
    | OptimumRatio
    | BestDifference
    | DifferenceAtMultiple
    | LogSlope
    | Lowest
    | Collapse
    | SeriesSlope
    | StableRateSlope
    | BestSlope
    | Distance
    | Order
    | Elsewhere
)


def curves_of(statistic: StatisticRecord) -> dict[str, CurveName]:
    """The curves that a statistic names, by key."""
    found = {key: getattr(statistic, key, None) for key in ("of", "against")}
    return {key: curve for key, curve in found.items() if curve is not None}
