"""What is refused before any job: targets that are not planned, files and folders that fail."""

import os
from collections.abc import Iterable
from pathlib import Path

from whysgd.base.errors import UserError
from whysgd.base.files import check_folder
from whysgd.base.layout import Results
from whysgd.config.files import known_scales
from whysgd.config.settings import Settings
from whysgd.runs.grid import Jobs


def check_targets(settings: Settings, arguments: Iterable[str]) -> None:
    """Refuses a target that lies in another scale's folder.

    Args:
        settings: whose scale the targets must be of.
        arguments: words of the command line; those that are no such target are passed over.

    Raises:
        UserError: naming the option that makes the target known.
    """
    for argument in arguments:
        path = Path(os.path.normpath(argument))
        if path.is_relative_to(settings.results):
            scale, *below = path.relative_to(settings.results).parts or ("",)
            known = scale.removesuffix("-published") in known_scales()
            if below and scale != settings.folder.name and (known or below[0] in Results.FOLDERS):
                if settings.tables_from is not None:
                    raise UserError(
                        f"{argument}: what is drawn from {settings.tables_from} goes into "
                        f"{settings.folder}"
                    )
                raise UserError(
                    f"{argument} is of another scale than {settings.scale_name!r}: "
                    f"add --config scale={scale}"
                )


def check_run_ids(jobs: Jobs, folder: Path, arguments: Iterable[str]) -> None:
    """Refuses a target that is the result of a run that nothing plans.

    Args:
        jobs: what is planned.
        folder: of the scale's results.
        arguments: words of the command line; those that are no such target are passed over.

    Raises:
        UserError: naming the run.
    """
    for argument in arguments:
        path = Path(os.path.normpath(argument))
        if path.is_relative_to(folder / "runs"):
            run_id = (*path.relative_to(folder / "runs").parts, "")[0]
            if run_id not in jobs.ensembles:
                raise UserError(
                    f"{argument}: no experiment of this scale needs run {run_id!r}; a run's name "
                    "ends with a hash of its settings, and `snakemake -n -F` lists those that are "
                    "planned"
                )


def check_own_files(settings: Settings) -> None:
    """Refuses a scale whose data sets have files that do not exist, before any job runs.

    Raises:
        UserError: naming the key and the file.
    """
    if settings.tables_from is not None:
        return
    for name, dataset in settings.scale.datasets.items():
        if dataset.path is not None and not Path(dataset.path).is_file():
            raise UserError(
                f"scale {settings.scale_name}: datasets.{name}.path: no file {dataset.path} in the "
                f"working folder {Path.cwd()}"
            )


def check_writable(settings: Settings) -> None:
    """Refuses a results folder that cannot be written to, before any job runs.

    Raises:
        UserError: naming the key and the folder.
    """
    check_folder(settings.folder, "config: results")
