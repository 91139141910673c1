"""Figure 6: the perceptron; both regularizers, and batch sizes."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import (
    ACCURACY,
    accuracy_sweeps,
    add_legend,
    finish_accuracy,
    finish_x,
    mark_paper_value,
    original_and_modified,
)
from whysgd.figures.style import COLORS, FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) C over the learning rate and C_mod over the coefficient; (b), (c) as Figure 3."""
    figure, panels = new_figure(3)
    rows = original_and_modified(panels[0], table, "a", "test_accuracy", ACCURACY)
    mark_paper_value(panels[0], context, "figure6a.optimal_learning_rate", COLORS["C"])
    mark_paper_value(panels[0], context, "figure6a.optimal_reg_coefficient", COLORS["C_mod"])
    finish_accuracy(panels[0], rows)
    finish_x(panels[0], rows, "either")
    titles = ("$C$, equal epochs", r"$C_{\mathrm{mod}}$, equal updates")
    for axes, panel, title in zip(panels[1:], "bc", titles, strict=True):
        accuracy_sweeps(axes, table, panel)
        axes.set_title(title, fontsize="medium")
    add_legend(figure)
    return figure
