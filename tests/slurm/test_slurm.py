"""The workflow on a real SLURM: all of it, and jobs that are stopped in every way.

What comes out has the bits of a run without SLURM each time.
"""

import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.slurm.workflow import (
    TABLE,
    Run,
    job_of,
    long_training,
    made_locally,
    table_paths,
    tables,
    tell_slurm,
    until,
    was_sent,
)
from whysgd.studies.theory.study import STUDY as THEORY

FIGURES = [f"figure{number}" for number in range(1, 8)]
DRAWN = [*FIGURES, *(figure.name for figure in THEORY.figures)]
# As in the profile's comments.
GROUPED = [
    "--groups=train=training",
    "--group-components=training=4",
    "--set-resource-scopes=gpu=local",
    "--resources=gpu=1",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def limited(
    slurm: None, with_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[Run]]:
    """A run whose training hits time limits, beside all others since it mostly waits for them."""
    folder = tmp_path_factory.mktemp("limited") / "work"
    shutil.copytree(with_data, folder)
    run = Run(folder, TABLE, config=[long_training()])
    with ThreadPoolExecutor() as threads:
        future = threads.submit(_hit_limits, run)
        yield future
        run.end()


def _hit_limits(run: Run) -> Run:
    # First, the signal that the profile asks for comes ahead of the limit. Then there is none,
    # and the limit itself ends the job, as it does where a signal came too late.
    run.start(
        "--set-resources",
        "train:runtime=3 if attempt == 1 else 2 if attempt == 2 else 10",
        "train:slurm_extra='--signal=TERM@60' if attempt == 1 else ''",
    )
    frozen = run.freeze_training("*double_backprop*")
    job = job_of(frozen)
    until(lambda: was_sent(frozen, signal.SIGTERM))
    with suppress(ProcessLookupError):
        os.kill(frozen, signal.SIGCONT)
    assert until(lambda: run.ended(job)) == "FAILED"
    assert "stopped by a signal at epoch" in run.training_log()

    job = job_of(run.freeze_training("*double_backprop*"))  # SLURM thaws it at the limit
    assert until(lambda: run.ended(job)) == "TIMEOUT"
    assert "stopped by a signal at epoch" in run.training_log()
    run.wait()
    return run


def test_everything_is_made_with_the_bits_of_a_run_without_slurm(
    slurm: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = Run(tmp_path, "all", config=["overrides={jobs: {gpu: 1}}"])
    run.start(*GROUPED)
    run.wait()
    for figure in DRAWN:
        for kind in ("pdf", "png"):
            assert (tmp_path / "results" / "tiny" / "figures" / f"{figure}.{kind}").stat().st_size
    made = [path.relative_to(tmp_path).as_posix() for path in table_paths(tmp_path)]
    local_run = made_locally(tmp_path_factory.mktemp("local"), *made)
    assert run.tables() == tables(local_run)
    assert {"figure7_runs.csv", "theory_slopes.csv", "claims.csv"} <= run.tables().keys()
    assert set(run.states().values()) == {"COMPLETED"}
    jobs = [tell_slurm("scontrol", "show", "job", job) for job in run.states()]
    training = [job for job in jobs if "TresPerJob=gres:gpu" in job]
    assert len(training) == 2  # eight members
    for job in training:
        assert "TresPerJob=gres:gpu:1" in job
        assert "NumCPUs=1 " in job
        assert "TimeLimit=00:40:00" in job  # one after another


def test_a_cancelled_job_is_tried_again_and_goes_on(long_run: Run, local_long_run: Path) -> None:
    long_run.start()
    job = job_of(long_run.freeze_training())
    tell_slurm("scancel", job)
    assert until(lambda: long_run.ended(job)) == "CANCELLED"
    assert "stopped by a signal at epoch" in long_run.training_log()
    long_run.wait()
    limits = [tell_slurm("scontrol", "show", "job", again) for again in long_run.states()]
    (second,) = [text for text in limits if "TimeLimit=00:20:00" in text]  # tiny: 10 minutes
    assert "mem=3000M" in second
    assert re.search(r"going on from checkpoint \S+\.npz", long_run.training_log())
    assert long_run.tables() == tables(local_long_run)


def test_jobs_wait_for_a_drained_node(long_run: Run, local_long_run: Path) -> None:
    node = socket.gethostname().split(".")[0]
    # So much memory that no two of them run at a time.
    long_run.start("--set-resources", "train:mem_mb=9000")
    frozen = long_run.freeze_training()
    running = job_of(frozen)
    tell_slurm("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=tested")
    try:
        os.kill(frozen, signal.SIGCONT)
        assert until(lambda: long_run.ended(running)) == "COMPLETED"
        waiting = [job for job, state in long_run.states().items() if state == "PENDING"]
        assert waiting
        assert tell_slurm("sinfo", "--noheader", "--format=%T").strip() in ("draining", "drained")
    finally:
        tell_slurm("scontrol", "update", f"NodeName={node}", "State=RESUME")
    long_run.wait()
    assert set(long_run.states().values()) == {"COMPLETED"}
    assert long_run.tables() == tables(local_long_run)


def test_snakemake_is_killed_and_started_again(long_run: Run, local_long_run: Path) -> None:
    long_run.start()
    frozen = long_run.freeze_training()
    long_run.kill()
    job = job_of(frozen)
    assert long_run.states()[job] == "RUNNING"
    # As docs/cluster.md tells.
    tell_slurm("scancel", "--name", long_run.run_id())
    assert until(lambda: long_run.ended(job)) == "CANCELLED"
    until(lambda: not os.path.exists(f"/proc/{frozen}"))
    long_run.start("--unlock")
    long_run.wait()
    long_run.start()
    long_run.wait()
    assert re.search(r"going on from checkpoint \S+\.npz", long_run.training_log())
    assert long_run.tables() == tables(local_long_run)


def test_a_job_that_hits_its_time_limit_twice_goes_on_each_time(
    limited: Future[Run], local_long_run: Path
) -> None:
    run = limited.result()
    assert {"FAILED", "TIMEOUT", "COMPLETED"} <= set(run.states().values())
    assert re.search(r"going on from checkpoint \S+\.npz", run.training_log())
    assert run.tables() == tables(local_long_run)


@pytest.mark.parametrize("grace", [0, 60], ids=["at once", "after a while"])
def test_a_preempted_job_goes_on(
    grace: int, limited: Future[Run], long_run: Run, local_long_run: Path, tmp_path: Path
) -> None:
    limited.result()  # its jobs would be preempted as well
    tell_slurm("scontrol", "update", "PartitionName=main", f"GraceTime={grace}")
    long_run.start()
    frozen = long_run.freeze_training()
    job = job_of(frozen)
    urgent = ["--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 1"]
    tell_slurm("sbatch", f"--chdir={tmp_path}", *urgent)
    until(lambda: was_sent(frozen, signal.SIGTERM))
    with suppress(ProcessLookupError):
        os.kill(frozen, signal.SIGCONT)
    until(lambda: not os.path.exists(f"/proc/{frozen}"))
    assert "stopped by a signal at epoch" in long_run.training_log()
    long_run.wait()
    # With the time to end by itself, it has failed, and Snakemake tries again; without, SLURM does.
    assert long_run.states()[job] == ("FAILED" if grace else "COMPLETED")
    assert re.search(r"going on from checkpoint \S+\.npz", long_run.training_log())
    assert long_run.tables() == tables(local_long_run)
