"""Which job a process goes on with."""

from contextlib import ExitStack

import pytest

from tests.training.job.jobs import job_in, prepared
from whysgd.base.exclusive import HAS_EXCLUSIVE_NAMES
from whysgd.training.job.finished import finished_key, keep_finished
from whysgd.training.job.sharing import Neighbours, take_job

pytestmark = pytest.mark.skipif(not HAS_EXCLUSIVE_NAMES, reason="no abstract sockets here")


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """By letter and place: three of one program, two of a larger one, one of the largest."""
    monkeypatch.chdir(tmp_path)
    prepared(tmp_path / "data")
    budgets = {"a1": 12, "a2": 36, "a3": 24, "b1": 12, "b2": 24, "c1": 12}
    models = {"a": "mlp-4", "b": "mlp-16", "c": "mlp-64"}
    return {
        name: job_in(tmp_path, model=models[name[0]], num_minibatches=budget)
        for name, budget in budgets.items()
    }


def order(jobs, own):
    names = {job.name: name for name, job in jobs.items()}
    with Neighbours(list(jobs.values()), jobs[own]) as neighbours:
        return [names[job.name] for job in neighbours]


def finish(job):
    job.finished.mkdir(parents=True, exist_ok=True)
    keep_finished(job, finished_key(job), lambda path: path.write_text("x"), {})


def test_those_that_run_the_compiled_code_come_first_and_long_ones_before_short_ones(jobs):
    assert order(jobs, "a1") == ["a2", "a3", "c1", "b2", "b1"]
    assert order(jobs, "b1") == ["b2", "c1", "a2", "a3", "a1"]


def test_what_another_process_trains_or_has_finished_is_left_out(jobs):
    finish(jobs["a2"])
    with ExitStack() as other:
        assert take_job(jobs["c1"], other)
        assert order(jobs, "a1") == ["a3", "b2", "b1"]


def test_a_group_that_nobody_works_on_comes_before_one_with_company(jobs):
    with Neighbours(list(jobs.values()), jobs["c1"]):  # the largest group
        assert order({k: jobs[k] for k in ("a1", "b1", "b2", "c1")}, "a1") == ["b2", "b1", "c1"]


def test_each_is_held_while_it_is_handed_out_and_free_afterwards(jobs):
    with Neighbours(list(jobs.values()), jobs["a1"]) as neighbours:
        for job in neighbours:
            with ExitStack() as other:
                assert not take_job(job, other)
    with ExitStack() as other:
        assert all(take_job(job, other) for job in jobs.values())


def test_a_job_whose_data_set_is_not_there_yet_is_left_to_its_own_process(jobs, tmp_path):
    for path in (tmp_path / "data").iterdir():
        path.unlink()
    assert order(jobs, "a1") == []
