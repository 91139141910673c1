"""A study's section of a scale: what it computes at that scale.

Which study has which kind of section is for the studies to say (`whysgd.studies.registry`); a
scale file is read with their records.
"""

from collections.abc import Mapping

from pydantic import Field, model_validator

from whysgd.base.record import Frozen
from whysgd.config.datasets import NamedDatasets
from whysgd.config.sweeps import (
    ExperimentSettings,
    ProgramSettings,
    RunSettings,
    Sweeps,
    check_names,
)
from whysgd.spec.datasets import DatasetSpec


class Section(Frozen):
    """Base of all sections."""

    def own_datasets(self) -> Mapping[str, DatasetSpec]:
        """The data sets that the section adds to those of the scale, by name."""
        return {}

    def check_datasets(self, datasets: Mapping[str, DatasetSpec]) -> None:
        """Refuses a section that the data sets at hand cannot serve.

        Args:
            datasets: the scale's and the section's own, by name.

        Raises:
            ValueError: naming the key of the section.
        """


class SweepSection(Section):
    """The sweeps of a study."""

    runs: RunSettings = Field(description="the seeds of every grid point, and which of them count")
    datasets: NamedDatasets = Field(
        default_factory=dict, description="data sets that the scale's are not enough for"
    )
    programs: dict[str, ProgramSettings] = Field(
        min_length=1, description="what experiments share, by names of one's own"
    )
    experiments: dict[str, ExperimentSettings] = Field(
        min_length=1, description="sweeps, by the names that figures read them under"
    )
    together: tuple[str, ...] = Field(
        (),
        description="experiments that share training jobs where they share a program; a name "
        "that is added here renames runs, so a new experiment better stays out: what it alone "
        "needs is trained in jobs of its own",
    )

    @model_validator(mode="after")
    def _experiments_exist(self) -> "SweepSection":
        for name in self.together:
            if name not in self.experiments:
                raise ValueError(
                    f"together: unknown {name!r}; known: {', '.join(self.experiments)}"
                )
        return self

    def own_datasets(self) -> Mapping[str, DatasetSpec]:
        """The data sets that the section adds to those of the scale, by name."""
        return self.datasets

    def check_datasets(self, datasets: Mapping[str, DatasetSpec]) -> None:
        """Refuses a name of a program or of a data set that neither the scale nor this has.

        Raises:
            ValueError: naming the key.
        """
        check_names(self.programs, self.experiments, datasets)

    def sweeps(self, datasets: Mapping[str, DatasetSpec]) -> Sweeps:
        """The section with the data sets of its scale at hand."""
        return Sweeps(
            runs=self.runs,
            datasets={**datasets, **self.datasets},
            programs=self.programs,
            experiments=self.experiments,
        )
