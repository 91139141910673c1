"""Histories on disk, found by what was trained."""

import json

import pandas as pd
import pytest

from tests.runs.synthetic import run_rows, sweeps_of
from whysgd.base.errors import UserError
from whysgd.runs.grid import experiment_points
from whysgd.runs.store import RunStore
from whysgd.spec.ensemble import Ensemble
from whysgd.training.history import COLUMNS, write_history

(POINT,) = experiment_points(sweeps_of(e={"learning_rate": 0.5}), "e")


def write_run(folder, seeds):
    """An ensemble with some seeds of the point, as a job leaves it."""
    ensemble = Ensemble(program=POINT.program, members=tuple(POINT.member(s) for s in seeds))
    history = pd.concat([run_rows(s, [0.1, 0.2], learning_rate=0.5) for s in seeds])
    path = folder / ensemble.run_id
    path.mkdir()
    (path / "ensemble.json").write_text(json.dumps(ensemble.model_dump(mode="json")))
    write_history(path / "history.csv", history[list(COLUMNS)])
    return path


def store_of(*folders, seeds=(0, 1, 2)):
    return RunStore(
        [folder / "ensemble.json" for folder in folders],
        [folder / "history.csv" for folder in folders],
        seeds,
    )


def test_every_row_names_the_folder_that_it_comes_from(tmp_path):
    first, second = write_run(tmp_path, [0, 1]), write_run(tmp_path, [2, 3])
    history = store_of(first, second).history(POINT)
    assert dict(zip(history["seed"], history["run_id"], strict=True)) == {
        0: first.name,
        1: first.name,
        2: second.name,
    }


def test_a_seed_without_a_run_is_named(tmp_path):
    store = store_of(write_run(tmp_path, [0, 2]))
    with pytest.raises(UserError, match="learning_rate 0.5.*no run of seed 1"):
        store.history(POINT)
