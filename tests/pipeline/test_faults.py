"""Training jobs that are stopped in the middle, through Snakemake itself.

`make test-nightly` kills at many more random moments than `make test` does.
"""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.shared_runs import ROOT, TABLE, LongRun, long_training

FOLDER = Path("results/tiny")
DEADLINE = 300.0  # seconds; a hang, not a benchmark
PATIENCE = 45.0  # for Snakemake itself, once its jobs have ended
# A dozen checkpoints in each training, however fast the machine is.
CONFIG = long_training("epochs: 10")
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc"),
]


def start(folder: Path, target: str = TABLE, largest_file: int = resource.RLIM_INFINITY):
    """Starts Snakemake in a process group of its own.

    Args:
        folder: where it runs.
        target: the file to make.
        largest_file: bytes after which a write fails, as on a full disk.
    """

    def prepare() -> None:
        # A shell that starts the tests in the background makes its children ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    return subprocess.Popen(
        [*SNAKEMAKE, target, "--cores=1", "--rerun-incomplete", *CONFIG],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )


def finish(folder: Path, target: str = TABLE, **options) -> bytes:
    """Runs to the end and returns the target's content."""
    process = start(folder, target, **options)
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output
    assert not list(folder.glob(f"{FOLDER}/checkpoints/*/*"))
    return (folder / target).read_bytes()


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


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or waits for nothing but its parent's notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def stop(process: subprocess.Popen, fault: str) -> tuple[str, float]:
    """Stops a run in one of several ways.

    Returns:
        What it printed, and the seconds after which the last of its jobs' processes had ended.
    """
    jobs, sent = children(process.pid), time.monotonic()
    if fault == "Ctrl-C":  # a terminal sends it to the whole group
        os.killpg(process.pid, signal.SIGINT)
    elif fault == "SIGKILL to all":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        for pid in children(process.pid):
            with suppress(ProcessLookupError):  # it may have ended meanwhile
                os.kill(pid, signal.Signals[fault])
    while not all(map(has_ended, jobs)) and time.monotonic() < sent + DEADLINE:
        time.sleep(0.05)
    seconds = time.monotonic() - sent
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:  # Snakemake itself does not always end at Ctrl-C
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=DEADLINE)
    return output, seconds


def unlock(folder: Path) -> None:
    """Frees the folder where Snakemake was killed; does nothing elsewhere."""
    subprocess.run([*SNAKEMAKE, "--unlock", *CONFIG], cwd=folder, check=True, capture_output=True)


def wait_for_training(folder: Path) -> None:
    """Waits until a job has written a checkpoint, so that something can be lost."""
    until = time.monotonic() + DEADLINE
    while not list(folder.glob(f"{FOLDER}/checkpoints/*/*-*.npz")):
        assert time.monotonic() < until, "no checkpoint was written"
        time.sleep(0.05)


def training_logs(folder: Path) -> str:
    return "\n".join(log.read_text() for log in folder.glob(f"{FOLDER}/logs/train/*"))


@pytest.fixture
def undisturbed(undisturbed_run: LongRun) -> bytes:
    """The table that nothing disturbs."""
    return (undisturbed_run.folder / TABLE).read_bytes()


@pytest.mark.parametrize("fault", ["SIGKILL", "SIGTERM", "Ctrl-C"])
def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bits(tmp_path, undisturbed, fault):
    process = start(tmp_path)
    wait_for_training(tmp_path)
    output, seconds = stop(process, fault)
    assert process.returncode != 0, output
    assert seconds < 30  # 10 s, and room for a busy machine
    assert not (tmp_path / TABLE).exists()
    if fault != "SIGKILL":
        # The process of another job may have gone on with it since, in a log that begins anew.
        pattern = "stopped by a signal at epoch|going on from checkpoint"
        assert re.search(pattern, training_logs(tmp_path))
    unlock(tmp_path)
    assert finish(tmp_path) == undisturbed
    assert re.search(r"going on from checkpoint \S+\.npz", training_logs(tmp_path))


def test_a_run_killed_again_and_again_at_random_ends_with_the_same_bits(
    tmp_path, undisturbed, undisturbed_run, kill_points
):
    table, seconds = undisturbed, undisturbed_run.seconds
    choices = random.Random(kill_points)
    finished = 0
    for _ in range(kill_points):
        fault = choices.choice(["SIGKILL", "SIGKILL to all", "SIGTERM", "Ctrl-C"])
        process = start(tmp_path)
        try:
            # Anywhere: while Snakemake plans, TensorFlow loads, a job trains or writes, and
            # also while the run before is being gone on with.
            process.wait(timeout=choices.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            stop(process, fault)
        else:
            process.communicate()
        unlock(tmp_path)
        if (tmp_path / TABLE).exists():  # whole, whatever came after; start over
            assert (tmp_path / TABLE).read_bytes() == table
            shutil.rmtree(tmp_path / FOLDER)
            finished += 1
    assert finish(tmp_path) == table
    assert finished < kill_points  # something was killed


@pytest.mark.nightly
def test_a_disk_without_room_for_checkpoints(tmp_path, undisturbed, monkeypatch):
    # Else the other job's process would train what was stopped to its end, without checkpoints.
    alone = long_training("epochs: 10", share_processes=False)
    monkeypatch.setattr(sys.modules[__name__], "CONFIG", alone)
    smaller_than_a_checkpoint = 1 << 17
    finish(tmp_path, f"{FOLDER}/data/digits.npz")  # larger than that, too
    process = start(tmp_path)
    wait_for_training(tmp_path)
    stop(process, "SIGTERM")
    unlock(tmp_path)
    before = set(tmp_path.glob(f"{FOLDER}/checkpoints/*/*"))
    assert before

    process = start(tmp_path, largest_file=smaller_than_a_checkpoint)
    while "could not be written" not in training_logs(tmp_path):
        assert process.poll() is None, training_logs(tmp_path)
        time.sleep(0.05)
    output, _ = stop(process, "SIGTERM")
    unlock(tmp_path)
    assert process.returncode != 0, output
    assert before <= set(tmp_path.glob(f"{FOLDER}/checkpoints/*/*"))  # what was there stays
    assert finish(tmp_path, largest_file=smaller_than_a_checkpoint) == undisturbed
