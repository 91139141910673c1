"""Event files for TensorBoard, read back with TensorFlow's own reader."""

import logging

import numpy as np
import pandas as pd
import tensorflow as tf

from tests.conftest import make_ensemble
from whysgd.spec.ensemble import CheckpointPolicy
from whysgd.training.history import METRICS
from whysgd.training.job.events import Events, member_folder
from whysgd.training.job.run import train_ensemble

LOGGER = logging.getLogger("test")
MEMBERS = ((0.1, 0.0, 0), (0.25, 0.0, 3))


def scalars(folder):
    """(member, metric, update) -> value of all event files below a folder."""
    found = {}
    for path in folder.glob("*/events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found[path.parent.name, value.tag, event.step] = float(
                    tf.make_ndarray(value.tensor)
                )
    return found


def expected(history):
    return {
        (member_folder(row), metric, row["update"]): np.float32(row[metric])
        for row in history.to_dict("records")
        for metric in METRICS
        if np.isfinite(row[metric])
    }


def test_the_files_hold_the_history_and_change_nothing(tmp_path, dataset):
    ensemble = make_ensemble(*MEMBERS)
    plain = train_ensemble(ensemble, dataset, LOGGER)
    watched = train_ensemble(ensemble, dataset, LOGGER, events_folder=tmp_path / "job")
    pd.testing.assert_frame_equal(watched, plain, rtol=0, atol=0)
    found = scalars(tmp_path / "job")
    assert found == expected(plain)
    assert {member for member, _, _ in found} == {
        "learning_rate=0.1,reg_coefficient=0,seed=0",
        "learning_rate=2^-2,reg_coefficient=0,seed=3",
    }
    assert ("learning_rate=2^-2,reg_coefficient=0,seed=3", "c_reg", 12) in found


def test_a_job_that_goes_on_writes_what_was_before_as_well(tmp_path, dataset, monkeypatch):
    ensemble = make_ensemble(*MEMBERS)
    places = {
        "checkpoint_folder": tmp_path / "checkpoints",
        "checkpoint_policy": CheckpointPolicy(epochs=1),
        "events_folder": tmp_path / "events",
    }
    whole = train_ensemble(ensemble, dataset, LOGGER, **places)
    before = scalars(tmp_path / "events")
    (tmp_path / "events" / "of another attempt").mkdir()
    again = train_ensemble(ensemble, dataset, LOGGER, **places)
    pd.testing.assert_frame_equal(again, whole, rtol=0, atol=0)
    assert scalars(tmp_path / "events") == before == expected(whole)
    assert not (tmp_path / "events" / "of another attempt").exists()


def test_a_folder_that_cannot_be_written_is_told_and_survived(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    events = Events(tmp_path / "file" / "job", LOGGER)
    row = {"learning_rate": 0.5, "reg_coefficient": 0.0, "seed": 0, "update": 1}
    with caplog.at_level(logging.WARNING):
        events.write(pd.DataFrame([{**row, **dict.fromkeys(METRICS, 1.0)}]))
    assert "no event files for TensorBoard" in caplog.text
