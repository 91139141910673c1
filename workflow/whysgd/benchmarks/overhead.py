"""What the workflow takes besides training: planning, starting, compiling, evaluating."""

import csv
import operator
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from whysgd.config.files import CONFIG_DIR
from whysgd.config.settings import scale_content, scale_path

_ROOT = CONFIG_DIR.parent
# Budgets are divided by this: training is next to nothing, and each evaluation of scale `quick`
# still comes after another minibatch. All alike, so that experiments share the runs they share.
_SHORTER = 20
_STUDY = "implicit_regularization"  # whose training is measured


def measure_planning(jobs: int, repetitions: int) -> dict[str, Any]:
    """Seconds that a dry run of so many training jobs takes, from start to end."""
    scale = scale_content(scale_path("quick"))
    scale["jobs"]["split"] = "point"
    rates = [2.0**-6 * (1 + number / jobs) for number in range(jobs)]
    section = scale["studies"][_STUDY]
    one = {"program": "mlp", "learning_rate": "2^-9"}
    scale["studies"][_STUDY] = {
        "runs": section["runs"],
        "programs": {"mlp": section["programs"]["mlp"]},
        # All that Figures 1 and 2 need; one sweep of them is long.
        "experiments": {
            "small_rate": one,
            "small_rate_regularized": {**one, "reg_coefficient": "2^-2"},
            "learning_rate": {"program": "mlp", "learning_rate": rates},
            "reg_coefficient": {**one, "reg_coefficient": "2^-2"},
        },
    }
    seconds, cpu_seconds = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for _ in range(repetitions):
            started, cpu_started = time.perf_counter(), _children_seconds()
            _snakemake(Path(temporary), scale, "--dry-run", "figure1")
            seconds.append(time.perf_counter() - started)
            cpu_seconds.append(_children_seconds() - cpu_started)
    return {"jobs": jobs, "seconds": seconds, "cpu_seconds": cpu_seconds}


def measure_jobs(scale_name: str) -> dict[str, Any]:
    """Job-seconds of a scale's whole workflow with next to no training.

    Every job runs as it always does, but that budgets are a twentieth: what is left is imports,
    compilation, evaluation and what Snakemake adds.

    Returns:
        Seconds of each training job by clock and processor, and of the whole by the clock.
    """
    scale = shortened(scale_content(scale_path(scale_name)))
    with tempfile.TemporaryDirectory() as temporary:
        started = time.perf_counter()
        _snakemake(Path(temporary), scale)
        seconds = time.perf_counter() - started
        jobs = [_job_times(path) for path in sorted(Path(temporary).rglob("train/*.tsv"))]
    return {
        "scale": scale_name,
        "seconds": seconds,
        "cores": os.cpu_count(),
        "jobs": [{"seconds": clock, "cpu_seconds": cpu} for clock, cpu in jobs],
    }


def shortened(scale: dict[str, Any]) -> dict[str, Any]:
    """A scale file's content with the same jobs and next to no training."""

    def short(record: dict[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for key, divided in (("epochs", operator.truediv), ("updates", operator.floordiv)):
            if key in record:
                budgets = record[key] if isinstance(record[key], list) else [record[key]]
                changes[key] = [divided(budget, _SHORTER) for budget in budgets]
        return {**record, **changes}

    section = scale["studies"][_STUDY]
    parts = {
        part: {name: short(record) for name, record in section[part].items()}
        for part in ("programs", "experiments")
    }
    return {**scale, "studies": {**scale["studies"], _STUDY: {**section, **parts}}}


def _children_seconds() -> float:
    """Processor seconds of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _snakemake(folder: Path, scale: dict[str, Any], *arguments: str) -> None:
    """Runs Snakemake on a scale, with its results in a folder.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    path = folder / "measured.yaml"
    path.write_text(yaml.safe_dump(scale), encoding="utf-8")
    config = ["--config", f"scale={path}", f"results={folder}"]
    command = [sys.executable, "-m", "snakemake", *arguments, *config]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"snakemake failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _job_times(path: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor, from the file of a job's `benchmark`."""
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    return float(row["s"]), float(row["cpu_time"])
