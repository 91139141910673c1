"""Figures of the theory study, read back from their artists."""

import numpy as np
import pandas as pd
import pytest

from tests.figures.synthetic import drawing_of, lines
from tests.studies.theory import synthetic
from tests.studies.theory.synthetic import EXPANSIONS, FLOWS, SAMPLING, STEPS, errors
from whysgd.base.errors import UserError
from whysgd.figures.orders import ERRORS, OUTSIDE
from whysgd.figures.style import FigureContext
from whysgd.studies.theory.figures import flows, minima
from whysgd.studies.theory.figures import validity as validity_figure
from whysgd.studies.theory.figures.expansions import RESIDUALS
from whysgd.studies.theory.figures.gradient_norms import DEVIATION, EXPECTED, MEASURED
from whysgd.studies.theory.figures.sampling import LEADING
from whysgd.studies.theory.study import STUDY
from whysgd.theory.fits import slope_table

FIGURES = STUDY.figures


@pytest.fixture(scope="module")
def tables():
    return synthetic.tables()


def draw(name, tables):
    figure = next(figure for figure in FIGURES if figure.name == name)
    read = {table: tables[table] for table in figure.tables}
    return drawing_of(name, read, FigureContext("quick"))


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", [figure.name for figure in FIGURES])
def test_every_figure_has_lettered_panels_labels_and_one_legend(name, tables):
    figure = draw(name, tables)
    assert len(figure.legends) == 1
    for letter, axes in zip("abcdefgh", figure.axes, strict=False):
        assert axes.get_title("left") == f"({letter})"
        assert axes.get_xlabel()
    legend = figure.legends[0].get_window_extent()
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width


@pytest.mark.parametrize(
    "figure",
    # The table of gradient norms has one kind of row, so none of them can be missing.
    [figure for figure in FIGURES if figure.name != "theory_gradient_norms"],
    ids=lambda figure: figure.name,
)
def test_a_table_without_its_rows_is_an_error_that_names_the_figure(figure, tables):
    first = figure.tables[0]
    with pytest.raises(UserError, match=f"{figure.name}: table has no rows of"):
        draw(figure.name, {**tables, first: tables[first].iloc[:1]})


def check_errors(axes, table, quantities, **place):
    drawn = lines(axes, ERRORS)
    assert len(drawn) == len(quantities)
    for line, quantity in zip(drawn, quantities, strict=True):
        rows = table[table["quantity"] == quantity]
        for column, value in place.items():
            rows = rows[rows[column] == value]
        np.testing.assert_allclose(line.get_xdata(), rows["scaled_step"])
        fitted = rows["error"].where(rows["fitted"])
        np.testing.assert_allclose(line.get_ydata(), fitted)  # nan where not fitted
    assert axes.get_yscale() == "log"


def test_the_main_result_shows_every_problem_with_its_slopes(tables):
    figure = draw("theory_main_result", tables)
    both = pd.concat([tables["theory_main_result"], tables["theory_convolution"]])
    problems = (
        "cubic, m = 1",
        "cubic, m = 6",
        "logistic regression",
        "tanh perceptron",
        "convolutional network",
    )
    assert len(figure.axes) == 6
    for axes, problem in zip(figure.axes, problems, strict=False):
        check_errors(axes, both, FLOWS, problem=problem)
        assert texts(axes) == ["slopes 2.00, 2.00, 3.00, 4.00"]
        assert problem in axes.get_title()
    relu = figure.axes[-1]
    assert len(lines(relu, ERRORS)) == 3
    assert texts(relu) == ["slopes 2.00, 2.00, 3.00 before a switch"]
    (grey,) = relu.patches
    assert 2.0**-6 < grey.get_x() < 2.0**-5  # between the last smooth point and the first other


def test_the_main_result_shows_its_own_slopes_of_a_problem_with_others(tables):
    n_step = errors("n_step", "cubic, m = 6", {name: order + 1 for name, order in FLOWS.items()})
    others = slope_table(n_step)
    slopes = pd.concat([others, tables["theory_slopes"]], ignore_index=True)
    figure = draw("theory_main_result", {**tables, "theory_slopes": slopes})
    assert texts(figure.axes[1]) == ["slopes 2.00, 2.00, 3.00, 4.00"]


@pytest.mark.parametrize("left_out", [1, 6])
def test_the_main_result_needs_gradient_descent_and_sgd_on_a_cubic(tables, left_out):
    table = tables["theory_main_result"]
    fewer = table[table["problem"] != f"cubic, m = {left_out}"]
    with pytest.raises(UserError, match="theory_main_result: table has no random cubic of one"):
        draw("theory_main_result", {**tables, "theory_main_result": fewer})


def test_points_that_were_not_fitted_are_open(tables):
    axes = draw("theory_second_epoch", tables).axes[0]
    marked = [line for line in lines(axes, OUTSIDE) if line.get_marker() != "None"]
    for line in marked:
        np.testing.assert_allclose(line.get_xdata(), STEPS[:1])
        assert line.get_markerfacecolor() == "white"
    assert len(marked) == 2


def test_n_step_has_a_panel_for_every_n(tables):
    figure = draw("theory_n_step", tables)
    places = [(p, n) for p in ("cubic, m = 4", "tanh perceptron") for n in (1, 2, 8)]
    for axes, (problem, n) in zip(figure.axes, places, strict=True):
        names = ("flow on C", "strength n alpha", "strength alpha")
        place = {"problem": problem, "updates_per_batch": n}
        check_errors(axes, tables["theory_n_step"], names, **place)
        assert axes.get_title().startswith(f"{problem}, $n = {n}$")


def test_expansions_and_identities(tables):
    *panels, last = draw("theory_expansions", tables).axes
    for axes, problem in zip(panels, ("cubic, m = 4", "tanh perceptron"), strict=True):
        place = {"problem": problem, "check": "expansions"}
        check_errors(axes, tables["theory_expansions"], EXPANSIONS, **place)
    assert [text.get_text() for text in last.get_yticklabels()] == ["eq. 2", "eq. 17", "eq. 32"]
    for line in lines(last, RESIDUALS):
        np.testing.assert_allclose(line.get_xdata(), [2e-16, 17e-16, 32e-16])


def test_sampling_has_its_closed_forms(tables):
    axes = draw("theory_sampling", tables).axes[1]  # the bias of the first problem
    names = [name for name in SAMPLING if name.endswith("bias")]
    place = {"problem": "cubic, m = 4", "check": "sampling"}
    check_errors(axes, tables["theory_expansions"], names, **place)
    for line, drawn in zip(lines(axes, LEADING), lines(axes, ERRORS), strict=True):
        np.testing.assert_allclose(line.get_ydata()[1:], 1.01 * drawn.get_ydata()[1:])


def test_gradient_norms_are_drawn_with_their_deviations(tables):
    table = tables["theory_gradient_norms"]
    left, right = draw("theory_gradient_norms", tables).axes
    for epoch, points, line, off in zip(
        (0, 8), lines(left, MEASURED), lines(left, EXPECTED), lines(right, DEVIATION), strict=True
    ):
        rows = table[table["epoch"] == epoch]
        np.testing.assert_allclose(points.get_ydata(), rows["mean_sq_norm"])
        np.testing.assert_allclose(line.get_ydata(), rows["expected"])
        np.testing.assert_allclose(off.get_ydata(), [1, 4])  # the full batch has no error
    assert right.get_ylim()[1] > 4


def test_validity_compares_with_gradient_flow(tables):
    panels = draw("theory_validity", tables).axes
    first = lines(panels[0], validity_figure.REACH)
    np.testing.assert_allclose(first[0].get_ydata(), [2.0**-4 * 0.1 / 2, 2.0**-4 * 0.4 / 2])
    for place, axes in enumerate(panels[1:], 1):
        for line in lines(axes, validity_figure.REACH):
            np.testing.assert_allclose(line.get_ydata(), 0.1**place)
        (level,) = lines(axes, validity_figure.NO_BETTER)
        assert level.get_ydata()[0] == 1
    open_points = [line for line in panels[2].lines if line.get_markerfacecolor() == "white"]
    assert [len(line.get_xdata()) for line in open_points] == [1, 1]


def test_more_epochs_than_there_are_markers_are_all_drawn(tables):
    table = tables["theory_gradient_norms"]
    start = table[table["epoch"] == 0]
    many = pd.concat([start.assign(epoch=epoch) for epoch in range(9)], ignore_index=True)
    left, right = draw("theory_gradient_norms", {"theory_gradient_norms": many}).axes
    for axes, gid in ((left, MEASURED), (left, EXPECTED), (right, DEVIATION)):
        assert len(lines(axes, gid)) == 9
        assert len({tuple(line.get_color()) for line in lines(axes, gid)}) == 9
    assert [line.get_marker() for line in lines(left, MEASURED)][-2:] == ["o", "s"]


def test_more_rates_than_there_are_markers_are_all_drawn(tables):
    table = tables["theory_validity"]
    slow = table[table["scaled_rate"] == 2.0**-4]
    rates = 2.0 ** np.arange(-8, 1)
    many = pd.concat([slow.assign(scaled_rate=rate) for rate in rates], ignore_index=True)
    for axes in draw("theory_validity", {"theory_validity": many}).axes:
        assert len(lines(axes, validity_figure.REACH)) == 9


def test_the_cartoon_of_flows_holds_its_points(tables):
    left, middle, right = draw("theory_flows", tables).axes
    (iterates,) = lines(left, flows.ITERATES)
    np.testing.assert_allclose(iterates.get_xydata(), [(0, 0), (1, 2)])
    for axes in (middle, right):
        ends = [tuple(line.get_xydata()[0]) for line in lines(axes, flows.ENDS)]
        assert ends == [(1.0, 2.5), (1.2, 1.5)]
        (mean,) = lines(axes, flows.MEAN)
        np.testing.assert_allclose(mean.get_xydata(), [(1.1, 2.0)])
        assert all(axes.viewLim.contains(*end) for end in ends)
    (modified,) = lines(left, flows.MODIFIED)
    np.testing.assert_allclose(modified.get_xydata()[-1], (1, 1.5))


def test_the_cartoon_of_minima_counts_its_runs(tables):
    first, _, between, runs = draw("theory_minima", tables).axes
    assert len(lines(first, minima.BATCH)) == 2
    assert not lines(between, minima.BATCH)
    (full,) = lines(first, minima.FULL)
    np.testing.assert_allclose(full.get_ydata(), [1, 0, 1])
    assert len(lines(runs, minima.RUN)) == 3
    assert runs.get_title() == "2 of 3 runs go left"
