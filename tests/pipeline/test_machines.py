"""Profiles for clusters and workstations, and what a job on them costs and writes."""

import logging
import re
import resource
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.shared_runs import ROOT, Figure2Run, copy_project
from whysgd.base.origin import logged_origin
from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import read_settings
from whysgd.training.job.devices import claimed_gpus

pytestmark = pytest.mark.workflow

SNAKEMAKE = [sys.executable, "-m", "snakemake"]
OURS = ["--snakefile", str(ROOT / "Snakefile")]


def snakemake(folder: Path, *arguments: str) -> str:
    """Runs Snakemake in a folder and returns what it prints."""
    run = subprocess.run(
        [*SNAKEMAKE, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_on_a_workstation_each_training_job_has_a_gpu_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = (f"GPU-{uuid.uuid4()}" for _ in range(2))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", taken)
    with claimed_gpus(1, logging.getLogger("whysgd")):  # as a job of someone else's
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", f"{taken},{free}")
        snakemake(
            tmp_path,
            "results/tiny/tables/figure2.csv",
            *OURS,
            *("--workflow-profile", str(ROOT / "profiles" / "workstation")),
            *("--config", "scale=tiny", "overrides={jobs: {gpu: 1}}"),
        )
    logs = list((tmp_path / "results" / "tiny" / "logs" / "train").iterdir())
    assert len(logs) == 2
    for log in logs:
        assert f"on GPU {free}\n" in log.read_text()
        assert "TensorFlow sees no GPU; training on the processor" in log.read_text()


def processor_seconds(folder: Path, arguments: Sequence[str]) -> float:
    """Processor time in which Snakemake reads a Snakefile; the least of a few."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        snakemake(folder, "--list-rules", *arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_reading_the_snakefile_costs_a_cluster_job_less_than_a_second_and_a_half(
    tmp_path: Path,
) -> None:
    (tmp_path / "Snakefile").write_text("rule nothing:\n    output: 'x'\n    shell: 'touch x'\n")
    ours = processor_seconds(tmp_path, [*OURS, "--config", "scale=paper"])
    starts = 2  # of Snakemake in a job: as SLURM's script, and as the step that it starts
    assert starts * (ours - processor_seconds(tmp_path, [])) < 1.5


def files(folder: Path) -> set[Path]:
    """Everything below a folder but what Python caches."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {path for path in paths if "__pycache__" not in path.parts}


def test_a_run_writes_into_its_results_and_the_caches_only(
    figure2_run: Figure2Run, tmp_path: Path
) -> None:
    copy_project(tmp_path / "fresh")
    written = files(figure2_run.project) - files(tmp_path / "fresh")
    assert {path.parts[0] for path in written} == {".snakemake", "results"}
    kept = {path.name for path in figure2_run.home.iterdir()}
    assert kept == {"cache", ".keras"}  # Keras's own, KERAS_HOME
    assert not list(figure2_run.scratch.iterdir())


def test_what_the_comments_of_the_slurm_profile_offer_is_valid(tmp_path: Path) -> None:
    text = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    text, keys = re.subn(r"^( *)# ( *[a-z_-]+:( .*)?)$", r"\1\2", text, flags=re.MULTILINE)
    assert keys > 10
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.yaml").write_text(text)
    planned = snakemake(
        tmp_path,
        *("results/paper/tables/figure2.csv", "--dry-run", *OURS, "--workflow-profile=mine"),
        *("--config", "scale=paper"),
    )
    assert "Group job training" in planned  # unknown keys and values are errors


@pytest.mark.workflow
def test_a_job_computes_with_the_scales_threads_whatever_cores_there_are(tmp_path: Path) -> None:
    overrides = ["overrides={jobs: {threads: 3}}"]
    scale = read_settings({"scale": "tiny"}).scale
    run_id = next(iter(plan_jobs(scale).ensembles))
    history = f"results/tiny/runs/{run_id}/history.csv"
    # Snakemake scales the threads of rules down to its cores, and tells the job so.
    snakemake(tmp_path, *OURS, "--cores", "1", "--config", "scale=tiny", *overrides, "--", history)
    log = logged_origin(tmp_path / "results" / "tiny" / "logs" / "train" / f"{run_id}.log")
    assert log["threads"] == 3
