"""The records that tell which runs a figure reads and as what."""

from dataclasses import dataclass

from whysgd.base.record import fingerprint
from whysgd.config.settings import Sweeps
from whysgd.runs.grid import Point
from whysgd.runs.readings import Reading, check_places, reading_points


@dataclass(frozen=True)
class FigureSpec:
    """A figure: the module that draws it and what it reads of the runs."""

    name: str
    module: str  # in whysgd.figures
    readings: tuple[Reading, ...]

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
