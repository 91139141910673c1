"""The workflow as a user meets it: plans, errors, and one tiny run from start to end."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from tests.pins.test_pins import PINNED, kept_columns
from tests.shared_runs import ROOT, made_once, snakemake
from whysgd.config.archive import MANIFEST, write_archive
from whysgd.config.files import known_scales
from whysgd.config.settings import scale_content, scale_path
from whysgd.runs.tables import mean_columns, run_columns
from whysgd.studies.registry import FIGURES as SPECS
from whysgd.studies.registry import STUDIES, claims_of_all
from whysgd.studies.theory.study import STUDY as THEORY
from whysgd.theory.fits import SLOPE_COLUMNS

pytestmark = pytest.mark.workflow

FIGURES = [f"figure{number}" for number in range(1, 8)]


@pytest.mark.parametrize("scale", known_scales())
def test_every_scale_plans_all_figures(scale, tmp_path):
    run = snakemake("--dry-run", "--cores=2", "--config", f"scale={scale}", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"results/{scale}/figures/figure7.pdf" in run.stdout + run.stderr
    assert not (tmp_path / "results").exists()


def test_the_slurm_profile_plans(tmp_path):
    profile = str(ROOT / "profiles" / "slurm")
    run = snakemake("--dry-run", "--workflow-profile", profile, folder=tmp_path)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "scale=huge"], "error: config: scale: unknown 'huge'"),
        (["--config", "skale=quick"], "error: config: skale: unknown key"),
        (["results/paper/figures/figure3.pdf"], "add --config scale=paper"),
        (["results/quick/runs/mlp-8-x/history.csv"], "no experiment of this scale needs run 'mlp"),
        (
            ["--config", "overrides={studies: {implicit_regularization: {runs: {keep_best: 8}}}}"],
            "`keep_best` = 8 is more than",
        ),
        (["--config", "results=/dev/null/x"], "error: config: results: /dev/null"),
        (["--config", "results=res{a}"], "error: config: results: 'res{a}' holds a brace"),
        (["figur1"], "error: no target 'figur1'; near it are figure1"),
        (["results/quick/figures/figur1.pdf"], "near it are results/quick/figures/figure1.pdf"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(arguments, message, tmp_path):
    run = snakemake("--cores=1", *arguments, folder=tmp_path)
    assert run.returncode == 1
    # Snakemake itself announces the profile that it finds beside the Snakefile.
    lines = [
        line
        for line in (run.stdout + run.stderr).strip().splitlines()
        if not line.startswith("Using workflow specific profile")
    ]
    assert len(lines) == 1
    assert message in lines[0]
    assert not (tmp_path / "results").exists()


def test_a_mistake_that_a_job_finds_is_said_once_and_last(tmp_path):
    (tmp_path / "own.npz").write_text("no images")
    own = "{source: npz, path: own.npz, image_shape: [8, 8, 1], num_classes: 10}"
    config = ("--config", "scale=tiny", f"overrides={{datasets: {{digits: {own}}}}}")
    run = snakemake("--cores=1", *config, "--", "results/tiny/data/digits.npz", folder=tmp_path)
    assert run.returncode == 1
    said = (run.stdout + run.stderr).strip().splitlines()
    line = "error: own.npz: not an .npz file of plain arrays (File is not a zip file)"
    assert run.stderr.strip().splitlines()[-1] == line
    assert said.count(line) == 1
    assert sum("own.npz: not an .npz" in text for text in said) == 1


def test_reading_the_snakefile_imports_no_tensorflow(tmp_path):
    # A module of this name that refuses to be imported comes first on the path.
    (tmp_path / "tensorflow.py").write_text("raise AssertionError('imported by the Snakefile')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores=1"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr


def tables(folder: Path) -> dict[str, bytes]:
    """Content of all tables below a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("tables/*.csv"))}


def test_a_run_draws_every_figure_and_its_table(tiny_run):
    results = tiny_run / "results" / "tiny"
    for figure in FIGURES:
        assert (results / "figures" / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
        table = pd.read_csv(results / "tables" / f"{figure}.csv")
        assert tuple(table.columns) == mean_columns(SPECS[figure].readings)
        assert set(table["total"]) == {3}
        assert set(table["kept"]) == {2}
        assert table["mean"].notna().all()
    assert not list(results.rglob(".*")), "temporary files are left over"


def test_a_run_makes_the_theory_study(tiny_run):
    results = tiny_run / "results" / "tiny"
    for figure in THEORY.figures:
        assert (results / "figures" / f"{figure.name}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
    for table in (table for job in THEORY.computations for table in job.tables):
        assert len(pd.read_csv(results / "tables" / f"{table.name}.csv"))
    slopes = pd.read_csv(results / "tables" / "theory_slopes.csv")
    assert tuple(slopes.columns) == SLOPE_COLUMNS
    promised = slopes.dropna(subset=["slope", "expected_slope"])
    # Larger steps than at quick, so the next order shows more.
    assert (promised["slope"] - promised["expected_slope"]).abs().max() < 0.2
    assert {"main_result", "n_step", "expansions", "second_epoch", "sampling"} == set(
        slopes["check"]
    )


def test_a_run_judges_every_claim(tiny_run):
    results = tiny_run / "results" / "tiny"
    table = pd.read_csv(results / "claims.csv")
    assert list(table["claim"]) == list(claims_of_all().claims)
    of_theory = table["claim"].str.startswith("theory_")
    assert set(table["verdict"][of_theory]) == {"reproduced"}
    assert set(table["verdict"][~of_theory]) == {"undecided"}  # three seeds
    assert table["reason"].notna().all()
    for figure in FIGURES:
        runs = pd.read_csv(results / "tables" / f"{figure}_runs.csv")
        assert tuple(runs.columns) == run_columns(SPECS[figure].readings)
        assert set(runs["seed"]) == {0, 1, 2}
    assert (results / "claims.md").read_text(encoding="utf-8").count("\n| ") == 2 + len(table)
    assert (results / "claims.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_claims_are_judged_of_what_a_scale_has(tmp_path):
    def planned(scale: str) -> str:
        run = snakemake("--dry-run", "claims", "--config", f"scale={scale}", folder=tmp_path)
        assert run.returncode == 0, run.stderr
        return run.stdout

    assert re.search(r"^table +8$", planned("tiny"), re.MULTILINE)
    assert "compute_theory_slopes" in planned("tiny")
    scale = scale_content(scale_path("tiny"))
    section = scale["studies"]["implicit_regularization"]
    del scale["studies"]["theory"], section["experiments"]["large_batch"]
    section["together"].remove("large_batch")
    (tmp_path / "plain.yaml").write_text(yaml.safe_dump(scale))
    assert re.search(r"^table +7$", planned("plain.yaml"), re.MULTILINE)
    assert "compute_theory" not in planned("plain.yaml")


def test_theory_figures_are_targets_by_name_and_a_scale_may_have_none(tmp_path):
    run = snakemake("--dry-run", "theory_flows", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "theory_planar" in run.stdout + run.stderr
    assert "theory_convolution" not in run.stdout + run.stderr
    scale = scale_content(scale_path("tiny"))
    del scale["studies"]["theory"]
    (tmp_path / "plain.yaml").write_text(yaml.safe_dump(scale))
    run = snakemake("--dry-run", "--config", "scale=plain.yaml", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "figure7.pdf" in run.stdout + run.stderr
    assert "theory_" not in run.stdout + run.stderr


def test_a_second_run_has_nothing_to_do(tiny_copy):
    started = time.monotonic()
    run = snakemake("--cores=2", "--config", "scale=tiny", folder=tiny_copy)
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stdout + run.stderr
    assert time.monotonic() - started < 60  # a hang, not a benchmark


def test_a_report_shows_every_figure_and_table_with_a_caption(tiny_copy):
    run = snakemake("--config", "scale=tiny", "--report", "report.zip", folder=tiny_copy)
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(tiny_copy / "report.zip") as archive:
        page = archive.read("report/report.html").decode()
        shown = {Path(name).name for name in archive.namelist()}
    drawn = [*FIGURES, *(figure.name for figure in THEORY.figures)]
    tables = [*FIGURES, *(table.name for job in THEORY.computations for table in job.tables)]
    assert {f"{figure}.png" for figure in drawn} <= shown
    assert {f"{table}.html" for table in tables} <= shown
    assert {"claims.html", "costs.html", "configuration.html", "provenance.html"} <= shown
    results = json.loads(re.search(r"var results = (\{.*\});?$", page, re.MULTILINE)[1])
    assert len(results) == len(drawn) + len(tables) + 4
    for result in results.values():
        assert len(result["caption"]) > 200, result["name"]
        assert "{{" not in result["caption"]
    categories = json.loads(re.search(r"var categories = (\{.*\});?$", page, re.MULTILINE)[1])
    studies = [study.title for study in STUDIES]
    assert sorted(categories) == sorted(["Claims", "Cost", "Provenance", "Tables", *studies])


def test_figures_and_provenance_say_where_they_come_from(tiny_run):
    results = tiny_run / "results" / "tiny"
    record = json.loads((results / "provenance.json").read_text())
    drawn = [*FIGURES, *(figure.name for figure in THEORY.figures)]
    assert list(record["figures"]) == drawn
    code = record["code_commit"] or "unknown"
    for figure in drawn:
        words = f"whysgd, commit {code}"
        end = f", configuration {record['figures'][figure]}"
        with Image.open(results / "figures" / f"{figure}.png") as image:
            assert image.text["Title"] == f"{figure}, scale tiny"
            assert image.text["Description"].startswith(words)
            assert image.text["Description"].endswith(end)
            subject = image.text["Description"]
        assert (
            f"/Subject ({subject})".encode() in (results / "figures" / f"{figure}.pdf").read_bytes()
        )
    trained = {path.parent.name for path in results.glob("runs/*/history.csv")}
    assert {name for name in record["jobs"] if name.startswith("train/")} == {
        f"train/{name}" for name in trained
    }
    assert {f"figure/{figure}" for figure in drawn} <= record["jobs"].keys()
    assert record["seconds"]["train"] > 0
    checksum = (results / "data" / "digits.npz.sha256").read_text().split()[0]
    assert record["data"]["digits"]["sha256"] == checksum
    assert sum(entry["jobs"] for entry in record["jobs_by_commit"]) == len(record["jobs"])
    costs = pd.read_csv(results / "costs.csv")
    theory = [figure.name for figure in THEORY.figures]
    # Not drawn by default, but trained, since a claim reads it.
    assert list(costs["figure"]) == [*FIGURES, "figure3_large_batch", *theory, "all figures"]
    assert costs["computing_seconds"].notna().all()


def test_the_switch_for_tensorboard_retrains_nothing(tiny_copy):
    run = snakemake(
        "--dry-run", "--cores=2", "--config", "scale=tiny", "tensorboard=true", folder=tiny_copy
    )
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stdout + run.stderr


def test_status_is_told_while_the_folder_is_locked(tiny_copy):
    (tiny_copy / ".snakemake" / "locks").mkdir(exist_ok=True)
    lock = tiny_copy / ".snakemake" / "locks" / "0.output.lock"
    lock.write_text(str(tiny_copy / "results" / "tiny" / "claims.csv"))
    run = snakemake("status", "--config", "scale=tiny", folder=tiny_copy)
    assert run.returncode == 0, run.stderr
    count = len(list(tiny_copy.glob("results/tiny/runs/*")))
    assert f"training jobs    {count}: {count} done" in run.stdout
    assert "figure           16: 16 done" in run.stdout


@pytest.fixture(scope="session")
def published(tiny_run, tmp_path_factory) -> Path:
    """The archive of a finished run's tables."""

    def make(folder: Path) -> None:
        shutil.copytree(tiny_run, folder, dirs_exist_ok=True)
        run = snakemake("archive", "--cores=2", "--config", "scale=tiny", folder=folder)
        assert run.returncode == 0, run.stderr

    folder = made_once(tmp_path_factory, "published", make)
    return folder / "results" / "tiny" / "tiny-tables.zip"


def test_published_tables_draw_every_figure_without_training(tiny_run, published, tmp_path):
    shutil.copy(published, tmp_path)
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for name in ("tensorflow", "keras"):
        (blocked / f"{name}.py").write_text("raise AssertionError('not for readers')")
    config = ["--config", "tables_from=tiny-tables.zip"]
    run = snakemake("figures", "--cores=2", *config, folder=tmp_path, modules=blocked)
    assert run.returncode == 0, run.stderr
    results, own = tmp_path / "results" / "tiny-published", tiny_run / "results" / "tiny"
    drawn = [*FIGURES, *(figure.name for figure in THEORY.figures)]
    files = [f"figures/{figure}.{kind}" for figure in drawn for kind in ("pdf", "png")]
    for name in (*files, "claims.csv", "claims.html", "claims.md"):
        assert (results / name).read_bytes() == (own / name).read_bytes(), name
    assert not (results / "runs").exists()

    # All of it: the record says whose tables these are, and the report is made of them.
    run = snakemake("--cores=2", *config, folder=tmp_path, modules=blocked)
    assert run.returncode == 0, run.stderr
    record = json.loads((results / "provenance.json").read_text())
    assert record["tables_from"]["archive"] == "tiny-tables.zip"
    theirs = record["tables_from"]["provenance"]
    assert theirs == json.loads((own / "provenance.json").read_text())
    assert record["figures"] == theirs["figures"]
    assert (results / "costs.csv").read_bytes() == (own / "costs.csv").read_bytes()
    run = snakemake("--cores=2", *config, folder=tmp_path)
    assert "Nothing to be done" in run.stdout + run.stderr


def test_tables_published_before_curves_had_names_draw_the_same_figures(
    tiny_run, published, tmp_path
):
    """An archive whose tables have the columns that were published first, and no others."""
    former = {name: table["columns"] for name, table in PINNED["tables"]["tiny"].items()}
    with zipfile.ZipFile(published) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "tiny-tables"
    for name, columns in former.items():
        path = folder / "tables" / f"{name}.csv"
        path.write_bytes(kept_columns(path, columns))
    assert "curve" not in (folder / "tables" / "figure3.csv").read_text()
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.name != MANIFEST
    }
    write_archive(tmp_path / "old.zip", "tiny", contents)
    config = ["--config", "tables_from=old.zip"]
    run = snakemake("figures", "figure3_large_batch", "--cores=2", *config, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    results, own = tmp_path / "results" / "tiny-published", tiny_run / "results" / "tiny"
    for name in (*(f"figures/{figure}.png" for figure in FIGURES), "claims.csv"):
        assert (results / name).read_bytes() == (own / name).read_bytes(), name
    for name, columns in former.items():
        path = results / "tables" / f"{name}.csv"
        assert kept_columns(path, columns) == kept_columns(own / "tables" / path.name, columns)


def test_a_table_that_was_changed_is_not_drawn(published, tmp_path):
    with zipfile.ZipFile(published) as archive:
        archive.extractall(tmp_path)
    table = tmp_path / "tiny-tables" / "tables" / "figure2.csv"
    table.write_text(table.read_text().replace("0.1", "0.2", 1))
    run = snakemake("figure2", "--cores=2", "--config", "tables_from=tiny-tables", folder=tmp_path)
    assert run.returncode != 0
    assert "tiny-tables: tables/figure2.csv is not the published file" in run.stderr
    assert not list(tmp_path.glob("results/*/figures/*"))


def test_published_tables_go_with_their_own_scale_only(published, tmp_path):
    shutil.copy(published, tmp_path)
    for key in ("scale=quick", "overrides={jobs: {threads: 2}}"):
        run = snakemake("-n", "--config", "tables_from=tiny-tables.zip", key, folder=tmp_path)
        assert run.returncode == 1
        assert "cannot be given with `tables_from`" in run.stderr


def test_figures_and_training_depend_on_their_own_code_only(figure2_copy):
    """In a copy of the project, an edit redoes just what it can change."""

    def plan() -> str:
        run = figure2_copy.snakemake("figure2", "--dry-run", "--quiet=progress")
        assert run.returncode == 0, run.stderr
        return run.stdout + run.stderr

    # Drawn again, since the figure knows the files of the paper's values by their place.
    assert figure2_copy.snakemake("figure2").returncode == 0
    assert "Nothing to be done" in plan()

    package = figure2_copy.project / "workflow" / "whysgd"
    drawing = package / "studies" / "implicit_regularization" / "figures" / "figure2.py"
    original = drawing.read_text(encoding="utf-8")
    drawing.write_text(original + "\nedited = True\n", encoding="utf-8")
    planned = plan()
    assert "Draw figure2" in planned
    assert "Train" not in planned
    assert "Aggregate" not in planned
    drawing.write_text(original, encoding="utf-8")

    training = package / "training" / "objective.py"
    training.write_text(
        training.read_text(encoding="utf-8") + "\nedited = True\n", encoding="utf-8"
    )
    planned = plan()
    assert "Train" in planned
    assert "Draw figure2" in planned


def write_own_file(path: Path, seed: int) -> None:
    """Images of two classes that differ in brightness, in Keras's layout."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 90)
    images = (rng.integers(0, 100, (90, 6, 4)) + 100 * labels[:, None, None]).astype(np.uint8)
    np.savez(path, x_train=images[:60], y_train=labels[:60], x_test=images[60:], y_test=labels[60:])


def test_a_file_of_the_users_is_trained_on_and_prepared_anew_when_it_changes(tmp_path):
    dataset = {"source": "npz", "path": "own.npz", "image_shape": [6, 4, 1], "num_classes": 2}
    program = {"model": "mlp-8", "epochs": 2, "dataset": "own"}
    overrides = {
        "datasets": {"own": {**dataset, "num_train": 40, "num_test": 30, "downsample": 2}},
        "studies": {"implicit_regularization": {"programs": {"mlp": program}}},
    }
    config = ["--config", "scale=tiny", f"overrides={json.dumps(overrides)}"]
    missing = snakemake("--cores=1", "figure2", *config, folder=tmp_path)
    assert missing.returncode == 1
    assert "datasets.own.path: no file own.npz" in missing.stderr

    write_own_file(tmp_path / "own.npz", seed=0)
    run = snakemake("--cores=2", "figure2", *config, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    table = pd.read_csv(tmp_path / "results" / "tiny" / "tables" / "figure2.csv")
    assert table["mean"].notna().all()
    with np.load(tmp_path / "results" / "tiny" / "data" / "own.npz") as arrays:
        assert arrays["x_train"].shape == (40, 3, 2, 1)

    def plan(*more: str) -> str:
        run = snakemake("--dry-run", "--cores=1", "figure2", *config, *more, folder=tmp_path)
        assert run.returncode == 0, run.stderr
        return run.stdout + run.stderr

    assert "Nothing to be done" in plan("data_folder=elsewhere")
    write_own_file(tmp_path / "own.npz", seed=1)
    planned = plan()
    assert "Prepare data set own" in planned
    assert "Train" in planned


def test_the_same_run_twice_gives_the_same_tables_bit_for_bit(tiny_run, figure2_run):
    first, second = (
        tables(folder / "results" / "tiny") for folder in (tiny_run, figure2_run.project)
    )
    assert second.keys() == {"figure2.csv", "figure2_runs.csv"}
    assert all(second[name] == first[name] for name in second)
