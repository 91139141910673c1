"""Readings: which runs a figure shows, as which curves and over what.

A reading is a record; what becomes of the histories that it names stands in
`whysgd.runs.tables`. Curves are told apart by values, and labels are made from values: nothing
reads a label back. Imports no pandas, because the Snakefile reads this.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from whysgd.base.errors import UserError
from whysgd.config.sweeps import Sweeps
from whysgd.runs.grid import Point, experiment_points
from whysgd.runs.point_values import filled_label, label_fields, value_of
from whysgd.runs.scores import CLASSIFICATION, TEST_ACCURACY, Score

Position = Literal[
    "learning_rate",
    "reg_coefficient",
    "learning_rate/batch_size",
    "reg_coefficient/batch_size",
    "effective_learning_rate",
]


@dataclass(frozen=True)
class Reading(ABC):
    """One experiment as curves of a panel.

    Attributes:
        panel: the letter of the panel.
        experiment: its name in the scale file.
        curve: a name for the curve, or for the family of curves where there are several.
        by: names of the values (see `whysgd.runs.point_values`) that tell the curves of a family
            apart.
        label: what readers of tables find in the column `series`. A field such as
            `{batch_size}` stands for a value of the point, and every value of `by` has one.
            Without a label it is the curve's name.
        score: the number by which the runs of a grid point are ranked.
        metrics: the numbers that tables have of every run.
    """

    panel: str
    experiment: str
    curve: str
    _: KW_ONLY
    by: tuple[str, ...] = ()
    label: str = ""
    score: Score = TEST_ACCURACY
    metrics: tuple[Score, ...] = CLASSIFICATION

    def __post_init__(self) -> None:
        """Refuses a label that two curves would share, and a score that tables do not have."""
        if missing := set(self.by) - label_fields(self.label):
            raise ValueError(f"the label of curve {self.curve!r} does not tell {sorted(missing)}")
        if self.score not in self.metrics:
            raise ValueError(f"runs of curve {self.curve!r} are ranked by none of its metrics")

    @property
    @abstractmethod
    def x_name(self) -> str:
        """The name of the horizontal axis."""

    @abstractmethod
    def place_of(self, point: Point) -> tuple[object, ...]:
        """The values that tell a point from the others of its curve."""

    def series_of(self, point: Point) -> str:
        """The label of the curve that a point belongs to."""
        return filled_label(self.label or self.curve, point)

    def values_of(self, point: Point) -> dict[str, Any]:
        """The values of `by` at a point."""
        return {name: value_of(point, name) for name in self.by}

    def curve_of(self, point: Point) -> dict[str, Any]:
        """What tables say of the curve that a point belongs to, by column.

        `by` holds names of columns, with a space between two, and `score` the metric by which
        the curve's runs are ranked.
        """
        curve = {"curve": self.curve, "by": " ".join(self.by), "score": self.score.name}
        return {**curve, **self.values_of(point)}


@dataclass(frozen=True, kw_only=True)
class AtEnd(Reading):
    """One position for each grid point.

    Attributes:
        x: the horizontal axis.
    """

    x: Position

    @property
    def x_name(self) -> str:
        """The name of the axis is what it shows."""
        return self.x

    def place_of(self, point: Point) -> tuple[object, ...]:
        """Points of a curve differ in their position."""
        return (value_of(point, self.x),)


@dataclass(frozen=True, kw_only=True)
class OverTraining(Reading):
    """The mean history of the kept runs, over epochs.

    Attributes:
        columns: the history's columns that are shown.
    """

    columns: tuple[str, ...] = ("train_accuracy", "train_loss", "test_accuracy", "test_loss")

    @property
    def x_name(self) -> str:
        """Histories go over epochs."""
        return "epoch"

    def place_of(self, point: Point) -> tuple[object, ...]:
        """A curve has one point."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Tuned(Reading):
    """At every position, the runs at the best value of a grid.

    The best value is the one whose kept runs have the best mean score.

    Attributes:
        x: the horizontal axis, a value of the points such as `epochs` or `batch_size`.
        over: the value that is tuned.
    """

    x: str
    over: str = "learning_rate"

    @property
    def x_name(self) -> str:
        """The name of the axis is what it shows."""
        return self.x

    def place_of(self, point: Point) -> tuple[object, ...]:
        """At a position there is a point for every value of the grid."""
        return (value_of(point, self.x), value_of(point, self.over))


def reading_points(readings: Iterable[Reading], sweeps: Sweeps) -> list[Point]:
    """Every grid point that some readings need.

    Raises:
        UserError: the scale lacks one of their experiments.
    """
    return [point for r in readings for point in experiment_points(sweeps, r.experiment)]


def curve_values(readings: Iterable[Reading]) -> tuple[str, ...]:
    """The values that tell the curves of a figure's families apart, each once."""
    return tuple(dict.fromkeys(name for reading in readings for name in reading.by))


def run_metrics(readings: Iterable[Reading]) -> tuple[str, ...]:
    """The names of the numbers that a figure's tables have of every run, each once."""
    return tuple(dict.fromkeys(score.name for reading in readings for score in reading.metrics))


def labelled_curves(
    readings: Iterable[Reading], sweeps: Sweeps
) -> Mapping[tuple[str, str], dict[str, Any]]:
    """What stands behind each panel and label of a figure (see `Reading.curve_of`)."""
    return {
        (reading.panel, reading.series_of(point)): reading.curve_of(point)
        for reading in readings
        for point in experiment_points(sweeps, reading.experiment)
    }


def check_places(figure: str, readings: Sequence[Reading], sweeps: Sweeps) -> None:
    """Refuses grid points that would stand at the same place of the same curve.

    Args:
        figure: its name, for the error.
        readings: of that figure.
        sweeps: the experiments.

    Raises:
        UserError: naming the experiment, and the keys in which such points differ.
    """
    places: dict[tuple[object, ...], Point] = {}
    for reading in readings:
        for point in experiment_points(sweeps, reading.experiment):
            curve = (reading.panel, reading.curve, *reading.values_of(point).values())
            other = places.setdefault((*curve, *reading.place_of(point)), point)
            if other != point:
                keys = " and ".join(f"`{key}`" for key in _differences(other, point))
                raise UserError(
                    f"experiments.{reading.experiment}: {figure}{reading.panel} would show "
                    f"points that differ in {keys} as one curve, {reading.series_of(point)!r}; "
                    "give one value, or sweep it in an experiment of its own"
                )


def _differences(one: Point, other: Point) -> list[str]:
    """Names of the settings that two points do not share."""
    rates = ("learning_rate", "reg_coefficient")
    programs = [point.program.model_dump() for point in (one, other)]
    return [key for key in rates if getattr(one, key) != getattr(other, key)] + [
        key for key in programs[0] if programs[0][key] != programs[1][key]
    ]
