"""Where SLURM is not installed and started, and that nothing is written there."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.slurm.conftest import CLUSTER


def start(script: Path, **variables: str) -> str:
    """Starts a cluster, which must be refused; returns the reason."""
    environment = {k: v for k, v in os.environ.items() if k != "ALLOW_SYSTEM_SLURM"}
    run = subprocess.run(
        ["bash", str(script), "start"],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    return run.stderr


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The script, but for the folders that it writes to."""
    text = CLUSTER.read_text()
    for name, path in (("state", "/var/lib/whysgd-test-slurm"), ("etc", "/etc/slurm")):
        assert text.count(f"{name}={path}") == 1
        text = text.replace(f"{name}={path}", f"{name}={tmp_path / name}")
    (tmp_path / "cluster.sh").write_text(text)
    return tmp_path


@pytest.mark.parametrize("value", ["", "0", "yes"])
def test_nothing_is_done_unless_it_is_allowed(elsewhere: Path, value: str) -> None:
    assert "set ALLOW_SYSTEM_SLURM=1" in start(elsewhere / "cluster.sh", ALLOW_SYSTEM_SLURM=value)
    assert [path.name for path in elsewhere.iterdir()] == ["cluster.sh"]


def test_a_cluster_that_is_there_is_left_alone(elsewhere: Path) -> None:
    (elsewhere / "etc").mkdir()
    configuration = elsewhere / "etc" / "slurm.conf"
    configuration.write_text("ClusterName=theirs\n")
    assert "SLURM is configured here" in start(elsewhere / "cluster.sh", ALLOW_SYSTEM_SLURM="1")
    subprocess.run(["bash", str(elsewhere / "cluster.sh"), "stop"], check=True)
    assert configuration.read_text() == "ClusterName=theirs\n"
    assert not (elsewhere / "state").exists()
