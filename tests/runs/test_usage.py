"""What a job took."""

import json

from whysgd.runs.usage import Measured, read_training


def test_a_training_says_itself_what_it_took(tmp_path):
    benchmarks = tmp_path / "benchmarks" / "train"
    benchmarks.mkdir(parents=True)
    (benchmarks / "run.tsv").write_text("s\th:m:s\tmax_rss\n0.5\t0:00:00\t80\n")
    # What an earlier version has trained is as Snakemake measured it.
    assert read_training(tmp_path, "run") == Measured(0.5, 80.0)
    finished = tmp_path / "finished" / "run"
    finished.mkdir(parents=True)
    (finished / "key.json").write_text(json.dumps({"seconds": 7.5, "max_rss_mb": 600.0}))
    assert read_training(tmp_path, "run") == Measured(7.5, 600.0)


def test_of_an_unknown_run_nothing_is_known(tmp_path):
    assert read_training(tmp_path, "run") is None
