"""What the tests do to a workflow on SLURM, and to the jobs of it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tests.shared_runs import ROOT, long_training

Value = TypeVar("Value")
RESULTS = Path("results/tiny")
LONG_TRAINING = long_training("seconds: 1")
TINY = ["--config", "scale=tiny"]
DEADLINE = 420.0  # seconds; a hang, not a benchmark
# The test's SLURM has no accounting database, and its jobs are short.
POLLING = [
    "--slurm-status-command=squeue",
    "--slurm-init-seconds-before-status-checks=2",
    "--latency-wait=15",
]


class Run:
    """Snakemake in a working folder, submitting to SLURM by the profile that is shipped."""

    def __init__(self, folder: Path, *targets: str, config: Sequence[str] = TINY) -> None:
        """Starts nothing yet."""
        self.folder = folder
        self._config = config
        self._targets = targets
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = folder / "printed.txt"

    def command(self, *options: str) -> list[str]:
        """The command line that runs it."""
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        profile = ["--workflow-profile", str(ROOT / "profiles" / "slurm"), *POLLING]
        return [*snakemake, *self._targets, *profile, *options, *self._config]

    def start(self, *options: str) -> None:
        """Starts Snakemake."""
        with self._printed.open("ab") as printed:
            self._process = subprocess.Popen(
                self.command(*options), cwd=self.folder, stdout=printed, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Waits for the end, which must be a success."""
        assert self._process is not None
        assert self._process.wait(timeout=2 * DEADLINE) == 0, self.printed()

    def kill(self) -> None:
        """Ends Snakemake as a crash does, and leaves its jobs alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Ends Snakemake and its jobs, if they still run."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
            tell_slurm("scancel", "--name", self.run_id())

    def printed(self) -> str:
        """What Snakemake has printed so far."""
        return self._printed.read_text(errors="replace")

    def run_id(self) -> str:
        """The name that Snakemake gave to all its jobs, the last time that it was started."""
        return re.findall(r"SLURM run ID: (\S+)", self.printed())[-1]

    def states(self) -> dict[str, str]:
        """The state of each SLURM job of this run, by job id."""
        listed = tell_slurm(
            "squeue", "--states=all", "--noheader", "--format=%i %T", "--name", self.run_id()
        )
        return dict(line.split() for line in listed.splitlines())

    def ended(self, job: str) -> str | None:
        """How a SLURM job of this run has ended, or None before."""
        state = self.states()[job]
        going_on = ("PENDING", "RUNNING", "SIGNALING", "COMPLETING")
        return None if state in going_on else state

    def tables(self) -> dict[str, bytes]:
        """Content of all tables."""
        return tables(self.folder)

    def training_log(self) -> str:
        """The logs of all training jobs, of their latest attempt."""
        logs = sorted((self.folder / RESULTS / "logs" / "train").glob("*"))
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def freeze_training(self, of: str = "*") -> int:
        """Waits until a job has trained for a while, stops its process and returns its id.

        It is somewhere in the middle then, and stays there, however fast the machine is.

        Args:
            of: pattern of the run ids that it may have.
        """
        before = self._checkpoints(of)

        def trained() -> int | None:
            runs = {checkpoint.parent.name for checkpoint in self._checkpoints(of) - before}
            return next(filter(None, map(self._process_of, sorted(runs))), None)

        frozen = until(trained)
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        return frozen

    def _checkpoints(self, of: str) -> set[Path]:
        return set((self.folder / RESULTS / "checkpoints").glob(f"{of}/*-*.npz"))

    def _process_of(self, run_id: str) -> int | None:
        """The process that has the log of a training job open."""
        log = self.folder / RESULTS / "logs" / "train" / f"{run_id}.log"
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if any(handle.readlink() == log for handle in (process / "fd").iterdir()):
                    return int(process.name)
        return None


def table_paths(folder: Path) -> list[Path]:
    """All tables of a working folder, and the claims."""
    return [*(folder / RESULTS).glob("tables/*.csv"), *(folder / RESULTS).glob("claims.csv")]


def tables(folder: Path) -> dict[str, bytes]:
    """Content of all tables of a working folder, and of the claims."""
    return {path.name: path.read_bytes() for path in table_paths(folder)}


def job_of(process: int) -> str:
    """The SLURM job that a process belongs to."""
    variables = Path(f"/proc/{process}/environ").read_text().split("\0")
    return next(v.removeprefix("SLURM_JOB_ID=") for v in variables if v.startswith("SLURM_JOB_ID="))


def was_sent(process: int, number: signal.Signals) -> bool:
    """Whether a stopped process has a signal waiting for it, or has ended of it."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True
    waiting = re.findall(r"^(?:Sig|Shd)Pnd:\s*(\w+)", status, re.MULTILINE)
    return any(int(mask, 16) >> (number - 1) & 1 for mask in waiting)


def until(condition: Callable[[], Value]) -> Value:
    """Waits until a condition is true and returns its value."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)
    return value


def tell_slurm(*command: str) -> str:
    """What a command of SLURM prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
