"""The workflow as others use it: as a module of theirs, and by the path that tools expect."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.workflow

SETTINGS = {"scale": "tiny", "results": "papers"}
USER = """\
module sgd:
    snakefile:
        "sgd/Snakefile"
    config:
        config["sgd"]


use rule * from sgd as sgd_*


rule count:
    input:
        "papers/tiny/tables/figure2.csv",
    output:
        "count.txt",
    shell:
        "wc -l < {input} > {output}"


# Names that this workflow would take for its own.
rule status:
    output:
        "papers/mine/tables/status.txt",
    shell:
        "echo well > {output}"
"""


def snakemake(folder: Path, *arguments: str) -> str:
    """Runs Snakemake in a folder and returns what it prints."""
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores=2", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.fixture
def users_project(tmp_path: Path) -> Path:
    """A workflow of one rule that has a clone of this one as its module."""
    for name in ("rules", "workflow", "config", "envs"):
        shutil.copytree(ROOT / name, tmp_path / "sgd" / name)
    shutil.copy(ROOT / "Snakefile", tmp_path / "sgd")
    (tmp_path / "Snakefile").write_text(USER)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"sgd": SETTINGS}))
    return tmp_path


def test_all_of_a_module_is_planned_in_the_folder_that_it_is_given(users_project: Path) -> None:
    planned = snakemake(users_project, "--dry-run", "sgd_all", "--configfile=config.yaml")
    assert "papers/tiny/figures/figure7.pdf" in planned
    assert "papers/tiny/claims.html" in planned
    assert "sgd_train" in planned


@pytest.mark.parametrize("target", ["status", "papers/mine/tables/status.txt"])
def test_targets_of_the_other_workflow_are_its_own(users_project: Path, target: str) -> None:
    snakemake(users_project, target, "--configfile=config.yaml")
    assert (users_project / "papers" / "mine" / "tables" / "status.txt").read_text() == "well\n"


def test_a_module_makes_what_another_workflow_asks_for(users_project: Path) -> None:
    command = ["count.txt", "--configfile=config.yaml"]
    snakemake(users_project, *command)
    table = users_project / "papers" / "tiny" / "tables" / "figure2.csv"
    assert int((users_project / "count.txt").read_text()) == table.read_text().count("\n") > 1
    assert "Nothing to be done" in snakemake(users_project, *command)
    # The clone's own package ran, and was not changed.
    assert sorted(path.name for path in (users_project / "sgd").iterdir()) == [
        "Snakefile",
        "config",
        "envs",
        "rules",
        "workflow",
    ]


def test_the_snakefile_where_tools_look_for_it_is_the_same_workflow(tmp_path: Path) -> None:
    planned = snakemake(
        tmp_path,
        "--dry-run",
        "figure2",
        f"--snakefile={ROOT / 'workflow' / 'Snakefile'}",
        "--config",
        "scale=tiny",
    )
    assert "results/tiny/figures/figure2.pdf" in planned


def test_the_catalog_finds_what_it_asks_for() -> None:
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert entry["usage"].keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert (ROOT / "config" / "README.md").is_file()
    assert (ROOT / "workflow" / "Snakefile").is_file()
