"""The records that tell what a figure reads: which runs and as what, or which tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from whysgd.base.record import fingerprint
from whysgd.config.sweeps import Sweeps
from whysgd.runs.grid import Point
from whysgd.runs.readings import Reading, check_places, reading_points


@dataclass(frozen=True)
class FigureSpec:
    """A figure: the module that draws it, and what it reads.

    Attributes:
        name: of its files and of its target; no other figure of any study has it.
        module: which draws it, in the folder `figures` of its study.
        readings: what it shows of runs; empty for a figure of computed tables.
        tables: names of the computed tables that it shows; empty for a figure of runs.
        title: what readers call it; its name where it has none.
        default: whether the default target draws it; otherwise it is drawn when asked for by name.
    """

    name: str
    module: str
    readings: tuple[Reading, ...] = ()
    tables: tuple[str, ...] = ()
    title: str = ""
    default: bool = True

    @property
    def reads(self) -> Mapping[str, str]:
        """The tables that it is drawn from, each by the name that its module knows it under.

        A figure of runs has one, "means", which bears the figure's own name: so one module can draw
        several figures.
        """
        return {"means": self.name} if self.readings else {name: name for name in self.tables}

    def points(self, scale: Sweeps) -> list[Point]:
        """Every grid point that the figure needs.

        Raises:
            UserError: the scale lacks one of its experiments.
        """
        return reading_points(self.readings, scale)

    def check(self, scale: Sweeps) -> None:
        """Refuses grid points that would stand at the same place of the same curve.

        Raises:
            UserError: naming the experiment, and the keys in which such points differ.
        """
        check_places(self.name, self.readings, scale)

    def defined_at(self, scale: Sweeps) -> bool:
        """Whether the scale has all experiments of this figure."""
        return all(reading.experiment in scale.experiments for reading in self.readings)

    def part_of(self, scale: Sweeps) -> Sweeps:
        """Nothing but the experiments that this figure reads and what they refer to."""
        names = {reading.experiment for reading in self.readings}
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
