"""Checkpoints with the right key and a wrong content are skipped like damaged ones, at once."""

import logging
import time

import numpy as np
import pytest

from tests.conftest import make_ensemble
from tests.training.test_checkpoints import EXTENT, KEY, named, snapshot, store
from whysgd.training.checkpoints import Checkpoints, _to_arrays
from whysgd.training.job import run


def changed(**arrays):
    """A checkpoint of the job with other arrays in it; None: without one."""

    def write(path):
        content = {**_to_arrays(snapshot(20), KEY), **arrays}
        np.savez(path, **{name: array for name, array in content.items() if array is not None})

    return write


def counts(*values):
    return changed(counts=np.array(values))


# What a checkpoint holds, and what the log says of it.
CHECKPOINTS = {
    "10^9 evaluations": (counts(20, 10**9, 2), "1000000000 evaluations, and the job has 3"),
    "-1 evaluations": (counts(20, -1, 2), "-1 evaluations"),
    "2^62 minibatches": (counts(2**62, 2, 2), "4611686018427387904 minibatches"),
    "-5 minibatches": (counts(-5, 2, 2), "-5 minibatches"),
    "10^12 blocks": (counts(20, 2, 10**12), "1000000000000 blocks, and the job has 2"),
    "no blocks": (counts(20, 2, 0), "0 blocks"),
    "evaluations that are to come": (counts(2, 2, 2), "2 evaluations after 2 minibatches"),
    "evaluations that are missing": (counts(20, 1, 2), "1 evaluations after 20 minibatches"),
    "two counts": (counts(20, 2), "not enough values"),
    "a table of counts": (counts(*[[1] * 1000] * 1000), "counts: "),
    "counts that are fractions": (counts(20.5, np.nan, 2), "cannot convert|evaluations"),
    "counts that are words": (changed(counts=np.array(["a", "b", "c"])), "invalid literal"),
    "no counts": (changed(counts=None), "'counts'"),
    "no key": (changed(key=None), "'key'"),
    "another key": (changed(key=np.array("0" * 64)), "another configuration"),
    "a long key": (changed(key=np.array("0" * 10**6)), "key: "),
    "a key that is a number": (changed(key=np.array(7)), "another configuration"),
    "a list of keys": (changed(key=np.array(["a"] * 5)), "key: "),
    "parameters of another shape": (changed(block0_0=np.zeros((2, 3, 5), "f4")), "other shapes"),
    "parameters of another type": (changed(block0_0=np.zeros((2, 3, 4))), "other shapes"),
    "parameters that are missing": (changed(block1_1=None), "other shapes"),
    "parameters of another network": (changed(block0_3=np.zeros(3)), "other shapes"),
    "another block": (changed(block2_0=np.zeros(3)), "other shapes"),
    "large parameters": (changed(block0_0=np.zeros((10**7,), "f4")), "other shapes"),
    "a history that is too short": (changed(history_seed=np.zeros(3)), "another length"),
    "a history that is too long": (changed(history_seed=np.zeros(10**6)), "another length"),
    "a history in a table": (changed(history_seed=np.zeros((4, 1))), "another length"),
    "a history that is missing": (changed(history_seed=None), "'history_seed'"),
    "objects": (changed(history_seed=np.array([{}] * 4)), "Python objects"),
    "nothing": (lambda path: path.touch(), "not a zip file"),
    "text": (lambda path: path.write_text("checkpoint"), "not a zip file"),
    "a folder": (lambda path: path.mkdir(), "Is a directory"),
    "a lost link": (lambda path: path.symlink_to("gone"), "No such file"),
}


@pytest.mark.parametrize("kind", CHECKPOINTS)
def test_a_checkpoint_with_a_fault_is_skipped_and_the_one_before_it_taken(kind, tmp_path, caplog):
    write, said = CHECKPOINTS[kind]
    store(tmp_path).save(snapshot(3))
    write(tmp_path / named(20))
    started = time.monotonic()
    with caplog.at_level(logging.INFO):
        restored = store(tmp_path).restore()
    assert time.monotonic() - started < 5
    assert restored.minibatches == 3
    (line,) = [record.getMessage() for record in caplog.records if "skipped" in record.getMessage()]
    assert line.startswith(f"checkpoint {named(20)} is ")
    assert said in line or any(word in line for word in said.split("|"))
    assert "\n" not in line


def test_a_checkpoint_of_each_stage_is_taken(tmp_path):
    for minibatches, evaluations in ((0, 0), (0, 1), (2, 1), (3, 1), (3, 2), (4999, 2), (5000, 3)):
        EXTENT.check(minibatches, evaluations, 2)
    for minibatches, evaluations in ((1, 0), (2, 2), (4, 1), (4999, 3), (5001, 3)):
        with pytest.raises(ValueError, match="minibatches|evaluations"):
            EXTENT.check(minibatches, evaluations, 2)


AS_ONE = {"device": "cpu", "computed_on": "a processor", "threads": 1, "onednn": "default"}


@pytest.mark.parametrize(
    "change",
    [
        {"threads": 2},
        {"onednn": "0"},
        {"computed_on": "another processor"},
        {"device": "gpu", "computed_on": "a GPU"},
    ],
    ids=str,
)
def test_a_checkpoint_that_was_computed_otherwise_is_not_taken(
    change, dataset, tmp_path, monkeypatch
):
    """Its bits may be others, so a run that went on from it would be neither one nor the other."""
    keys = []

    def kept(folder, key, *arguments, **options):
        keys.append(key)
        return Checkpoints(folder, key, *arguments, **options)

    monkeypatch.setattr(run, "Checkpoints", kept)
    monkeypatch.setattr(run, "train", lambda trainer, **_: None)
    for execution in (AS_ONE, AS_ONE, AS_ONE | change):
        monkeypatch.setattr(run, "execution", lambda execution=execution: execution)
        ensemble = make_ensemble((0.1, 0.0, 0))
        run.train_ensemble(ensemble, dataset, logging.getLogger(), checkpoint_folder=tmp_path)
    assert keys[0] == keys[1] != keys[2]
