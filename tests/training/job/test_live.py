"""The file that says how a training job is doing."""

import json
import logging
import os
import time

import pandas as pd
import pytest

from tests.conftest import make_ensemble
from whysgd.base.errors import TrainingInterruptedError
from whysgd.training.job.live import LIVE_FILE, Live
from whysgd.training.job.run import train_ensemble

LOGGER = logging.getLogger("test")


def content(folder):
    return json.loads((folder / LIVE_FILE).read_text())


def wait_until(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_file_follows_what_it_is_told_and_goes_at_the_end(tmp_path):
    with Live(tmp_path / "job", seconds=0.01) as live:
        first = content(tmp_path / "job")
        assert first["state"] == "running"
        assert first["process"] == os.getpid()
        assert "epoch" not in first
        live.update(epoch=3.5)
        wait_until(lambda: content(tmp_path / "job").get("epoch") == 3.5)
        told = content(tmp_path / "job")["written"]
        wait_until(lambda: content(tmp_path / "job")["written"] > told)  # a sign of life
    assert list((tmp_path / "job").iterdir()) == []


def end_with(error, folder):
    with Live(folder) as live:
        live.update(epoch=2.0)
        raise error


def test_the_file_says_that_the_process_is_ended_at_once(tmp_path):
    with Live(tmp_path, seconds=0.01) as live:
        live.stop("by a signal")
        told = content(tmp_path)
        assert (told["state"], told["message"]) == ("stopped", "by a signal")
        time.sleep(0.05)
        assert content(tmp_path) == told  # nothing is written after that


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError("of no use"), "failed"),
        (TrainingInterruptedError(15, "at epoch 2"), "stopped"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_the_file_says_how_the_job_ended(tmp_path, error, state):
    with pytest.raises(type(error)):
        end_with(error, tmp_path)
    assert content(tmp_path)["state"] == state
    assert content(tmp_path)["epoch"] == 2.0
    assert content(tmp_path)["message"] == (str(error) or repr(error))


def test_training_tells_how_far_it_is_and_is_not_changed(tmp_path, dataset):
    ensemble = make_ensemble((0.1, 0.0, 0), (0.25, 0.0, 3))
    plain = train_ensemble(ensemble, dataset, LOGGER)
    with Live(tmp_path, seconds=0.01) as live:
        watched = train_ensemble(ensemble, dataset, LOGGER, live=live)
        wait_until(lambda: content(tmp_path).get("epoch") == ensemble.program.num_epochs)
        seen = content(tmp_path)
    pd.testing.assert_frame_equal(watched, plain, rtol=0, atol=0)
    # Told after the last chunk, before the last evaluation.
    before = plain[plain["update"] < ensemble.program.num_updates]
    assert seen["best_test_accuracy"] == float(before["test_accuracy"].max())
    assert seen["diverged"] == 0
    assert seen["seconds_left"] == 0
    assert seen["updates_per_second"] > 0


def test_a_file_that_cannot_be_written_does_not_end_the_job(tmp_path):
    (tmp_path / "file").write_text("")
    with Live(tmp_path / "file" / "job", seconds=0.01) as live:
        live.update(epoch=1.0)
        time.sleep(0.05)
    assert (tmp_path / "file").read_text() == ""


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".live.abc.json").write_text("half")
    (tmp_path / "000000000001.npz").write_text("a checkpoint")
    with Live(tmp_path):
        assert {path.name for path in tmp_path.iterdir()} == {LIVE_FILE, "000000000001.npz"}
