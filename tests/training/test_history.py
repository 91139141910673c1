"""The table that a training job writes."""

import numpy as np
import pytest

from whysgd.spec.ensemble import Member
from whysgd.training.history import METRICS, continued, history_rows, read_history, write_history

MEMBERS = [Member(learning_rate=0.1, reg_coefficient=0, seed=seed) for seed in range(3)]


def rows(update, *, loss=(1.0, 1.0, 1.0), diverged_at=(-1, -1, -1), finite=(True, True, True)):
    measured = {name: np.array(loss) for name in METRICS}
    return history_rows(
        MEMBERS,
        epoch=update / 10,
        update=update,
        measured=measured,
        diverged_at=np.array(diverged_at),
        finite=np.array(finite),
    )


@pytest.mark.parametrize(
    "fault", [{"loss": (1.0, np.inf, 1.0)}, {"finite": (True, False, True)}], ids=str
)
def test_an_evaluation_that_overflows_shows_divergence(fault):
    found = rows(10, **fault)
    assert list(found["diverged_at"]) == [-1, 10, -1]
    assert found.loc[1, list(METRICS)].isna().all()
    assert found.loc[[0, 2], list(METRICS)].notna().all(axis=None)


def test_a_member_stays_diverged_where_it_was_first_seen():
    history = rows(0)
    history = continued(history, rows(10, loss=(1.0, np.inf, 1.0)))
    # Finite again by chance, and diverged once more; another by training meanwhile.
    history = continued(history, rows(20, diverged_at=(-1, -1, 17)))
    history = continued(history, rows(30, diverged_at=(-1, 25, 17)))
    by_member = history.groupby("seed")["diverged_at"].apply(list)
    assert list(by_member) == [[-1, -1, -1, -1], [-1, 10, 10, 10], [-1, -1, 17, 17]]
    late = history[history["update"] >= 20].set_index(["update", "seed"])
    assert late.loc[(20, 1), list(METRICS)].isna().all()
    assert late.loc[(30, 0), list(METRICS)].notna().all()


def test_a_history_begins_with_its_first_evaluation():
    first = rows(0)
    assert continued(first.iloc[:0], first).equals(first)


def test_a_history_reads_back_equal(tmp_path):
    history = continued(rows(0), rows(10, loss=(0.1, 1 / 3, np.inf)))
    write_history(tmp_path / "history.csv", history)
    assert read_history(tmp_path / "history.csv").equals(history)
