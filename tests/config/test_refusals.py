"""What is refused before any job."""

import pytest

from whysgd.base.errors import UserError
from whysgd.config.refusals import check_own_files, check_run_ids, check_targets, check_writable
from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import read_settings


def test_a_target_of_another_scale_is_refused():
    settings = read_settings({"scale": "quick"})
    check_targets(settings, ["-n", "results/quick/figures/figure1.pdf", "figure1", "results"])
    check_targets(settings, ["--report", "results/report.zip"])
    for file in ("paper/figures/figure1.pdf", "paper/claims.html", "mine/figures/figure1.pdf"):
        scale = file.partition("/")[0]
        with pytest.raises(UserError, match=rf"add --config scale={scale}$"):
            check_targets(settings, [f"./results/{file}"])


OWN_FILE = {"source": "npz", "path": "own.npz", "image_shape": [4, 4, 1], "num_classes": 3}


def test_a_file_of_the_users_that_does_not_exist_is_told_before_any_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"overrides": {"datasets": {"digits": OWN_FILE}}})
    with pytest.raises(UserError, match=r"scale quick: datasets.digits.path: no file own.npz in"):
        check_own_files(settings)
    (tmp_path / "own.npz").touch()
    check_own_files(settings)


def test_a_results_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    settings = read_settings({"results": str(tmp_path / "taken" / "below")})
    with pytest.raises(UserError, match="config: results: .*taken"):
        check_writable(settings)
    check_writable(read_settings({"results": str(tmp_path / "new" / "below")}))


def test_a_run_that_nothing_plans_is_refused():
    settings = read_settings({"scale": "tiny"})
    jobs = plan_jobs(settings.scale)
    planned = next(iter(jobs.ensembles))
    check_run_ids(jobs, settings.folder, ["figure1", f"results/tiny/runs/{planned}/history.csv"])
    with pytest.raises(UserError, match="no experiment of this scale needs run 'mlp-0'"):
        check_run_ids(jobs, settings.folder, ["./results/tiny/runs/mlp-0/history.csv"])
