"""Finished trainings that are kept and taken."""

import json

import pytest

from tests.training.job.jobs import job_in, prepared
from whysgd.training.job.finished import (
    finished_key,
    forget_finished,
    is_finished,
    keep_finished,
    take_finished,
    usage_of,
)

USAGE = {"seconds": 3.5}


@pytest.fixture
def job(tmp_path):
    prepared(tmp_path / "data")
    return job_in(tmp_path)


def keep(job, text="history\n"):
    job.log.parent.mkdir(parents=True, exist_ok=True)
    job.log.write_text("trained\n")
    keep_finished(job, finished_key(job), lambda path: write(path, text), USAGE)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_is_kept_is_taken_with_its_log(job):
    assert not take_finished(job)
    keep(job)
    job.log.unlink()  # as Snakemake does before a job
    assert take_finished(job)
    assert job.history.read_text() == "history\n"
    assert json.loads(job.ensemble_file.read_text()) == job.ensemble.model_dump(mode="json")
    assert job.log.read_text() == "trained\n"
    assert usage_of(job.finished)["seconds"] == 3.5
    job.history.unlink()  # again, and what is kept stays
    assert take_finished(job)


@pytest.mark.parametrize("change", ["code", "data"])
def test_it_is_not_taken_for_other_code_or_data(job, tmp_path, change):
    keep(job)
    other = job
    if change == "code":
        other = job_in(tmp_path, code="other code")
    else:
        prepared(tmp_path / "data", seed=1)
    assert not is_finished(other)
    assert not take_finished(other)
    keep(other)
    assert len(list(job.finished.glob("*.csv"))) == 1  # the old one has been replaced


def test_equal_data_that_is_prepared_again_trains_nothing_again(job, tmp_path):
    keep(job)
    for path in (job.data, job.checksum):
        path.unlink()
    assert not is_finished(job)
    prepared(tmp_path / "data")
    assert is_finished(job)


@pytest.mark.parametrize("damage", ["history", "record", "no record"])
def test_what_is_damaged_is_not_taken(job, damage):
    keep(job)
    (history,), (record,) = job.finished.glob("*.csv"), job.finished.glob("*.json")
    match damage:
        case "history":
            history.write_text("hist")
        case "record":
            record.write_text("{")
        case "no record":
            record.unlink()
    assert not take_finished(job)
    assert not job.history.exists()


def test_what_is_forgotten_is_trained_again(job):
    keep(job)
    forget_finished(job.finished)
    assert not is_finished(job)
    forget_finished(job.finished)  # nor does it fail where there is nothing
