"""Tables of readings, on histories made by hand."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.runs.synthetic import run_rows, sweeps_of
from whysgd.base.errors import UserError
from whysgd.runs.point_values import value_of
from whysgd.runs.readings import AtEnd, OverTraining, Tuned
from whysgd.runs.scores import CLASSIFICATION, FINAL_TRAIN_LOSS, Score
from whysgd.runs.tables import completed_table, figure_tables, mean_columns, run_columns

RATE = AtEnd("a", "e", "C", x="learning_rate")
SIZES = AtEnd(
    "a", "e", "B", by=("batch_size",), label="B = {batch_size}", x="learning_rate/batch_size"
)
# As they were published before curves were told apart by value.
_PINS = json.loads((Path(__file__).parents[1] / "pins" / "tables.json").read_text())["tables"]
FORMER_MEANS, FORMER_RUNS = (_PINS["tiny"][name]["columns"] for name in ("figure1", "figure1_runs"))


def three(level, **columns):
    """Three runs at a level and 0.1 and 0.2 above it."""
    return pd.concat([run_rows(seed, [level + seed / 10], **columns) for seed in range(3)])


def tables_of(sweeps, histories, *readings):
    made = figure_tables(readings, sweeps, histories)
    assert tuple(made.means.columns) == mean_columns(readings)
    assert tuple(made.runs.columns) == run_columns(readings)
    return made


def csv_text(table, columns=None):
    return table.to_csv(index=False, lineterminator="\n", columns=columns)


def test_new_columns_stand_to_the_right_of_the_former_ones():
    tuned = Tuned("b", "e", "C", x="epochs")
    assert mean_columns([RATE, SIZES]) == (*FORMER_MEANS, "curve", "by", "score", "batch_size")
    assert mean_columns([tuned])[-3:] == ("tuned_low", "tuned_high", "at_edge")
    assert run_columns([SIZES, tuned]) == (*FORMER_RUNS, "run_id", "curve", "by", "score")
    perplexity = Score("perplexity", "test_loss", "best", "lower")
    language = AtEnd("c", "e", "C", metrics=(perplexity,), score=perplexity, x="learning_rate")
    assert "perplexity" in run_columns([language])
    assert "test_accuracy" not in run_columns([language])


def test_a_table_holds_mean_and_sample_standard_deviation():
    sweeps = sweeps_of(e={"learning_rate": [0.25, 0.5]})
    table = tables_of(sweeps, lambda point: three(point.learning_rate), RATE).means
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

    table = tables_of(sweeps_of(e={"learning_rate": [0.25, 0.5]}), histories, RATE).means
    rows = table[table["metric"] == "test_accuracy"].set_index("x")
    assert list(rows["kept"]) == [1, 0]
    assert list(rows["diverged"]) == [2, 3]
    assert rows["mean"][0.25] == 0.5
    assert np.isnan(rows["std"][0.25])  # one run is no measure of spread
    assert np.isnan(rows["mean"][0.5])


def test_curves_over_epochs_are_means_of_the_kept_runs():
    def histories(_):
        return pd.concat([run_rows(s, [0.1 * s, 0.2 * s, 0.3 * s]) for s in range(3)])

    made = tables_of(sweeps_of(e={"learning_rate": 0.5}), histories, OverTraining("a", "e", "C"))
    rows = made.means[made.means["metric"] == "test_accuracy"]
    assert list(rows["x"]) == [0, 1, 2]
    np.testing.assert_allclose(rows["mean"], [0.15, 0.3, 0.45])
    assert len(made.runs) == 3
    assert made.runs["x"].isna().all()
    np.testing.assert_allclose(made.runs["test_accuracy"], [0, 0.3, 0.6])


def test_training_of_which_no_run_is_left_has_a_row_without_a_position():
    histories = lambda _: three(0.5, diverged_at=3)  # noqa: E731
    made = tables_of(sweeps_of(e={"learning_rate": 0.5}), histories, OverTraining("a", "e", "C"))
    assert made.means["x"].isna().all()
    assert set(made.means["kept"]) == {0}
    assert list(made.means["metric"]) == list(OverTraining("a", "e", "C").columns)


def test_a_budget_curve_tunes_the_learning_rate():
    def histories(point):
        if point.learning_rate == 0.5:  # best, but for one run: it must not win
            return pd.concat(
                [run_rows(s, [0.9], diverged_at=-1 if s == 0 else 1) for s in range(3)]
            )
        level = {0.125: 0.3, 0.25: 0.6}[point.learning_rate]
        return pd.concat([run_rows(s, [level]) for s in range(3)])

    sweeps = sweeps_of(e={"learning_rate": [0.125, 0.25, 0.5], "epochs": [1, 2]})
    made = tables_of(sweeps, histories, Tuned("a", "e", "C", x="epochs"))
    table = made.means.set_index(["x", "metric"])
    for epochs in (1, 2):
        assert table["mean"][epochs, "test_accuracy"] == pytest.approx(0.6)
        assert table["mean"][epochs, "best_learning_rate"] == 0.25
    assert set(table["at_edge"]) == {0}  # larger rates diverge: the grid goes on beyond
    assert set(table["tuned_low"]) == set(table["tuned_high"]) == {0.25}
    assert len(made.runs) == 2 * 3 * 3  # every rate, not the best alone


@pytest.mark.parametrize(
    ("score", "best", "low", "high", "edge"),
    [
        (CLASSIFICATION[0], 0.5, 0.25, 1.0, 0),  # by test accuracy, highest at 0.5
        (FINAL_TRAIN_LOSS, 1.0, 1.0, 1.0, 1),  # by training loss, which falls to the grid's end
    ],
)
def test_test_and_training_optima_over_batch_size_are_two_readings(score, best, low, high, edge):
    def histories(point):
        steps = np.log2(value_of(point, "effective_learning_rate")) + 1  # from 0.5
        level = 0.8 - 0.05 * steps**2 - 0.01 * point.program.batch_size
        return three(level, train_loss=2.0**-steps)

    sweeps = sweeps_of(
        e={
            "learning_rate": [0.0625, 0.125, 0.25, 0.5],
            "updates_per_batch": 2,
            "batch_size": [4, 8],
        }
    )
    tuned = Tuned("a", "e", "C", x="batch_size", over="effective_learning_rate", score=score)
    table = tables_of(sweeps, histories, tuned).means.set_index(["x", "metric"])
    for size in (4, 8):
        at_best = table.loc[size, "best_effective_learning_rate"]
        assert at_best["mean"] == best
        assert (at_best["tuned_low"], at_best["tuned_high"], at_best["at_edge"]) == (
            low,
            high,
            edge,
        )
        # The kept runs are the best two by the score; with equal losses, those of seeds 0 and 1.
        seeds = 0.15 if score.name == "test_accuracy" else 0.05
        top = 0.8 - 0.05 * (np.log2(best) + 1) ** 2 - 0.01 * size
        assert table.loc[(size, "test_accuracy"), "mean"] == pytest.approx(top + seeds)
        assert table.loc[(size, "train_loss"), "mean"] == pytest.approx(0.5 / best)
    assert set(table["score"]) == {score.name}


def test_every_curve_of_a_family_is_tuned_by_itself():
    def histories(point):
        best = 0.5 / point.program.updates_per_batch
        return three(0.8 - 0.2 * abs(np.log2(point.learning_rate / best)))

    sweeps = sweeps_of(
        e={"learning_rate": [0.125, 0.25, 0.5, 1.0], "updates_per_batch": [1, 2], "epochs": [1, 2]}
    )
    by, label = ("updates_per_batch",), "n = {updates_per_batch}"
    table = tables_of(sweeps, histories, Tuned("a", "e", "n", by=by, label=label, x="epochs")).means
    best = table[table["metric"] == "best_learning_rate"]
    assert list(zip(best["updates_per_batch"], best["x"], best["mean"], strict=True)) == [
        (1, 1, 0.5),
        (1, 2, 0.5),
        (2, 1, 0.25),
        (2, 2, 0.25),
    ]
    assert set(best["series"]) == {"n = 1", "n = 2"}


def test_the_table_of_runs_has_every_seed_of_every_point():
    def histories(point):
        return pd.concat(
            [
                run_rows(s, [0.9, point.learning_rate + s / 10], diverged_at=5 if s == 1 else -1)
                for s in range(3)
            ]
        )

    sweeps = sweeps_of(e={"learning_rate": [0.25, 0.5], "batch_size": [4, 8]})
    table = tables_of(sweeps, histories, SIZES).runs
    assert len(table) == 2 * 2 * 3
    run = table[(table["batch_size"] == 8) & (table["learning_rate"] == 0.5)].set_index("seed")
    assert set(run["x"]) == {0.5 / 8}
    assert set(run["series"]) == {"B = 8"}
    assert set(run["curve"]) == {"B"}
    assert set(run["num_train"]) == {320}
    assert run["test_accuracy"][0] == 0.9  # highest
    assert run["test_accuracy_final"][2] == 0.7
    assert list(run["diverged"]) == [0, 1, 0]
    assert list(run["run_id"]) == ["run-0", "run-1", "run-2"]
    assert run.loc[1, ["test_accuracy", "c_reg"]].isna().all()


def test_the_means_of_a_figure_are_those_of_the_best_of_its_runs():
    rng = np.random.default_rng(0)
    scores = {rate: rng.uniform(size=3) for rate in (0.25, 0.5)}

    def histories(point):
        return pd.concat([run_rows(s, [scores[point.learning_rate][s]]) for s in range(3)])

    made = tables_of(sweeps_of(e={"learning_rate": [0.25, 0.5]}), histories, RATE)
    means = made.means.set_index(["x", "metric"])["mean"]
    for rate, runs in made.runs.groupby("x"):
        best = runs["test_accuracy"].nlargest(2).mean()
        assert means[rate, "test_accuracy"] == pytest.approx(best)


def test_values_that_tell_curves_apart_are_written_as_they_are():
    sweeps = sweeps_of(
        e={"learning_rate": [0.25, 0.5], "batch_size": [4, 8]}, f={"learning_rate": 1}
    )
    other = AtEnd("b", "f", "C", x="learning_rate")
    text = csv_text(tables_of(sweeps, lambda _: three(0.5), SIZES, other).means)
    sizes = {(row["panel"], row["batch_size"]) for row in csv.DictReader(io.StringIO(text))}
    assert sizes == {("a", "4"), ("a", "8"), ("b", "")}


def former(sweeps, *readings):
    """Tables as they are made, and with the former columns alone."""
    made = tables_of(sweeps, lambda point: three(point.learning_rate), *readings)
    return made, csv_text(made.means, FORMER_MEANS), csv_text(made.runs, FORMER_RUNS)


def test_tables_published_before_get_the_columns_that_tell_their_curves_apart():
    halvings = AtEnd(
        "b",
        "e",
        "n",
        by=("updates_per_batch", "schedule.start"),
        label="n = {updates_per_batch}, {schedule.start:%}",
        x="learning_rate",
    )
    readings = (SIZES, halvings)
    schedule = {"kind": "halving", "start": 0.6}
    sweeps = sweeps_of(e={"learning_rate": [0.1, 0.3], "batch_size": [4, 8], "schedule": schedule})
    made, means, runs = former(sweeps, *readings)
    assert completed_table("figure9.csv", means.encode(), readings, sweeps).decode() == csv_text(
        made.means
    )
    # Which runs they were, nothing tells any more.
    wanted = csv_text(made.runs.assign(run_id=""))
    assert completed_table("figure9.csv", runs.encode(), readings, sweeps).decode() == wanted


def test_what_only_the_runs_could_tell_is_empty_in_tables_published_before():
    tuned = Tuned("a", "e", "C", x="epochs")
    sweeps = sweeps_of(e={"learning_rate": [0.1, 0.3], "epochs": [1, 2]})
    _, means, _ = former(sweeps, tuned)
    table = pd.read_csv(
        io.BytesIO(completed_table("figure9.csv", means.encode(), (tuned,), sweeps))
    )
    assert tuple(table.columns) == mean_columns([tuned])
    assert table[["tuned_low", "tuned_high", "at_edge"]].isna().all(axis=None)


def test_a_table_that_has_its_columns_comes_back_as_it_is():
    sweeps = sweeps_of(e={"learning_rate": [0.1, 0.3], "batch_size": [4, 8]})
    made, _, _ = former(sweeps, SIZES)
    for table in (made.means, made.runs):
        # Whatever its labels say: they are for readers.
        content = csv_text(table.assign(series="text")).encode()
        assert completed_table("figure9.csv", content, (SIZES,), sweeps) == content


def test_a_label_that_is_none_of_the_figures_is_an_error():
    sweeps = sweeps_of(e={"learning_rate": [0.1, 0.3], "batch_size": [4, 8]})
    _, means, _ = former(sweeps, SIZES)
    fewer = sweeps_of(e={"learning_rate": [0.1, 0.3], "batch_size": 4})
    with pytest.raises(UserError, match="^figure9.csv: panel a: no curve is labelled 'B = 8'"):
        completed_table("figure9.csv", means.encode(), (SIZES,), fewer)
