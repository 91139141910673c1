"""Training jobs that are killed in the middle, through Snakemake itself."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Long enough to be hit in the middle, with a checkpoint every second.
OVERRIDES = (
    "overrides={jobs: {checkpoint_seconds: 1}, datasets: {digits: {num_train: 320}}, "
    "programs: {mlp: {model: mlp-128-128, epochs: 150, num_evaluations: 4}}}"
)
TARGET = "results/tiny/tables/figure2.csv"
DEADLINE = 120.0


def start(folder: Path) -> subprocess.Popen[str]:
    """Starts Snakemake in a process group of its own."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), TARGET]
    command += ["--cores=1", "--rerun-incomplete", "--config", "scale=tiny", OVERRIDES]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(folder: Path) -> bytes:
    """Runs to the end and returns the table."""
    process = start(folder)
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output
    assert not list((folder / "results" / "tiny").glob("checkpoints/*/*"))
    return (folder / TARGET).read_bytes()


def children(pid: int) -> list[int]:
    """Direct and indirect children of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == pid:
            child = int(status.parent.name)
            found += [child, *children(child)]
    return found


def wait_for_training(folder: Path) -> None:
    """Waits until a job has written a checkpoint, so that something can be lost."""
    until = time.monotonic() + DEADLINE
    while not list((folder / "results" / "tiny").glob("checkpoints/*/[0-9]*.npz")):
        assert time.monotonic() < until, "no checkpoint was written"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> bytes:
    """The table of a run that nothing disturbs."""
    return finish(tmp_path_factory.mktemp("uninterrupted"))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
@pytest.mark.parametrize("fault", ["SIGKILL", "SIGKILL at random", "SIGTERM", "Ctrl-C"])
def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bits(tmp_path, uninterrupted, fault):
    process = start(tmp_path)
    wait_for_training(tmp_path)
    if fault == "Ctrl-C":  # a terminal sends it to the whole group
        os.killpg(process.pid, signal.SIGINT)
    else:
        time.sleep(random.Random(fault).uniform(0, 2) if "random" in fault else 0)
        number = signal.SIGTERM if fault == "SIGTERM" else signal.SIGKILL
        for pid in children(process.pid):
            os.kill(pid, number)
    sent = time.monotonic()
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode != 0, output
    assert time.monotonic() - sent < 30  # 10 s, and room for a busy machine
    assert not (tmp_path / TARGET).exists()

    logs = tmp_path / "results" / "tiny" / "logs" / "train"
    if fault in ("SIGTERM", "Ctrl-C"):
        assert any("stopped by a signal at epoch" in log.read_text() for log in logs.glob("*"))
    assert finish(tmp_path) == uninterrupted
    resumed = "\n".join(log.read_text() for log in logs.glob("*"))
    assert re.search(r"going on from checkpoint \d+\.npz", resumed)
