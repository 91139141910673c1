"""Where the results of a scale come from, as one record for `provenance.json`.

It is collected from what jobs leave behind: their logs say which commit and which machine they ran
on, Snakemake's benchmark files how long they took. So it stays right where jobs of one scale ran
at several commits, on several machines and on several days.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.layout import Results
from whysgd.base.origin import (
    head_commit,
    locks,
    logged_origin,
    origin,
    package_version,
    package_versions,
    running_code,
)
from whysgd.base.record import fingerprint, identity
from whysgd.config.scales import ScaleSettings
from whysgd.runs.usage import read_measured, read_training

_MACHINE = ("processor", "cores", "memory_gb", "gpus", "system", "python")
_CODE = ("commit", "clean")
# What bits may depend on besides: as TensorFlow was started, and what was installed.
_EXECUTION = ("device", "computed_on", "threads", "onednn")
_ENVIRONMENT = ("versions", "locks")


def provenance(
    scale_name: str,
    scale: ScaleSettings,
    folder: Path,
    jobs: Mapping[str, Mapping[str, Any]],
    *,
    figures: Mapping[str, str],
    published: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The record, ready for JSON.

    Args:
        scale_name: name of the scale.
        scale: its checked configuration.
        folder: of its results.
        jobs: as `job_records` gives them.
        figures: hash of the configuration of each figure, as in the files of the figures.
        published: where the tables come from, if not from runs of this scale.
    """
    code = running_code()
    environments = _distinct(jobs.values(), _ENVIRONMENT)
    record = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "whysgd": package_version("whysgd"),
        "commit": head_commit(),
        "code_commit": code.commit,
        "clean": code.clean,
        "why_unknown": code.why_unknown,
        "locks": locks(),
        "versions": _versions(jobs.values()) or package_versions(),
        "jobs_by_environment": environments,
        "jobs_by_execution": _distinct(jobs.values(), _EXECUTION),
        "hardware": _distinct(jobs.values(), _MACHINE) or [_part(origin(), _MACHINE)],
        "jobs_by_commit": _distinct(jobs.values(), _CODE),
        "data": _data(scale, folder),
        "scale": scale_name,
        "configuration": fingerprint(scale),
        "figures": dict(figures),
        "seeds": {study: list(sweeps.runs.seeds) for study, sweeps in scale.sweeps.items()},
        "seconds": _seconds_by_kind(jobs),
        "jobs": {name: _job(job, environments) for name, job in jobs.items()},
        "settings": identity(scale, exclude_none=True),
    }
    return record if published is None else {**record, "tables_from": dict(published)}


def job_records(
    folder: Path, run_ids: Iterable[str], studies: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What is known of each job that is done, by kind and name such as "figure/figure1".

    Args:
        folder: of a scale's results.
        run_ids: the training jobs of its configuration; those of others are left out.
        studies: names of the studies, which are the kinds of jobs that compute their tables.

    Returns:
        Each job's origin (see `whysgd.base.origin`), `seconds` of its last attempt and
        `max_rss_mb`.
    """
    results = Results(folder)
    names = [f"train/{run_id}" for run_id in run_ids]
    for kind in ("prepare_dataset", "table", *studies, "figure", "claims"):
        below = Path(results.benchmark(kind)).parent
        found = [*below.glob(f"{kind}.tsv"), *below.glob(f"{kind}/*.tsv")]
        names += sorted(path.relative_to(below).with_suffix("").as_posix() for path in found)
    records = {}
    for name in names:
        kind, _, job = name.partition("/")
        measured = (
            read_training(folder, job)
            if kind == "train"
            else read_measured(Path(results.benchmark(name)))
        )
        if measured is not None:
            records[name] = {**logged_origin(results.log(name)), **asdict(measured)}
    return records


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Reads a provenance.json.

    Raises:
        UserError: the file is missing or is none.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a provenance record ({error}); remove it") from error
    if not isinstance(content, dict) or "configuration" not in content:
        raise UserError(f"{path}: not a provenance record; remove it")
    return content


def _job(job: Mapping[str, Any], environments: list[dict[str, Any]]) -> dict[str, Any]:
    """A job's own record; what was installed as a number in `jobs_by_environment`, from 0."""
    own = _part(job, ("seconds", "max_rss_mb", *_CODE, *_EXECUTION))
    installed = _part(job, _ENVIRONMENT)
    if installed:
        known = [_part(environment, _ENVIRONMENT) for environment in environments]
        own["environment"] = known.index(installed)
    return own


def _versions(jobs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Each package's version as the jobs ran; where they differ, all, with the number of jobs."""
    counts: dict[str, Counter[str]] = {}
    for job in jobs:
        for name, version in job.get("versions", {}).items():
            counts.setdefault(name, Counter())[version] += 1
    return {
        name: next(iter(found))
        if len(found) == 1
        else ", ".join(f"{version} ({count} jobs)" for version, count in found.most_common())
        for name, found in counts.items()
    }


def _distinct(jobs: Iterable[Mapping[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The different values that some keys have, each with the number of jobs, most jobs first."""
    counts = Counter(json.dumps(part) for job in jobs if (part := _part(job, keys)))
    return [{**json.loads(text), "jobs": count} for text, count in counts.most_common()]


def _part(record: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: record[key] for key in keys if key in record}


def _data(scale: ScaleSettings, folder: Path) -> dict[str, dict[str, Any]]:
    """Each data set that has been prepared: what it is, and the checksum of its file."""
    data = {}
    for name, spec in scale.all_datasets.items():
        checksum = Path(Results(folder).checksum(name))
        if checksum.is_file():
            digest = checksum.read_text(encoding="utf-8").split()[0]
            data[name] = {"sha256": digest, **identity(spec, exclude_none=True)}
    return data


def _seconds_by_kind(jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Seconds of all jobs together, by kind."""
    sums: dict[str, float] = {}
    for name, job in jobs.items():
        kind = name.partition("/")[0]
        sums[kind] = round(sums.get(kind, 0.0) + (job["seconds"] or 0.0), 2)
    return sums
