"""Figures read back from their artists."""

import math

import numpy as np
import pytest

from tests.figures.synthetic import SWEPT, change, drawing_of, expected, lines, places, table_of
from whysgd.base.errors import UserError
from whysgd.figures.panels import BASELINE, PAPER
from whysgd.figures.style import FigureContext
from whysgd.figures.sweeps import BELOW, CURVE, FEW_KEPT
from whysgd.spec.paper import load_paper_values
from whysgd.studies.implicit_regularization.study import STUDY

PANELS = {f"figure{number}": panels for number, panels in zip(range(1, 8), "3223232", strict=True)}
VALUES = load_paper_values(*STUDY.paper_files)
QUICK, PAPER_SCALE = FigureContext("quick", VALUES), FigureContext("paper", VALUES)
NAN = float("nan")

# What every curve must show, in the order of drawing: figure, panel, and (metric, series) of each.
ORDERED = [("test_accuracy", f"{{}} = {number}") for number in (4, 8, 16)]
BATCH_SIZES = [(metric, series.format("B")) for metric, series in ORDERED]
STEPS = [(metric, series.format("n")) for metric, series in ORDERED]


def both(metric):
    return [(metric, "C"), (metric, "C_mod")]


CURVES = [
    ("figure1", "b", both("test_accuracy")),
    ("figure1", "c", both("c_reg")),
    ("figure2", "a", [("train_accuracy", "C"), ("test_accuracy", "C")]),
    ("figure2", "b", [("train_accuracy", "C_mod"), ("test_accuracy", "C_mod")]),
    ("figure3", "a", BATCH_SIZES),
    ("figure3", "b", BATCH_SIZES),
    ("figure4", "a", STEPS),
    ("figure4", "b", STEPS),
    ("figure4", "c", STEPS),
    ("figure5", "a", both("train_accuracy")),
    ("figure5", "b", both("train_loss")),
    ("figure6", "a", both("test_accuracy")),
    ("figure6", "b", BATCH_SIZES),
    ("figure6", "c", BATCH_SIZES),
    ("figure7", "a", STEPS),
    ("figure7", "b", STEPS),
]


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("context", [QUICK, PAPER_SCALE], ids=lambda context: context.scale)
def test_every_figure_has_the_papers_panels_with_labels(name, context):
    figure = drawing_of(name, table_of(name), context)
    assert len(figure.axes) == int(PANELS[name])
    assert len(figure.legends) == 2
    for letter, axes in zip("abc", figure.axes, strict=False):
        assert axes.get_title("left") == f"({letter})"
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert lines(axes, CURVE)


@pytest.mark.parametrize(("name", "panel", "curves"), CURVES)
def test_curves_hold_the_tables_numbers(name, panel, curves):
    table = table_of(name)
    axes = drawing_of(name, table, QUICK).axes["abc".index(panel)]
    drawn = lines(axes, CURVE)
    assert len(drawn) == len(curves)
    for line, (metric, series) in zip(drawn, curves, strict=True):
        rows = expected(table, panel, metric, series)
        factor = 100 if "accuracy" in metric else 1
        # Curves of an ordered series are shifted against each other, all points alike.
        shift = 0.09 * (curves.index((metric, series)) - 1) if "=" in series else 0
        np.testing.assert_allclose(line.get_xdata(), rows["x"] * 2**shift)
        np.testing.assert_allclose(line.get_ydata(), factor * rows["mean"])
    for line in drawn:
        assert axes.viewLim.containsx(min(line.get_xdata()))
        assert axes.viewLim.containsx(max(line.get_xdata()))
        assert all(axes.viewLim.containsy(y) for y in line.get_ydata())


def test_training_is_drawn_with_bands_and_without_its_start():
    table = table_of("figure1")
    axes = drawing_of("figure1", table, QUICK).axes[0]
    for line, band, series in zip(
        lines(axes, CURVE), axes.collections, ("C", "C_mod"), strict=True
    ):
        rows = expected(table, "a", "test_accuracy", series).query("x > 0")
        np.testing.assert_allclose(line.get_xdata(), rows["x"])
        np.testing.assert_allclose(line.get_ydata(), 100 * rows["mean"])
        edge = {round(y, 6) for y in band.get_paths()[0].vertices[:, 1]}
        assert {round(y, 6) for y in 100 * (rows["mean"] + rows["std"])} <= edge
        assert {round(y, 6) for y in 100 * (rows["mean"] - rows["std"])} <= edge
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == (10, 50)


def test_training_that_always_diverges_leaves_an_empty_curve():
    table = table_of("figure1")
    gone = (table["panel"] == "a") & (table["series"] == "C_mod")
    table = table[~gone | (table["x"] == 0)]
    gone = (table["panel"] == "a") & (table["series"] == "C_mod")
    table.loc[gone, ["x", "mean", "std", "kept"]] = [NAN, NAN, NAN, 0]
    axes = drawing_of("figure1", table, QUICK).axes[0]
    assert len(lines(axes, CURVE)) == 1


def test_figure1_shows_the_small_learning_rate_as_a_level():
    table = table_of("figure1")
    axes = drawing_of("figure1", table, QUICK).axes[1]
    (level,) = lines(axes, BASELINE)
    row = expected(table, "b", "test_accuracy", "C at learning_rate = 2^-9").iloc[0]
    np.testing.assert_allclose(level.get_ydata(), 100 * row["mean"])
    assert level.get_label() == r"$C$ at $\epsilon = 2^{-9}$"
    (band,) = axes.patches
    np.testing.assert_allclose(band.get_height(), 200 * row["std"])


@pytest.mark.parametrize(("name", "panel"), [("figure1", 2), ("figure5", 1)])
def test_losses_and_gradient_norms_are_on_logarithmic_axes(name, panel):
    table = change(table_of(name), "abc"[panel], "C", SWEPT[0], std=9.0)  # a bar below zero
    axes = drawing_of(name, table, QUICK).axes[panel]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 0.001


def test_a_quantity_without_a_place_on_a_logarithmic_axis_gets_a_sign():
    table = change(table_of("figure5"), "b", "C", SWEPT[1], mean=0.0)
    axes = drawing_of("figure5", table, QUICK).axes[1]
    (arrow,) = lines(axes, BELOW)
    assert list(arrow.get_xdata()) == [SWEPT[1]]
    axes = drawing_of("figure5", table.replace(0.0, math.inf), QUICK).axes[1]
    assert not lines(axes, BELOW)
    assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize("name", sorted(PANELS))
def test_ticks_of_sweeps_are_powers_of_two(name):
    for axes in drawing_of(name, table_of(name), QUICK).axes:
        if axes.get_xlabel() not in ("epoch", "epoch budget"):
            texts = [text.get_text() for text in axes.get_xticklabels()]
            assert texts == [f"$2^{{{round(math.log2(tick))}}}$" for tick in axes.get_xticks()]
            assert len(texts) >= 3


@pytest.mark.parametrize("name", ["figure3", "figure6"])
def test_a_batch_size_looks_the_same_in_every_panel(name):
    table = table_of(name)
    panels = ("a", "b") if name == "figure3" else ("b", "c")
    table = table[~((table["panel"] == panels[1]) & (table["series"] == "B = 4"))]
    first, second = drawing_of(name, table, QUICK).axes[-2:]
    looks = [
        [(line.get_color(), line.get_marker()) for line in lines(axes, CURVE)]
        for axes in (first, second)
    ]
    assert looks[1] == looks[0][1:]
    assert len(set(looks[0])) == 3


@pytest.mark.parametrize("name", sorted(PANELS))
def test_every_figure_draws_what_is_left_after_divergence(name):
    table = table_of(name)
    last = (table["x"] == table["x"].max()) & table["x_name"].ne("epoch")
    table.loc[last, ["mean", "std", "kept", "diverged"]] = [NAN, NAN, 0, 7]
    few = table["x"] == SWEPT[1]
    table.loc[few, ["std", "kept", "diverged"]] = [NAN, 1, 6]
    for axes in drawing_of(name, table, QUICK).axes:
        if not axes.get_xlabel().startswith("epoch"):
            assert lines(axes, FEW_KEPT)


def marks(axes):
    return [line.get_label() for line in lines(axes, PAPER)]


def test_the_papers_values_are_marked_at_its_own_scale_only():
    for name in PANELS:
        assert not any(marks(axes) for axes in drawing_of(name, table_of(name), QUICK).axes)
    left, right = drawing_of("figure2", table_of("figure2"), PAPER_SCALE).axes
    assert marks(left) == [
        "(a) paper, best for train: $2^{-10}$ (recalled)",
        "(a) paper, best for test: $2^{-6}$ (recalled)",
    ]
    assert len(marks(right)) == 2
    assert [line.get_xdata()[0] for line in lines(left, PAPER)] == [2.0**-10, 2.0**-6]


def test_the_provenance_on_a_mark_is_the_values_own():
    key = "figure6a.optimal_learning_rate"
    stated = VALUES[key].model_copy(update={"provenance": "stated", "value": 2.0**-3})
    context = FigureContext("paper", {**VALUES, key: stated})
    axes = drawing_of("figure6", table_of("figure6"), context).axes[0]
    assert marks(axes)[0] == r"(a) paper, best $\epsilon$: $2^{-3}$ (stated)"


@pytest.mark.parametrize("name", ["figure1", "figure2", "figure6"])
def test_a_value_to_mark_that_is_not_known_is_an_error(name):
    with pytest.raises(UserError, match=rf"{name}: paper values: {name}\w\.optimal"):
        drawing_of(name, table_of(name), FigureContext("paper"))


@pytest.mark.parametrize(
    ("name", "panel"), [(name, panel) for name in PANELS for panel in "abc"[: int(PANELS[name])]]
)
def test_a_missing_panel_is_an_error_that_names_it(name, panel):
    table = table_of(name)
    with pytest.raises(UserError, match=f"{name}: .*panel {panel}"):
        drawing_of(name, table[table["panel"] != panel], QUICK)


def test_ablations_show_both_sides_of_each_choice():
    table = table_of("ablations")
    figure = drawing_of("ablations", table, QUICK)
    halvings = [f"n = {n}, first after {start} %" for n in (4, 8, 16) for start in (50, 60)]
    shown = {
        "a": [("test_accuracy", "beside"), ("test_accuracy", "inside")],
        "b": [("test_accuracy", series) for series in halvings],
        "c": [
            ("test_accuracy", "C"),
            ("test_accuracy", "C_mod"),
            ("test_accuracy_final", "C, final"),
            ("test_accuracy_final", "C_mod, final"),
        ],
    }
    for axes, (panel, curves) in zip(figure.axes, shown.items(), strict=True):
        drawn = lines(axes, CURVE)
        assert len(drawn) == len(curves)
        for line, (metric, series) in zip(drawn, curves, strict=True):
            rows = expected(table, panel, metric, series)
            np.testing.assert_allclose(line.get_ydata(), 100 * rows["mean"])
            assert places(line) == list(rows["x"])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(labels) == len(set(labels)) == 2 + len(halvings) + 4
