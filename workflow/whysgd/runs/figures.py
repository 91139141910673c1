"""The records that tell what a figure reads: which runs and as what, or which tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from whysgd.base.errors import UserError
from whysgd.base.powers import format_number
from whysgd.base.record import fingerprint
from whysgd.config.settings import Sweeps
from whysgd.runs.grid import Point, experiment_points

X = Literal[
    "learning_rate",
    "reg_coefficient",
    "learning_rate/batch_size",
    "reg_coefficient/batch_size",
    "epochs",
    "epoch",
]

Score = Literal["highest", "final"]


@dataclass(frozen=True)
class Curves:
    """One experiment as curves of a panel.

    Attributes:
        panel: letter of the panel.
        experiment: name in the scale file.
        series: legend text; `{batch_size}`, `{updates_per_batch}`, `{learning_rate}` and
            `{reg_coefficient}` stand for the point's value, and points whose texts are equal
            make one curve.
        x: the horizontal axis. "epoch": the mean history of the kept runs. "epochs": the budget,
            with the learning rate tuned at every budget. Otherwise one value per grid point.
        score: by which test accuracy runs are ranked: the "highest" during training, as the
            paper does, or the "final" one.
    """

    panel: str
    experiment: str
    series: str
    x: X
    score: Score = "highest"

    def series_of(self, point: Point) -> str:
        """Legend text of the curve that a point belongs to."""
        return self.series.format(
            batch_size=point.program.batch_size,
            updates_per_batch=point.program.updates_per_batch,
            learning_rate=format_number(point.learning_rate),
            reg_coefficient=format_number(point.reg_coefficient),
        )

    def x_of(self, point: Point) -> float:
        """Horizontal position of a point; not defined for "epoch"."""
        match self.x:
            case "learning_rate":
                return point.learning_rate
            case "reg_coefficient":
                return point.reg_coefficient
            case "learning_rate/batch_size":
                return point.learning_rate / point.program.batch_size
            case "reg_coefficient/batch_size":
                return point.reg_coefficient / point.program.batch_size
            case "epochs":
                return point.program.num_epochs
            case "epoch":
                raise ValueError("a curve over epochs has no single position for a point")

    def place_of(self, point: Point) -> tuple[str, ...]:
        """What tells a point from the others of its curve."""
        match self.x:
            case "epoch":
                return ()
            case "epochs":  # the learning rate is tuned, so there are several at a position
                return (format_number(self.x_of(point)), format_number(point.learning_rate))
            case _:
                return (format_number(self.x_of(point)),)


@dataclass(frozen=True)
class FigureSpec:
    """A figure: the module that draws it, and the curves or the tables that it is made of.

    Attributes:
        name: of its files and of its target; no other figure of any study has it.
        module: which draws it, in the folder `figures` of its study.
        curves: what it shows of runs; empty for a figure of computed tables.
        tables: names of the computed tables that it shows; empty for a figure of runs.
        default: whether the default target draws it; otherwise it is drawn when asked for by name.
    """

    name: str
    module: str
    curves: tuple[Curves, ...] = ()
    tables: tuple[str, ...] = ()
    default: bool = True

    @property
    def reads(self) -> Mapping[str, str]:
        """The tables that it is drawn from, each by the name that its module knows it under.

        A figure of runs has one, "means", which bears the figure's own name: so one module can draw
        several figures.
        """
        return {"means": self.name} if self.curves else {name: name for name in self.tables}

    def points(self, scale: Sweeps) -> list[Point]:
        """Every grid point that the figure needs.

        Raises:
            UserError: the scale lacks one of its experiments.
        """
        points: list[Point] = []
        for curves in self.curves:
            points += experiment_points(scale, curves.experiment)
        return points

    def check(self, scale: Sweeps) -> None:
        """Refuses grid points that would stand at the same place of the same curve.

        Raises:
            UserError: naming the experiment, and the keys in which such points differ.
        """
        places: dict[tuple[str, ...], Point] = {}
        for curves in self.curves:
            for point in experiment_points(scale, curves.experiment):
                series = curves.series_of(point)
                place = (curves.panel, series, *curves.place_of(point))
                other = places.setdefault(place, point)
                if other != point:
                    keys = " and ".join(f"`{key}`" for key in _differences(other, point))
                    raise UserError(
                        f"experiments.{curves.experiment}: {self.name}{curves.panel} would show "
                        f"points that differ in {keys} as one curve, {series!r}; give one value, "
                        "or sweep it in an experiment of its own"
                    )

    def defined_at(self, scale: Sweeps) -> bool:
        """Whether the scale has all experiments of this figure."""
        return all(curves.experiment in scale.experiments for curves in self.curves)

    def part_of(self, scale: Sweeps) -> Sweeps:
        """Nothing but the experiments that this figure reads and what they refer to."""
        names = {curves.experiment for curves in self.curves}
        experiments = {key: value for key, value in scale.experiments.items() if key in names}
        programs = {e.program: scale.programs[e.program] for e in experiments.values()}
        datasets = {
            record.dataset: scale.datasets[record.dataset]
            for record in (*experiments.values(), *programs.values())
            if record.dataset is not None
        }
        return Sweeps(
            runs=scale.runs, datasets=datasets, programs=programs, experiments=experiments
        )

    def configuration(self, scale: Sweeps) -> str:
        """Hash of all settings that the figure depends on: `part_of` the scale."""
        return fingerprint(self.part_of(scale))


def _differences(one: Point, other: Point) -> list[str]:
    """Names of the settings that two points do not share."""
    rates = ("learning_rate", "reg_coefficient")
    programs = [point.program.model_dump() for point in (one, other)]
    return [key for key in rates if getattr(one, key) != getattr(other, key)] + [
        key for key in programs[0] if programs[0][key] != programs[1][key]
    ]
