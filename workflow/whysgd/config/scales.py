"""A scale: what every study computes at one size, and how training is split into jobs."""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, Literal

from pydantic import Field, create_model, model_validator

from whysgd.base.record import Frozen
from whysgd.config.datasets import NamedDatasets
from whysgd.config.names import check_name
from whysgd.config.sections import Section, SweepSection
from whysgd.config.sweeps import Sweeps
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import CheckpointPolicy

MOST_THREADS = 1024  # of one process; starting a million takes minutes
Sections = Mapping[str, type[Section]]  # the record of each study's section, by study


class JobSettings(Frozen):
    """How members are split into jobs, and what a training job asks of the machine."""

    split: Literal["program", "point"] = Field(
        description="one job per program, or one per grid point with its seeds"
    )
    max_members: int = Field(gt=0, description="more members than this make several jobs")
    threads: int = Field(
        gt=0,
        le=MOST_THREADS,
        description="processor threads of a training job; its last bits may depend on them",
    )
    mem_mb: int = Field(gt=0, description="memory of a training job in megabytes")
    runtime: int = Field(gt=0, description="time limit of a training job in minutes")
    gpu: int = Field(ge=0, description="GPUs of a training job")
    share_processes: bool = Field(
        True,
        description="whether a process that has trained its job goes on with others that are "
        "wanted, on the machine where Snakemake runs; changes no result",
    )
    checkpoints: CheckpointPolicy = Field(
        CheckpointPolicy(), description="how often a training job saves what it goes on from"
    )


class ScaleSettings(Frozen):
    """A scale file: everything that is computed at one scale, and how it is split into jobs.

    `studies` holds the sections of the studies; `scale_record` makes the record that knows them.
    """

    description: str = Field(description="what the scale is for, in words; changes no result")
    jobs: JobSettings = Field(description="how runs are split into jobs, and what each asks for")
    datasets: NamedDatasets = Field(
        min_length=1, description="images that studies train on, by names of one's own"
    )
    studies: Frozen = Field(
        default_factory=Frozen,
        description="what each study computes; one that is left out does not. In a scale of ours, "
        "each section is a file of its own",
    )

    @model_validator(mode="after")
    def _names_of_files(self) -> "ScaleSettings":
        for name in self.datasets:
            check_name(name, "datasets")
        for study, section in self.sections.items():
            for name in section.own_datasets():
                check_name(name, f"studies.{study}.datasets")
        return self

    @model_validator(mode="after")
    def _data_sets_serve(self) -> "ScaleSettings":
        owners = dict.fromkeys(self.datasets, "the scale")
        for name, section in self.sections.items():
            for dataset in section.own_datasets():
                if dataset in owners:
                    raise ValueError(
                        f"studies.{name}.datasets.{dataset}: {owners[dataset]} has a data set of "
                        "this name; choose another"
                    )
                owners[dataset] = f"study {name}"
            try:
                section.check_datasets({**self.datasets, **section.own_datasets()})
            except ValueError as error:
                raise ValueError(f"studies.{name}.{error}") from error
        return self

    @cached_property
    def sections(self) -> Mapping[str, Section]:
        """The sections that the scale has, by study, in the order of the studies."""
        named = {name: getattr(self.studies, name) for name in type(self.studies).model_fields}
        return {name: section for name, section in named.items() if section is not None}

    @cached_property
    def sweeps(self) -> Mapping[str, Sweeps]:
        """The sweeps of each study that trains, by study."""
        return {
            name: section.sweeps(self.datasets)
            for name, section in self.sections.items()
            if isinstance(section, SweepSection)
        }

    @cached_property
    def all_datasets(self) -> Mapping[str, DatasetSpec]:
        """Every data set of the scale and of its studies, by name."""
        found = dict(self.datasets)
        for section in self.sections.values():
            found |= section.own_datasets()
        return found


def scale_record(sections: Sections) -> type[ScaleSettings]:
    """The record of a scale file for the given studies.

    Args:
        sections: the record of each study's section.
    """
    return _scale_record(tuple(sections.items()))


@cache  # a model takes pydantic some milliseconds
def _scale_record(sections: tuple[tuple[str, type[Section]], ...]) -> type[ScaleSettings]:
    fields: dict[str, Any] = {
        name: (section | None, Field(None, description=f"section of study {name}"))
        for name, section in sections
    }
    studies = create_model(
        "StudySections", __base__=Frozen, __doc__="The sections of the studies.", **fields
    )
    return create_model(
        "ScaleSettings",
        __base__=ScaleSettings,
        __doc__=(ScaleSettings.__doc__ or "").partition("\n")[0],
        studies=(
            studies,
            Field(
                default_factory=studies,
                description=ScaleSettings.model_fields["studies"].description,
            ),
        ),
    )
