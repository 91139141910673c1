"""Interrupted and resumed training, bit for bit."""

import contextlib
import logging
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tests.conftest import make_ensemble, make_program
from whysgd.base.errors import TrainingInterruptedError
from whysgd.base.files import atomic_path
from whysgd.spec.ensemble import CheckpointPolicy
from whysgd.training import checkpoints as checkpoints_module
from whysgd.training.checkpoints import Checkpoints, checkpoint_key, remove_checkpoints
from whysgd.training.extent import extent_of
from whysgd.training.history import COLUMNS
from whysgd.training.job import run as run_module
from whysgd.training.job.interruption import Interruption
from whysgd.training.job.pace import Pace
from whysgd.training.job.run import train_ensemble
from whysgd.training.snapshot import Snapshot
from whysgd.training.trainer import Trainer

LOGGER = logging.getLogger("test")


def snapshot(minibatches=7, evaluations=2):
    rng = np.random.default_rng(minibatches)
    blocks = tuple(
        [rng.normal(size=(2, 3, 4)).astype(np.float32), rng.normal(size=(2, 4)), np.array([-1, 5])]
        for _ in range(2)
    )
    history = pd.DataFrame({name: rng.normal(size=4) for name in COLUMNS})
    return Snapshot(minibatches, evaluations, blocks, history)


# Of two members that are evaluated at the start, sometime and at the end.
EXTENT = extent_of(snapshot().blocks, 2, [0, 3, 5000])
NEVER_DUE = CheckpointPolicy(seconds=10**9)
PROGRAM = make_program()
KEY, OTHER_KEY = checkpoint_key(PROGRAM, "this"), checkpoint_key(PROGRAM, "other")


def store(folder, key=KEY, **policy):
    policy = NEVER_DUE.model_copy(update=policy)
    return Checkpoints(folder, key, LOGGER, policy, minibatches_per_epoch=5, extent=lambda: EXTENT)


def named(minibatches, key=KEY):
    return f"{key[:10]}-{minibatches:012d}.npz"


def assert_same(first, second):
    assert (first.minibatches, first.evaluations) == (second.minibatches, second.evaluations)
    for a, b in zip(first.blocks, second.blocks, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y)
    pd.testing.assert_frame_equal(first.history, second.history, rtol=0, atol=0)


def test_a_snapshot_reads_back_to_the_last_bit(tmp_path):
    saved = snapshot()
    store(tmp_path).save(saved)
    assert_same(store(tmp_path).restore(), saved)


def test_the_newest_are_kept(tmp_path):
    checkpoints = store(tmp_path, keep=2)
    for minibatches in (3, 20, 100):
        checkpoints.save(snapshot(minibatches))
    assert sorted(path.name for path in tmp_path.iterdir()) == [named(20), named(100)]
    assert checkpoints.restore().minibatches == 100


class Clock:
    """Time that passes when told to, and while a checkpoint is written."""

    def __init__(self, monkeypatch, seconds_to_write=0.0):
        self.now = 100.0
        monkeypatch.setattr(checkpoints_module.time, "monotonic", lambda: self.now)
        savez = np.savez

        def slow_savez(*arguments, **options):
            self.now += seconds_to_write
            savez(*arguments, **options)

        monkeypatch.setattr(checkpoints_module.np, "savez", slow_savez)


def test_checkpoints_are_due_by_time(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)
    checkpoints = store(tmp_path, seconds=60)
    for _ in range(2):
        clock.now += 59
        assert not checkpoints.due(1)
        clock.now += 1
        assert checkpoints.due(1)
        checkpoints.save(snapshot())


def test_slow_checkpoints_take_two_percent_of_the_time(tmp_path, monkeypatch):
    clock = Clock(monkeypatch, seconds_to_write=3)
    checkpoints = store(tmp_path, seconds=60)
    checkpoints.save(snapshot())
    clock.now += 149
    assert not checkpoints.due(1)
    clock.now += 1
    assert checkpoints.due(1)  # 3 seconds in 150


def test_checkpoints_are_due_by_epoch(tmp_path):
    checkpoints = store(tmp_path, epochs=2)  # of 5 minibatches
    assert [checkpoints.due(done) for done in (9, 10)] == [False, True]
    checkpoints.save(snapshot(minibatches=11))
    assert [checkpoints.due(done) for done in (20, 21)] == [False, True]
    resumed = store(tmp_path, epochs=2)
    resumed.restore()
    assert [resumed.due(done) for done in (20, 21)] == [False, True]


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(tmp_path, caplog, damage):
    checkpoints = store(tmp_path)
    for minibatches in (3, 20):
        checkpoints.save(snapshot(minibatches))
    path = tmp_path / named(20)
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 3] ^= 0xFF
    path.write_bytes({"truncated": content[:-50], "empty": b"", "flipped": content}[damage])
    with caplog.at_level(logging.INFO):
        assert_same(checkpoints.restore(), snapshot(3))
    assert f"checkpoint {named(20)} is damaged and skipped" in caplog.text
    assert f"going on from checkpoint {named(3)}" in caplog.text


def test_a_foreign_checkpoint_is_skipped_and_a_new_start_announced(tmp_path, caplog):
    store(tmp_path, key=OTHER_KEY).save(snapshot())
    assert store(tmp_path).restore() is None
    assert "it was made by another configuration" in caplog.text
    assert "starting anew" in caplog.text


def test_foreign_checkpoints_that_are_further_do_not_stand_in_the_way(tmp_path):
    for minibatches in (4900, 5000):
        store(tmp_path, key=OTHER_KEY).save(snapshot(minibatches))
    assert store(tmp_path).restore() is None
    assert len(list(tmp_path.iterdir())) == 2  # until they can be replaced
    store(tmp_path).save(snapshot(100))
    assert [path.name for path in tmp_path.iterdir()] == [named(100)]
    store(tmp_path).save(snapshot(200))
    assert_same(store(tmp_path).restore(), snapshot(200))


def test_a_foreign_checkpoint_under_a_name_of_ours_is_skipped(tmp_path, caplog):
    store(tmp_path, key=OTHER_KEY).save(snapshot(20))
    (tmp_path / named(20, OTHER_KEY)).rename(tmp_path / named(20))
    assert store(tmp_path).restore() is None
    assert f"checkpoint {named(20)} is skipped" in caplog.text


def test_a_checkpoint_that_cannot_be_removed_does_not_end_the_training(tmp_path, monkeypatch):
    checkpoints = store(tmp_path, keep=1)
    checkpoints.save(snapshot(3))

    def stale(self, **_):
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", stale)
        with pytest.raises(OSError, match="Stale"):
            (tmp_path / "any").unlink()
        monkeypatch.setattr(
            checkpoints_module, "atomic_path", lambda path: contextlib.nullcontext(path)
        )
        checkpoints.save(snapshot(20))
    assert len(list(tmp_path.iterdir())) == 2
    checkpoints.save(snapshot(30))
    assert [path.name for path in tmp_path.iterdir()] == [named(30)]


def test_no_checkpoint_is_no_cause_for_a_warning(tmp_path, caplog):
    assert store(tmp_path / "absent").restore() is None
    assert caplog.text == ""


def test_a_full_disk_does_not_end_the_training(tmp_path, caplog, monkeypatch):
    checkpoints = store(tmp_path)
    checkpoints.save(snapshot(3))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints_module.np, "savez", full)
    checkpoints.save(snapshot(20))
    assert f"{named(20)} could not be written" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == [named(3)]


@pytest.mark.parametrize("cleans", [lambda folder: store(folder).restore(), remove_checkpoints])
def test_what_a_killed_process_left_unfinished_is_removed(tmp_path, monkeypatch, cleans):
    store(tmp_path).save(snapshot(3))
    with monkeypatch.context() as killed:  # neither renamed nor cleaned up
        killed.setattr("pathlib.Path.replace", lambda *_: None)
        killed.setattr("pathlib.Path.unlink", lambda *_, **__: None)
        store(tmp_path).save(snapshot(20))
    assert len(list(tmp_path.iterdir())) == 2
    cleans(tmp_path)
    left = [path.name for path in tmp_path.iterdir()] if tmp_path.exists() else []
    assert left in ([], [named(3)])


def test_removing_checkpoints_touches_nothing_else(tmp_path):
    store(tmp_path).save(snapshot())
    for name in ("thesis.tex", "2024.npz", "ab-2024.npz"):
        (tmp_path / name).touch()
    remove_checkpoints(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["2024.npz", "ab-2024.npz", "thesis.tex"]
    remove_checkpoints(tmp_path / "absent")


def test_the_key_tells_ensembles_data_and_code_apart(monkeypatch):
    parts = [("a", "b"), ("ab",), ("a", "c")]
    keys = [checkpoint_key(PROGRAM, *some) for some in parts]
    assert keys[0] == checkpoint_key(PROGRAM, *parts[0])
    assert len(set(keys)) == 3
    monkeypatch.setattr("whysgd.training.checkpoints.training_digest", lambda program: "edited")
    assert not set(keys) & {checkpoint_key(PROGRAM, *some) for some in parts}


class StopsAfter:
    """Behaves as if a signal had come before the n-th time that the training looks for one."""

    looks = 0

    def __init__(self, logger, at_end):
        self.left = self.looks

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def writing(self):
        return contextlib.nullcontext()

    @property
    def signal_number(self):
        self.left -= 1
        return signal.SIGTERM if self.left < 0 else None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model": "wrn-10-1", "augmentation": "crop", "penalty": {}},
        {"updates_per_batch": 3, "schedule": {"kind": "halving"}, "weight_decay": 1e-3},
    ],
    ids=["plain", "convolution", "n-step"],
)
# In the first evaluation, between two blocks of an update, and in a later evaluation.
@pytest.mark.parametrize("looks", [0, 9, 24])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(
    dataset, tmp_path, monkeypatch, changes, looks
):
    ensemble = make_ensemble((0.1, 0, 0), (1e30, 0, 1), (0.05, 0, 2), **changes)
    # One minibatch a chunk, two members a block: as many places to stop as there can be.
    monkeypatch.setattr(Pace, "units", lambda self, left: 1)
    monkeypatch.setattr("whysgd.training.trainer.replicas_at_once", lambda *_: 2)
    uninterrupted = train_ensemble(ensemble, dataset, LOGGER)

    monkeypatch.setattr(StopsAfter, "looks", looks)
    with monkeypatch.context() as patched:
        patched.setattr(run_module, "Interruption", StopsAfter)
        with pytest.raises(TrainingInterruptedError) as caught:
            train_ensemble(ensemble, dataset, LOGGER, checkpoint_folder=tmp_path / "c")
    assert caught.value.exit_status == 128 + signal.SIGTERM
    assert list((tmp_path / "c").iterdir())
    resumed = train_ensemble(ensemble, dataset, LOGGER, checkpoint_folder=tmp_path / "c")
    pd.testing.assert_frame_equal(resumed, uninterrupted, rtol=0, atol=0)
    assert (tmp_path / "c").exists()  # until the caller has the history on disk
    remove_checkpoints(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_resumed_run_does_not_start_over(dataset, tmp_path, monkeypatch, caplog):
    ensemble = make_ensemble((0.1, 0, 0))
    monkeypatch.setattr(Pace, "units", lambda self, left: 1)
    monkeypatch.setattr(StopsAfter, "looks", 14)
    with monkeypatch.context() as patched:
        patched.setattr(run_module, "Interruption", StopsAfter)
        with pytest.raises(TrainingInterruptedError):
            train_ensemble(ensemble, dataset, LOGGER, checkpoint_folder=tmp_path)
    trained = []
    original = Trainer.train
    monkeypatch.setattr(
        Trainer,
        "train",
        lambda self, states, first, *rest: (
            trained.append(first) or original(self, states, first, *rest)
        ),
    )
    with caplog.at_level(logging.INFO):
        train_ensemble(ensemble, dataset, LOGGER, checkpoint_folder=tmp_path)
    assert "at epoch" in caplog.text
    assert 0 < trained[0] < 12
    assert trained == list(range(trained[0], 12))


def test_the_first_ctrl_c_is_noted_and_the_second_is_the_users():
    before = signal.getsignal(signal.SIGINT)
    with Interruption(LOGGER) as interruption:
        assert interruption.signal_number is None
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.signal_number == signal.SIGINT
        assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN  # the process may go on


ASKED_AGAIN = """
import logging, signal, sys
from whysgd.training.job.interruption import Interruption
with Interruption(logging.getLogger("test")) as interruption:
    for told in ("ready", "writing"):
        print(told, flush=True)
        assert sys.stdin.readline()
        assert interruption.signal_number == signal.SIGTERM
print("left", flush=True)
assert sys.stdin.readline()
print("ended", flush=True)
"""


def test_further_requests_to_end_change_nothing():
    # SLURM asks twice at a time limit: the process must have the time for its checkpoint, and to
    # say how it ended.
    process = subprocess.Popen(
        [sys.executable, "-c", ASKED_AGAIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for told in ("ready", "writing", "left"):
        assert process.stdout.readline() == f"{told}\n"
        process.send_signal(signal.SIGTERM)
        process.stdin.write("\n")
        process.stdin.flush()
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "ended\n")


STUCK = """
import logging, signal, sys
from whysgd.training.job.interruption import Interruption
logging.basicConfig(stream=sys.stdout)
with Interruption(logging.getLogger("test"), patience=0.2):
    print("ready", flush=True)
    while True:  # goes on whatever has been noted
        sum(range(1000))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_does_not_get_to_its_signal_is_ended(number):
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, a child would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "none could be written within 0.2 s" in output


WRITING = """
import logging, sys, time
from whysgd.training.job.interruption import Interruption
logging.basicConfig(stream=sys.stdout)
with Interruption(logging.getLogger("test"), 0.1, at_end=print) as interruption:
    with interruption.writing():
        print("ready", flush=True)
        while interruption.signal_number is None:
            time.sleep(0.01)
        time.sleep(0.5)
        print("written", flush=True)
    time.sleep(60)
"""


def test_a_checkpoint_that_is_being_written_is_waited_for():
    process = subprocess.Popen([sys.executable, "-c", WRITING], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    written, logged, told = output.splitlines()
    assert written == "written"
    assert logged.endswith(told)
    assert "none could be written within 0.1 s" in told


def test_without_a_signal_the_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with Interruption(LOGGER):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_half_written_file_has_no_checkpoints_name(tmp_path):
    with atomic_path(tmp_path / named(1)) as temporary:
        temporary.write_bytes(b"half")
        assert store(tmp_path).restore() is None
        temporary.write_bytes(b"")
