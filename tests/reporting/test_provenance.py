"""Where results come from, collected from what jobs leave behind."""

import hashlib
import json

import pytest

from whysgd.base.errors import UserError
from whysgd.base.files import write_json
from whysgd.base.origin import ROOT
from whysgd.config.settings import ScaleSettings, load_settings
from whysgd.reporting.provenance import job_records, provenance, read_provenance
from whysgd.runs.grid import plan_jobs

BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n{seconds}\t0:00:01\t{memory}\t1.0\n"
OLD = {"commit": "a" * 40, "clean": True, "processor": "an old one", "cores": 4, "gpus": ["big"]}
NEW = {"commit": "b" * 40, "clean": False, "processor": "a new one", "cores": 8}


def leave(folder, name, seconds, origin=None, memory="500.0"):
    """What a job that has run leaves."""
    for path, text in (
        (f"benchmarks/{name}.tsv", BENCHMARK.format(seconds=seconds, memory=memory)),
        (f"logs/{name}.log", f"2026-01-01 10:00:00 origin {json.dumps(origin)}\n"),
    ):
        if origin is not None or path.startswith("benchmarks"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)


@pytest.fixture
def scale():
    return load_settings({"scale": "tiny"}).scale


@pytest.fixture
def run_ids(scale):
    return list(plan_jobs(scale).ensembles)


@pytest.fixture
def folder(tmp_path, run_ids):
    """A scale's folder, its jobs run at two commits."""
    leave(tmp_path, f"train/{run_ids[0]}", 10.5, OLD)
    leave(tmp_path, f"train/{run_ids[1]}", 2.0, OLD)
    leave(tmp_path, "train/of-another-configuration", 99.0, OLD)
    leave(tmp_path, "figure/figure1", 1.25, NEW, memory="-")
    leave(tmp_path, "claims", 3.0)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "digits.npz.sha256").write_text(f"{'c' * 64}  digits.npz\n")
    return tmp_path


def record(scale, folder, **more):
    jobs = job_records(folder, plan_jobs(scale).ensembles, ["theory"])
    return provenance("tiny", scale, folder, jobs, figures={"figure1": "0123456789"}, **more)


def test_jobs_tell_their_commit_their_machine_and_their_time(scale, folder, run_ids):
    found = record(scale, folder)
    assert found["jobs"] == {
        f"train/{run_ids[0]}": {
            "seconds": 10.5,
            "max_rss_mb": 500.0,
            "commit": "a" * 40,
            "clean": True,
        },
        f"train/{run_ids[1]}": {
            "seconds": 2.0,
            "max_rss_mb": 500.0,
            "commit": "a" * 40,
            "clean": True,
        },
        "figure/figure1": {
            "seconds": 1.25,
            "max_rss_mb": None,
            "commit": "b" * 40,
            "clean": False,
        },
        "claims": {"seconds": 3.0, "max_rss_mb": 500.0},
    }
    assert found["seconds"] == {"train": 12.5, "figure": 1.25, "claims": 3.0}
    assert found["jobs_by_commit"] == [
        {"commit": "a" * 40, "clean": True, "jobs": 2},
        {"commit": "b" * 40, "clean": False, "jobs": 1},
    ]
    assert found["hardware"] == [
        {"processor": "an old one", "cores": 4, "gpus": ["big"], "jobs": 2},
        {"processor": "a new one", "cores": 8, "jobs": 1},
    ]


def test_the_record_says_what_was_run_and_with_what(scale, folder):
    found = record(scale, folder)
    assert found["seeds"] == [0, 1, 2]
    assert found["figures"] == {"figure1": "0123456789"}
    assert ScaleSettings.model_validate(found["settings"]) == scale
    assert found["data"]["digits"]["sha256"] == "c" * 64
    assert found["data"]["digits"]["num_train"] == 40
    lock = ROOT / "envs" / "requirements-cpu.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    assert found["locks"]["envs/requirements-cpu.txt"] == digest
    assert "numpy" in found["versions"]
    changed = scale.model_copy(update={"runs": scale.runs.model_copy(update={"keep_best": 1})})
    assert record(changed, folder)["configuration"] != found["configuration"]
    assert "tables_from" not in found


def test_the_record_is_json_and_reads_back(scale, folder, tmp_path):
    found = record(scale, folder, published={"archive": "x.zip", "provenance": {}})
    write_json(tmp_path / "provenance.json", found)
    assert read_provenance(tmp_path / "provenance.json") == found
    assert found["tables_from"] == {"archive": "x.zip", "provenance": {}}


@pytest.mark.parametrize("text", ["", "[]", '{"other": 1}'])
def test_another_file_is_refused_by_name(tmp_path, text):
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(UserError, match=r"provenance\.json: not a provenance record"):
        read_provenance(tmp_path / "provenance.json")
