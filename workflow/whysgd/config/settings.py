"""The configuration: reading its files with errors that name the key.

`config/config.yaml` chooses a scale. `config/scales/{scale}.yaml` says what all studies share at
it, and `config/scales/{scale}/{study}.yaml` what one study computes. Nothing here imports
TensorFlow, because the Snakefile reads this.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from whysgd.base.errors import UserError
from whysgd.base.record import Frozen
from whysgd.config.archive import SCALE, read_archive
from whysgd.config.files import CONFIG_DIR, known_scales, merged, read_yaml, validated
from whysgd.config.moved import refuse_moved_keys, with_keys_moved
from whysgd.config.names import check_name
from whysgd.config.paths import UserPath
from whysgd.config.scales import ScaleSettings, Sections, scale_record

PUBLISHED = "-published"  # ends the name of a folder of results from published tables


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


def load_settings(config: Mapping[str, Any], sections: Sections) -> Settings:
    """Reads `config/config.yaml`, replaces what `config` holds, and reads the chosen scale.

    Args:
        config: keys of `Config`, as given by `snakemake --config`.
        sections: the record of each study's section of a scale.

    Raises:
        UserError: a file is missing or unreadable, or a key is unknown or out of range.
    """
    base = read_yaml(CONFIG_DIR / "config.yaml")
    chosen = validated(Config, {**base, **config}, "config")
    if chosen.tables_from is not None:
        return _published_settings(chosen, chosen.tables_from, config, sections)
    path = scale_path(chosen.scale)
    where = f"scale {path.stem}"
    content = merged(scale_content(path), chosen.overrides)
    refuse_moved_keys(content, where)
    scale = validated(scale_record(sections), content, where)
    if not scale.sections:
        raise UserError(
            f"{where}: studies: no study has a section, here or in {path.with_suffix('')}/; "
            f"`whysgd scale quick` prints a scale with all of them"
        )
    return Settings(
        scale_name=path.stem,
        results=Path(chosen.results),
        data_folder=None if chosen.data_folder is None else Path(chosen.data_folder),
        calibration=None if chosen.calibration is None else Path(chosen.calibration),
        container=chosen.container,
        scale=scale,
        tensorboard=chosen.tensorboard,
    )


def scale_content(path: Path) -> dict[str, Any]:
    """A scale file together with the sections in the folder of its name, one file a study.

    Raises:
        UserError: a file cannot be read, or a section stands in the file and in the folder.
    """
    content = read_yaml(path)
    for file in sorted(path.with_suffix("").glob("*.yaml")):
        studies = content.setdefault("studies", {})
        if not isinstance(studies, dict) or file.stem in studies:
            raise UserError(f"{path}: studies.{file.stem}: stands in {file} as well; keep one")
        studies[file.stem] = read_yaml(file)
    return content


def _published_settings(
    chosen: Config, path: str, given: Mapping[str, Any], sections: Sections
) -> Settings:
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
        scale=validated(
            scale_record(sections), with_keys_moved(archive.scale()), f"{path}: {SCALE}"
        ),
        tables_from=Path(path),
        published_tables=archive.tables,
    )


def scale_path(scale: str) -> Path:
    """The file of a scale.

    Args:
        scale: name of one that comes with the project, or the path of a .yaml file.

    Raises:
        UserError: there is none of this name, or a file of the user's has the name of one of ours.
    """
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
