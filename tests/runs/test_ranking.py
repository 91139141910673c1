"""Ranking the runs of a grid point, on histories made by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.runs.synthetic import run_rows
from whysgd.runs.ranking import best_first, rank_runs
from whysgd.runs.scores import CLASSIFICATION, FINAL_TEST_ACCURACY, FINAL_TRAIN_LOSS, SCORES, Score

THREE = pd.concat(
    [run_rows(0, [0.1, 0.9, 0.2]), run_rows(1, [0.1, 0.5, 0.6]), run_rows(2, [0.7, 0.7, 0.7])]
)


def seeds(ranked):
    return [run.seed for run in ranked.kept]


def test_runs_are_ranked_by_their_highest_test_accuracy():
    ranked = rank_runs(THREE, 2)
    assert seeds(ranked) == [0, 2]
    metrics = ranked.metrics()
    assert metrics["test_accuracy"] == [0.9, 0.7]
    assert metrics["test_accuracy_final"] == [0.2, 0.7]
    assert (len(ranked.runs), ranked.diverged) == (3, 0)


def test_runs_can_be_ranked_by_their_final_test_accuracy():
    ranked = rank_runs(THREE, 2, FINAL_TEST_ACCURACY)
    assert seeds(ranked) == [2, 1]
    assert ranked.metrics()["test_accuracy_final"] == [0.7, 0.6]


@pytest.mark.parametrize(
    ("of", "better", "kept", "numbers"),
    [
        ("best", "higher", [2, 0], [9, 5]),
        ("best", "lower", [0, 1], [1, 2]),
        ("last", "higher", [1, 2], [4, 3]),
        ("last", "lower", [0, 2], [1, 3]),
    ],
)
def test_a_score_is_of_the_best_or_the_last_evaluation_in_either_direction(
    of, better, kept, numbers
):
    losses = ([5, 2, 1], [3, 2, 4], [9, 4, 3])
    history = pd.concat([run_rows(s, [0, 0, 0], test_loss=loss) for s, loss in enumerate(losses)])
    score = Score("perplexity", "test_loss", of, better)
    ranked = rank_runs(history, 2, score)
    assert seeds(ranked) == kept
    assert ranked.numbers(score) == numbers


def test_evaluations_are_put_in_the_order_of_updates():
    history = run_rows(0, [0.1, 0.9, 0.2]).iloc[::-1]
    assert rank_runs(history, 1).numbers(FINAL_TEST_ACCURACY) == [0.2]


def test_the_kept_runs_supply_every_metric():
    history = pd.concat(
        [
            run_rows(
                0, [0.9, 0.8], train_accuracy=[0.3, 0.2], train_loss=[2, 1], c_reg=[np.nan, 5]
            ),
            run_rows(1, [0.1, 0.2], train_accuracy=[1, 1], train_loss=[0, 0], c_reg=[np.nan, 0]),
        ]
    )
    metrics = rank_runs(history, 1).metrics()
    assert list(metrics) == [score.name for score in CLASSIFICATION] == list(SCORES)
    assert metrics["train_accuracy"] == [0.3]
    assert metrics["train_accuracy_final"] == [0.2]
    assert metrics["train_loss"] == [1]
    assert metrics["c_reg"] == [5]


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_diverged_run_is_never_kept_however_good_it_was(better):
    worst = 0.1 if better == "higher" else 0.9
    history = pd.concat(
        [
            run_rows(0, [1 - worst, np.nan], diverged_at=[-1, 15]),
            run_rows(1, [worst, worst]),
            run_rows(2, [0.5, 0.5]),
        ]
    )
    ranked = rank_runs(history, 3, Score("it", "test_accuracy", "best", better))
    assert seeds(ranked) == [2, 1]
    assert (len(ranked.runs), ranked.diverged) == (3, 1)


def test_a_run_whose_score_overflowed_is_not_kept_and_has_not_diverged():
    losses = (np.inf, 2.0, 1.0)
    history = pd.concat([run_rows(s, [0.5], train_loss=loss) for s, loss in enumerate(losses)])
    for score in (FINAL_TRAIN_LOSS, Score("it", "train_loss")):
        ranked = rank_runs(history, 3, score)
        assert sorted(seeds(ranked)) == [1, 2]
        assert ranked.diverged == 0


def test_ties_go_to_the_smaller_seed():
    history = pd.concat([run_rows(seed, [0.5]) for seed in (3, 1, 2)])
    assert seeds(rank_runs(history, 2)) == [1, 2]


def test_runs_rank_by_score_and_diverged_ones_come_last():
    scores = np.array([[0.5, np.nan, 0.9, 0.5], [0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_array_equal(best_first(scores), [[2, 0, 3, 1], [3, 2, 1, 0]])


def test_every_run_says_where_it_was_trained():
    assert [run.run_id for run in rank_runs(THREE, 1).runs] == ["run-0", "run-1", "run-2"]
