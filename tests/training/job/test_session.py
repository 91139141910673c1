"""Processes that train their own job and others."""

import json
import logging
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.job.jobs import job_in, prepared
from whysgd.data.dataset import read_dataset
from whysgd.training.history import read_history, write_history
from whysgd.training.job.run import train_ensemble
from whysgd.training.job.session import Machine, run_job

SCRIPT = Path(__file__).parent / "process.py"
SECONDS = 120


def start(folder, jobs, own=0):
    listed = folder / "jobs.json"
    listed.write_text(json.dumps([job.model_dump(mode="json") for job in jobs]))
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(listed), str(own), str(folder / "trained")],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    output, _ = process.communicate(timeout=SECONDS)
    return process.returncode, output


def trained(folder):
    path = folder / "trained"
    return path.read_text().split() if path.exists() else []


def take(folder, jobs):
    """What every job's own process does afterwards; fails if it were to train."""
    before = trained(folder)
    for job in jobs:
        run_job(job, Machine(threads=1))
    assert trained(folder) == before


def assert_bits(jobs):
    """Each history is the one that a process of its own would have written, to the last byte."""
    for job in jobs:
        dataset = read_dataset(job.data, job.checksum)
        alone = job.history.with_name("alone.csv")
        write_history(alone, train_ensemble(job.ensemble, dataset, logging.getLogger("test")))
        assert job.history.read_bytes() == alone.read_bytes()


@pytest.fixture
def folder(tmp_path):
    prepared(tmp_path / "data")
    return tmp_path


def few(folder):
    """Jobs that share compiled code and one that does not."""
    members = [(0.1, 0.0, 0), (0.2, 0.0, 1)]
    return [
        job_in(folder, *members),
        job_in(folder, *members, num_minibatches=30, num_evaluations=5),
        job_in(folder, *members, schedule={"kind": "halving"}),
        job_in(folder, *members, model="mlp-5", updates_per_batch=2),
    ]


def slow(folder, **changes):
    changes = {"num_minibatches": 200_000, "num_evaluations": 2, **changes}
    return job_in(folder, (0.01, 0.0, 0), **changes)


def often_saved(job):
    """The job with a checkpoint after every piece of work, or nearly so."""
    return job.model_copy(update={"policy": job.policy.model_copy(update={"epochs": 500})})


def wait_until(condition, process):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_process_trains_all_and_every_history_has_the_bits_of_a_process_of_its_own(folder):
    jobs = few(folder)
    assert ended(start(folder, jobs)) == (0, "")
    assert jobs[0].history.exists()
    assert not jobs[1].history.exists()  # that is its own job's to make
    take(folder, jobs[1:])
    assert sorted(trained(folder)) == sorted(job.name for job in jobs)
    assert_bits(jobs)
    for job in jobs:
        assert f"{job.name}: " in job.log.read_text()  # its own log, whoever trained it
        assert not job.checkpoints.exists()


def test_two_processes_train_nothing_twice(folder):
    jobs = few(folder)
    processes = [start(folder, jobs, own) for own in (0, 3)]
    assert [ended(process)[0] for process in processes] == [0, 0]
    assert sorted(trained(folder)) == sorted(job.name for job in jobs)
    take(folder, jobs)


def test_a_job_waits_for_the_process_that_trains_it(folder):
    jobs = [job_in(folder), slow(folder, num_minibatches=60_000)]
    first = start(folder, jobs)
    wait_until(lambda: jobs[1].name in trained(folder), first)
    second = start(folder, jobs, own=1)
    assert ended(second) == (0, "")
    assert ended(first) == (0, "")
    assert trained(folder) == [job.name for job in jobs]
    assert jobs[1].history.exists()


def test_a_signal_in_a_neighbours_training_loses_nothing(folder):
    jobs = [job_in(folder), often_saved(slow(folder))]
    process = start(folder, jobs)
    wait_until(lambda: list(jobs[1].checkpoints.glob("*.npz")), process)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 128 + signal.SIGTERM
    assert list(jobs[1].checkpoints.glob("*.npz"))  # in the neighbour's own folder
    assert "stopped by a signal" in jobs[1].log.read_text()
    assert ended(start(folder, jobs)) == (0, "")  # takes its own, which had been finished
    assert trained(folder) == [job.name for job in jobs]
    assert ended(start(folder, jobs, own=1)) == (0, "")  # goes on with it
    assert "going on from checkpoint" in jobs[1].log.read_text()
    assert_bits(jobs)


@pytest.mark.parametrize("seed", range(2))
def test_a_process_that_is_killed_at_any_moment_goes_on_and_ends_with_the_same_bits(folder, seed):
    jobs = [*few(folder)[:2], slow(folder, num_minibatches=40_000)]
    jobs = [often_saved(job) for job in jobs]
    process = start(folder, jobs)
    time.sleep(random.Random(seed).uniform(2, 7))
    process.kill()
    process.communicate()
    for own in range(len(jobs)):
        assert ended(start(folder, jobs, own))[0] == 0
    assert_bits(jobs)


def test_a_neighbour_that_fails_harms_nobody_and_fails_by_itself(folder):
    jobs = few(folder)
    prepared(folder / "bad")
    (folder / "bad" / "noise.npz").write_bytes(b"damaged")
    files = {"data": folder / "bad" / "noise.npz", "checksum": folder / "bad" / "noise.npz.sha256"}
    jobs[1] = jobs[1].model_copy(update=files)
    assert ended(start(folder, jobs)) == (0, "")
    take(folder, [jobs[2], jobs[3]])
    assert "not a prepared data set" in jobs[1].log.read_text()
    status, output = ended(start(folder, jobs, own=1))
    assert (status, output) == (1, "")  # the Snakefile takes the line from the log
    assert f"error: {files['data']}: not a prepared data set" in jobs[1].log.read_text()


def test_a_diverged_neighbour_changes_no_bit_of_another(folder):
    calm, wild = job_in(folder), job_in(folder, (1e30, 0.0, 0))
    assert ended(start(folder, [wild, calm])) == (0, "")
    take(folder, [calm])
    assert (read_history(wild.history)["diverged_at"] >= 0).any()
    assert_bits([wild, calm])
