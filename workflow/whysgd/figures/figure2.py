"""Figure 2: which learning rate trains best and which tests best, without and with C_reg."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import (
    accuracy_of_both_metrics,
    add_legend,
    finish_accuracy,
    mark_paper_value,
)
from whysgd.figures.style import COLORS, FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) trained on C; (b) trained on C_mod with a fixed coefficient."""
    figure, panels = new_figure(2)
    for axes, panel, trained_on in zip(
        panels, "ab", ("trained on $C$", r"trained on $C_{\mathrm{mod}}$"), strict=True
    ):
        rows = accuracy_of_both_metrics(axes, table, panel)
        key = f"figure2{panel}.optimal_learning_rate"
        mark_paper_value(axes, context, f"{key}_train", COLORS["train"])
        mark_paper_value(axes, context, f"{key}_test", COLORS["C"])
        finish_accuracy(axes, rows, "train and test")
        axes.set_title(trained_on, fontsize="medium")
    add_legend(figure)
    return figure
