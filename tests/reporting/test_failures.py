"""What is said last of jobs that failed."""

import os
import time

import pytest

from whysgd.base.errors import UserError
from whysgd.base.scripting import script_log
from whysgd.reporting.failures import failure_lines, print_failures


def fail(path, error):
    """Leaves the log of a job that has ended with an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises((SystemExit, type(error))), script_log(path):
        raise error


@pytest.fixture
def folder(tmp_path):
    logs = tmp_path / "logs"
    fail(logs / "train" / "old.log", UserError("old"))
    os.utime(logs / "train" / "old.log", (1, 1))
    for number, (name, error) in enumerate(
        {
            "prepare_dataset/digits": UserError("own.npz: not a zip file"),
            "prepare_dataset/again": UserError("own.npz: not a zip file"),
            "train/a": ValueError("a fault of ours"),
        }.items()
    ):
        fail(logs / f"{name}.log", error)
        os.utime(logs / f"{name}.log", (100 + number, 100 + number))
    with script_log(logs / "fine.log") as logger:
        logger.info("error: is a word, too")
        logger.info("failed is another")
    return tmp_path


def test_each_failure_of_this_start_is_told_once(folder, capsys):
    print_failures(folder, since=50.0)
    captured = capsys.readouterr()
    log = folder / "logs" / "train" / "a.log"
    assert captured.err.splitlines() == [
        "error: own.npz: not a zip file",
        f"error: ValueError: a fault of ours ({log})",
    ]
    assert captured.out == ""


def test_older_failures_and_those_to_come_are_not_told(folder):
    assert failure_lines(folder, since=time.time() + 60) == []
    assert failure_lines(folder / "absent", since=0.0) == []
    assert failure_lines(folder, since=0.0)[0] == "error: old"


def test_a_job_says_a_mistake_in_its_log_and_nowhere_else(tmp_path, capfd):
    fail(tmp_path / "a.log", UserError("a mistake"))
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "a.log").read_text().endswith("error: a mistake\n")
