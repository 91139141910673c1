"""Whole runs of the workflow that many tests read, each made once however many processes test.

They are read only. A test that changes files, or starts Snakemake there, takes a copy: `tiny_copy`
or `figure2_copy`.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# All that Snakemake reads of the project.
PROJECT = ("config", "envs", "profiles", "rules", "workflow", "Snakefile")
TABLE = "results/tiny/tables/figure2.csv"


def snakemake(
    *arguments: str, folder: Path = ROOT, modules: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs Snakemake with the project's Snakefile, and says how that ended.

    Args:
        arguments: of the command line.
        folder: where it is started.
        modules: a folder of modules that come before all others.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    environment = {k: v for k, v in os.environ.items() if k != "SNAKEMAKE_PROFILE"}
    if modules is not None:
        environment["PYTHONPATH"] = str(modules)
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def long_training(checkpoints: str, share_processes: bool = True) -> list[str]:
    """The configuration of two jobs that train long enough to be stopped in the middle.

    Args:
        checkpoints: when they write one, as `jobs.checkpoints` says it.
        share_processes: whether the process of one goes on with the other.
    """
    program = "mlp: {model: mlp-128-128, epochs: 400, num_evaluations: 40}"
    overrides = (
        f"jobs: {{checkpoints: {{{checkpoints}}}, share_processes: {share_processes}}}",
        "datasets: {digits: {num_train: 320}}",
        f"studies: {{implicit_regularization: {{programs: {{{program}}}}}}}",
    )
    return ["--config", "scale=tiny", f"overrides={{{', '.join(overrides)}}}"]


def copy_project(target: Path) -> None:
    """Copies all that Snakemake reads of the project into a new folder."""
    without_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
    target.mkdir()
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=without_caches)
        else:
            shutil.copy2(ROOT / name, target)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first process of a test session makes, and all others use.

    Args:
        factory: of the session's temporary folders.
        name: of the folder.
        make: fills the folder, which is there and empty.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, whole = shared / name, shared / f"{name}.whole"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working folder of a finished run of everything at scale tiny."""

    def make(folder: Path) -> None:
        run = snakemake("--cores=2", "--config", "scale=tiny", folder=folder)
        assert run.returncode == 0, run.stdout + run.stderr

    return made_once(tmp_path_factory, "tiny", make)


@pytest.fixture
def tiny_copy(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of the working folder of the finished run at scale tiny, with its times."""
    return shutil.copytree(tiny_run, tmp_path / "tiny")


@dataclass(frozen=True)
class Figure2Run:
    """A copy of the project in which Figure 2 was made at scale tiny, from nothing."""

    project: Path  # and working folder
    home: Path  # of the user who ran it
    scratch: Path  # that user's folder for temporary files

    @classmethod
    def below(cls, folder: Path) -> "Figure2Run":
        """The run whose folders lie below another."""
        return cls(folder / "project", folder / "home", folder / "scratch")

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs Snakemake in the project at scale tiny, as that user."""
        user = {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "TMPDIR": str(self.scratch),
        }
        others = ("MPLCONFIGDIR", "KERAS_HOME", "PYTHONPATH", "SNAKEMAKE_PROFILE")
        chosen = {k: v for k, v in os.environ.items() if k not in others}
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments, "--cores=2", "--config", "scale=tiny"],
            cwd=self.project,
            env={**chosen, **user},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def figure2_run(tmp_path_factory: pytest.TempPathFactory) -> Figure2Run:
    """A copy of the project in which Figure 2 was made at scale tiny."""

    def make(folder: Path) -> None:
        made = Figure2Run.below(folder)
        copy_project(made.project)
        for other in (made.home, made.scratch):
            other.mkdir()
        run = made.snakemake("figure2")
        assert run.returncode == 0, run.stdout + run.stderr

    return Figure2Run.below(made_once(tmp_path_factory, "figure2", make))


@pytest.fixture
def figure2_copy(figure2_run: Figure2Run, tmp_path: Path) -> Figure2Run:
    """A copy of the project in which Figure 2 was made, with its times, for a test to change."""
    return Figure2Run.below(shutil.copytree(figure2_run.project.parent, tmp_path / "figure2"))


@dataclass(frozen=True)
class LongRun:
    """The table of Figure 2 from the long training, made without a disturbance."""

    folder: Path
    seconds: float  # that it took


@pytest.fixture(scope="session")
def undisturbed_run(tmp_path_factory: pytest.TempPathFactory) -> LongRun:
    """The table of Figure 2 from the long training, made without a disturbance."""

    def make(folder: Path) -> None:
        started = time.monotonic()
        run = snakemake(TABLE, "--cores=1", *long_training("epochs: 10"), folder=folder)
        assert run.returncode == 0, run.stdout + run.stderr
        assert not list(folder.glob("results/tiny/checkpoints/*/*"))
        (folder / "seconds.txt").write_text(f"{time.monotonic() - started}")

    folder = made_once(tmp_path_factory, "undisturbed", make)
    return LongRun(folder, float((folder / "seconds.txt").read_text()))
