"""Figure 1: the implicit regularizer made explicit does what a large learning rate does."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import (
    ACCURACY,
    add_legend,
    draw_trajectory,
    finish_accuracy,
    finish_x,
    mark_paper_value,
    original_and_modified,
    select,
    zoom,
)
from whysgd.figures.style import COLORS, FigureContext, epoch_axis, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) test accuracy over training; (b) over the sweeps; (c) C_reg at the end."""
    figure, (left, middle, right) = new_figure(3)

    for series, label in (("C", "$C$"), ("C_mod", r"$C_{\mathrm{mod}}$")):
        rows = select(table, "a", "test_accuracy", series)
        draw_trajectory(left, rows[rows["x"] > 0], label, COLORS[series])
    epochs = table[(table["x_name"] == "epoch") & (table["x"] > 0)]["x"]
    epoch_axis(left, epochs.min(), epochs.max())
    left.set_ylabel("test accuracy (%)")
    late = select(table, "a", "test_accuracy").query("x > 0")
    zoom(left, ACCURACY * late["mean"], ACCURACY * late["std"])

    rows = original_and_modified(middle, table, "b", "test_accuracy", ACCURACY)
    baseline = table[table["series"].str.startswith("C at ")]
    flat = select(baseline, "b", "test_accuracy").iloc[0]
    _draw_baseline(middle, flat)
    mark_paper_value(middle, context, "figure1b.optimal_learning_rate", COLORS["C"])
    finish_accuracy(middle, rows)
    finish_x(middle, rows, "either")

    rows = original_and_modified(right, table, "c", "c_reg")
    right.set_yscale("log")
    right.set_ylabel(r"final $C_{\mathrm{reg}}$ (squared gradient norm)")
    finish_x(right, rows, "either")
    add_legend(figure)
    return figure


def _draw_baseline(axes, row: pd.Series) -> None:  # type: ignore[no-untyped-def]
    """The original loss at the small learning rate, as a level with its spread."""
    mean, std = ACCURACY * row["mean"], ACCURACY * np.nan_to_num(row["std"])
    exponent = round(np.log2(row["x"]))
    label = rf"$C$ at $\epsilon = 2^{{{exponent}}}$"
    axes.axhline(mean, color=COLORS["baseline"], linestyle=":", label=label)
    axes.axhspan(mean - std, mean + std, color=COLORS["baseline"], alpha=0.12, linewidth=0)
