"""Readings: values, labels and places of grid points."""

from dataclasses import replace

import pytest

from tests.runs.synthetic import sweeps_of
from whysgd.base.errors import UserError
from whysgd.runs.grid import experiment_points
from whysgd.runs.readings import (
    AtEnd,
    OverTraining,
    Tuned,
    check_places,
    curve_values,
    labelled_curves,
    reading_points,
)
from whysgd.runs.scores import CLASSIFICATION, FINAL_TEST_ACCURACY, Score

SWEEPS = sweeps_of(
    e={
        "batch_size": [4, 8],
        "updates_per_batch": 2,
        "learning_rate": [0.25, 0.5],
        "reg_coefficient": 0.3,
        "schedule": {"kind": "halving", "start": 0.6},
    }
)
FAMILY = AtEnd(
    "a", "e", "B", by=("batch_size",), label="B = {batch_size}", x="learning_rate/batch_size"
)


def test_a_label_that_two_curves_would_share_is_refused():
    with pytest.raises(ValueError, match=r"curve 'B' does not tell \['batch_size'\]"):
        AtEnd("a", "e", "B", by=("batch_size",), label="B", x="learning_rate")
    with pytest.raises(ValueError, match="does not tell"):
        replace(FAMILY, by=("batch_size", "schedule.start"))


def test_runs_are_ranked_by_a_number_that_tables_have():
    perplexity = Score("perplexity", "test_loss", "best", "lower")
    with pytest.raises(ValueError, match="ranked by none of its metrics"):
        replace(FAMILY, score=perplexity)
    assert replace(FAMILY, score=perplexity, metrics=(*CLASSIFICATION, perplexity)).score.sign == -1


def test_a_curve_is_told_by_values():
    curves = [FAMILY.curve_of(point) for point in experiment_points(SWEEPS, "e")]
    common = {"curve": "B", "by": "batch_size", "score": "test_accuracy"}
    assert curves == [{**common, "batch_size": size} for size in (4, 4, 8, 8)]
    final = AtEnd("a", "e", "C_final", score=FINAL_TEST_ACCURACY, x="learning_rate")
    assert final.curve_of(experiment_points(SWEEPS, "e")[0]) == {
        "curve": "C_final",
        "by": "",
        "score": "test_accuracy_final",
    }


def test_labels_lead_back_to_values():
    readings = (FAMILY, AtEnd("b", "e", "C", label="text", x="learning_rate"))
    found = labelled_curves(readings, SWEEPS)
    assert set(found) == {("a", "B = 4"), ("a", "B = 8"), ("b", "text")}
    assert found["a", "B = 8"]["batch_size"] == 8
    assert found["b", "text"]["curve"] == "C"


@pytest.mark.parametrize(
    ("reading", "places"),
    [
        (FAMILY, [(0.0625,), (0.125,), (0.03125,), (0.0625,)]),
        (OverTraining("a", "e", "C"), [()] * 4),
        (
            Tuned("a", "e", "C", x="batch_size", over="effective_learning_rate"),
            [(4, 0.5), (4, 1.0), (8, 0.5), (8, 1.0)],
        ),
    ],
)
def test_places_tell_the_points_of_a_curve_apart(reading, places):
    assert [reading.place_of(point) for point in experiment_points(SWEEPS, "e")] == places


def test_points_at_the_same_place_of_a_curve_are_refused():
    check_places("figure9", (FAMILY,), SWEEPS)
    check_places("figure9", (FAMILY, FAMILY), SWEEPS)  # the same points twice are the same curve
    alone = AtEnd("b", "e", "C", x="learning_rate")
    with pytest.raises(UserError, match=r"experiments.e: figure9b .* differ in `batch_size` and"):
        check_places("figure9", (FAMILY, alone), SWEEPS)
    over = OverTraining("c", "e", "C")
    with pytest.raises(UserError, match="figure9c would show .* differ in `learning_rate`"):
        check_places("figure9", (over,), SWEEPS)
    check_places("figure9", (Tuned("d", "e", "C", x="batch_size"),), SWEEPS)


def test_a_figure_needs_the_points_of_all_its_readings():
    sweeps = sweeps_of(e={"learning_rate": [0.25, 0.5]}, f={"learning_rate": 1})
    readings = [AtEnd("a", name, "C", x="learning_rate") for name in "ef"]
    assert [p.learning_rate for p in reading_points(readings, sweeps)] == [0.25, 0.5, 1]
    with pytest.raises(UserError, match="no 'g' at this scale"):
        reading_points([AtEnd("a", "g", "C", x="learning_rate")], sweeps)


def test_values_of_several_readings_are_named_once():
    halvings = replace(
        FAMILY,
        by=("schedule.start", "batch_size"),
        label="{batch_size} {schedule.start}",
    )
    assert curve_values((FAMILY, halvings)) == ("batch_size", "schedule.start")
