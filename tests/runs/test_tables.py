"""Ranking and tables on histories made by hand."""

import numpy as np
import pandas as pd
import pytest

from whysgd.config.settings import ScaleSettings, load_settings
from whysgd.runs.figures import Curves, FigureSpec
from whysgd.runs.grid import experiment_points
from whysgd.runs.tables import (
    RUN_COLUMNS,
    TABLE_COLUMNS,
    best_first,
    figure_table,
    rank_runs,
    run_table,
)
from whysgd.spec.ensemble import CheckpointPolicy
from whysgd.studies.implicit_regularization.study import STUDY
from whysgd.training.history import COLUMNS

FIGURES = [figure for figure in STUDY.figures if figure.default]


def run_rows(seed, test_accuracy, *, diverged_at=-1, **columns):
    """One run's history: one row per value of `test_accuracy`."""
    count = len(test_accuracy)
    values = {name: np.zeros(count) for name in COLUMNS}
    values |= {"seed": seed, "epoch": np.arange(count), "update": 10 * np.arange(count)}
    values |= {"test_accuracy": test_accuracy, "diverged_at": diverged_at, **columns}
    return pd.DataFrame(values)


def test_runs_are_ranked_by_their_highest_test_accuracy():
    history = pd.concat(
        [run_rows(0, [0.1, 0.9, 0.2]), run_rows(1, [0.1, 0.5, 0.6]), run_rows(2, [0.7, 0.7, 0.7])]
    )
    summary = rank_runs(history, 2)
    assert [run["seed"].iloc[0] for run in summary.kept] == [0, 2]
    metrics = summary.metrics()
    assert metrics["test_accuracy"] == [0.9, 0.7]
    assert metrics["test_accuracy_final"] == [0.2, 0.7]
    assert (summary.total, summary.diverged) == (3, 0)


def test_runs_can_be_ranked_by_their_final_test_accuracy():
    history = pd.concat(
        [run_rows(0, [0.1, 0.9, 0.2]), run_rows(1, [0.1, 0.5, 0.6]), run_rows(2, [0.7, 0.7, 0.7])]
    )
    summary = rank_runs(history, 2, "final")
    assert [run["seed"].iloc[0] for run in summary.kept] == [2, 1]
    assert summary.metrics()["test_accuracy_final"] == [0.7, 0.6]


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
    assert metrics["train_accuracy"] == [0.3]
    assert metrics["train_accuracy_final"] == [0.2]
    assert metrics["train_loss"] == [1]
    assert metrics["c_reg"] == [5]


def test_a_diverged_run_is_never_kept_however_good_it_was():
    history = pd.concat(
        [
            run_rows(0, [0.99, np.nan], diverged_at=[-1, 15]),
            run_rows(1, [0.1, 0.1]),
            run_rows(2, [0.2, 0.2]),
        ]
    )
    summary = rank_runs(history, 3)
    assert [run["seed"].iloc[0] for run in summary.kept] == [2, 1]
    assert (summary.total, summary.diverged) == (3, 1)


def test_ties_go_to_the_smaller_seed():
    history = pd.concat([run_rows(seed, [0.5]) for seed in (3, 1, 2)])
    assert [run["seed"].iloc[0] for run in rank_runs(history, 2).kept] == [1, 2]


def small_scale(experiment: dict, keep_best: int = 2) -> ScaleSettings:
    quick = load_settings({"scale": "quick"}).scale.model_dump(exclude_none=True)
    quick["experiments"] = {"e": {"program": "mlp", **experiment}}
    quick["runs"] = {"seeds": [0, 1, 2], "keep_best": keep_best}
    return ScaleSettings.model_validate(quick)


def table_of(scale, histories, series="C", x="learning_rate"):
    figure = FigureSpec("test", "figure1", (Curves("a", "e", series, x),))
    return figure_table(figure, scale, histories)


def test_a_table_holds_mean_and_sample_standard_deviation():
    def histories(point):
        base = point.learning_rate
        return pd.concat([run_rows(seed, [base + seed / 10]) for seed in range(3)])

    table = table_of(small_scale({"learning_rate": [0.25, 0.5]}), histories)
    assert tuple(table.columns) == TABLE_COLUMNS
    rows = table[table["metric"] == "test_accuracy"]
    assert list(rows["x"]) == [0.25, 0.5]
    np.testing.assert_allclose(rows["mean"], [0.4, 0.65])  # the best two of + 0, 0.1, 0.2
    np.testing.assert_allclose(rows["std"], np.sqrt(0.05**2 * 2))  # ddof = 1
    assert set(rows["kept"]) == {2}
    assert set(rows["total"]) == {3}


def test_too_few_finite_runs_are_shown_as_such():
    def histories(point):
        finite = 1 if point.learning_rate == 0.25 else 0
        return pd.concat(
            [run_rows(s, [0.5], diverged_at=-1 if s < finite else 3) for s in range(3)]
        )

    table = table_of(small_scale({"learning_rate": [0.25, 0.5]}), histories)
    rows = table[table["metric"] == "test_accuracy"].set_index("x")
    assert list(rows["kept"]) == [1, 0]
    assert list(rows["diverged"]) == [2, 3]
    assert rows["mean"][0.25] == 0.5
    assert np.isnan(rows["std"][0.25])  # one run is no measure of spread
    assert np.isnan(rows["mean"][0.5])


def test_curves_over_epochs_are_means_of_the_kept_runs():
    def histories(_):
        return pd.concat([run_rows(s, [0.1 * s, 0.2 * s, 0.3 * s]) for s in range(3)])

    table = table_of(small_scale({"learning_rate": 0.5}), histories, x="epoch")
    rows = table[table["metric"] == "test_accuracy"]
    assert list(rows["x"]) == [0, 1, 2]
    np.testing.assert_allclose(rows["mean"], [0.15, 0.3, 0.45])


def test_a_budget_curve_tunes_the_learning_rate():
    def histories(point):
        if point.learning_rate == 0.5:  # best, but for one run: it must not win
            return pd.concat(
                [run_rows(s, [0.9], diverged_at=-1 if s == 0 else 1) for s in range(3)]
            )
        level = {0.125: 0.3, 0.25: 0.6}[point.learning_rate]
        return pd.concat([run_rows(s, [level]) for s in range(3)])

    scale = small_scale({"learning_rate": [0.125, 0.25, 0.5], "epochs": [1, 2]})
    table = table_of(scale, histories, x="epochs").set_index(["x", "metric"])
    for epochs in (1, 2):
        assert table["mean"][epochs, "test_accuracy"] == pytest.approx(0.6)
        assert table["mean"][epochs, "best_learning_rate"] == 0.25


def test_runs_rank_by_score_and_diverged_ones_come_last():
    scores = np.array([[0.5, np.nan, 0.9, 0.5], [0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_array_equal(best_first(scores), [[2, 0, 3, 1], [3, 2, 1, 0]])


def test_the_table_of_runs_has_every_seed_of_every_point():
    def histories(point):
        return pd.concat(
            [
                run_rows(s, [0.9, point.learning_rate + s / 10], diverged_at=5 if s == 1 else -1)
                for s in range(3)
            ]
        )

    scale = small_scale({"learning_rate": [0.25, 0.5], "batch_size": [4, 8]})
    curves = Curves("a", "e", "B = {batch_size}", "learning_rate/batch_size")
    table = run_table(FigureSpec("test", "figure1", (curves,)), scale, histories)
    assert tuple(table.columns) == RUN_COLUMNS
    assert len(table) == 2 * 2 * 3
    run = table[(table["series"] == "B = 8") & (table["learning_rate"] == 0.5)].set_index("seed")
    assert set(run["x"]) == {0.5 / 8}
    assert set(run["batch_size"]) == {8}
    assert set(run["num_train"]) == {320}
    assert run["test_accuracy"][0] == 0.9  # highest
    assert run["test_accuracy_final"][2] == 0.7
    assert list(run["diverged"]) == [0, 1, 0]
    assert run.loc[1, ["test_accuracy", "c_reg"]].isna().all()


def test_the_means_of_a_figure_are_those_of_the_best_of_its_runs():
    rng = np.random.default_rng(0)
    scores = {rate: rng.uniform(size=3) for rate in (0.25, 0.5)}

    def histories(point):
        return pd.concat([run_rows(s, [scores[point.learning_rate][s]]) for s in range(3)])

    scale = small_scale({"learning_rate": [0.25, 0.5]})
    figure = FigureSpec("test", "figure1", (Curves("a", "e", "C", "learning_rate"),))
    means = figure_table(figure, scale, histories).set_index(["x", "metric"])["mean"]
    for rate, runs in run_table(figure, scale, histories).groupby("x"):
        best = runs["test_accuracy"].nlargest(2).mean()
        assert means[rate, "test_accuracy"] == pytest.approx(best)


def test_series_name_what_tells_curves_apart():
    scale = small_scale({"learning_rate": 0.5, "batch_size": [4, 8]})
    curves = Curves("a", "e", "B = {batch_size}", "learning_rate/batch_size")
    points = experiment_points(scale, "e")
    assert [curves.series_of(point) for point in points] == ["B = 4", "B = 8"]
    assert [curves.x_of(point) for point in points] == [0.125, 0.0625]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_of_the_study_is_defined_at_quick(figure):
    scale = load_settings({"scale": "quick"}).scale
    assert figure.defined_at(scale)
    part = figure.part_of(scale)
    assert set(part.experiments) == {c.experiment for c in figure.curves}
    for curves in figure.curves:  # and nothing that these experiments need is missing
        assert experiment_points(part, curves.experiment) == experiment_points(
            scale, curves.experiment
        )


def test_a_figures_part_holds_nothing_that_only_others_need():
    scale = load_settings({"scale": "quick"}).scale
    changes = {
        "jobs": scale.jobs.model_copy(
            update={"runtime": 99, "checkpoints": CheckpointPolicy(seconds=5)}
        ),
        "description": "another",
        "programs": {
            **scale.programs,
            "wrn": scale.programs["wrn"].model_copy(update={"base_width": 7}),
        },
    }
    figure3 = FIGURES[2]
    assert figure3.part_of(scale.model_copy(update=changes)) == figure3.part_of(scale)
