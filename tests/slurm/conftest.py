"""SLURM for the tests of this folder, and Snakemake runs that submit to it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared_runs import ROOT, TABLE, snakemake
from tests.slurm.workflow import LONG_TRAINING, Run

CLUSTER = ROOT / "tests" / "slurm" / "cluster.sh"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips these tests unless they are asked for."""
    if not config.getoption("--slurm"):
        skip = pytest.mark.skip(reason="installs and starts SLURM: make test-slurm")
        for item in items:
            if "slurm" in getattr(item, "fixturenames", ()):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def slurm() -> Iterator[None]:
    """A SLURM of one node, with two pretended GPUs."""
    started = subprocess.run([CLUSTER, "start"], stderr=subprocess.PIPE, text=True, check=False)
    assert started.returncode == 0, started.stderr
    try:
        yield
    finally:
        subprocess.run([CLUSTER, "stop"], check=True)


@pytest.fixture(scope="session")
def with_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder where only the data set of the long training has been made."""
    folder = tmp_path_factory.mktemp("data")
    run = snakemake("results/tiny/data/digits.npz", "--cores=1", *LONG_TRAINING, folder=folder)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture
def long_run(slurm: None, with_data: Path, tmp_path: Path) -> Iterator[Run]:
    """The table of Figure 2 from training that is long enough to be stopped, to be started."""
    folder = tmp_path / "work"
    shutil.copytree(with_data, folder)
    run = Run(folder, TABLE, config=LONG_TRAINING)
    try:
        yield run
    finally:
        run.end()
