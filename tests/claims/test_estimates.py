"""Estimates from runs, where the rules' own tests do not reach."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from tests.claims.synthetic import GRID, family, peak, rows
from whysgd.base.errors import UserError
from whysgd.claims.estimates import EVALUATORS, estimate
from whysgd.claims.kinds import Statistic
from whysgd.claims.sample import Sample, at_common

C, C_MOD = ("b", "C"), ("b", "C_mod")
REF = {"panel": "b", "curve": "C"}
MOD = {"panel": "b", "curve": "C_mod"}
FAMILY = {"panel": "a", "curve": "n"}


def record(kind, **fields):
    """The record of a statistic by its kind."""
    for model in get_args(Statistic):
        if kind in get_args(model.model_fields["kind"].annotation):
            return model.model_validate({"kind": kind, **fields})
    raise AssertionError(kind)


def found(table, kind, keep_best=5, **fields):
    return estimate(record(kind, **fields), Sample(table, keep_best, 300), 0.95)


def test_every_statistic_that_reads_runs_has_a_function():
    kinds = {
        kind
        for model in get_args(Statistic)
        for kind in get_args(model.model_fields["kind"].annotation)
    }
    assert kinds - set(EVALUATORS) == {"order", "elsewhere"}
    assert set(EVALUATORS) <= kinds


def test_a_difference_is_that_of_the_best_runs():
    table = pd.concat([rows(C, [0.1]), rows(C_MOD, [0.1])], ignore_index=True)
    table["test_accuracy"] = [*np.arange(7) / 10, *np.arange(7) / 100]
    result = found(table, "difference", of=MOD, against=REF)
    assert result.value == pytest.approx(0.04 - 0.4)  # the best five of 0 to 6 have mean 4
    assert result.low < result.value < result.high


def test_a_diverged_point_counts_for_nothing():
    table = rows(C, GRID, test_accuracy=peak(GRID, GRID[4]), diverged=(4,))
    result = found(table, "optimum_ratio", of=REF, against={**REF, "metric": "train_accuracy"})
    assert result.points == 2 * (len(GRID) - 1)
    assert "end of the grid" in result.problem  # train accuracy is flat
    ratio = found(pd.concat([table, rows(C_MOD, GRID, test_accuracy=peak(GRID, GRID[5]))]),
                  "optimum_ratio", of=MOD, against=REF)  # fmt: skip
    assert ratio.problem == ""
    assert ratio.value == pytest.approx(5 - 4, abs=0.5)  # the two neighbours of the gap tie nearly


def test_a_plateau_is_a_range_of_optima():
    flat = np.where((GRID[1] < GRID) & (GRID[6] > GRID), 1.0, 0.9)
    table = rows(C, GRID, test_accuracy=peak(GRID, GRID[6]), train_accuracy=flat, noise=0)
    result = found(table, "optimum_ratio", of=REF, against={**REF, "metric": "train_accuracy"})
    assert (result.low, result.high) == (1, 4)
    assert result.value == 2.5
    assert result.problem == ""


@pytest.mark.parametrize(
    ("kind", "fields", "sign"),
    [
        ("rise", {"of": MOD}, 1),
        ("optimum_ratio", {"of": MOD, "against": REF}, 1),
        ("best_difference", {"of": MOD, "against": REF}, -1),
        ("difference_at_multiple", {"of": MOD, "against": REF, "factor": 2}, -1),
        ("best_slope", {"of": FAMILY, "tuned": "everything"}, -1),
        ("best_slope", {"of": FAMILY, "tuned": "at_every_position"}, -1),
    ],
)
def test_a_loss_is_best_where_it_is_lowest(kind, fields, sign):
    accuracies = [
        rows(C, GRID, test_accuracy=peak(GRID, GRID[4])),
        rows(C_MOD, GRID, test_accuracy=peak(GRID, GRID[5], height=0.93)),
        family(("a", "n"), GRID, lambda x, n: peak(x, GRID[4], height=0.9 - 0.01 * np.log2(n))),
    ]
    table = pd.concat(accuracies).assign(train_loss=lambda table: 1 - table["test_accuracy"])
    curves = {key: value for key, value in fields.items() if key in ("of", "against")}
    losses = {key: {**curve, "metric": "train_loss"} for key, curve in curves.items()}
    by_accuracy = found(table, kind, **fields)
    by_loss = found(table, kind, **{**fields, **losses})
    assert by_loss.value == pytest.approx(sign * by_accuracy.value)
    assert (by_loss.problem, by_loss.points) == (by_accuracy.problem, by_accuracy.points)
    assert by_accuracy.value


def test_a_fall_by_divergence_is_none():
    table = rows(C, GRID, test_accuracy=GRID, diverged=(7, 8))
    assert "no usable point" in found(table, "fall", of=REF).problem
    assert found(table, "rise", of=REF).problem == ""
    rising = rows(C, GRID, test_accuracy=GRID)
    assert "end of the grid" in found(rising, "fall", of=REF).problem
    falling = rows(C, GRID, test_accuracy=1 - GRID)
    assert "end of the grid" in found(falling, "rise", of=REF).problem
    assert found(falling, "fall", of=REF).value == pytest.approx(GRID[-1] - GRID[0], rel=0.01)


def test_a_collapse_of_finite_networks_is_no_fall():
    level = np.where(GRID[6] < GRID, 0.1, np.where(GRID[5] == GRID, 0.9001, 0.9))
    result = found(rows(C, GRID, test_accuracy=level), "fall", of=REF)
    assert result.value == pytest.approx(0.0001, abs=1e-5)
    assert result.problem == ""


def test_a_slope_stops_at_the_optimum():
    level = np.where(GRID[5] >= GRID, GRID**-2.0, 1e9)
    table = rows(C, GRID, test_accuracy=peak(GRID, GRID[5]), c_reg=level)
    result = found(table, "log_slope", of={**REF, "metric": "c_reg"})
    assert result.value == pytest.approx(-2, abs=0.01)
    assert result.points == 6
    early = rows(C, GRID, test_accuracy=peak(GRID, GRID[1]), c_reg=level)
    assert "are needed" in found(early, "log_slope", of={**REF, "metric": "c_reg"}).problem


def test_a_slope_stops_at_the_optimum_of_every_resample():
    # Three seeds are best at place 5 and four at place 7; the power is -2 up to 5, then 4.
    level = np.cumprod(np.append(GRID[0] ** -2, np.where(GRID[1:] <= GRID[5], 0.25, 16.0)))
    table = rows(C, GRID, c_reg=level, noise=0)
    for seed in range(7):
        own = table["seed"] == seed
        table.loc[own, "test_accuracy"] = peak(GRID, GRID[5 if seed < 3 else 7], width=0.02)
    result = found(table, "log_slope", keep_best=7, of={**REF, "metric": "c_reg"})
    assert result.low == pytest.approx(-2)  # where the early seeds outweigh
    assert result.low < result.value < result.high


def test_the_lowest_is_the_smallest_of_them():
    level = np.where(GRID[2] == GRID, 0.8, 0.99)
    table = rows(C, GRID, test_accuracy=peak(GRID, GRID[5]), train_accuracy=level)
    result = found(table, "lowest", of={**REF, "metric": "train_accuracy"})
    assert result.value == pytest.approx(0.8, abs=1e-3)
    assert result.low <= result.value <= result.high


def test_collapse_compares_two_spreads():
    # At equal x the curves differ by 0.03 for a doubling of n, at equal n x by 0.01.
    table = family(
        ("a", FAMILY["curve"]), GRID, lambda x, n: 0.5 + 0.02 * np.log2(x) + 0.03 * np.log2(n)
    )
    result = found(table, "collapse", of=FAMILY, instead_of="effective_learning_rate")
    at_equal_x = np.std(0.03 * np.arange(4), ddof=1)
    assert result.value == pytest.approx(at_equal_x / np.std(0.01 * np.arange(4), ddof=1), rel=0.05)


def test_large_batches_are_left_out_of_a_collapse():
    curve = {"panel": "a", "curve": "B"}
    options = {"of": "B", "rate": lambda x, size: x * size}

    def level(x, size):
        return peak(x if size < 100 else 100 * x, 2.0**-6)

    table = family(("a", curve["curve"]), GRID / 8, level, values=(4, 8, 16, 256), **options)
    small = found(table, "collapse", of=curve, instead_of="learning_rate")
    every = found(
        table, "collapse", of=curve, instead_of="learning_rate", largest_batch_fraction=1.0
    )
    assert small.value < 0.1
    assert every.value > 10 * small.value


def test_the_grid_limits_what_is_known_of_stability():
    table = family(("a", FAMILY["curve"]), GRID, lambda x, n: np.where(x <= 2**-4, 0.9, 0.1))
    result = found(table, "stable_rate_slope", of=FAMILY)
    assert result.value == pytest.approx(0, abs=1e-12)
    # n = 1 to 8: weights -0.3, -0.1, 0.1, 0.3, and each limit is known to one step.
    assert (result.low, result.high) == pytest.approx((-0.4, 0.4))


def test_the_slope_of_tuned_accuracies_is_per_doubling():
    table = family(
        ("a", FAMILY["curve"]),
        GRID,
        lambda x, n: peak(x, 2.0**-5 / n, 0.9 - 0.01 * np.log2(n)),
    )
    result = found(table, "best_slope", of=FAMILY, tuned="everything")
    assert result.value == pytest.approx(-0.01, abs=1e-4)
    assert result.problem == ""


def test_curves_are_compared_where_both_have_points():
    table = pd.concat([rows(C, GRID, test_accuracy=0.5), rows(C_MOD, 2 * GRID, test_accuracy=0.6)])
    sample = Sample(table, 5, 100)
    curves = [sample.family(record("rise", of=ref).of)[0] for ref in (REF, MOD)]
    common = at_common([curve.positions for curve in curves], curves, 2)
    assert [position for position, _ in common] == list(GRID[1:])
    result = found(table, "distance", of=REF, against=MOD)
    assert result.value == pytest.approx(0.1, abs=1e-3)
    assert result.points == 2 * (len(GRID) - 1)


def test_a_multiple_beyond_the_grid_is_told():
    table = pd.concat(
        [rows(C, GRID, test_accuracy=peak(GRID, GRID[5])), rows(C_MOD, GRID[:5])],
    )
    result = found(table, "difference_at_multiple", of=MOD, against=REF, factor=2)
    assert "no point at 2 times" in result.problem


def test_families_are_in_the_order_of_their_numbers():
    table = family(("a", FAMILY["curve"]), GRID, lambda x, n: 0.5, values=(8, 1, 16, 2))
    name = record("collapse", of=FAMILY, instead_of="learning_rate").of
    curves = Sample(table, 5, 100).family(name)
    assert [curve.told_by for curve in curves] == [(1,), (2,), (8,), (16,)]


def test_a_family_may_be_told_apart_by_any_column():
    parts = [
        rows(("a", "n"), GRID, by="schedule.start").assign(**{"schedule.start": start})
        for start in (0.6, 0.5)
    ]
    choice = record("collapse", of=FAMILY, instead_of="learning_rate").of
    curves = Sample(pd.concat(parts), 5, 100).family(choice)
    assert [curve.told_by for curve in curves] == [(0.5,), (0.6,)]


@pytest.mark.parametrize(
    ("score", "best"), [("test_accuracy", 2), ("test_accuracy_final", 3), ("train_loss", 0)]
)
def test_the_best_runs_are_those_by_the_curves_own_score(score, best):
    table = rows(("b", "C"), GRID, seeds=4, noise=0).assign(score=score)
    table["test_accuracy"] = table["seed"].map({0: 0.1, 1: 0.2, 2: 0.9, 3: 0.3})
    table["test_accuracy_final"] = table["seed"].map({0: 0.1, 1: 0.2, 2: 0.3, 3: 0.9})
    table["train_loss"] = table["seed"].map({0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4})  # lower is better
    table["c_reg"] = table["seed"]
    choice = record("rise", of={**REF, "metric": "c_reg"}).of
    assert set(Sample(table, 1, 100).curve(choice).means[0]) == {best}


def test_a_curve_that_the_table_lacks_is_named():
    table = rows(("b", "C"), GRID)
    choice = record("rise", of={"panel": "b", "curve": "C_mod"}).of
    with pytest.raises(UserError, match="no panel b, curve C_mod"):
        Sample(table, 5, 100).curve(choice)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("stable_rate_slope", {}),
        ("best_slope", {"tuned": "everything"}),
        ("series_slope", {}),
    ],
)
def test_one_curve_is_no_family(kind, fields):
    table = family(("a", FAMILY["curve"]), GRID, lambda x, n: peak(x, 2.0**-5), values=(4,))
    result = found(table, kind, of=FAMILY, **fields)
    assert result.problem == "1 curve; 2 are needed"
    assert np.isnan(result.value)
