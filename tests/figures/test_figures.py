"""Figures read back from their artists."""

import math

import numpy as np
import pandas as pd
import pytest

from whysgd.aggregate import TABLE_COLUMNS
from whysgd.errors import UserError
from whysgd.figures.panels import ALL_DIVERGED, BELOW, CURVE, FEWER_KEPT
from whysgd.figures.panels import PAPER as PAPER_LINE
from whysgd.figures.render import draw_figure, save_figure
from whysgd.figures.style import FigureContext
from whysgd.paper import PaperValue, load_paper_values
from whysgd.studies.implicit_regularization import FIGURES

PANELS = {"figure1": 3, "figure2": 2, "figure3": 2, "figure4": 3, "figure5": 2, "figure6": 3}
PANELS["figure7"] = 2
METRICS = ("test_accuracy", "test_accuracy_final", "train_accuracy", "train_loss", "c_reg")
QUICK, PAPER = FigureContext("quick"), FigureContext("paper", load_paper_values())


def sweep(panel, series, x_name, count=5):
    """A curve that rises and falls over powers of two, in every metric."""
    rows = []
    for index in range(count):
        for metric in METRICS:
            rows.append(
                {
                    "panel": panel,
                    "series": series,
                    "x_name": x_name,
                    "x": 2.0 ** (index - 7),
                    "metric": metric,
                    "mean": 0.9 + 0.01 * index - 0.002 * index**2 + 0.001 * len(series),
                    "std": 0.002 * (index + 1),
                    "kept": 5,
                    "total": 7,
                    "diverged": 0,
                }
            )
    return rows


def table_of(name):
    """A table with every curve that the study gives the figure."""
    figure = next(figure for figure in FIGURES if figure.name == name)
    rows = []
    for curves in figure.curves:
        labels = [curves.series]
        for field, values in (("batch_size", (8, 16)), ("updates_per_batch", (1, 4))):
            if "{" + field in curves.series:
                labels = [curves.series.format(**{field: value}) for value in values]
        if "{learning_rate" in curves.series:
            rows += sweep(curves.panel, "C at learning_rate = 2^-9", curves.x, 1)
        else:
            for label in labels:
                rows += sweep(curves.panel, label, curves.x)
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def lines(axes, gid=CURVE):
    return [line for line in axes.lines if line.get_gid() == gid and len(line.get_xdata())]


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("context", [QUICK, PAPER], ids=lambda context: context.scale)
def test_every_figure_has_the_papers_panels_with_labels(name, context):
    figure = draw_figure(name, table_of(name), context)
    assert len(figure.axes) == PANELS[name]
    for letter, axes in zip("abc", figure.axes, strict=False):
        assert axes.get_title("left") == f"({letter})"
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert lines(axes)
    assert len(figure.legends) == 1


@pytest.mark.parametrize("name", ["figure3", "figure4", "figure7"])
def test_curves_hold_the_tables_numbers(name):
    table = table_of(name)
    for letter, axes in zip("abc", draw_figure(name, table, QUICK).axes, strict=False):
        rows = table[(table["panel"] == letter) & (table["metric"] == "test_accuracy")]
        for line in lines(axes):
            series = line.get_label().strip("$")
            own = rows[rows["series"] == series]
            # Curves stand side by side, less than a quarter of a power of two apart.
            shifts = np.log2(np.asarray(line.get_xdata()) / own["x"])
            assert np.ptp(shifts) < 1e-12
            assert np.abs(shifts).max() < 0.25
            np.testing.assert_allclose(line.get_ydata(), 100 * own["mean"])
        assert len(lines(axes)) == rows["series"].nunique()


def test_figure1_draws_each_metric_where_it_belongs():
    table = table_of("figure1")
    table.loc[(table["panel"] == "c") & (table["metric"] == "c_reg"), "mean"] *= 0.1
    left, middle, right = draw_figure("figure1", table, QUICK).axes
    assert [line.get_label() for line in lines(right)] == ["$C$", r"$C_{\mathrm{mod}}$"]
    rows = table[(table["panel"] == "c") & (table["metric"] == "c_reg")]
    np.testing.assert_allclose(lines(right)[0].get_ydata(), rows[rows["series"] == "C"]["mean"])
    assert right.get_yscale() == "log"
    assert left.get_xscale() == "log"
    (level,) = [line for line in middle.lines if line.get_linestyle() == ":"]
    baseline = table[(table["series"].str.startswith("C at")) & (table["panel"] == "b")]
    mean = baseline[baseline["metric"] == "test_accuracy"]["mean"].iloc[0]
    np.testing.assert_allclose(level.get_ydata(), 100 * mean)


def test_figure2_draws_train_and_test():
    table = table_of("figure2")
    table.loc[table["metric"] == "train_accuracy", "mean"] += 0.05
    axes = draw_figure("figure2", table, QUICK).axes[0]
    train, test = lines(axes)
    assert (train.get_label(), test.get_label()) == ("train", "test")
    np.testing.assert_allclose(np.array(train.get_ydata()) - np.array(test.get_ydata()), 5)


def test_bars_are_one_standard_deviation():
    table = table_of("figure7")
    axes = draw_figure("figure7", table, QUICK).axes[0]
    rows = table[(table["panel"] == "a") & (table["metric"] == "test_accuracy")]
    for container, (_, own) in zip(axes.containers, rows.groupby("series"), strict=True):
        (bars,) = container.lines[2]
        segments = np.array(bars.get_segments())
        np.testing.assert_allclose(segments[:, 0, 1], 100 * (own["mean"] - own["std"]))
        np.testing.assert_allclose(segments[:, 1, 1], 100 * (own["mean"] + own["std"]))


@pytest.mark.parametrize("name", sorted(PANELS))
def test_ticks_of_sweeps_are_powers_of_two(name):
    for axes in draw_figure(name, table_of(name), QUICK).axes:
        if axes.get_xlabel() in ("epoch", "epoch budget"):
            continue
        ticks = [
            tick for tick in axes.get_xticks() if np.diff(np.sign(axes.get_xlim() - tick)).any()
        ]
        assert len(ticks) >= 3
        for tick in ticks:
            exponent = math.log2(tick)
            assert exponent == round(exponent)
        texts = [text.get_text() for text in axes.get_xticklabels()]
        assert f"$2^{{{round(math.log2(ticks[0]))}}}$" in texts


def test_points_where_runs_diverged_are_told_apart():
    table = table_of("figure7")
    mine = (table["panel"] == "a") & (table["series"] == "n = 4")
    table.loc[mine & (table["x"] == 2.0**-3), ["mean", "std", "kept"]] = [np.nan, np.nan, 0]
    table.loc[mine & (table["x"] == 2.0**-4), ["kept", "std"]] = [1, np.nan]
    figure = draw_figure("figure7", table, QUICK)
    axes = figure.axes[0]
    (cross,) = lines(axes, ALL_DIVERGED)
    assert np.round(np.log2(cross.get_xdata())).tolist() == [-3]
    (few,) = lines(axes, FEWER_KEPT)
    assert np.round(np.log2(few.get_xdata())).tolist() == [-4]
    assert few.get_markerfacecolor() == "white"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {ALL_DIVERGED, FEWER_KEPT} <= set(texts)


def test_one_collapsed_point_does_not_squeeze_the_rest():
    table = table_of("figure7")
    collapsed = (table["series"] == "n = 4") & (table["x"] == 2.0**-3)
    table.loc[collapsed, "mean"] = 0.1
    axes = draw_figure("figure7", table, QUICK).axes[0]
    assert axes.get_ylim()[0] > 80
    (arrow,) = lines(axes, BELOW)
    assert np.round(np.log2(arrow.get_xdata())).tolist() == [-3]


def marks(axes):
    """Texts of the paper's values; each has a line of its own."""
    assert len(lines(axes, PAPER_LINE)) == len(axes.texts)
    return [text.get_text() for text in axes.texts]


def test_the_papers_values_are_marked_at_its_own_scale_only():
    table = table_of("figure2")
    at_quick = draw_figure("figure2", table, FigureContext("quick", PAPER.paper_values))
    assert not any(marks(axes) for axes in at_quick.axes)
    at_paper = draw_figure("figure2", table, PAPER)
    assert set(marks(at_paper.axes[0])) == {
        "paper: $2^{-6}$ (recalled)",
        "paper: $2^{-10}$ (recalled)",
    }


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("panel", ["a", "b"])
def test_a_missing_panel_is_an_error_that_names_it(name, panel):
    table = table_of(name)
    with pytest.raises(UserError, match=f"panel {panel}"):
        draw_figure(name, table[table["panel"] != panel], QUICK)


def test_saving_twice_gives_the_same_bytes(tmp_path):
    for turn in ("first", "second"):
        figure = draw_figure("figure3", table_of("figure3"), QUICK)
        save_figure(figure, tmp_path / turn / "f.pdf", tmp_path / turn / "f.png")
    for name in ("f.pdf", "f.png"):
        first, second = (tmp_path / turn / name for turn in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == ["f.pdf", "f.png"]


def test_paper_values_carry_their_provenance():
    values = load_paper_values()
    assert values["figure2a.ratio_of_optima"] == PaperValue(
        value=16, provenance="stated", source="Section 2.3"
    )
    assert all(value.source for value in values.values())


def test_a_fault_in_the_papers_values_names_its_key(tmp_path):
    path = tmp_path / "paper.yaml"
    path.write_text("figure1: {rate: {value: 1, provenance: guessed, source: dream}}")
    with pytest.raises(UserError, match=r"figure1\.rate\.provenance"):
        load_paper_values(path)
