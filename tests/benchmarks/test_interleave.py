"""Statistics of timings that were taken in turns."""

import numpy as np
import pytest

from whysgd.benchmarks.interleave import fastest, paired_ratio, summary, turns


def test_a_summary_is_the_median_and_the_quartiles():
    assert summary([5.0, 1.0, 2.0, 4.0, 3.0]) == (3.0, 2.0, 4.0)


def test_one_slow_round_moves_no_median():
    assert summary([1.0] * 6 + [50.0]).median == 1.0


def test_a_machine_that_slows_down_changes_no_ratio_within_rounds():
    drift = np.linspace(1, 3, 7)
    assert paired_ratio(list(2 * drift), list(drift)) == pytest.approx((2, 2, 2), rel=1e-15)


def test_timings_of_different_rounds_are_not_paired():
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        paired_ratio([1.0, 2.0], [1.0])


def test_no_timings_are_an_error():
    with pytest.raises(ValueError, match="no timings"):
        summary([])


def test_the_fastest_is_so_by_its_median():
    assert fastest({"once fast": [0.1, 3.0, 3.0], "steady": [2.0, 2.0, 2.0]}) == "steady"


@pytest.mark.parametrize(("count", "rounds"), [(5, 7), (15, 7), (3, 1), (1, 4)])
def test_everybody_has_one_turn_in_each_round(count, rounds):
    order = turns(range(count), rounds)
    assert len(order) == rounds
    assert all(sorted(one) == list(range(count)) for one in order)


def test_nobody_is_always_first():
    firsts = [one[0] for one in turns(range(15), 7)]
    assert len(set(firsts)) == 7
