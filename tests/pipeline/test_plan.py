"""`snakemake plan`: programs are timed, a table is printed, and finished jobs are compared."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.shared_runs import snakemake
from whysgd.config.settings import scale_content, scale_path

pytestmark = pytest.mark.workflow

FIGURE7 = ("mlp_n_step_epochs", "mlp_n_step_updates")


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> tuple[Path, str]:
    """Working folder of a scale with Figure 7 alone whose plan is made, and what that printed."""
    folder = tmp_path_factory.mktemp("plan")
    scale = scale_content(scale_path("tiny"))
    del scale["studies"]["theory"]
    section = scale["studies"]["implicit_regularization"]
    section["experiments"] = {name: section["experiments"][name] for name in FIGURE7}
    section["together"] = list(FIGURE7)
    (folder / "small.yaml").write_text(yaml.safe_dump(scale))
    run = plan(folder)
    assert run.returncode == 0, run.stderr
    return folder, run.stdout


def plan(folder: Path, *config: str):
    return snakemake("--cores=2", "plan", "--config", "scale=small.yaml", *config, folder=folder)


def test_a_plan_tells_jobs_runs_and_hours_and_trains_nothing(planned):
    folder, printed = planned
    results = folder / "results" / "small"
    table = pd.read_csv(results / "plan.csv").set_index("figure")
    # n = 1 and 2 at equal epochs, and at equal updates, where n = 1 is the same job; 2 rates and
    # 3 seeds each.
    assert list(table["jobs"]) == [3, 3]
    assert list(table["runs"]) == [18, 18]
    assert (table["hours"] > 0).all()
    assert (table["largest_job_gb"] > 0.1).all()
    assert (results / "plan.md").read_text() in printed + "\n"
    assert "0 of 3 are done" in printed
    assert not (results / "runs").exists()
    # Budgets need no timing of their own: one for each n.
    assert len(list(results.glob("timings/*.json"))) == 2


def test_a_plan_compares_finished_jobs_with_what_was_expected(planned):
    folder, _ = planned
    run = snakemake("--cores=2", "figure7", "--config", "scale=small.yaml", folder=folder)
    assert run.returncode == 0, run.stderr
    run = plan(folder)
    assert run.returncode == 0, run.stderr
    assert "3 of 3 are done" in run.stdout
    assert "The 3 finished jobs whose times are known took" in run.stdout


def test_a_plan_can_use_another_machines_timings(planned):
    folder, _ = planned
    calibration = folder / "results" / "small" / "calibration.json"
    content = json.loads(calibration.read_text())
    for timing in content["timings"].values():
        timing.update(device="gpu", minibatch_seconds=3600.0)
    (folder / "other.json").write_text(json.dumps(content))
    run = plan(folder, "calibration=other.json", "results=elsewhere")
    assert run.returncode == 0, run.stderr
    table = pd.read_csv(folder / "elsewhere" / "small" / "plan.csv").set_index("figure")
    # 2 epochs are 10 minibatches; 10 updates at n = 2 are 5.
    assert table.loc["all", "hours"] == pytest.approx(10 + 10 + 5, rel=0.1)
    assert "timed on: gpu" in run.stdout
    assert not list((folder / "elsewhere").rglob("timings/*"))
    content["timings"].popitem()
    (folder / "other.json").write_text(json.dumps(content))
    run = plan(folder, "calibration=other.json", "results=elsewhere")
    assert run.returncode == 1
    assert "the calibration has no timing of" in run.stdout + run.stderr
