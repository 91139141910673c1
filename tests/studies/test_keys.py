"""Keys of the workflow's jobs: what moves them, and what does not."""

import ast
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_digest import computed_names
from whysgd.base.code_digest import _SCRIPTS, imported_files
from whysgd.config.moved import with_keys_moved
from whysgd.config.settings import Settings
from whysgd.runs.figures import FigureSpec
from whysgd.runs.grid import Plan, plan_jobs
from whysgd.spec.program import Program
from whysgd.studies import keys as keys_module
from whysgd.studies.keys import OUTSIDE, Keys
from whysgd.studies.registry import STUDIES, read_settings

OWN = {"source": "npz", "path": "own.npz", "image_shape": [8, 8, 1], "num_classes": 10}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.npz").write_bytes(b"1")


def keys_of(settings: Settings) -> tuple[Keys, Plan]:
    plan = plan_jobs(settings.scale)

    def runs_of(figure: FigureSpec) -> list[str]:
        (study,) = (study.name for study in STUDIES if figure in study.figures)
        sweeps = settings.scale.sweeps[study]
        return plan.studies[study].run_ids(figure.points(sweeps), sweeps.runs.seeds)

    return Keys(settings, plan, STUDIES, runs_of), plan


def all_keys(**config: Any) -> dict[str, str]:
    """The key of every job at scale tiny, by a name of the job."""
    config["overrides"] = with_keys_moved(config.get("overrides", {}))
    settings = read_settings({"scale": "tiny", **config})
    keys, plan = keys_of(settings)
    found = {f"data {name}": keys.dataset(name) for name in settings.scale.datasets}
    found |= {f"train {run_id}": keys.training(run_id) for run_id in plan.ensembles}
    for study in STUDIES:
        for figure in study.figures_at(settings.scale):
            found[f"draw {figure.name}"] = keys.drawing(study, figure)
            found |= {f"table {name}": keys.table(name) for name in figure.reads.values()}
    found["claims"] = keys.claims(["figure1", "theory_slopes"])
    return found


def changed(**config: Any) -> set[str]:
    """First words of the jobs at scale tiny whose keys another configuration changes."""
    before, after = all_keys(), all_keys(**config)
    return {name.split()[0] for name in before if before[name] != after.get(name)}


def test_every_job_has_a_key_of_its_own():
    keys = all_keys()
    shared = {name for name in keys if name.startswith("table theory")}  # tables of one job
    own = [key for name, key in keys.items() if name not in shared]
    assert len(set(own)) == len(own)


@pytest.mark.parametrize(
    "config",
    [
        {"results": "elsewhere"},
        {"data_folder": "."},
        {"tensorboard": True},
        {"container": "image.sif"},
        {"overrides": {"description": "Other words."}},
        {"overrides": {"jobs": {"mem_mb": 7, "threads": 2, "checkpoints": {"seconds": 5}}}},
    ],
)
def test_how_and_where_something_is_run_is_in_no_key(config):
    assert changed(**config) == set()


@pytest.mark.parametrize(
    ("overrides", "kinds"),
    [
        ({"runs": {"keep_best": 1}}, {"table", "draw", "claims"}),
        ({"datasets": {"digits": {"split_seed": 1}}}, {"data", "train", "table", "draw", "claims"}),
        ({"theory": {"seed": 1}}, {"table", "draw", "claims"}),
    ],
)
def test_a_change_moves_the_keys_of_all_that_depends_on_it(overrides, kinds):
    assert changed(overrides=overrides) == kinds


def test_an_own_file_is_known_by_its_content():
    overrides = {"datasets": {"own": {**OWN, "num_train": 40, "num_test": 50}}}
    for experiment in ("small_rate", "small_rate_regularized"):
        overrides.setdefault("experiments", {})[experiment] = {"dataset": "own"}
    before = all_keys(overrides=overrides)
    Path("own.npz").touch()
    assert all_keys(overrides=overrides) == before
    Path("own.npz").write_bytes(b"2")
    after = all_keys(overrides=overrides)
    moved = {name for name in before if before[name] != after[name]}
    assert {"data own", "table figure1", "draw figure1", "claims"} <= moved
    assert not {"data digits", "draw figure2", "draw theory_flows"} & moved


def edited(script: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Kinds of jobs whose keys an edit of a rule's script changes."""
    before = all_keys()
    for name in ("script_digest", "own_digest"):
        real: Callable[..., str] = getattr(keys_module, name)

        def digest(given: str, *modules: str, real: Callable[..., str], **options: Any) -> str:
            return real(given, *modules, **options) + ("edited" if given == script else "")

        monkeypatch.setattr(keys_module, name, partial(digest, real=real))
    after = all_keys()
    return {name.split()[0] for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        ("prepare_dataset.py", {"data", "train", "table", "draw", "claims"}),
        ("train.py", {"train", "table", "draw", "claims"}),
        ("table.py", {"table", "draw", "claims"}),
        ("compute.py", {"table", "draw", "claims"}),
        ("figure.py", {"draw"}),
        ("claims.py", {"claims"}),
    ],
)
def test_a_script_moves_the_keys_of_its_jobs_and_of_what_reads_them(script, kinds, monkeypatch):
    assert edited(script, monkeypatch) == kinds


def test_published_tables_are_known_by_their_content(tmp_path: Path):
    settings = read_settings({"scale": "tiny"})
    archive, moved = tmp_path / "a.zip", tmp_path / "elsewhere" / "b.zip"
    archive.write_bytes(b"1")
    moved.parent.mkdir()
    shutil.copy(archive, moved)

    def key(path: Path) -> str:
        return keys_of(settings.model_copy(update={"tables_from": path}))[0].table("figure1")

    before = key(archive)
    assert key(moved) == before
    archive.write_bytes(b"2")
    assert key(archive) != before


def test_tables_ask_records_for_nothing_that_their_keys_do_not_tell():
    """A change of `Program.num_epochs` moves tables, though its file is in no digest of theirs."""
    asked = {
        node.attr
        for path in imported_files(_SCRIPTS / "table.py", without=OUTSIDE)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert asked & computed_names() <= {"num_epochs", "run_id", "configuration"}


def test_what_a_program_computes_for_tables_is_in_their_keys(monkeypatch):
    before = all_keys()["table figure1"]
    monkeypatch.setattr(Program, "num_epochs", property(lambda program: 7.0))
    assert all_keys()["table figure1"] != before
