"""What is swept: programs, experiments, and the seeds of every grid point.

A study's section of a scale holds them (`whysgd.config.sections`). The records own names, types,
ranges and descriptions.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from whysgd.base.powers import Integers, Number, Numbers
from whysgd.base.record import Frozen
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import LARGEST_SEED
from whysgd.spec.networks import ModelName
from whysgd.spec.program import Penalty, Schedule


class ProgramSettings(Frozen):
    """What a program is made of. In an experiment, a key given here replaces its program's."""

    dataset: str | None = Field(None, description="a key of `datasets`")
    model: ModelName | None = Field(
        None, description="linear, mlp-WIDTH-WIDTH... or wrn-DEPTH-WIDTH"
    )
    base_width: int | None = Field(None, gt=0, description="channels of a Wide-ResNet's stem")
    batch_size: Integers | None = Field(None, description="examples in a minibatch (B)")
    updates_per_batch: Integers | None = Field(
        None, description="updates on each minibatch (n of n-step SGD)"
    )
    epochs: Numbers | None = Field(None, description="budget in passes over the data")
    updates: Integers | None = Field(None, description="budget in parameter updates")
    schedule: Schedule | None = Field(None, description="learning rate over training")
    weight_decay: Number | None = Field(None, ge=0, description="L2 coefficient, kernels only")
    penalty: Penalty | None = Field(
        None, description="how the explicit regularizer is computed; default: exactly"
    )
    preprocessing: Literal["per_image", "per_channel"] | None = Field(
        None, description="standardization of the images"
    )
    augmentation: Literal["none", "crop", "crop_flip"] | None = Field(
        None, description="random crops of the padded image, and mirroring"
    )
    crop_padding: int | None = Field(None, ge=0, description="pixels of padding before a crop")
    num_evaluations: int | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description="evaluations of a run, evenly spaced, after the one at the start",
    )
    c_reg: Literal["final", "every"] | None = Field(
        None, description="at which evaluations the minibatch gradient norm is measured"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> "ProgramSettings":
        if self.epochs is not None and self.updates is not None:
            raise ValueError("give the budget as `epochs` or as `updates`, not both")
        for key in ("batch_size", "updates_per_batch", "epochs", "updates"):
            values = getattr(self, key)
            if values is not None and min(values) <= 0:
                raise ValueError(f"`{key}` must be positive, not {min(values):g}")
        return self


class ExperimentSettings(ProgramSettings):
    """One sweep: a program, and the values that its members take. Lists are swept."""

    program: str = Field(description="a key of `programs`")
    learning_rate: Numbers | None = Field(None, description="the paper's epsilon or alpha")
    learning_rate_over_batch_size: Numbers | None = Field(
        None, description="the same, as a multiple of the batch size"
    )
    reg_coefficient: Numbers | None = Field(None, description="the paper's lambda; default 0")
    reg_coefficient_over_batch_size: Numbers | None = Field(
        None, description="the same, as a multiple of the batch size"
    )

    @model_validator(mode="after")
    def _one_axis_each(self) -> "ExperimentSettings":
        for key in ("learning_rate", "reg_coefficient"):
            plain, ratio = getattr(self, key), getattr(self, f"{key}_over_batch_size")
            if plain is not None and ratio is not None:
                raise ValueError(f"give `{key}` or `{key}_over_batch_size`, not both")
            values = plain or ratio
            if key == "learning_rate" and values is None:
                raise ValueError("`learning_rate` (or `learning_rate_over_batch_size`) is missing")
            name = key if plain is not None else f"{key}_over_batch_size"
            if values is not None and min(values) < 0:
                raise ValueError(f"`{name}` must be positive, not {min(values):g}")
            if values is not None and 0 in values and (key == "learning_rate" or len(values) > 1):
                raise ValueError(f"`{name}` must be positive, not 0: a sweep has powers of two")
        return self


class RunSettings(Frozen):
    """Repetitions of every grid point and which of them count."""

    seeds: Integers = Field(description="one run of every grid point per seed")
    keep_best: int = Field(gt=0, description="runs that count: the best by highest test accuracy")

    @model_validator(mode="after")
    def _enough_seeds(self) -> "RunSettings":
        if self.keep_best > len(self.seeds):
            raise ValueError(
                f"`keep_best` = {self.keep_best} is more than the {len(self.seeds)} `seeds`"
            )
        if min(self.seeds) < 0:
            raise ValueError(f"`seeds` must not be negative: {min(self.seeds)}")
        if max(self.seeds) > LARGEST_SEED:
            raise ValueError(f"`seeds` must be at most 2^63 - 1: {max(self.seeds)}")
        return self


class Sweeps(Frozen):
    """What is trained and repeated, whatever the machine: sweeps and the data sets they read."""

    runs: RunSettings
    datasets: dict[str, DatasetSpec]
    programs: dict[str, ProgramSettings]
    experiments: dict[str, ExperimentSettings]

    @model_validator(mode="after")
    def _names_exist(self) -> "Sweeps":
        check_names(self.programs, self.experiments, self.datasets)
        return self


def check_names(
    programs: Mapping[str, ProgramSettings],
    experiments: Mapping[str, ExperimentSettings],
    datasets: Mapping[str, DatasetSpec],
) -> None:
    """Refuses a name of a program or of a data set that there is not.

    Raises:
        ValueError: naming the key, and the names that are known.
    """
    records: tuple[tuple[str, Mapping[str, ProgramSettings], str, Mapping[str, object]], ...] = (
        ("programs", programs, "dataset", datasets),
        ("experiments", experiments, "program", programs),
        ("experiments", experiments, "dataset", datasets),
    )
    for kind, named, key, known in records:
        for name, record in named.items():
            value = getattr(record, key)
            if value is not None and value not in known:
                raise ValueError(
                    f"{kind}.{name}.{key}: unknown {value!r}; known: {', '.join(known)}"
                )
