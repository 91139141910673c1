"""What part of an axis is shown."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from whysgd.base.errors import UserError
from whysgd.figures.limits import log_epochs, lowest_shown, plain_numbers, powers_of_two
from whysgd.figures.style import power_text


def ticks(axes):
    """Ticks within the limits and their texts."""
    axes.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    return {
        float(tick): text.get_text()
        for tick, text in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if low <= tick <= high
    }


@pytest.mark.parametrize(
    ("accuracies", "cut"),
    [
        ([90, 92, 94], 86),  # the median is 2 below the best
        ([93, 94, 94], 91),  # the median is the best: 3 %
        ([10, 92, 94], 86),  # the collapsed one changes nothing
        ([10, 12, 94], -234),  # most are poor: all are shown
    ],
)
def test_the_axis_reaches_four_times_as_far_down_as_the_median(accuracies, cut):
    assert lowest_shown(np.array(accuracies, float)) == cut


def test_powers_of_two_are_written_as_such_and_thinned_out():
    axes = Figure().subplots()
    powers_of_two(axes, [2.0**-9, 2.0**-3])
    assert ticks(axes) == {2.0**k: f"$2^{{{k}}}$" for k in range(-9, -2)}
    powers_of_two(axes, [2.0**-12, 2.0**3])
    assert list(ticks(axes)) == [2.0**k for k in range(-12, 4, 3)]


def test_a_coefficient_of_zero_has_no_place():
    with pytest.raises(UserError, match="x = 0"):
        powers_of_two(Figure().subplots(), [0.0, 0.5])


def test_budgets_and_epochs_are_plain_numbers():
    axes = Figure().subplots()
    plain_numbers(axes, [25.0, 100.0])
    assert ticks(axes) == {25.0: "25", 100.0: "100"}
    log_epochs(axes, 4.0, 120.0)
    assert ticks(axes) == {x: f"{x:g}" for x in (5.0, 10.0, 20.0, 50.0, 100.0)}


@pytest.mark.parametrize(
    ("value", "text"), [(2.0**-6, "2^{-6}"), (1.0, "2^{0}"), (8.0, "2^{3}"), (0.1, "0.1")]
)
def test_only_powers_of_two_are_written_as_such(value, text):
    assert power_text(value) == text
