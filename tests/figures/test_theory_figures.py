"""Figures of the theory study, read back from their artists."""

import numpy as np
import pandas as pd
import pytest

from tests.figures.synthetic import lines
from whysgd.base.errors import UserError
from whysgd.figures import theory_flows, theory_minima, theory_validity
from whysgd.figures.render import draw_theory_figure
from whysgd.figures.theory_expansions import RESIDUALS
from whysgd.figures.theory_gradient_norms import DEVIATION, EXPECTED, MEASURED
from whysgd.figures.theory_panels import ERRORS, OUTSIDE
from whysgd.figures.theory_sampling import LEADING
from whysgd.studies.theory import FIGURES
from whysgd.theory.fits import ERROR_COLUMNS, slope_table

STEPS = 2.0 ** np.arange(-9, -3)
FLOWS = {"flow on C": 2, "flow on C_GD": 2, "flow on C_SGD": 3, "second-order flow": 4}
EXPANSIONS = {
    "eq. 6: Euler steps on the modified flow": 3,
    "eq. 14: an epoch, worst order": 3,
    "eq. 18: the mean epoch": 3,
    "eq. 26: n updates on a minibatch": 3,
    "n-step less eq. 23: mean": 2,
    "n-step less eq. 23: covariance": 3,
}
SAMPLING = {
    f"{way}: {kind}": order
    for way, orders in (("shuffled", (2, 2)), ("with replacement", (1, 2)), ("eq. 23", (1, 2)))
    for kind, order in zip(("standard deviation", "bias"), orders, strict=True)
}


def errors(check, problem, quantities, n=1, num_batches=4):
    """Exact powers, each with a factor of its own; the smallest one is below the floor."""
    rows = []
    for place, (quantity, order) in enumerate(quantities.items()):
        values = (place + 1 + 10 * len(problem)) * STEPS**order
        rows.append(
            pd.DataFrame(
                {
                    "check": check,
                    "problem": problem,
                    "quantity": quantity,
                    "num_batches": num_batches,
                    "updates_per_batch": n,
                    "learning_rate": STEPS / 7,
                    "scaled_step": STEPS,
                    "error": values,
                    "leading": 1.01 * values,
                    "floor": 0.0,
                    "fitted": np.arange(len(STEPS)) > 0,
                    "expected_slope": float(order),
                },
                columns=list(ERROR_COLUMNS),
            )
        )
    return pd.concat(rows, ignore_index=True)


def norms():
    rows = []
    for epoch in (0, 8):
        for size in (1, 4, 16):
            error = 0.0 if size == 16 else 0.1
            expected = (epoch + 1) * 20.0 / size
            rows.append((epoch, size, expected + error * size, error, expected, 1.0, 2.0, 50))
    columns = "epoch batch_size mean_sq_norm standard_error expected full_sq_norm variance batches"
    return pd.DataFrame(rows, columns=columns.split())


def validity():
    rows = []
    for place, flow in enumerate(("flow on C", "flow on C_SGD", "second-order flow")):
        for m in (1, 4):
            for rate in (2.0**-4, 2.0**-2):
                error = rate * 0.1 ** (place + 1) * m
                noise = error if m == 4 and place == 2 else 0.0
                rows.append(("p", flow, m, rate, m * rate, rate, error, noise, 2.0, 0.1**place))
    columns = "problem flow num_batches scaled_rate scaled_step learning_rate error standard_error"
    return pd.DataFrame(rows, columns=[*columns.split(), "displacement", "unexplained"])


def planar():
    rows = []

    def path(part, curve, run, values):
        for time, (x, y) in enumerate(values):
            rows.append((part, curve, run, float(time), x, y))

    path("gd", "iterates", 0, [(0, 0), (1, 2)])
    for part, modified in (("gd", "flow on C_GD"), ("sgd", "flow on C_SGD")):
        path(part, "flow on C", 0, [(0, 0), (1, 1)])
        path(part, modified, 0, [(0, 0), (1, 1.5)])
    path("sgd", "order", 0, [(0, 0), (1.0, 2.5)])
    path("sgd", "order", 1, [(0, 0), (1.2, 1.5)])
    path("sgd", "mean", 0, [(1.1, 2.0)])
    for run, end in enumerate((-1, -1, 1)):
        path("runs", "SGD", run, [(0, 0), (end, 0)])
    for curve in ("mean", "flow on C", "flow on C_SGD"):
        path("runs", curve, 0, [(0, 0), (-0.3, 0)])
    for part in ("left", "right", "between"):
        for place, curve in enumerate(("C", "C_SGD", "C_1", "C_2")):
            for at in (-1.0, 0.0, 1.0):
                rows.append((part, curve, 0, at**2 + place, at, at))
    return pd.DataFrame(rows, columns=["part", "curve", "run", "time", "x", "y"])


@pytest.fixture(scope="module")
def tables():
    relu = errors("main_result", "ReLU perceptron", dict(list(FLOWS.items())[:3]))
    switched = relu["scaled_step"] > 2.0**-6
    relu.loc[switched, "problem"] = "ReLU perceptron, after a switch"
    main = [
        errors("main_result", "cubic, m = 1", FLOWS, num_batches=1),
        errors("main_result", "cubic, m = 6", FLOWS, num_batches=6),
        errors("main_result", "logistic regression", FLOWS),
        errors("main_result", "tanh perceptron", FLOWS),
        relu,
    ]
    strengths = {"flow on C": 2, "strength n alpha": 2, "strength alpha": 3}
    problems = ("cubic, m = 4", "tanh perceptron")
    steps = [errors("n_step", p, strengths, n) for p in problems for n in (1, 2, 8)]
    epochs = {"reversed, worst order": 3, "repeated, best order": 2}
    expansions = [
        errors(check, problem, quantities)
        for problem in problems
        for check, quantities in (
            ("expansions", EXPANSIONS),
            ("second_epoch", epochs),
            ("sampling", SAMPLING),
        )
    ]
    exact = [(p, f"eq. {e}: words", 1e-16 * e) for p in problems for e in (2, 17, 32)]
    result = {
        "theory_main_result": pd.concat(main, ignore_index=True),
        "theory_convolution": errors("main_result", "convolutional network", FLOWS),
        "theory_n_step": pd.concat(steps, ignore_index=True),
        "theory_expansions": pd.concat(expansions, ignore_index=True),
        "theory_exact": pd.DataFrame(exact, columns=["problem", "equation", "residual"]),
        "theory_gradient_norms": norms(),
        "theory_validity": validity(),
        "theory_planar": planar(),
    }
    series = [table for table in result.values() if "fitted" in table]
    result["theory_slopes"] = slope_table(pd.concat(series, ignore_index=True))
    return result


def draw(name, tables):
    figure = next(figure for figure in FIGURES if figure.name == name)
    return draw_theory_figure(figure.module, {table: tables[table] for table in figure.tables})


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
    first = lines(panels[0], theory_validity.REACH)
    np.testing.assert_allclose(first[0].get_ydata(), [2.0**-4 * 0.1 / 2, 2.0**-4 * 0.4 / 2])
    for place, axes in enumerate(panels[1:], 1):
        for line in lines(axes, theory_validity.REACH):
            np.testing.assert_allclose(line.get_ydata(), 0.1**place)
        (level,) = lines(axes, theory_validity.NO_BETTER)
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
        assert len(lines(axes, theory_validity.REACH)) == 9


def test_the_cartoon_of_flows_holds_its_points(tables):
    left, middle, right = draw("theory_flows", tables).axes
    (iterates,) = lines(left, theory_flows.ITERATES)
    np.testing.assert_allclose(iterates.get_xydata(), [(0, 0), (1, 2)])
    for axes in (middle, right):
        ends = [tuple(line.get_xydata()[0]) for line in lines(axes, theory_flows.ENDS)]
        assert ends == [(1.0, 2.5), (1.2, 1.5)]
        (mean,) = lines(axes, theory_flows.MEAN)
        np.testing.assert_allclose(mean.get_xydata(), [(1.1, 2.0)])
        assert all(axes.viewLim.contains(*end) for end in ends)
    (modified,) = lines(left, theory_flows.MODIFIED)
    np.testing.assert_allclose(modified.get_xydata()[-1], (1, 1.5))


def test_the_cartoon_of_minima_counts_its_runs(tables):
    first, _, between, runs = draw("theory_minima", tables).axes
    assert len(lines(first, theory_minima.BATCH)) == 2
    assert not lines(between, theory_minima.BATCH)
    (full,) = lines(first, theory_minima.FULL)
    np.testing.assert_allclose(full.get_ydata(), [1, 0, 1])
    assert len(lines(runs, theory_minima.RUN)) == 3
    assert runs.get_title() == "2 of 3 runs go left"
