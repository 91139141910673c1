"""Finished trainings, kept under a hash of all that they depend on.

A history that is an output of the workflow is deleted before its job runs again, whatever made
it run again. A copy, a hard link where the file system has them, is kept here, so that nothing
is trained twice: not what another process has trained in passing, nor a run whose data set was
prepared again and came out the same. To train a run again in any case, remove its folder.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from whysgd.base.files import atomic_path, write_json
from whysgd.base.record import fingerprint, identity
from whysgd.training.job.record import TrainingJob


def finished_key(job: TrainingJob) -> str | None:
    """Hash of what the history depends on: ensemble, contents of the data set, code.

    Returns:
        Twenty hexadecimal digits; None while the data set has not been prepared.
    """
    try:
        data = job.checksum.read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError):
        return None
    parts = "\0".join((fingerprint(job.ensemble), data, job.code))
    return hashlib.sha256(parts.encode()).hexdigest()[:20]


def keep_finished(
    job: TrainingJob, key: str, write: Callable[[Path], None], usage: dict[str, Any]
) -> None:
    """Keeps a finished history and what it took.

    Args:
        job: that was trained.
        key: of the history (see `finished_key`).
        write: writes the history to a path.
        usage: what the training took, ready for JSON.
    """
    kept = job.finished / f"{key}.csv"
    write(kept)
    with suppress(OSError), atomic_path(kept.with_suffix(".log")) as temporary:
        shutil.copyfile(job.log, temporary)
    # Last, since it says that the history is whole.
    write_json(kept.with_suffix(".json"), {**usage, "sha256": _sha256(kept)})
    for other in job.finished.iterdir():
        if other.stem != key:
            other.unlink(missing_ok=True)


def is_finished(job: TrainingJob) -> bool:
    """Whether the job's history is kept, whole and under its present key."""
    return _kept(job) is not None


def take_finished(job: TrainingJob) -> bool:
    """Makes the job's outputs and its log from what is kept; returns whether it is."""
    kept = _kept(job)
    if kept is None:
        return False
    # Snakemake has removed the log that the training wrote.
    if not job.log.exists() and kept.with_suffix(".log").exists():
        with atomic_path(job.log) as temporary:
            shutil.copyfile(kept.with_suffix(".log"), temporary)
    _link(kept, job.history)
    write_json(job.ensemble_file, identity(job.ensemble))
    return True


def forget_finished(folder: Path) -> None:
    """Removes what is kept of a run, so that it is trained again."""
    shutil.rmtree(folder, ignore_errors=True)


def usage_of(folder: Path) -> dict[str, Any] | None:
    """What the kept training of a run took; None where nothing is kept.

    Args:
        folder: of the run's finished history.
    """
    found = [record for path in sorted(folder.glob("*.json")) if (record := _read_usage(path))]
    return found[-1] if found else None


def _read_usage(path: Path) -> dict[str, Any] | None:
    """Reads what `keep_finished` wrote of a training; None where it is missing or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _kept(job: TrainingJob) -> Path | None:
    """The job's history as it is kept, or None where it is not, or not whole."""
    key = finished_key(job)
    if key is None:
        return None
    kept = job.finished / f"{key}.csv"
    record = _read_usage(kept.with_suffix(".json"))
    with suppress(OSError):
        if record is not None and record.get("sha256") == _sha256(kept):
            return kept
    return None


def _link(kept: Path, output: Path) -> None:
    """Gives a kept file a second name, or copies it where that cannot be."""
    with atomic_path(output) as temporary:
        temporary.unlink()
        try:
            os.link(kept, temporary)
        except OSError:
            shutil.copyfile(kept, temporary)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
