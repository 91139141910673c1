"""The configuration: what its files may hold, and reading them with errors that name the key.

`config/config.yaml` chooses a scale; `config/scales/{scale}.yaml` says what is trained at it.
The records below own names, types, ranges and descriptions; `config/schema.json` is generated
from them. Nothing here imports TensorFlow, because the Snakefile reads this.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from whysgd.base.errors import UserError
from whysgd.base.powers import Integers, Number, Numbers
from whysgd.base.record import Frozen
from whysgd.config.archive import SCALE, read_archive
from whysgd.config.files import CONFIG_DIR, known_scales, merged, read_yaml, validated
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import LARGEST_SEED, CheckpointPolicy
from whysgd.spec.networks import ModelName
from whysgd.spec.program import Penalty, Schedule
from whysgd.theory.settings import TheorySettings

MOST_THREADS = 1024  # of one process; starting a million takes minutes
# What Snakemake reads as a pattern in a file's name, and what no line of text holds.
_NO_PATH = re.compile(r"[{}\x00-\x1f\x7f]")
# Of scales and data sets, which are names of files and folders, and of archives.
_NAME = re.compile(r"\w[\w.-]*")
_LONGEST_NAME = 100


def _expanded(path: str) -> str:
    if _NO_PATH.search(path):
        raise ValueError(f"{path!r} holds a brace or a control character, which no path here may")
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise ValueError(f"no home folder is known for {path!r}; a name like this begins with ./")
    return expanded


PUBLISHED = "-published"  # ends the name of a folder of results from published tables
# Of a file or a folder, where ~ is a home folder: no shell expands what a file says.
UserPath = Annotated[str, AfterValidator(_expanded)]


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


def check_name(name: str, where: str) -> None:
    """Refuses a name of which no file can be made that every part of the workflow reads.

    Raises:
        ValueError: beginning with `where`.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:20]}..."
        raise ValueError(
            f"{where}: {shown!r} must begin with a letter, a digit or _ and hold only those, "
            f"points and hyphens, at most {_LONGEST_NAME} of them: files are named so"
        )


def _with_user_path(dataset: DatasetSpec) -> DatasetSpec:
    """The record takes its file's path as it is, since it is a part of what a run is."""
    if dataset.path is None:
        return dataset
    return dataset.model_copy(update={"path": _expanded(dataset.path)})


class Sweeps(Frozen):
    """What is trained and repeated, whatever the machine."""

    runs: RunSettings = Field(description="the seeds of every grid point, and which of them count")
    datasets: dict[str, Annotated[DatasetSpec, AfterValidator(_with_user_path)]] = Field(
        min_length=1, description="images that programs train on, by names of one's own"
    )
    programs: dict[str, ProgramSettings] = Field(
        min_length=1, description="what experiments share, by names of one's own"
    )
    experiments: dict[str, ExperimentSettings] = Field(
        min_length=1, description="sweeps, by the names that figures read them under"
    )

    @model_validator(mode="after")
    def _names_of_files(self) -> "Sweeps":
        for name in self.datasets:
            check_name(name, "datasets")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> "Sweeps":
        for kind, records, key, known in (
            ("programs", self.programs, "dataset", self.datasets),
            ("experiments", self.experiments, "program", self.programs),
            ("experiments", self.experiments, "dataset", self.datasets),
        ):
            for name, record in records.items():
                value = getattr(record, key)
                if value is not None and value not in known:
                    raise ValueError(
                        f"{kind}.{name}.{key}: unknown {value!r}; known: {', '.join(known)}"
                    )
        return self


class ScaleSettings(Sweeps):
    """A scale file: everything that is trained at one scale, and how it is split into jobs."""

    description: str = Field(description="what the scale is for, in words; changes no result")
    jobs: JobSettings = Field(description="how runs are split into jobs, and what each asks for")
    theory: TheorySettings | None = Field(
        None, description="the theory study; without it, the scale has no theory figures"
    )

    @model_validator(mode="after")
    def _theory_has_its_images(self) -> "ScaleSettings":
        if self.theory is not None:
            if self.theory.dataset not in self.datasets:
                known = ", ".join(self.datasets)
                raise ValueError(f"theory.dataset: unknown {self.theory.dataset!r}; known: {known}")
            there = self.datasets[self.theory.dataset].num_train
            if self.theory.num_images > there:
                raise ValueError(
                    f"theory: {self.theory.num_images} images are needed, and "
                    f"{self.theory.dataset} has {there} for training"
                )
        return self


class Config(Frozen):
    """`config/config.yaml`, and what `--config` may set."""

    scale: UserPath = Field(
        "quick", description="a file of config/scales without .yaml, or the path of such a file"
    )
    results: UserPath = Field("results", description="folder of everything that is made")
    data_folder: UserPath | None = Field(
        None,
        description="folder with files of data sets, one folder each; default: the environment "
        "variable WHYSGD_DATA",
    )
    calibration: UserPath | None = Field(
        None,
        description="file of another machine's timings, which a plan on it wrote; for "
        "`snakemake plan`",
    )
    container: str | None = Field(
        None,
        description="image that jobs run in, with `snakemake --sdm apptainer`",
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="keys of the scale file to replace, nested as it is"
    )
    tensorboard: bool = Field(
        False,
        description="whether training jobs write event files for TensorBoard, below "
        "{results}/{scale}/tensorboard; changes no result",
    )
    tables_from: UserPath | None = Field(
        None,
        description="published tables, as `snakemake archive` makes them (.zip, .tar.gz or a "
        "folder), from which everything is drawn without training",
    )


class Settings(Frozen):
    """The whole configuration, checked."""

    scale_name: str
    results: Path
    data_folder: Path | None
    calibration: Path | None
    container: str | None
    scale: ScaleSettings
    tensorboard: bool = False
    tables_from: Path | None = None
    published_tables: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of this scale's results; published tables do not touch one's own."""
        suffix = "" if self.tables_from is None else PUBLISHED
        return self.results / f"{self.scale_name}{suffix}"


def load_settings(config: Mapping[str, Any] | None = None) -> Settings:
    """Reads `config/config.yaml`, replaces what `config` holds, and reads the chosen scale.

    Args:
        config: keys of `Config`, as given by `snakemake --config`.

    Raises:
        UserError: a file is missing or unreadable, or a key is unknown or out of range.
    """
    base = read_yaml(CONFIG_DIR / "config.yaml")
    chosen = validated(Config, {**base, **(config or {})}, "config")
    if chosen.tables_from is not None:
        return _published_settings(chosen, chosen.tables_from, config or {})
    path = _scale_path(chosen.scale)
    content = merged(read_yaml(path), chosen.overrides)
    scale = validated(ScaleSettings, content, f"scale {path.stem}")
    return Settings(
        scale_name=path.stem,
        results=Path(chosen.results),
        data_folder=None if chosen.data_folder is None else Path(chosen.data_folder),
        calibration=None if chosen.calibration is None else Path(chosen.calibration),
        container=chosen.container,
        scale=scale,
        tensorboard=chosen.tensorboard,
    )


def _published_settings(chosen: Config, path: str, given: Mapping[str, Any]) -> Settings:
    """The settings that published tables were made with."""
    archive = read_archive(path)
    if given.get("scale") not in (None, archive.scale_name) or given.get("overrides"):
        key = "overrides" if given.get("overrides") else "scale"
        raise UserError(
            f"config: {key}: cannot be given with `tables_from`; {path} holds the tables of scale "
            f"{archive.scale_name} as they are"
        )
    return Settings(
        scale_name=archive.scale_name,
        results=Path(chosen.results),
        data_folder=None,
        calibration=None,
        container=chosen.container,
        scale=validated(ScaleSettings, archive.scale(), f"{path}: {SCALE}"),
        tables_from=Path(path),
        published_tables=archive.tables,
    )


def _scale_path(scale: str) -> Path:
    if scale.endswith((".yaml", ".yml")):
        path = Path(scale)
        try:
            check_name(path.stem, f"config: scale: {path}")
        except ValueError as error:
            raise UserError(str(error)) from None
        if path.stem.endswith(PUBLISHED):
            raise UserError(
                f"config: scale: {path}: results of a scale whose name ends in {PUBLISHED} are "
                "those of `tables_from`; rename the file"
            )
        if path.stem in known_scales() and path.resolve().parent != CONFIG_DIR / "scales":
            raise UserError(
                f"config: scale: {path} has the name of a scale that comes with the project, whose "
                "results it would overwrite; rename it"
            )
        return path
    if scale not in known_scales():
        raise UserError(
            f"config: scale: unknown {scale!r}; known: {', '.join(known_scales())}, "
            "or the path of a .yaml file"
        )
    return CONFIG_DIR / "scales" / f"{scale}.yaml"
