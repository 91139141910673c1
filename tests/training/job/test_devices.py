"""Which GPUs a job takes. There need be none: claims are by name."""

import logging
import os
import signal
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from whysgd.base.errors import UserError
from whysgd.training.job.devices import claimed_gpus, visible_gpus

LOGGER = logging.getLogger("whysgd")
VARIABLE = "CUDA_VISIBLE_DEVICES"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CUDA and abstract sockets")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three that no other process of this machine knows."""
    names = [f"GPU-{uuid.uuid4()}" for _ in range(3)]
    monkeypatch.setenv(VARIABLE, ",".join(names))
    return names


class Claims:
    """Several jobs in one process: each sees all GPUs when it starts."""

    def __init__(self, gpus: list[str]) -> None:
        self._gpus, self._held = gpus, ExitStack()

    def __call__(self, count: int, jobs_per_gpu: int = 1) -> list[str]:
        os.environ[VARIABLE] = ",".join(self._gpus)
        self._held.enter_context(claimed_gpus(count, LOGGER, jobs_per_gpu=jobs_per_gpu))
        return os.environ[VARIABLE].split(",")

    def release(self) -> None:
        self._held.close()


def test_no_two_jobs_have_one_gpu(gpus: list[str]) -> None:
    claim = Claims(gpus)
    assert sorted([*claim(1), *claim(2)]) == sorted(gpus)
    claim.release()
    assert claim(3) == gpus
    claim.release()


def test_a_job_waits_until_a_gpu_is_free(gpus: list[str], caplog: pytest.LogCaptureFixture) -> None:
    claim = Claims(gpus)
    claim(2)
    waiting = threading.Thread(target=claim, args=(2,))
    with caplog.at_level(logging.INFO, "whysgd"):
        waiting.start()
        waiting.join(timeout=2.5)
        assert waiting.is_alive()
        claim.release()
        waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert "waiting for 2 of the GPUs" in caplog.text
    claim.release()


def test_a_part_of_what_is_wanted_is_not_held_while_waiting(gpus: list[str]) -> None:
    claim, second = Claims(gpus), Claims(gpus)
    claim(2)
    waiting = threading.Thread(target=second, args=(2,))
    waiting.start()
    waiting.join(timeout=2.5)
    assert Claims(gpus)(1) == gpus[2:]  # given back at once, as nothing holds the claim
    claim.release()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    second.release()


def test_gpus_are_shared_where_asked_and_not_before_all_are_taken(gpus: list[str]) -> None:
    claim = Claims(gpus)
    assert [claim(1, jobs_per_gpu=2)[0] for _ in range(6)] == [*gpus, *gpus]
    claim.release()


def test_a_job_that_is_killed_gives_its_gpu_back(gpus: list[str]) -> None:
    script = (
        "import logging, time\n"
        "from whysgd.training.job.devices import claimed_gpus\n"
        "with claimed_gpus(3, logging.getLogger()):\n"
        "    print(flush=True)\n"
        "    time.sleep(60)\n"
    )
    package = str(Path(__file__).resolve().parents[2] / "workflow")
    other = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": package},
    )
    with other:
        assert other.stdout is not None
        other.stdout.readline()
        claim = Claims(gpus)
        waiting = threading.Thread(target=claim, args=(1,))
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
        other.send_signal(signal.SIGKILL)
        waiting.join(timeout=10)
        assert not waiting.is_alive()
    claim.release()


def test_each_slurm_job_numbers_its_own_gpus(
    gpus: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claims(gpus[:1])
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    assert claim(1) == gpus[:1]
    monkeypatch.setenv("SLURM_JOB_ID", "18")
    assert claim(1) == gpus[:1]
    claim.release()


def test_more_than_there_are_is_a_mistake(gpus: list[str]) -> None:
    with pytest.raises(UserError, match=r"jobs\.gpu: 4 GPUs are asked for, and 3 are there"):
        Claims(gpus)(4)


@pytest.mark.parametrize("chosen", ["", "-1"])
def test_nothing_is_claimed_where_none_is_visible_or_wanted(
    chosen: str, gpus: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed_gpus(0, LOGGER):
        assert os.environ[VARIABLE] == ",".join(gpus)
    monkeypatch.setenv(VARIABLE, chosen)
    with claimed_gpus(1, LOGGER):
        assert os.environ[VARIABLE] == chosen


def test_without_a_choice_all_gpus_of_the_machine_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\n[ $1 = --query-gpu=uuid ] && printf 'GPU-a\\nGPU-b\\n'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    assert visible_gpus() == ["GPU-a", "GPU-b"]
    with claimed_gpus(1, LOGGER):
        assert os.environ[VARIABLE] in ("GPU-a", "GPU-b")
    assert VARIABLE not in os.environ
    driver.unlink()
    assert visible_gpus() == []
