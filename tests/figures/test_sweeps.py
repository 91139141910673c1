"""Points and their signs, read back from Figure 7, the plainest of the figures."""

import numpy as np
import pytest

from tests.figures.synthetic import SWEPT, change, drawing_of, expected, lines, places, table_of
from whysgd.figures.style import FigureContext
from whysgd.figures.sweeps import ALL_DIVERGED, BELOW, CURVE, FALL, FEW_KEPT, NOT_FINITE, OPEN

NAN = float("nan")
X = 2.0**-4
SERIES = ("n = 4", "n = 8", "n = 16")


def draw(table, **context):
    figure = drawing_of("figure7", table, FigureContext("quick", **context))
    return figure, figure.axes[0]


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_bars_are_one_standard_deviation():
    table = table_of("figure7")
    _, axes = draw(table)
    for container, series in zip(axes.containers, SERIES, strict=True):
        own = expected(table, "a", "test_accuracy", series)
        segments = np.array(container.lines[2][0].get_segments())
        np.testing.assert_allclose(segments[:, 0, 1], 100 * (own["mean"] - own["std"]))
        np.testing.assert_allclose(segments[:, 1, 1], 100 * (own["mean"] + own["std"]))


def test_a_single_kept_run_gets_no_bar():
    _, axes = draw(change(table_of("figure7"), "a", "n = 4", X, kept=1, std=NAN))
    segments = axes.containers[0].lines[2][0].get_segments()
    drawn = [2.0 ** round(np.log2(segment[0, 0])) for segment in segments]
    assert drawn == [x for x in SWEPT if x != X]


def test_points_with_fewer_runs_than_should_count_are_open():
    figure, axes = draw(change(table_of("figure7"), "a", "n = 4", X, kept=3))
    (few,) = lines(axes, FEW_KEPT)
    assert places(few) == [X]
    assert few.get_markerfacecolor() == OPEN
    assert "fewer than 5 finite runs" in legend_texts(figure)


def test_how_many_runs_should_count_is_not_read_off_the_table():
    table = table_of("figure7").assign(kept=3)
    _, axes = draw(table)
    assert sum(len(line.get_xdata()) for line in lines(axes, FEW_KEPT)) == 15
    figure, axes = draw(table, keep_best=3)
    assert not lines(axes, FEW_KEPT)
    assert not any("finite" in text for text in legend_texts(figure))


def test_where_all_runs_diverged_every_series_has_its_own_cross():
    table = table_of("figure7")
    for series in SERIES:
        table = change(table, "a", series, 2.0**-3, mean=NAN, std=NAN, kept=0, diverged=7)
    figure, axes = draw(table)
    crosses = lines(axes, ALL_DIVERGED)
    assert [places(cross)[0] for cross in crosses] == [2.0**-3] * 3
    heights = [cross.get_ydata()[0] for cross in crosses]
    assert np.diff(sorted(heights)).min() > 0.04
    assert len({cross.get_color() for cross in crosses}) == 3
    assert "all runs diverged" in legend_texts(figure)


def test_finite_runs_with_a_mean_that_overflowed_are_not_called_diverged():
    table = table_of("figure1")
    place = (table["panel"] == "c") & (table["series"] == "C") & (table["x"] == X)
    overflowed = place & (table["metric"] == "c_reg")
    assert overflowed.sum() == 1
    table.loc[overflowed, ["mean", "std"]] = [np.inf, NAN]
    figure = drawing_of("figure1", table, FigureContext("quick"))
    axes = figure.axes[2]
    (sign,) = lines(axes, NOT_FINITE)
    assert places(sign) == [X]
    assert not lines(axes, ALL_DIVERGED)
    assert "mean not finite" in legend_texts(figure)
    assert "all runs diverged" not in legend_texts(figure)
    assert sum(len(line.get_xdata()) for line in lines(axes, CURVE)) == 2 * len(SWEPT) - 1


def test_signs_of_both_kinds_are_told_apart():
    table = change(table_of("figure7"), "a", "n = 4", X, mean=NAN, std=NAN, kept=0, diverged=7)
    figure, axes = draw(change(table, "a", "n = 8", X, mean=np.inf, std=NAN, kept=3, diverged=4))
    (cross,), (plus,) = lines(axes, ALL_DIVERGED), lines(axes, NOT_FINITE)
    assert cross.get_marker() != plus.get_marker()
    assert cross.get_ydata()[0] != plus.get_ydata()[0]
    by_text = dict(
        zip(legend_texts(figure)[-2:], figure.legends[1].legend_handles[-2:], strict=True)
    )
    assert by_text["all runs diverged"].get_marker() == cross.get_marker()
    assert by_text["mean not finite"].get_marker() == plus.get_marker()


def test_signs_stand_below_all_points():
    table = table_of("figure7").assign(std=1e-5)  # long bars would make room by themselves
    for series in SERIES[:2]:
        table = change(table, "a", series, 2.0**-3, mean=NAN, std=NAN, kept=0, diverged=7)
    _, axes = draw(table)
    low, high = axes.get_ylim()
    lowest = min(line.get_ydata().min() for line in lines(axes, CURVE))
    signs = [line.get_ydata()[0] for line in lines(axes, ALL_DIVERGED)]
    assert max(signs) < (lowest - low) / (high - low)


def test_no_line_runs_through_a_point_where_all_runs_diverged():
    _, axes = draw(change(table_of("figure7"), "a", "n = 4", X, mean=NAN, std=NAN, kept=0))
    pieces = [places(line) for line in lines(axes, CURVE)[:2]]
    assert pieces == [[2.0**-7, 2.0**-6, 2.0**-5], [2.0**-3]]


@pytest.mark.parametrize(("kept", "face"), [(5, None), (2, OPEN)])
def test_one_collapsed_point_does_not_squeeze_the_rest(kept, face):
    figure, axes = draw(change(table_of("figure7"), "a", "n = 4", X, mean=0.1, kept=kept))
    assert axes.get_ylim()[0] > 80
    (arrow,) = lines(axes, BELOW)
    assert places(arrow) == [X]
    assert arrow.get_markerfacecolor() == (face or arrow.get_color())
    assert len([text for text in axes.texts if text.get_gid() == FALL]) == 2
    assert "mean below the axis" in legend_texts(figure)
    assert ("fewer than 5 finite runs" in legend_texts(figure)) == (face == OPEN)


def test_a_series_that_never_survives_is_drawn_as_crosses_and_named():
    table = table_of("figure7")
    never = (table["panel"] == "a") & (table["series"] == "n = 8")
    table.loc[never, ["mean", "std", "kept"]] = [NAN, NAN, 0]
    figure, axes = draw(table)
    assert len(lines(axes, ALL_DIVERGED)) == 5
    assert len(lines(axes, CURVE)) == 2
    assert "$n = 8$" in legend_texts(figure)


def test_a_panel_without_a_finite_run_is_drawn():
    table = table_of("figure7")
    table.loc[table["panel"] == "a", ["mean", "std", "kept"]] = [NAN, NAN, 0]
    _, axes = draw(table)
    assert len(lines(axes, ALL_DIVERGED)) == 15
    assert not lines(axes, CURVE)


def test_nothing_is_explained_that_does_not_occur():
    figure, axes = draw(table_of("figure7"))
    assert not lines(axes, BELOW)
    assert len(figure.legends[1].get_texts()) == 1
