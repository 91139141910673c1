"""What retrains a run, and what does not."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import whysgd.training.digest
from tests.conftest import make_program
from whysgd.base import code_digest
from whysgd.base.code_digest import module_files, module_name
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble, Member
from whysgd.spec.program import Penalty, Program, Schedule
from whysgd.training.digest import OUTSIDE, ROOTS, told_by_value, training_digest, training_files

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
digest = training_digest.__wrapped__  # which remembers nothing
INSIDE = {module_name(path) for path in training_files()}
# What surrounds a training: it watches, keeps, stops, reports, or starts it.
AROUND = {
    "whysgd.base.scripting",
    "whysgd.base.origin",
    "whysgd.training.checkpoints",
    "whysgd.training.extent",
    *(
        f"whysgd.training.job.{path.stem}"
        for path in (WORKFLOW / "whysgd" / "training" / "job").glob("*.py")
    ),
}


def test_nothing_that_surrounds_a_training_is_in_the_digest():
    assert not INSIDE & AROUND


def test_nothing_of_other_rooms_is_in_the_digest():
    rooms = {".".join(name.split(".")[:2]) for name in INSIDE}
    assert rooms == {
        f"whysgd{room}" for room in ("", ".base", ".data", ".models", ".spec", ".training")
    }
    assert not {name for name in INSIDE if name.startswith("whysgd.spec.")} & set(OUTSIDE)
    assert {name for name in INSIDE if name.startswith("whysgd.base.")} == {
        "whysgd.base.npz",
        "whysgd.base.randomness",
    }
    assert {name for name in INSIDE if name.startswith("whysgd.data.")} == {
        f"whysgd.data.{name}" for name in ("dataset", "raw", "slabs", "standardize")
    }


def test_all_that_the_loop_reaches_is_in_the_digest_or_named_as_outside():
    files = module_files("whysgd.training.job.run", *ROOTS, without=(*AROUND, *OUTSIDE))
    left = {module_name(path) for path in files} - INSIDE
    around = {"whysgd.training.job.run", "whysgd.training.job", "whysgd.training.digest"}
    assert left <= {"whysgd.base.record", "whysgd.base.code_digest", *around}, left


def test_every_reason_is_needed():
    direct = {
        module_name(path) for file in training_files() for path in code_digest._imported(file)
    }
    reached = {name.removesuffix(".__init__") for name in direct}
    for place in OUTSIDE:
        assert any(name == place or name.startswith(f"{place}.") for name in reached), place


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, which the digest is taken of, read anew each time."""
    copy = tmp_path / "whysgd"
    shutil.copytree(WORKFLOW / "whysgd", copy)
    monkeypatch.setattr(code_digest, "_PACKAGE", copy)
    for function in (code_digest._sources, code_digest._imported, code_digest._normal_form):
        monkeypatch.setattr(code_digest, function.__name__, function.__wrapped__)
    code = whysgd.training.digest._code
    monkeypatch.setattr(whysgd.training.digest, "_code", code.__wrapped__)
    return copy


def edited(path: Path) -> bool:
    """Whether one more line of code in a file changes the digest of a run."""
    before, text = digest(make_program()), path.read_text()
    path.write_text(text + "\nedited = True\n")
    after = digest(make_program())
    path.write_text(text)
    assert digest(make_program()) == before
    return before != after


NUMBERS = [
    "base/randomness",
    "data/dataset",
    "data/standardize",
    "models/builder",
    "models/layers",
    "models/network",
    "spec/networks/blueprint",
    "spec/networks/perceptron",
    "spec/operations",
    "training/arithmetic",
    "training/augmentation",
    "training/blocks",
    "training/dense",
    "training/evaluation",
    "training/history",
    "training/inputs",
    "training/loop",
    "training/objective",
    "training/penalty",
    "training/program",
    "training/schedule",
    "training/trainer",
]


@pytest.mark.parametrize("module", NUMBERS)
def test_what_makes_numbers_changes_the_digest(module: str, copied: Path):
    assert edited(copied / f"{module}.py")


@pytest.mark.parametrize(
    "module",
    [
        *(name.removeprefix("whysgd.").replace(".", "/") for name in sorted(AROUND)),
        "spec/datasets",
        "spec/program",
        "config/settings",
        "data/mnist",
        "runs/grid",
        "cli",
    ],
)
def test_what_surrounds_does_not(module: str, copied: Path):
    assert not edited(copied / f"{module}.py")


def test_a_comment_does_not(copied: Path):
    before, path = digest(make_program()), copied / "training" / "objective.py"
    path.write_text(path.read_text() + "\n# A remark.\n")
    assert digest(make_program()) == before


RECORDS = (Program, DatasetSpec, Schedule, Penalty, Ensemble, Member)


def computed_names() -> set[str]:
    """What the records compute beside their fields."""
    return {
        name
        for record in RECORDS
        for name, value in vars(record).items()
        if isinstance(value, property)
    }


def nodes() -> Iterator[ast.AST]:
    """The syntax of everything in the digest, and of the loop, which asks when to evaluate."""
    for path in {*training_files(), WORKFLOW / "whysgd" / "training" / "loop.py"}:
        yield from ast.walk(ast.parse(path.read_text()))


def test_everything_that_records_compute_for_training_is_told_by_value():
    """A change of `Program.evaluation_minibatches` is another run, though its file is outside."""
    asked = {node.attr for node in nodes() if isinstance(node, ast.Attribute)}
    # Which compiled code serves a program; that it serves it is tested with the compiled program.
    asked -= {"compiled_as"}
    told = set(told_by_value(make_program()))
    assert asked & computed_names() <= told
    called = {
        alias.name
        for node in nodes()
        if isinstance(node, ast.ImportFrom) and node.module in OUTSIDE
        if node.module.startswith("whysgd.spec.")
        for alias in node.names
        if alias.name[0].islower()
    }
    assert called <= told
    assert told <= asked | called, "told for nothing"


@pytest.mark.parametrize("name", ["evaluation_minibatches", "minibatches_per_epoch"])
def test_what_a_record_computes_differently_changes_the_digest(name: str, monkeypatch):
    before = digest(make_program())
    monkeypatch.setattr(Program, name, property(lambda program: [0, 1, 2]))
    assert digest(make_program()) != before


def test_programs_that_train_alike_have_one_digest():
    assert digest(make_program()) == digest(make_program(weight_decay=0.1))
    assert digest(make_program()) != digest(make_program(num_evaluations=2))
