"""docs/how-to.md: its edits are made in a copy of the project, and its commands run there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-to.md"
COPIED = ("config", "envs", "profiles", "rules", "tests", "workflow", "Snakefile", "pyproject.toml")
BLOCK = re.compile(r"(?P<before>(?:[^\n]+\n)*)\n?```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)


def section(title: str) -> str:
    """The text below a heading, up to the next."""
    (text,) = re.findall(
        rf"^## {title}\n(.*?)(?=^## |\Z)",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    return text


def edited(text: str, diff: str) -> str:
    """A file's text after an edit that shows its place by the lines around it."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"not the text of one place:\n{before}"
    return text.replace(before, after)


def follow(text: str, project: Path) -> list[str]:
    """Makes a section's edits in a copy of the project; returns its commands."""
    commands = []
    for block in BLOCK.finditer(text):
        if block["kind"] == "sh":
            commands += block["text"].splitlines()
            continue
        named = re.findall(r"`([\w/]+\.\w+)`", block["before"])
        path = project / named[0]
        if block["kind"] == "diff":
            path.write_text(edited(path.read_text(encoding="utf-8"), block["text"]), "utf-8")
        else:
            assert not path.exists()
            path.write_text(block["text"], encoding="utf-8")
    return commands


def run(command: str, project: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(project / "workflow"),
    }
    done = subprocess.run(
        command, shell=True, cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of all that the page may edit or run."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def ensembles(project: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in project.glob("results/tiny/runs/*/*.json")]


def assert_table_is_whole(project: Path, figure: str) -> None:
    table = pd.read_csv(project / "results" / "tiny" / "tables" / f"{figure}.csv")
    assert table["mean"].notna().all()
    assert (project / "results" / "tiny" / "figures" / f"{figure}.pdf").is_file()


def check_data_set(project: Path) -> None:
    with np.load(project / "results" / "tiny" / "data" / "digits.npz") as arrays:
        assert set(arrays["y_train"]) == {0, 1, 2, 3}
        assert arrays["x_train"].shape == (40, 8, 8, 1)
    assert_table_is_whole(project, "figure2")


def check_network(project: Path) -> None:
    assert {job["program"]["model"] for job in ensembles(project)} == {"cnn-4-8"}
    assert_table_is_whole(project, "figure2")


def check_regularizer(project: Path) -> None:
    penalties = [job["program"]["penalty"] for job in ensembles(project)]
    assert [p["method"] for p in penalties if p] == ["gradient_norm"]
    assert "gradient_norm" in (project / "config" / "schema.json").read_text()
    assert_table_is_whole(project, "figure2")


def check_figure(project: Path) -> None:
    assert {job["program"]["weight_decay"] for job in ensembles(project)} == {0.0, 2.0**-6}
    assert_table_is_whole(project, "weight_decay")


CHECKS = {
    "A data set": check_data_set,
    "A network": check_network,
    "A regularizer": check_regularizer,
    "A sweep and a figure": check_figure,
}


def test_every_section_is_tested():
    assert re.findall(r"^## (.*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == list(CHECKS)


@pytest.mark.workflow
@pytest.mark.parametrize("title", CHECKS)
def test_an_example_works_as_it_stands(title, project):
    commands = follow(section(title), project)
    assert commands
    for command in ("ruff format --check .", "ruff check .", *commands):
        run(command, project)
    CHECKS[title](project)
