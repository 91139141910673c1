"""Values of grid points by name, and labels made of them."""

import pytest

from tests.runs.synthetic import sweeps_of
from whysgd.runs.grid import experiment_points
from whysgd.runs.point_values import filled_label, label_fields, value_of

SWEEPS = sweeps_of(
    e={
        "batch_size": [4, 8],
        "updates_per_batch": 2,
        "learning_rate": [0.25, 0.5],
        "reg_coefficient": 0.3,
        "schedule": {"kind": "halving", "start": 0.6},
    }
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.25),
        ("reg_coefficient", 0.3),
        ("effective_learning_rate", 0.5),
        ("batch_size", 4),
        ("epochs", 2),
        ("schedule.start", 0.6),
        ("penalty.method", "double_backprop"),
        ("penalty.radius", None),
        ("dataset.num_train", 320),
        ("reg_coefficient/batch_size", 0.075),
        ("effective_learning_rate/batch_size", 0.125),
    ],
)
def test_a_point_has_values_by_name(name, value):
    assert value_of(experiment_points(SWEEPS, "e")[0], name) == pytest.approx(value)


@pytest.mark.parametrize("name", ["momentum", "schedule.end", "num_updates.real", "x/batch_size"])
def test_a_value_that_a_point_does_not_have_is_an_error(name):
    with pytest.raises(ValueError, match="a grid point has no value"):
        value_of(experiment_points(SWEEPS, "e")[0], name)


def test_a_value_of_a_record_that_a_run_lacks_is_none():
    (point,) = experiment_points(sweeps_of(e={"learning_rate": 0.5}), "e")
    assert value_of(point, "penalty.method") is None


def test_labels_are_made_of_values():
    text = "n = {updates_per_batch}, {learning_rate}, {reg_coefficient}, {schedule.start:%}"
    labels = [filled_label(text, point) for point in experiment_points(SWEEPS, "e")]
    assert labels[:2] == ["n = 2, 2^-2, 0.3, 60 %", "n = 2, 2^-1, 0.3, 60 %"]
    assert filled_label("C_mod", experiment_points(SWEEPS, "e")[0]) == "C_mod"
    assert label_fields(text) == {
        "updates_per_batch",
        "learning_rate",
        "reg_coefficient",
        "schedule.start",
    }
