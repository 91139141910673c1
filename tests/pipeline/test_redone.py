"""What is redone, and what is not: by content, never by date or by place.

Every test plans in a copy of one checkout in which everything is finished. Its results are empty
but for their names, since a plan looks at no content of theirs beyond whether it has changed; that
they are finished Snakemake has been told by `--touch`.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[2]
PROJECT = ("config", "envs", "profiles", "rules", "workflow", "Snakefile")
PACKAGE = "workflow/whysgd"
STUDY = f"{PACKAGE}/studies/implicit_regularization"
LONG_AGO = 1_000_000_000
OWN = {"source": "npz", "path": "own.npz", "image_shape": [8, 8, 1], "num_classes": 10}
# Figure 1 reads a file of the user's, all others the digits.
OVERRIDES = {
    "datasets": {"own": {**OWN, "num_train": 40, "num_test": 50}},
    "studies": {
        "implicit_regularization": {
            "experiments": {
                name: {"dataset": "own"} for name in ("small_rate", "small_rate_regularized")
            }
        }
    },
}
SWEEPS = "config/scales/tiny/implicit_regularization.yaml"
RECORDED = {"record_provenance", "write_pages"}
JUDGED = {"judge_claims", *RECORDED}
THEORY_TABLES = {f"compute_theory_{name}" for name in ("convolution", "expansions", "main_result")}


@dataclass(frozen=True)
class Checkout:
    """A folder with the project and the results of a finished run."""

    folder: Path

    def snakemake(self, *arguments: str) -> str:
        """Runs Snakemake here, and returns what it says."""
        environment = {k: v for k, v in os.environ.items() if k != "SNAKEMAKE_PROFILE"}
        run = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores=1", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    def redone(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule would run now; those without work of their own left out."""
        said = self.snakemake("--dry-run", "--quiet=rules", *arguments)
        counts = {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", said, re.M)}
        assert counts or "Nothing to be done" in said, said
        return {name: count for name, count in counts.items() if name not in ("all", "total")}

    def write(self, name: str, content: str) -> None:
        """Gives a file new content that seems to be old, as `cp -p` and `rsync -a` leave it."""
        path = self.folder / name
        assert content != path.read_text()
        path.write_text(content)
        os.utime(path, (LONG_AGO, LONG_AGO))

    def edit(self, name: str, old: str = "", new: str = "\nedited = True\n") -> None:
        """Replaces text in a file that is there once, or adds a line of code at its end."""
        text = (self.folder / name).read_text()
        assert not old or text.count(old) == 1, old
        self.write(name, text.replace(old, new) if old else text + new)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which everything is finished, to be copied."""
    folder = tmp_path_factory.mktemp("finished") / "checkout"
    without_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=without_caches)
        else:
            shutil.copy2(ROOT / name, folder)
    (folder / "config" / "config.yaml").write_text(
        yaml.safe_dump({"scale": "tiny", "overrides": OVERRIDES})
    )
    (folder / "own.npz").write_bytes(b"\1" * (1 << 21))
    checkout = Checkout(folder)
    for line in checkout.snakemake("--summary").splitlines():
        if line.startswith("results/"):
            output = folder / line.split("\t")[0]
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(output.name)
    checkout.snakemake("--touch", "--forceall")
    return checkout


@pytest.fixture
def checkout(finished: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished checkout, which keeps all times."""
    return Checkout(shutil.copytree(finished.folder, tmp_path / "copy"))


def files(folder: Path) -> list[Path]:
    """All files of a checkout but what Snakemake keeps, in an order of no meaning."""
    found = [p for p in folder.rglob("*") if p.is_file() and ".snakemake" not in p.parts]
    random.Random(0).shuffle(found)
    return found


def touch(checkout: Checkout) -> Checkout:
    """Gives every file another time, some years apart."""
    for number, path in enumerate(files(checkout.folder)):
        os.utime(path, (LONG_AGO + 10**6 * number,) * 2)
    return checkout


def copy_without_times(checkout: Checkout) -> Checkout:
    """Copies the checkout as `cp -r` does: every file is as old as its copy."""
    target = checkout.folder.parent / "without times"
    shutil.copytree(checkout.folder, target, copy_function=shutil.copyfile)
    return touch(Checkout(target))


def move(checkout: Checkout) -> Checkout:
    """Moves the checkout, to a place with a longer name."""
    target = checkout.folder.parent / "some" / "other place"
    target.parent.mkdir()
    return Checkout(checkout.folder.rename(target))


def switch_and_back(checkout: Checkout) -> Checkout:
    """Checks out a commit in which all code is different, and the one before again."""

    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        subprocess.run(command, cwd=checkout.folder, check=True, capture_output=True)

    git("init", "-q", "-b", "first")
    git("add", *PROJECT, "own.npz")
    git("commit", "-qm", "first")
    git("switch", "-qc", "second")
    for path in files(checkout.folder / "workflow"):
        if path.suffix in (".py", ".yaml"):
            path.write_text(path.read_text() + "\n# edited\nedited = True\n")
    git("commit", "-qam", "second")
    git("switch", "-q", "first")
    return checkout


@pytest.mark.parametrize("disturb", [touch, copy_without_times, move, switch_and_back])
def test_times_and_places_redo_nothing(
    disturb: Callable[[Checkout], Checkout], checkout: Checkout
) -> None:
    assert disturb(checkout).redone() == {}


def all_of(checkout: Checkout) -> dict[str, int]:
    """All jobs that there are."""
    return checkout.redone("--forceall")


def test_a_users_own_data_file_redoes_what_reads_it(checkout: Checkout) -> None:
    everything = all_of(checkout)
    path = checkout.folder / "own.npz"
    state = path.stat()
    with path.open("r+b") as file:  # of the same size, and as old
        file.write(b"\2")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    redone = checkout.redone()
    assert redone.keys() == {"prepare_dataset", "train", "table", "draw_figure1", *JUDGED}
    assert redone["prepare_dataset"] == 1
    assert redone["table"] == 1
    assert 0 < redone["train"] < everything["train"]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        (f"{STUDY}/claims.yaml", JUDGED),
        ("config/claims.yaml", JUDGED),
        (f"{STUDY}/paper.yaml", {*(f"draw_figure{n}" for n in range(1, 8)), *JUDGED}),
    ],
)
def test_claims_and_papers_values_redo_what_reads_them(
    name: str, rules: set[str], checkout: Checkout
) -> None:
    checkout.edit(name, new="\n# Another content.\n")
    assert checkout.redone().keys() == rules


def test_how_many_runs_count_redoes_tables_and_no_training(checkout: Checkout) -> None:
    checkout.edit(SWEEPS, "keep_best: 2", "keep_best: 1")
    redone = checkout.redone().keys()
    assert {"table", *(f"draw_figure{n}" for n in range(1, 8)), *JUDGED} <= redone
    assert not {"train", "prepare_dataset", *THEORY_TABLES} & redone


def test_a_new_point_of_a_sweep_trains_what_it_changes(checkout: Checkout) -> None:
    everything = all_of(checkout)
    checkout.edit(
        SWEEPS,
        "  small_rate: {program: mlp, learning_rate: 2^-4}",
        "  small_rate: {program: mlp, learning_rate: 2^-5}",
    )
    redone = checkout.redone()
    assert 0 < redone["train"] < everything["train"]
    assert "prepare_dataset" not in redone


@pytest.mark.parametrize("split", ["program", "point"])
def test_one_more_experiment_on_an_old_program_trains_nothing_again(
    split: str, checkout: Checkout
) -> None:
    jobs = ["--config", f"overrides={json.dumps({**OVERRIDES, 'jobs': {'split': split}})}"]
    made = {line.split("\t")[0] for line in checkout.snakemake("--summary", *jobs).splitlines()}
    checkout.edit(
        SWEEPS,
        "experiments:\n",
        "experiments:\n  more: {program: mlp, learning_rate: 2^-6..2^-3}\n",
    )
    assert checkout.redone().keys() <= RECORDED  # which tell all settings of the scale
    now = {line.split("\t")[0] for line in checkout.snakemake("--summary", *jobs).splitlines()}
    assert now == made  # no run has another name


@pytest.mark.parametrize(
    ("script", "first", "not_redone"),
    [
        ("prepare_dataset.py", {"prepare_dataset", "train", "table", *THEORY_TABLES}, set()),
        ("train.py", {"train", "table"}, {"prepare_dataset", *THEORY_TABLES}),
        ("table.py", {"table", "draw_figure1"}, {"train", "draw_theory_flows"}),
        ("compute.py", {*THEORY_TABLES, "draw_theory_flows"}, {"train", "draw_figure1"}),
        ("figure.py", {"draw_figure1", "draw_theory_flows"}, {"table", "train", *THEORY_TABLES}),
        ("claims.py", JUDGED, {"table", "draw_figure1"}),
        ("provenance.py", RECORDED, {"judge_claims"}),
        ("pages.py", {"write_pages"}, {"record_provenance"}),
    ],
)
def test_a_rules_own_script_redoes_its_jobs_and_what_reads_them(
    script: str, first: set[str], not_redone: set[str], checkout: Checkout
) -> None:
    checkout.edit(f"workflow/scripts/{script}")
    redone = checkout.redone().keys()
    assert first <= redone
    assert not not_redone & redone


def test_a_reader_prepares_its_own_source_alone(checkout: Checkout) -> None:
    checkout.edit(f"{PACKAGE}/data/digits.py", new="\n# A remark.\n")
    checkout.edit(f"{PACKAGE}/data/mnist.py")
    checkout.edit(f"{PACKAGE}/spec/sources.py")
    assert checkout.redone() == {}
    checkout.edit(f"{PACKAGE}/data/own_file.py")
    assert checkout.redone()["prepare_dataset"] == 1


def test_what_surrounds_training_redoes_nothing(checkout: Checkout) -> None:
    job = checkout.folder / PACKAGE / "training" / "job"
    surrounding = list(job.glob("*.py"))
    assert len(surrounding) > 4
    for path in surrounding:
        checkout.edit(path.relative_to(checkout.folder).as_posix())
    for name in ("training/checkpoints", "base/scripting", "reporting/status", "cli"):
        checkout.edit(f"{PACKAGE}/{name}.py")
    assert checkout.redone() == {}


def test_what_makes_numbers_trains_again(checkout: Checkout) -> None:
    everything = all_of(checkout)
    checkout.edit(f"{PACKAGE}/training/penalty.py")
    redone = checkout.redone()
    assert redone["train"] == everything["train"]
    assert redone["table"] == everything["table"]
    assert not {"prepare_dataset", *THEORY_TABLES} & redone.keys()


def test_what_an_interruption_left_undone_is_done_the_next_time(checkout: Checkout) -> None:
    everything = all_of(checkout)
    checkout.edit(f"{PACKAGE}/training/penalty.py")
    histories = checkout.folder.glob("results/tiny/runs/*/history.csv")
    checkout.snakemake("--touch", *(str(p.relative_to(checkout.folder)) for p in histories))
    redone = checkout.redone()
    assert "train" not in redone
    assert redone["table"] == everything["table"]


def test_a_new_optional_key_redoes_nothing(checkout: Checkout) -> None:
    field = 'momentum: Annotated[float, Field(ge=0, description="new"), LATER] = 0.0\n'
    name = f"{PACKAGE}/spec/program.py"
    checkout.edit(name, "from typing import Literal", "from typing import Annotated, Literal")
    checkout.edit(name, "import Frozen", "import LATER, Frozen")
    checkout.edit(name, "    dataset: DatasetSpec\n", f"    {field}    dataset: DatasetSpec\n")
    assert checkout.redone() == {}


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("studies/implicit_regularization/figures/figure4", {"draw_figure4", *RECORDED}),
        ("studies/theory/figures/flows", {"draw_theory_flows", *RECORDED}),
        ("claims/bootstrap", JUDGED),
        ("claims/pages", JUDGED),
    ],
)
def test_a_module_of_a_figure_or_of_claims_redoes_these_alone(
    module: str, rules: set[str], checkout: Checkout
) -> None:
    checkout.edit(f"{PACKAGE}/{module}.py")
    assert checkout.redone().keys() == rules


def test_docstrings_and_comments_redo_nothing(checkout: Checkout) -> None:
    for path in (checkout.folder / "workflow").rglob("*.py"):
        name = path.relative_to(checkout.folder).as_posix()
        checkout.edit(name, new="\n# A remark.\n")
    assert checkout.redone() == {}


def test_every_profile_says_what_redoes_a_job() -> None:
    profiles = sorted((ROOT / "profiles").glob("*/config.yaml"))
    assert len(profiles) == 3
    for path in profiles:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert content["rerun-triggers"] == ["params"]
        assert content["max-checksum-file-size"] == "100MB"


def test_no_key_holds_a_place_or_a_time(checkout: Checkout) -> None:
    for record in (checkout.folder / ".snakemake" / "metadata").rglob("*"):
        if record.is_file():
            params = json.loads(record.read_text())["params"]
            assert not [p for p in params if str(checkout.folder.parent.parent) in p]
