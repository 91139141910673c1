"""Which modules a rule names as inputs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from whysgd.base.code_inputs import (
    _imported,
    files_digest,
    module_files,
    script_digest,
    script_inputs,
)
from whysgd.studies.registry import STUDIES


def names(*modules: str) -> set[str]:
    return {Path(path).name for path in module_files(*modules)}


def test_a_module_brings_all_that_it_imports():
    found = names("whysgd.training.loop")
    assert {"loop.py", "objective.py", "layers.py", "randomness.py", "program.py"} <= found


def test_training_does_not_depend_on_drawing_or_on_tables():
    assert not {"tables.py", "figure1.py", "settings.py", "grid.py"} & names(
        "whysgd.training.loop", "whysgd.training.job.runtime"
    )


def test_training_does_not_depend_on_where_images_come_from():
    readers = {"prepare.py", "sources.py", "places.py", "download.py", "idx.py", "own_file.py"}
    paths = [Path(path) for path in script_inputs("train.py")]
    assert not readers & {path.name for path in paths if path.parent.name == "data"}


def parsed_imports(path: Path) -> Iterator[str]:
    """What a file imports from the package, as Python's own parser has it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", ["whysgd", "scripts"])
def test_imports_are_those_that_python_finds(folder):
    workflow = Path(__file__).resolve().parents[2] / "workflow"
    for path in sorted((workflow / folder).rglob("*.py")):
        expected = set()
        for name in parsed_imports(path):
            base = workflow.joinpath(*name.split("."))
            packages = [p / "__init__.py" for p in base.parents if (p / "__init__.py").is_file()]
            own = [f for f in (base.with_suffix(".py"), base / "__init__.py") if f.is_file()]
            if name.split(".")[0] == "whysgd" and own:
                expected |= {*packages, *own}
        assert set(_imported(path)) == expected, path


def test_a_package_brings_its_init_file():
    assert str(Path("models/__init__.py")) in {
        str(Path(*Path(path).parts[-2:])) for path in module_files("whysgd.models.network")
    }


def test_an_unknown_module_is_an_error():
    with pytest.raises(ValueError, match=r"whysgd\.nothing"):
        module_files("whysgd.nothing")


@pytest.mark.parametrize(
    ("script", "needed"),
    [
        ("train.py", {"loop.py", "runtime.py", "objective.py", "dataset.py"}),
        ("table.py", {"tables.py", "store.py", "registry.py"}),
        ("figure.py", {"render.py", "style.py", "paper.py"}),
        ("compute.py", {"computing.py", "dataset.py", "runtime.py"}),
        ("claims.py", {"verdicts.py", "bootstrap.py", "pages.py", "paper.py"}),
        ("prepare_dataset.py", {"prepare.py", "sources.py", "datasets.py"}),
    ],
)
def test_a_scripts_inputs_are_what_it_imports(script, needed):
    assert needed <= {Path(path).name for path in script_inputs(script)}


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_what_a_study_names_without_importing_it_brings_all_that_it_runs(study):
    assert f"{study.name}/study.py" in {
        "/".join(Path(path).parts[-2:]) for path in module_files(study.module)
    }
    for table in (table for job in study.computations for table in job.tables):
        assert {f"{table.module}.py", "computing.py"} <= names(study.table_module(table))
    for figure in study.figures:
        assert {f"{figure.module}.py", "style.py"} <= names(study.figure_module(figure))


def test_the_theory_studys_tables_bring_the_losses_of_training():
    needed = {"inputs.py", "problems.py", "objective.py", "layers.py"}
    assert needed <= names("whysgd.studies.theory.tables.main_result")


def test_a_digest_is_of_the_files_contents(tmp_path):
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("x = 1")
    second.write_text("y = 2")
    before = files_digest([str(first), str(second)])
    first.touch()
    assert files_digest([str(first), str(second)]) == before
    first.write_text("x = 3")
    assert files_digest([str(first), str(second)]) != before
    assert files_digest([str(second), str(first)]) != before  # nor are two files one


def test_a_scripts_digest_is_of_all_it_imports():
    assert script_digest("train.py") == files_digest(script_inputs("train.py"))
    assert script_digest("train.py") != script_digest("table.py")


def test_paths_below_the_working_folder_are_relative(monkeypatch, tmp_path):
    root = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root)
    assert all(not Path(path).is_absolute() for path in module_files("whysgd.runs.grid"))
    monkeypatch.chdir(tmp_path)
    assert all(Path(path).is_absolute() for path in module_files("whysgd.runs.grid"))
